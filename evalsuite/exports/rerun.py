"""Recorded episodes for the Rerun viewer: pictures, actions and rewards on one time line, a `.rrd` file an episode."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import rerun

from evalsuite.errors import UsageError
from evalsuite.exports.lerobot import task_of
from evalsuite.exports.options import ExportOptions, check_not_mixed
from evalsuite.exports.trajectories import PlayedEpisode, play_again
from evalsuite.records.episode_names import episode_name
from evalsuite.video.trajectory import ACTION_NAMES, PICTURES

FOLDER = "rerun"
APPLICATION = "evalsuite"
TIME_LINE = "simulated_time"
ENTITIES = dict(zip(("agent", "goal", "goal_mask"), PICTURES, strict=True))


def write(runs: Sequence[Path], out: Path, options: ExportOptions) -> list[Path]:
    """Write `rerun/<policy>/<scenario>/<seed>.rrd` for every episode."""
    rehearsal = check_not_mixed(runs)
    written = []
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{FOLDER}-", dir=out) as work:
            for episode in play_again(runs, options, Path(work), what="--to rerun"):
                path = out / FOLDER / f"{episode_name(episode.record)}.rrd"
                path.parent.mkdir(parents=True, exist_ok=True)
                unfinished = Path(work) / "episode.rrd"
                log_episode(episode, unfinished, rehearsal=rehearsal)
                written.append(unfinished.replace(path))
    except OSError as error:
        raise UsageError(f"can't write {out / FOLDER}: {error.strerror or error}; choose another --out") from error
    return written


def log_episode(episode: PlayedEpisode, path: Path, *, rehearsal: bool) -> None:
    """Write one episode into `path`."""
    record, trajectory = episode.record, episode.trajectory
    name = episode_name(record)
    recording = rerun.RecordingStream(APPLICATION, recording_id=f"{record.run}/{name}")
    recording.save(str(path))
    seconds = np.arange(len(trajectory.actions)) / trajectory.pictures_per_second
    times = [rerun.TimeColumn(TIME_LINE, duration=seconds)]
    about = f"**{name}**: {task_of(episode.scenario)}; {record.outcome}: {record.reason}"
    if rehearsal:
        about = f"REHEARSAL on a stand-in, no result of the simulator itself.\n\n{about}"
    recording.log("episode", rerun.TextDocument(about, media_type="text/markdown"), static=True)
    for entity, picture in ENTITIES.items():
        asset = rerun.AssetVideo(contents=trajectory.video(picture).read_bytes(), media_type="video/mp4")
        recording.log(f"view/{entity}", asset, static=True)
        columns = rerun.VideoFrameReference.columns_nanos(asset.read_frame_timestamps_nanos())
        recording.send_columns(f"view/{entity}", times, columns)
    for place, action in enumerate(ACTION_NAMES):
        recording.send_columns(
            f"action/{action}", times, rerun.Scalars.columns(scalars=trajectory.actions[:, place].astype(np.float64))
        )
    recording.send_columns("reward", times, rerun.Scalars.columns(scalars=trajectory.rewards.astype(np.float64)))
    recording.flush()
    recording.disconnect()
