"""The dataset is read back by the rules of the format, with pyarrow and PyAV: lerobot itself would bring torch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import av
import numpy as np
import pyarrow.parquet
import pytest

from evalsuite.commands.export import export
from evalsuite.crossview.environment import CrossViewEnv
from evalsuite.errors import UsageError
from evalsuite.exports.options import ExportOptions
from evalsuite.policies.references import parse_reference
from evalsuite.records.reading import EPISODES_FOLDER, read_records
from evalsuite.runner.run import run_suite
from evalsuite.video.trajectory import ACTION_NAMES
from tests.video.moving_pictures import difference
from tests.worlds.grid_world import GridSimulator, grid_scenario, grid_suite

pytestmark = pytest.mark.usefixtures("playground")
KEYS = ("observation.images.agent", "observation.images.goal", "observation.images.goal_mask")


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    scenarios = [grid_scenario(f"{name}-0", interaction=name) for name in ("approach", "break")]
    policies = [parse_reference(name) for name in ("oracle", "random")]
    run_suite(grid_suite(*scenarios), policies, out=tmp_path / "run", workers=2)
    return tmp_path / "run"


class Reader:
    """A LeRobotDataset v3.0, read as lerobot reads one."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.info: dict[str, Any] = json.loads((root / "meta/info.json").read_text())
        self.stats: dict[str, Any] = json.loads((root / "meta/stats.json").read_text())
        table = pyarrow.parquet.read_table(root / "meta/tasks.parquet")
        pandas = json.loads(table.schema.metadata[b"pandas"])
        (index,) = pandas["index_columns"]
        self.tasks = dict(zip(table["task_index"].to_pylist(), table[index].to_pylist(), strict=True))
        self.episodes = pyarrow.parquet.read_table(root / "meta/episodes").to_pylist()
        self.frames = pyarrow.parquet.read_table(root / "data").to_pylist()

    def picture(self, episode: dict[str, Any], key: str, timestamp: float) -> Any:
        """The picture at `timestamp` of an episode, which must be there to within lerobot's 0.0001 s."""
        place = {"chunk_index": episode[f"videos/{key}/chunk_index"], "file_index": episode[f"videos/{key}/file_index"]}
        path = self.root / self.info["video_path"].format(video_key=key, **place)
        wanted = episode[f"videos/{key}/from_timestamp"] + timestamp
        with av.open(str(path)) as container:
            for frame in container.decode(video=0):
                if abs(float(frame.pts * frame.time_base) - wanted) < 1e-4:
                    return frame.to_ndarray(format="rgb24")
        raise AssertionError(f"{path} has no picture at {wanted}")


def test_the_dataset_holds_every_frame_of_every_episode_as_it_was_played(recorded: Path, tmp_path: Path) -> None:
    (folder,) = export([recorded], ["lerobot"], tmp_path / "out", ExportOptions(workers=2))
    reader = Reader(folder)
    records = [record for record in read_records(recorded) if record.outcome != "error"]
    info = reader.info
    assert (info["codebase_version"], info["fps"], info["robot_type"]) == ("v3.0", 18, "grid")
    assert (info["total_episodes"], info["total_frames"]) == (4, sum(record.steps for record in records))
    assert info["splits"] == {"train": "0:4"}
    assert [frame["index"] for frame in reader.frames] == list(range(info["total_frames"]))
    origin = json.loads((folder / "meta/evalsuite.json").read_text())
    assert (origin["rehearsal"], origin["steps_per_second"]) == (False, 17.5)
    for record, episode, source in zip(records, reader.episodes, origin["episodes"], strict=True):
        frames = reader.frames[episode["dataset_from_index"] : episode["dataset_to_index"]]
        assert len(frames) == episode["length"] == record.steps
        assert source["episode"] == f"{record.policy}/{record.scenario}/0"
        assert {frame["episode_index"] for frame in frames} == {episode["episode_index"]}
        assert [frame["frame_index"] for frame in frames] == list(range(record.steps))
        assert [frame["next.done"] for frame in frames] == [False] * (record.steps - 1) + [True]
        assert frames[-1]["next.success"] == (record.outcome == "success")
        assert sum(frame["next.reward"] for frame in frames) == record.score
        assert episode["tasks"] == [reader.tasks[frames[0]["task_index"]]]
        assert episode["tasks"][0].startswith(record.interaction)
        for key in KEYS:
            spans = episode[f"videos/{key}/to_timestamp"] - episode[f"videos/{key}/from_timestamp"]
            assert spans == pytest.approx(record.steps / 18)


