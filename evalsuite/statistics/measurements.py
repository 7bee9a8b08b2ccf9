"""What every settled episode measured beside its outcome: view difficulty, steps, score, and where the time went."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError
from typing_extensions import NotRequired, TypedDict

from evalsuite.errors import UsageError
from evalsuite.records.reading import episode_files
from evalsuite.statistics.episodes import Episodes

EpisodeName = tuple[str, str, str, int]
"""(run, policy label, scenario, seed)."""


class _Attempt(TypedDict):
    run: str
    scenario: str
    policy: str
    seed: int
    final: bool
    view: dict[str, Any]
    steps: NotRequired[int]
    score: NotRequired[float]
    goals: NotRequired[int | None]
    seconds: NotRequired[dict[str, float]]
    started: str
    finished: str


_ATTEMPT = TypeAdapter(_Attempt)


@dataclass(frozen=True, eq=False)
class Measurements:
    """One row an episode; `rows` finds those of given episodes.

    Args:
        view: quantity of `ViewDifficulty` -> values, shape (episodes,), NaN where it is not known, a truth as 0 or 1.
        steps: shape (episodes,).
        score: share of the goals reached, in [0, 1], shape (episodes,).
        goals: how many the scenario has, shape (episodes,); 0 where the record does not say.
        seconds: phase -> wall seconds in it, shape (episodes,), NaN where the record has none.
        started, finished: seconds since 1970, shape (episodes,), NaN where the record gives no time.
    """

    view: Mapping[str, NDArray[np.float64]]
    steps: NDArray[np.int64]
    score: NDArray[np.float64]
    goals: NDArray[np.int64]
    seconds: Mapping[str, NDArray[np.float64]]
    started: NDArray[np.float64]
    finished: NDArray[np.float64]
    places: Mapping[EpisodeName, int] = field(repr=False)

    def rows(self, episodes: Episodes) -> NDArray[np.int64]:
        """The row of each of `episodes`, in their order.

        Raises:
            KeyError: for an episode that was not read.
        """
        names = [(profile.run, profile.policy) for profile in episodes.profiles]
        scenarios = episodes.scenarios
        return np.array(
            [
                self.places[names[profile] + (scenarios[scenario], seed)]
                for profile, scenario, seed in zip(
                    episodes.profile.tolist(), episodes.scenario.tolist(), episodes.seed.tolist(), strict=True
                )
            ],
            np.int64,
        )


def read_measurements(folders: Iterable[Path]) -> Measurements:
    """Of the settled episodes of run folders: for each, of the first final attempt that was recorded.

    Raises `UsageError` with file and line for a line that is not a record.
    """
    places: dict[EpisodeName, int] = {}
    kept: list[_Attempt] = []
    for folder in folders:
        for path in episode_files(folder):
            for attempt in _read_file(path):
                name = (attempt["run"], attempt["policy"], attempt["scenario"], attempt["seed"])
                if attempt["final"] and name not in places:
                    places[name] = len(places)
                    kept.append(attempt)
    return Measurements(
        _columns([each["view"] for each in kept]),
        np.array([each.get("steps", 0) for each in kept], np.int64),
        np.array([each.get("score", 0.0) for each in kept], np.float64),
        np.array([each.get("goals") or 0 for each in kept], np.int64),
        _columns([each.get("seconds", {}) for each in kept]),
        np.array([_epoch(each["started"]) for each in kept], np.float64),
        np.array([_epoch(each["finished"]) for each in kept], np.float64),
        places,
    )


def _read_file(path: Path) -> list[_Attempt]:
    validate = _ATTEMPT.validator.validate_json
    found: list[_Attempt] = []
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                if not line.endswith(b"\n"):
                    break
                try:
                    found.append(validate(line))
                except ValidationError as error:
                    raise UsageError(f"{path}:{number}: not a record: {error.errors()[0]['msg']}") from error
    except OSError as error:
        raise UsageError(f"can't read {path}: {error.strerror or error}") from error
    return found


def _columns(rows: Sequence[Mapping[str, Any]]) -> dict[str, NDArray[np.float64]]:
    names = sorted({name for row in rows for name in row})
    return {name: np.array([_number(row.get(name)) for row in rows], np.float64) for name in names}


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else float("nan")


def _epoch(moment: str) -> float:
    try:
        return datetime.fromisoformat(moment.replace("Z", "+00:00")).timestamp()
    except ValueError:
        return float("nan")
