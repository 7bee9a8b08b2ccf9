"""Outcomes in the shape of LeRobot's `eval_info.json`, so that what reads its evaluations reads these.

`lerobot-eval` (lerobot.scripts.lerobot_eval) writes `per_task`, `per_group` and `overall` with sums and maxima of
rewards and shares of success in percent. Here a group is an interaction, a task one of its difficulties; a policy has
a file of its own. Errors and scenarios that were solved at reset are no episodes of either. What was measured by
whom, and whether it is a rehearsal, stands under `evalsuite`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from evalsuite import __version__
from evalsuite.crossview.difficulty import DIFFICULTIES
from evalsuite.crossview.spaces import INTERACTIONS
from evalsuite.errors import UsageError
from evalsuite.exports.options import ExportOptions, check_not_mixed
from evalsuite.records.reading import SUITE_FILE, read_header, read_records, settled
from evalsuite.records.record import Record
from evalsuite.records.videos import video_file
from evalsuite.suite.files import load_suite
from evalsuite.whole_files import write_whole

FILE_NAME = "eval_info.json"


def write(runs: Sequence[Path], out: Path, options: ExportOptions) -> list[Path]:
    """Write `<policy>/eval_info.json` for every policy."""
    rehearsal = check_not_mixed(runs)
    written = []
    by_policy: dict[tuple[str, str], dict[tuple[str, int], tuple[Path, Record]]] = {}
    for run in runs:
        for record in settled(read_records(run)).values():
            if options.includes(record) and record.outcome != "error" and not record.success_at_reset:
                episodes = by_policy.setdefault((record.policy, record.policy_sha256), {})
                episodes.setdefault((record.scenario, record.seed), (run, record))
    if not by_policy:
        raise UsageError(f"{', '.join(map(str, runs))}: no scored episode is of what was asked for")
    goals = {scenario.id: len(scenario.goals) for run in runs for scenario in load_suite(run / SUITE_FILE).scenarios}
    labels = [label for label, _ in by_policy]
    for (label, sha256), episodes in by_policy.items():
        name = label if labels.count(label) == 1 else f"{label}@{sha256[:8]}"
        header = read_header(next(iter(episodes.values()))[0])
        info = {
            **eval_info(episodes.values(), goals),
            "evalsuite": {
                "version": __version__,
                "policy": name,
                "policy_sha256": sha256,
                "suite": header.suite,
                "suite_version": header.suite_version,
                "suite_sha256": header.suite_sha256,
                "rehearsal": rehearsal,
            },
        }
        path = out / name / FILE_NAME
        try:
            written.append(write_whole(path, json.dumps(info, indent=2).encode() + b"\n"))
        except OSError as error:
            raise UsageError(f"can't write {path}: {error.strerror or error}; choose another --out") from error
    return written


def eval_info(episodes: Iterable[tuple[Path, Record]], goals: dict[str, int]) -> dict[str, Any]:
    """The object, from scored episodes with their run folders; `goals` counts those of each scenario."""
    chosen = list(episodes)
    tasks: list[dict[str, Any]] = []
    for interaction in INTERACTIONS:
        for place, difficulty in enumerate(DIFFICULTIES):
            mine = [each for each in chosen if (each[1].interaction, each[1].difficulty) == (interaction, difficulty)]
            if mine:
                group = {"task_group": interaction, "task_id": place}
                tasks.append({**group, "metrics": _metrics(mine, goals)})
    groups = dict.fromkeys(task["task_group"] for task in tasks)
    return {
        "per_task": tasks,
        "per_group": {
            name: _aggregate([each for each in chosen if each[1].interaction == name], goals) for name in groups
        },
        "overall": {**_aggregate(chosen, goals), **_duration([record for _, record in chosen])},
    }


def _metrics(episodes: Sequence[tuple[Path, Record]], goals: dict[str, int]) -> dict[str, Any]:
    """A goal reached is a reward of one over the number of goals, in the step in which it is reached."""
    videos = [video_file(run, record) for run, record in episodes]
    return {
        "sum_rewards": [record.score for _, record in episodes],
        "max_rewards": [1.0 / goals[record.scenario] if record.score else 0.0 for _, record in episodes],
        "successes": [record.outcome == "success" for _, record in episodes],
        "video_paths": [str(video) for video in videos if video is not None],
    }


def _aggregate(episodes: Sequence[tuple[Path, Record]], goals: dict[str, int]) -> dict[str, Any]:
    metrics, n = _metrics(episodes, goals), len(episodes)
    return {
        "avg_sum_reward": sum(metrics["sum_rewards"]) / n,
        "avg_max_reward": sum(metrics["max_rewards"]) / n,
        "pc_success": 100 * sum(metrics["successes"]) / n,
        "n_episodes": n,
        "video_paths": metrics["video_paths"],
    }


def _duration(records: Sequence[Record]) -> dict[str, float]:
    """Seconds that the episodes took, one after the other."""
    seconds = sum((_moment(each.finished) - _moment(each.started)).total_seconds() for each in records)
    return {"eval_s": round(seconds, 3), "eval_ep_s": round(seconds / len(records), 6)}


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