def test_frames_are_what_the_policy_saw_when_it_acted_and_actions_lead_where_it_went(
    recorded: Path, tmp_path: Path
) -> None:
    options = ExportOptions(policies=("random",))
    reader = Reader(export([recorded], ["lerobot"], tmp_path / "out", options)[0])
    (record,) = [each for each in read_records(recorded) if (each.policy, each.scenario) == ("random", "break-0")]
    (episode,) = [each for each in reader.episodes if each["tasks"][0].startswith("break")]
    frames = reader.frames[episode["dataset_from_index"] : episode["dataset_to_index"]]
    simulator = GridSimulator()
    try:
        env = CrossViewEnv(simulator, grid_scenario("break-0", interaction="break"))
        observation, _ = env.reset(seed=0)
        for frame in frames[:12]:
            picture = reader.picture(episode, "observation.images.agent", frame["timestamp"])
            assert difference(picture, observation["image"]) < 12
            mask = reader.picture(episode, "observation.images.goal_mask", frame["timestamp"])
            assert np.array_equal(mask[..., 0] > 127, observation["goal_mask"] > 0)
            action: dict[str, Any] = {
                name: int(value) for name, value in zip(ACTION_NAMES[:9], frame["action"][:9], strict=True)
            }
            action["camera"] = np.array(frame["action"][9:], np.float32)
            observation, *_ = env.step(action)
    finally:
        simulator.close()
    assert record.steps == len(frames)


def test_features_statistics_and_columns_agree(recorded: Path, tmp_path: Path) -> None:
    reader = Reader(export([recorded], ["lerobot"], tmp_path / "out", ExportOptions(policies=("oracle",)))[0])
    features = reader.info["features"]
    assert set(reader.stats) == set(features)
    columns = set(reader.frames[0])
    assert columns == {name for name, feature in features.items() if feature["dtype"] != "video"}
    actions = np.array([frame["action"] for frame in reader.frames])
    assert actions.shape[1:] == tuple(features["action"]["shape"])
    stated = reader.stats["action"]
    assert stated["mean"] == pytest.approx(actions.mean(axis=0).tolist(), abs=1e-6)
    assert stated["std"] == pytest.approx(actions.std(axis=0).tolist(), abs=1e-6)
    assert stated["max"] == pytest.approx(actions.max(axis=0).tolist())
    assert stated["count"] == [len(actions)]
    for key in KEYS:
        assert np.array(reader.stats[key]["mean"]).shape == (3, 1, 1)
        assert 0.0 <= np.min(reader.stats[key]["min"]) <= np.max(reader.stats[key]["max"]) <= 1.0
        assert f"stats/{key}/q99" in reader.episodes[0]


def test_an_episode_that_comes_out_differently_is_left_out(
    recorded: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (file,) = (recorded / EPISODES_FOLDER).glob("*.jsonl")
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    for line in lines:
        if line["policy"] == "random":
            line["final_frame_sha256"] = "0" * 64
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    (folder,) = export([recorded], ["lerobot"], tmp_path / "out", ExportOptions())
    assert Reader(folder).info["total_episodes"] == 2
    assert "2 episodes left out" in capfd.readouterr().err
    with pytest.raises(UsageError, match="no episode of what was asked for"):
        export([recorded], ["lerobot"], tmp_path / "none", ExportOptions(policies=("random",)))
    assert list((tmp_path / "none").iterdir()) == []
    with pytest.raises(UsageError, match="exists; remove it"):
        export([recorded], ["lerobot"], tmp_path / "out", ExportOptions())
