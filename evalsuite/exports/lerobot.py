"""Recorded episodes as a LeRobotDataset v3.0, written with pyarrow and PyAV alone.

The layout is that of lerobot's own writer (`lerobot.datasets.lerobot_dataset`, codebase version v3.0): frames in
`data/`, pictures of many episodes in a row in one file in `videos/`, an episode's place in both in `meta/episodes/`.
Frame i holds what the policy saw before its action i. Timestamps count in the whole number of pictures a second that
LeRobot asks for; the world's own rate, the suite and whether it is a rehearsal stand in `meta/evalsuite.json`.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
import pyarrow.parquet
from numpy.typing import NDArray

from evalsuite import __version__
from evalsuite.errors import UsageError
from evalsuite.exports.feature_statistics import Statistics, aggregate, describe, describe_pictures
from evalsuite.exports.options import ExportOptions, check_not_mixed
from evalsuite.exports.trajectories import PlayedEpisode, play_again
from evalsuite.records.episode_names import episode_name
from evalsuite.suite.scenario import Scenario
from evalsuite.video import VideoFault
from evalsuite.video.mp4 import chosen_encoder, join
from evalsuite.video.trajectory import ACTION_NAMES, PICTURES

CODEBASE_VERSION = "v3.0"
FOLDER = "lerobot"
CHUNKS_SIZE, DATA_MEGABYTES, VIDEO_MEGABYTES = 1000, 100, 200
"""Files in a chunk and the size at which a new file is begun, as lerobot has them by default."""

DATA_PATH = "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet"
VIDEO_PATH = "videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4"
EPISODES_PATH = "meta/episodes/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet"
VIDEO_KEYS = dict(
    zip(("observation.images.agent", "observation.images.goal", "observation.images.goal_mask"), PICTURES, strict=True)
)
CODECS = {"libx264": "h264", "libopenh264": "h264", "libvpx-vp9": "vp9"}
COUNTED: Mapping[str, tuple[str, Any]] = {
    "observation.interaction": ("int64", pyarrow.int64()),
    "next.reward": ("float32", pyarrow.float32()),
    "next.done": ("bool", pyarrow.bool_()),
    "next.success": ("bool", pyarrow.bool_()),
    "timestamp": ("float32", pyarrow.float32()),
    "frame_index": ("int64", pyarrow.int64()),
    "episode_index": ("int64", pyarrow.int64()),
    "index": ("int64", pyarrow.int64()),
    "task_index": ("int64", pyarrow.int64()),
}
"""Features of one number a frame."""

CARD = """---
tags:
- LeRobot
- evalsuite
task_categories:
- robotics
configs:
- config_name: default
  data_files: data/*/*.parquet
---

{count} episodes of {suite} ({world}){mark}, played by {policies}.
Written by evalsuite {version} as LeRobotDataset v3.0.
Each was played again from its scenario and seed and came out as it was recorded.
"""


def write(runs: Sequence[Path], out: Path, options: ExportOptions) -> list[Path]:
    """Write the folder `lerobot`, whole or not at all."""
    rehearsal = check_not_mixed(runs)
    folder = out / FOLDER
    if folder.exists():
        raise UsageError(f"{folder} exists; remove it, or choose another --out")
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{FOLDER}-", dir=out) as work:
            episodes = play_again(runs, options, Path(work) / "episodes", what="--to lerobot")
            _check_alike(episodes)
            (Path(work) / "dataset").mkdir()
            _write_dataset(episodes, Path(work) / "dataset", rehearsal=rehearsal)
            (Path(work) / "dataset").rename(folder)
    except (OSError, VideoFault) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise UsageError(f"can't write {folder}: {why}; choose another --out") from error
    return [folder]


@dataclass(frozen=True)
class _Placed:
    """An episode in the dataset: its number, its first frame, its task."""

    played: PlayedEpisode
    index: int
    first_frame: int
    task_index: int

    @property
    def frames(self) -> int:
        return len(self.played.trajectory.actions)


def task_of(scenario: Scenario) -> str:
    """What is to be done, in words: the target's kind stands for what the agent is shown by the goal view's mask."""
    asked = [f"{goal.interaction.replace('_', ' ')} the {goal.target.kind}" for goal in scenario.goals]
    return f"{', then '.join(asked)} that is masked in the goal view"


def _check_alike(episodes: Sequence[PlayedEpisode]) -> None:
    worlds = sorted({each.record.world for each in episodes})
    if len(worlds) > 1:
        raise UsageError(f"a dataset is of one world, not of {', '.join(worlds)}: choose with --world")


def _write_dataset(episodes: Sequence[PlayedEpisode], folder: Path, *, rehearsal: bool) -> None:
    tasks = list(dict.fromkeys(task_of(each.scenario) for each in episodes))
    placed = list(_placed(episodes, tasks))
    first = episodes[0].trajectory
    rate = round(first.pictures_per_second)
    statistics = [_statistics(each, rate) for each in placed]
    rows: list[dict[str, Any]] = [
        {
            "episode_index": each.index,
            "tasks": [tasks[each.task_index]],
            "length": each.frames,
            "dataset_from_index": each.first_frame,
            "dataset_to_index": each.first_frame + each.frames,
        }
        for each in placed
    ]
    _write_data(placed, rows, folder, rate)
    for key, name in VIDEO_KEYS.items():
        _write_videos(placed, rows, folder, key, name, rate)
    _write_episodes(placed, rows, statistics, folder)
    _write_tasks(tasks, folder)
    world = episodes[0].record.world
    info = {
        "codebase_version": CODEBASE_VERSION,
        "robot_type": f"{world}-rehearsal" if rehearsal else world,
        "total_episodes": len(placed),
        "total_frames": sum(each.frames for each in placed),
        "total_tasks": len(tasks),
        "chunks_size": CHUNKS_SIZE,
        "data_files_size_in_mb": DATA_MEGABYTES,
        "video_files_size_in_mb": VIDEO_MEGABYTES,
        "fps": rate,
        "splits": {"train": f"0:{len(placed)}"},
        "data_path": DATA_PATH,
        "video_path": VIDEO_PATH,
        "features": features(first.width + first.width % 2, first.height + first.height % 2, rate),
    }
    _write_json(folder / "meta/info.json", info)
    total = {feature: aggregate([each[feature] for each in statistics]) for feature in statistics[0]}
    _write_json(folder / "meta/stats.json", {feature: _listed(each) for feature, each in total.items()})
    _write_json(folder / "meta/evalsuite.json", _origin(placed, rehearsal=rehearsal))
    header = episodes[0].run.header
    card = CARD.format(
        count=len(placed),
        suite=f"{header.suite} {header.suite_version}",
        world=world,
        mark=", REHEARSED on a stand-in and no result of the simulator itself" if rehearsal else "",
        policies=", ".join(dict.fromkeys(each.record.policy for each in episodes)),
        version=__version__,
    )
    (folder / "README.md").write_text(card, encoding="utf-8")


def features(width: int, height: int, rate: int) -> dict[str, Any]:
    """The features as `meta/info.json` declares them."""
    video = {
        "dtype": "video",
        "shape": [height, width, 3],
        "names": ["height", "width", "channels"],
        "info": {
            "video.height": height,
            "video.width": width,
            "video.codec": CODECS[chosen_encoder()],
            "video.pix_fmt": "yuv420p",
            "video.is_depth_map": False,
            "video.fps": rate,
            "video.channels": 3,
            "has_audio": False,
        },
    }
    return {
        **{key: dict(video) for key in VIDEO_KEYS},
        "action": {"dtype": "float32", "shape": [len(ACTION_NAMES)], "names": list(ACTION_NAMES)},
        **{name: {"dtype": dtype, "shape": [1], "names": None} for name, (dtype, _) in COUNTED.items()},
    }


def _placed(episodes: Sequence[PlayedEpisode], tasks: Sequence[str]) -> Iterator[_Placed]:
    passed = 0
    for index, each in enumerate(episodes):
        yield _Placed(each, index, passed, tasks.index(task_of(each.scenario)))
        passed += len(each.trajectory.actions)


def _columns(episode: _Placed, rate: int) -> dict[str, NDArray[Any]]:
    """The numbers of an episode's frames, each (n,) but for `action`, (n, 11)."""
    trajectory, n = episode.played.trajectory, episode.frames
    last = np.arange(n) == n - 1
    return {
        "action": trajectory.actions,
        "observation.interaction": trajectory.interactions,
        "next.reward": trajectory.rewards,
        "next.done": last,
        "next.success": last & (episode.played.record.outcome == "success"),
        "timestamp": (np.arange(n) / rate).astype(np.float32),
        "frame_index": np.arange(n),
        "episode_index": np.full(n, episode.index),
        "index": episode.first_frame + np.arange(n),
        "task_index": np.full(n, episode.task_index),
    }


def _statistics(episode: _Placed, rate: int) -> dict[str, Statistics]:
    numbers = {
        name: describe(column.astype(np.float64).reshape(episode.frames, -1))
        for name, column in _columns(episode, rate).items()
    }
    samples = episode.played.trajectory.samples
    return {**{key: describe_pictures(samples[name]) for key, name in VIDEO_KEYS.items()}, **numbers}


def _write_data(placed: Sequence[_Placed], rows: list[dict[str, Any]], folder: Path, rate: int) -> None:
    schema = pyarrow.schema(
        [
            ("action", pyarrow.list_(pyarrow.float32(), len(ACTION_NAMES))),
            *((n, kind) for n, (_, kind) in COUNTED.items()),
        ]
    )
    writer, file_index, path = None, -1, folder
    for each, row in zip(placed, rows, strict=True):
        if writer is None or path.stat().st_size > DATA_MEGABYTES << 20:
            if writer is not None:
                writer.close()
            file_index += 1
            path = _file(folder, DATA_PATH, file_index)
            writer = pyarrow.parquet.ParquetWriter(path, schema, compression="snappy")
        columns = _columns(each, rate)
        flat = pyarrow.array(columns.pop("action").reshape(-1), pyarrow.float32())
        arrays = {"action": pyarrow.FixedSizeListArray.from_arrays(flat, len(ACTION_NAMES))}
        arrays |= {name: pyarrow.array(column, COUNTED[name][1]) for name, column in columns.items()}
        writer.write_table(pyarrow.table(arrays, schema=schema))
        row.update(_place("data", file_index))
    if writer is not None:
        writer.close()


def _write_videos(
    placed: Sequence[_Placed], rows: list[dict[str, Any]], folder: Path, key: str, name: str, rate: int
) -> None:
    file_index, size, parts, passed = 0, 0, list[Path](), 0
    for each, row in zip(placed, rows, strict=True):
        video = each.played.trajectory.video(name)
        if parts and size + video.stat().st_size > VIDEO_MEGABYTES << 20:
            join(parts, _file(folder, VIDEO_PATH, file_index, video_key=key))
            file_index, size, parts, passed = file_index + 1, 0, [], 0
        parts.append(video)
        size += video.stat().st_size
        row.update(_place(f"videos/{key}", file_index))
        row[f"videos/{key}/from_timestamp"] = passed / rate
        passed += each.frames
        row[f"videos/{key}/to_timestamp"] = passed / rate
    join(parts, _file(folder, VIDEO_PATH, file_index, video_key=key))


def _write_episodes(
    placed: Sequence[_Placed], rows: list[dict[str, Any]], statistics: Sequence[Mapping[str, Statistics]], folder: Path
) -> None:
    for row, described in zip(rows, statistics, strict=True):
        row.update(_place("meta/episodes", 0))
        for feature, each in described.items():
            row.update({f"stats/{feature}/{name}": value for name, value in _listed(each).items()})
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), _file(folder, EPISODES_PATH, 0))


def _write_tasks(tasks: Sequence[str], folder: Path) -> None:
    """As pandas writes a frame whose index holds the tasks: that is how LeRobot reads it."""
    index = "__index_level_0__"
    columns: list[dict[str, Any]] = [
        {"name": "task_index", "field_name": "task_index", "pandas_type": "int64", "numpy_type": "int64"},
        {"name": None, "field_name": index, "pandas_type": "unicode", "numpy_type": "object"},
    ]
    pandas = {
        "index_columns": [index],
        "column_indexes": [{"name": None, "field_name": None, "pandas_type": "unicode", "numpy_type": "object"}],
        "columns": [{**column, "metadata": None} for column in columns],
        "creator": {"library": "pyarrow", "version": pyarrow.__version__},
        "pandas_version": "2.0.0",
    }
    table = pyarrow.table({"task_index": pyarrow.array(range(len(tasks)), pyarrow.int64()), index: list(tasks)})
    path = folder / "meta/tasks.parquet"
    pyarrow.parquet.write_table(table.replace_schema_metadata({b"pandas": json.dumps(pandas).encode()}), path)


def _origin(placed: Sequence[_Placed], *, rehearsal: bool) -> dict[str, Any]:
    header = placed[0].played.run.header
    return {
        "rehearsal": rehearsal,
        "steps_per_second": placed[0].played.trajectory.pictures_per_second,
        "suite": header.suite,
        "suite_version": header.suite_version,
        "suite_sha256": header.suite_sha256,
        "episodes": [
            {
                "episode_index": each.index,
                "run": each.played.record.run,
                "episode": episode_name(each.played.record),
                "policy_sha256": each.played.record.policy_sha256,
                "outcome": each.played.record.outcome,
                "final_frame_sha256": each.played.record.final_frame_sha256,
            }
            for each in placed
        ],
    }


def _place(what: str, file_index: int) -> dict[str, int]:
    return {f"{what}/chunk_index": file_index // CHUNKS_SIZE, f"{what}/file_index": file_index % CHUNKS_SIZE}


def _file(folder: Path, pattern: str, file_index: int, **names: str) -> Path:
    place = {"chunk_index": file_index // CHUNKS_SIZE, "file_index": file_index % CHUNKS_SIZE}
    path = folder / pattern.format(**place, **names)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _listed(statistics: Statistics) -> dict[str, Any]:
    return {name: [int(value[0])] if name == "count" else value.tolist() for name, value in statistics.items()}


def _write_json(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
