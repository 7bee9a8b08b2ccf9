"""The trajectories of recorded episodes: they are played again, and only those that come out the same are kept."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from evalsuite.errors import UsageError
from evalsuite.exports.options import ExportOptions, Interrupted
from evalsuite.records.episode_names import episode_name, name_of
from evalsuite.records.record import Record
from evalsuite.runner.interpreters import pythons_of
from evalsuite.runner.plan import Episode
from evalsuite.runner.replay import RecordedRun, Replayed, read_recorded_run, replay_episodes
from evalsuite.runner.wire import Message
from evalsuite.suite.scenario import Scenario
from evalsuite.video import check_videos_can_be_made
from evalsuite.video.trajectory import Trajectory, read_trajectory


@dataclass(frozen=True)
class PlayedEpisode:
    """A recorded episode with its trajectory."""

    run: RecordedRun
    record: Record
    scenario: Scenario
    trajectory: Trajectory


def play_again(runs: Sequence[Path], options: ExportOptions, folder: Path, *, what: str) -> list[PlayedEpisode]:
    """The episodes of `runs` that `options` asks for and that were no errors, in the order of their records.

    Args:
        folder: an empty one, for the trajectories.
        what: names the export to the person.

    Raises `UsageError` when none comes out as it was recorded.
    """
    check_videos_can_be_made(what)
    kept: list[PlayedEpisode] = []
    left_out: list[str] = []
    for number, path in enumerate(runs):
        run = read_recorded_run(path)
        records = [each for each in run.records.values() if options.includes(each) and each.outcome != "error"]
        records = [each for each in records if each.steps]
        if records:
            _play_run(run, records, options, folder / str(number), kept, left_out)
    if left_out:
        count = f"{len(left_out)} episode{'s' * (len(left_out) != 1)}"
        print(f"{count} left out, since played again they came out differently: {left_out[0]}", file=sys.stderr)
    if not kept:
        raise UsageError(f"{what}: no episode of what was asked for can be played again as it was recorded")
    return kept


def _play_run(
    run: RecordedRun,
    records: Sequence[Record],
    options: ExportOptions,
    folder: Path,
    kept: list[PlayedEpisode],
    left_out: list[str],
) -> None:
    played: dict[str, Replayed] = {}

    def recording(episode: Episode) -> Message:
        return {"kind": "trajectory", "path": str((folder / name_of(episode.key)).absolute())}

    def take(replayed: Replayed) -> None:
        played[episode_name(replayed.recorded)] = replayed

    if not replay_episodes(
        run,
        records,
        recording=recording,
        on_replayed=take,
        workers=options.workers,
        trust_checkpoint=options.trust_checkpoint,
        limits=options.limits,
        pythons=pythons_of({each.world for each in records}, options.pythons),
    ):
        raise Interrupted("interrupted: nothing was exported")
    scenarios = {scenario.id: scenario for scenario in run.suite.scenarios}
    for record in records:
        name = episode_name(record)
        if not played[name].same:
            left_out.append(f"{name}: {played[name].reason}")
            continue
        kept.append(PlayedEpisode(run, record, scenarios[record.scenario], read_trajectory(folder / name)))
