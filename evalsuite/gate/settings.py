"""What the gate holds a candidate to, read from `[tool.evalsuite.gate]`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from evalsuite.errors import UsageError
from evalsuite.statistics.cells import ERROR_SHARE_LIMIT

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PROJECT_FILE = "pyproject.toml"
TABLE = ("tool", "evalsuite", "gate")
TOO_LARGE = ("less_than", "less_than_equal")


class GateSettings(BaseModel):
    """Shares, not percent: a margin of 0.03 is three points.

    Args:
        alpha: chance of any false alarm when nothing changed, a third of it for each tier.
        margin_pooled: a pass has to rule out a drop as large as this over all episodes.
        margin_interaction: the same for every interaction.
        minimum_effect: a smaller drop never fails, however significant thousands of pairs make it.
        max_error_share: with more errors than this on either side nothing is judged.
        noise_floor: share of episodes that change outcome when nothing did, as `evalsuite noise` measures it.
        inconclusive: whether an inconclusive verdict blocks (exit code 10) or passes with a warning.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    alpha: float = Field(default=0.05, gt=0.0, lt=0.5)
    margin_pooled: float = Field(default=0.03, gt=0.0, lt=1.0)
    margin_interaction: float = Field(default=0.07, gt=0.0, lt=1.0)
    minimum_effect: float = Field(default=0.01, ge=0.0, lt=1.0)
    max_error_share: float = Field(default=ERROR_SHARE_LIMIT, ge=0.0, le=1.0)
    noise_floor: float = Field(default=0.0, ge=0.0, le=1.0)
    inconclusive: Literal["fail", "pass"] = "fail"


def read_settings(path: Path | None) -> GateSettings:
    """The settings in a TOML file: its table `tool.evalsuite.gate`, or, without a table `tool`, the file itself.

    Args:
        path: None for the current directory's pyproject.toml, where there is one with such a table.

    Raises:
        UsageError: the file can't be read, or a key or value is not one of the settings.
    """
    found = path or Path(PROJECT_FILE)
    if path is None and not found.exists():
        return GateSettings()
    try:
        content: dict[str, Any] = tomllib.loads(found.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"can't read the gate's settings in {found}: {error.strerror or error}") from error
    except ValueError as error:
        raise UsageError(f"can't read the gate's settings in {found}: {error}") from error
    table: Any = content
    if path is None or "tool" in content:
        for name in TABLE:
            # Another tool's file has no table of ours; one that was named, or that speaks of us, was meant to have it.
            if not isinstance(table, dict) or (name not in table and (path is not None or name == TABLE[-1])):
                raise UsageError(f"{found} has no table [tool.evalsuite.gate]: is its name misspelt?")
            if name not in table:
                return GateSettings()
            table = table[name]
    if not isinstance(table, dict):
        raise UsageError(f"{found}: tool.evalsuite.gate is no table: write [tool.evalsuite.gate]")
    try:
        return GateSettings.model_validate(table)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        known = ", ".join(GateSettings.model_fields)
        hint = f" (got {first['input']!r}{'; 0.03 is three points' if first['type'] in TOO_LARGE else ''})"
        if first["type"] == "extra_forbidden":
            raise UsageError(f"{found}: the gate has no setting {where!r}; its settings are {known}") from error
        raise UsageError(f"{found}: the gate's setting {where}: {first['msg']}{hint}") from error
