"""Measures of view difficulty that came after a shipped suite had been locked.

They lie beside the suite, whose content, and with it its hash, stays what it is. Records carry them like the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from evalsuite.crossview.difficulty import ViewDifficulty
from evalsuite.suite.scenario import Suite
from evalsuite.whole_files import write_whole

ENDING = ".measures.json"


class LaterMeasures(BaseModel):
    """What is known of the scenarios of one suite.

    Args:
        suite_sha256: of the suite that was measured.
        measures: field of `ViewDifficulty` -> scenario id -> value.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    suite_sha256: str
    measures: dict[str, dict[str, float]]


def later_measures(suite: Suite) -> Mapping[str, Mapping[str, float]]:
    """Scenario id -> field of `ViewDifficulty` -> value, of what `suite` itself leaves open; mostly empty."""
    path = measures_file(suite)
    if not path.is_file():
        return {}
    known = LaterMeasures.model_validate_json(path.read_bytes())
    if known.suite_sha256 != suite.sha256():
        return {}
    return {
        scenario.id: {
            name: values[scenario.id]
            for name, values in known.measures.items()
            if scenario.id in values and getattr(scenario.view, name) is None
        }
        for scenario in suite.scenarios
    }


def save_later_measures(suite: Suite, measures: Mapping[str, Mapping[str, float]]) -> Path:
    """Write the measures beside the shipped suite; returns the file."""
    unknown = set(measures) - set(ViewDifficulty.model_fields)
    assert not unknown, unknown
    content = LaterMeasures(
        suite_sha256=suite.sha256(), measures={name: dict(sorted(values.items())) for name, values in measures.items()}
    )
    return write_whole(measures_file(suite), content.model_dump_json(indent=0).encode() + b"\n")


def measures_file(suite: Suite) -> Path:
    """Where they lie, if there are any."""
    return Path(str(files("evalsuite.scenarios"))) / f"{suite.suite}{ENDING}"
