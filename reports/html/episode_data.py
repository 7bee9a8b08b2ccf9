"""What the episode browser is told: every settled episode, as columns of small numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalsuite.crossview.difficulty import DIFFICULTIES
from evalsuite.crossview.spaces import INTERACTIONS
from evalsuite.records.reading import each_record
from evalsuite.records.record import Record
from evalsuite.reports.evaluation import Evaluation
from evalsuite.reports.view_bins import ViewBinning
from evalsuite.reports.wording import ROLE_ORDER
from evalsuite.statistics.episodes import OUTCOME_CODES
from evalsuite.statistics.results import SuiteResults

VIEW_MEASURES = (
    "manhattan_m",
    "straight_m",
    "path_m",
    "view_angle_deg",
    "covisibility",
    "goal_camera_height_m",
    "goal_camera_pitch_deg",
    "goal_camera_distance_m",
    "goal_target_pixels",
    "start_target_pixels",
    "target_visible_at_start",
)
EPISODE_COLUMNS = (
    "run",
    "scenario",
    "policy",
    "seed",
    "outcome",
    "reason",
    "steps",
    "nearest",
    "path",
    "firstSeen",
    "sightUnknown",
    "wrong",
    "score",
    "attempt",
    "seconds",
    "video",
    "recordedPolicy",
    "invalid",
)
"""`recordedPolicy` is the label in the run folder, where it is reported under another one."""

METRES_DIGITS = 2
NAN = float("nan")
MOST_EPISODES = 100_000
"""A browser still sorts so many at once."""


@dataclass
class Numbering:
    """Texts numbered in the order in which they first come."""

    numbers: dict[str, int] = field(default_factory=dict)

    def of(self, text: str) -> int:
        return self.numbers.setdefault(text, len(self.numbers))

    @property
    def texts(self) -> list[str]:
        return list(self.numbers)


@dataclass(frozen=True)
class ShownEpisode:
    """A settled episode as it is counted: its record, the run that holds it, the suite's place among the results."""

    record: Record
    run: Path
    run_id: str
    suite: int
    policy: str


def counted_episodes(every: Sequence[SuiteResults]) -> list[ShownEpisode]:
    """The episodes behind `every`, each once, from the folder named first, policies by the label reported.

    No more than `MOST_EPISODES`, and then the first ones.
    """
    labels = {
        (results.suite_sha256, results.rehearsal, policy.sha256, label): (place, policy.label)
        for place, results in enumerate(every)
        for policy in results.policies
        for label in (policy.label, policy.label.removesuffix(f"@{policy.sha256[:8]}"))
    }
    shown: dict[tuple[int, str, str, int], ShownEpisode] = {}
    for run in {run.folder: run for results in every for run in results.runs}.values():
        errors: set[tuple[int, str, str, int]] = set()
        for record in each_record(run.folder):
            counted = labels.get((record.suite_sha256, record.rehearsal, record.policy_sha256, record.policy))
            if not record.final or counted is None:
                continue
            place, policy = counted
            key = (place, policy, record.scenario, record.seed)
            if key in errors or (key not in shown and len(shown) < MOST_EPISODES):
                shown[key] = ShownEpisode(record, run.folder, run.header.run, place, policy)
                (errors.add if record.outcome == "error" else errors.discard)(key)
            if len(shown) == MOST_EPISODES and not errors:
                return list(shown.values())
    return list(shown.values())


def browser_data(
    evaluation: Evaluation,
    episodes: Iterable[ShownEpisode],
    *,
    views: Mapping[tuple[int, str], Mapping[str, Any]],
    videos: Mapping[tuple[Path, str], Sequence[str]],
) -> dict[str, Any]:
    """Everything that the script of the page reads, as plain data.

    Args:
        evaluation: whose suites the browser names.
        episodes: of `counted_episodes`.
        views: (place of the suite, scenario id) -> where its pictures are, as `media.py` names them.
        videos: (run folder, path in it) -> where the video is, and its poster.
    """
    runs, worlds, policies, reasons = Numbering(), Numbering(), Numbering(), Numbering()
    interactions = Numbering({name: place for place, name in enumerate(INTERACTIONS)})
    difficulties = Numbering({name: place for place, name in enumerate(DIFFICULTIES)})
    for role in ROLE_ORDER:
        for results in evaluation.results:
            for policy in results.policies:
                if policy.role == role:
                    policies.of(policy.label)
    scenarios: dict[tuple[int, str], int] = {}
    scenario_rows: list[list[Any]] = []
    raw_views: list[dict[str, Any]] = []
    rows: list[list[Any]] = []
    folders: dict[str, str] = {}
    for episode in episodes:
        record = episode.record
        runs.of(episode.run_id)
        folders[episode.run_id] = str(episode.run)
        key = (episode.suite, record.scenario)
        if key not in scenarios:
            scenarios[key] = len(scenarios)
            raw_views.append(record.view)
            scenario_rows.append(
                [
                    record.scenario,
                    episode.suite,
                    worlds.of(record.world),
                    interactions.of(record.interaction),
                    difficulties.of(record.difficulty),
                    [_plain(record.view.get(name)) for name in VIEW_MEASURES],
                    views.get(key),
                    record.goals,
                ]
            )
        rows.append(
            [
                runs.of(episode.run_id),
                scenarios[key],
                policies.of(episode.policy),
                record.seed,
                OUTCOME_CODES[record.outcome],
                reasons.of(record.reason),
                record.steps,
                _rounded(record.nearest_m),
                _rounded(record.path_m),
                record.first_seen_step,
                record.sight_unknown_steps,
                record.wrong_targets,
                _rounded(record.score),
                record.attempt,
                _rounded(sum(record.seconds.values())),
                videos.get((episode.run, record.video)) if record.video else None,
                record.policy if record.policy != episode.policy else None,
                int(record.success_at_reset),
            ]
        )
    return {
        "suites": [
            {"slug": evaluation.name(results), "rehearsal": results.rehearsal} for results in evaluation.results
        ],
        "runs": [{"id": run, "folder": folders[run]} for run in runs.texts],
        "worlds": worlds.texts,
        "interactions": interactions.texts,
        "difficulties": difficulties.texts,
        "policies": policies.texts,
        "reasons": reasons.texts,
        "measures": VIEW_MEASURES,
        "bins": {binning.column: _bins(binning, raw_views) for binning in evaluation.view_bins.binnings},
        "scenarios": _columns(
            scenario_rows, ("id", "suite", "world", "interaction", "difficulty", "view", "pictures", "goals")
        ),
        "episodes": _columns(rows, EPISODE_COLUMNS),
    }


def _columns(rows: Sequence[Sequence[Any]], names: Sequence[str]) -> dict[str, list[Any]]:
    return {name: [row[place] for row in rows] for place, name in enumerate(names)}


def _bins(binning: ViewBinning, views: Sequence[Mapping[str, Any]]) -> list[str]:
    """The bin of each scenario, as the tables name it; empty where it is not known."""

    def measured(name: str) -> NDArray[np.float64]:
        values = [value if isinstance(value := view.get(name), int | float) else NAN for view in views]
        return np.array(values, np.float64)

    return binning.bin_names(measured)


def _rounded(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else round(value, METRES_DIGITS)


def _plain(value: Any) -> float | bool | str | None:
    """A measure of a view as the page shows it: what a world adds may be anything."""
    if value is None or isinstance(value, bool | int | str):
        return value
    return _rounded(value) if isinstance(value, float) else str(value)
