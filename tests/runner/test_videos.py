"""Real runs that are filmed: by playing actions again where the world is the same every time, else while it plays."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from evalsuite.crossview.environment import CrossViewEnv
from evalsuite.policies.references import parse_reference
from evalsuite.records.reading import read_records, settled
from evalsuite.records.record import Record
from evalsuite.records.videos import actions_file, poster_file, video_file
from evalsuite.runner.filming import VideoMode
from evalsuite.runner.run import RunResult, run_suite
from evalsuite.suite.files import save_suite
from evalsuite.suite.scenario import Suite
from tests.runner.command_line import start
from tests.video.moving_pictures import difference, pictures_of
from tests.worlds.grid_world import DETERMINISM, GridSimulator, grid_scenario, grid_suite
from tests.worlds.remains import Playground

TRIAL = "tests.runner.policies_on_trial:"
LIMIT_SECONDS = 90.0

pytestmark = pytest.mark.usefixtures("playground")


def run(suite: Suite, *policies: str, out: Path, videos: VideoMode, workers: int = 2) -> RunResult:
    references = [parse_reference(policy) for policy in policies]
    return run_suite(suite, references, out=out, workers=workers, videos=videos)


def files_below(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def assert_filmed(out: Path, record: Record) -> None:
    """The video of `record` is whole: a picture for the start and one a step, and a poster like the first."""
    video, poster = video_file(out, record), poster_file(out, record)
    assert video is not None
    assert poster is not None
    pictures = pictures_of(video)
    assert len(pictures) == record.steps + 1
    assert difference(np.asarray(Image.open(poster)), pictures[0]) < 8


def assert_no_trace_but_videos(out: Path) -> None:
    """Every file below videos/ is the video or the poster of a record."""
    named = {record.video for record in read_records(out) if record.video}
    assert files_below(out / "videos") == {
        name.removeprefix("videos/")[: -len(".mp4")] + ending for name in named for ending in (".mp4", ".jpg")
    }


@pytest.mark.parametrize("determinism", ["bitwise", "statistical"])
def test_all_means_a_video_for_every_episode_and_failures_for_what_was_no_success(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, determinism: str
) -> None:
    monkeypatch.setenv(DETERMINISM, determinism)
    suite = grid_suite(*grid_suite().scenarios[:2])
    result = run(suite, "oracle", "noop", out=tmp_path / "all", videos="all")
    assert (result.videos, result.videos_left, result.video_faults) == (4, 0, {})
    for record in read_records(tmp_path / "all"):
        assert record.video == f"videos/{record.policy}/{record.scenario}/0-1.mp4"
        assert_filmed(tmp_path / "all", record)
    assert_no_trace_but_videos(tmp_path / "all")
    assert run(suite, "oracle", "noop", out=tmp_path / "failures", videos="failures").videos == 2
    for record in read_records(tmp_path / "failures"):
        assert (record.video is not None) == (record.outcome == "failure")
    assert_no_trace_but_videos(tmp_path / "failures")


def test_a_video_begins_with_the_start_view_and_is_the_same_each_time(tmp_path: Path) -> None:
    suite = grid_suite(grid_scenario("one"))
    contents = []
    for name in ("a", "b"):
        run(suite, f"{TRIAL}Recurrent", out=tmp_path / name, videos="all")
        (record,) = read_records(tmp_path / name)
        video = video_file(tmp_path / name, record)
        assert video is not None
        contents.append(video.read_bytes())
    assert contents[0] == contents[1]
    simulator = GridSimulator()
    try:
        observation, _ = CrossViewEnv(simulator, suite.scenarios[0]).reset(seed=0)
    finally:
        simulator.close()
    first = pictures_of(tmp_path / "a" / str(record.video))[0]
    scale = first.shape[1] // observation["image"].shape[1]
    assert difference(first[:300:scale, :300:scale], observation["image"][: -(-300 // scale), : -(-300 // scale)]) < 12


def test_videos_do_not_change_what_is_recorded(tmp_path: Path) -> None:
    modes: tuple[VideoMode, ...] = ("all", "none")
    outcomes = []
    for mode in modes:
        run(grid_suite(*grid_suite().scenarios[:2]), f"{TRIAL}Recurrent", out=tmp_path / mode, videos=mode)
        outcomes.append(
            {
                key: (record.outcome, record.steps, record.final_frame_sha256, record.reason)
                for key, record in settled(read_records(tmp_path / mode)).items()
            }
        )
    assert outcomes[0] == outcomes[1]
    assert not (tmp_path / "none" / "videos").exists()


def test_a_policy_that_breaks_down_is_filmed_up_to_there(tmp_path: Path) -> None:
    suite = grid_suite(grid_scenario("bad", interaction="break"))
    assert run(suite, f"{TRIAL}raising", out=tmp_path / "run", videos="failures").video_faults == {}
    (record,) = read_records(tmp_path / "run")
    assert (record.outcome, record.steps) == ("error", 2)
    assert_filmed(tmp_path / "run", record)


@pytest.mark.parametrize("determinism", ["bitwise", "statistical"])
def test_a_worker_that_is_killed_leaves_no_half_video_and_the_next_attempt_has_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, determinism: str
) -> None:
    monkeypatch.setenv(DETERMINISM, determinism)
    fault = {"at_step": 3, "attempts": 1, "kind": "die"}
    suite = grid_suite(grid_scenario("broken", level={"faults": [fault], "tally": str(tmp_path / "tally")}))
    run(suite, "noop", out=tmp_path / "run", videos="all")
    first, second = read_records(tmp_path / "run")
    assert (first.outcome, first.video) == ("error", None)
    assert second.video == "videos/noop/broken/0-2.mp4"
    assert_filmed(tmp_path / "run", second)
    assert_no_trace_but_videos(tmp_path / "run")


def test_a_run_killed_while_it_films_goes_on_with_its_videos(tmp_path: Path, playground: Playground) -> None:
    slow = {"faults": [{"at_step": 1, "attempts": 99, "kind": "slow"}]}
    suite = grid_suite(*(grid_scenario(f"s{place}", level=slow, max_steps=12) for place in range(4)))
    save_suite(suite, tmp_path / "slow.yaml")
    out = tmp_path / "run"
    command = [sys.executable, "-m", "evalsuite", "run", str(tmp_path / "slow.yaml"), "--policy", "noop"]
    command += ["--out", str(out), "--workers", "2", "--video", "all", "--json"]
    driver = subprocess.Popen(command, env=playground.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    deadline = time.monotonic() + LIMIT_SECONDS
    while not list(out.rglob("*.actions")) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert driver.poll() is None
    driver.kill()
    driver.communicate()
    assert playground.remains_after_a_while() == []
    for record in read_records(out):
        video = video_file(out, record)
        assert video is not None or actions_file(out / str(record.video)).exists()
    done = subprocess.run(command, env=playground.environment, capture_output=True, text=True, timeout=LIMIT_SECONDS)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["videos"]["left"] == 0
    records = read_records(out)
    assert len(records) == 4
    for record in records:
        assert_filmed(out, record)
    assert_no_trace_but_videos(out)


def test_a_finished_run_whose_videos_were_interrupted_makes_them_without_playing_anything(tmp_path: Path) -> None:
    suite = grid_suite(*grid_suite().scenarios[:2])
    run(suite, "noop", out=tmp_path / "run", videos="all")
    before = read_records(tmp_path / "run")
    video = tmp_path / "run" / str(before[0].video)
    packed = np.zeros(before[0].steps, np.dtype([("buttons", "<u2"), ("camera", "<f4", (2,))])).tobytes()
    actions_file(video).write_bytes(packed)
    video.unlink()
    video.with_name(f".{video.name}").write_bytes(b"half a video")
    again = run(suite, "noop", out=tmp_path / "run", videos="all")
    assert (again.videos, again.steps) == (1, 0)
    assert read_records(tmp_path / "run") == before
    assert_filmed(tmp_path / "run", before[0])
    assert_no_trace_but_videos(tmp_path / "run")


def test_actions_that_lead_elsewhere_make_no_video(tmp_path: Path) -> None:
    suite = grid_suite(grid_scenario("one"))
    run(suite, "noop", out=tmp_path / "run", videos="all")
    (record,) = read_records(tmp_path / "run")
    video = tmp_path / "run" / str(record.video)
    video.unlink()
    walking = np.ones(record.steps, np.dtype([("buttons", "<u2"), ("camera", "<f4", (2,))]))
    actions_file(video).write_bytes(walking.tobytes())
    again = run(suite, "noop", out=tmp_path / "run", videos="all")
    assert (again.videos, again.video_faults) == (0, {"played again, it came out differently": 1})
    assert video_file(tmp_path / "run", record) is None
    assert not actions_file(video).exists()


def test_interrupted_while_only_videos_are_left_it_ends_at_once_and_can_go_on(
    tmp_path: Path, playground: Playground
) -> None:
    slow = {"faults": [{"at_step": 1, "attempts": 99, "kind": "slow"}]}
    save_suite(grid_suite(grid_scenario("s", level=slow, max_steps=60)), tmp_path / "slow.yaml")
    out = tmp_path / "run"
    command = [sys.executable, "-m", "evalsuite", "run", str(tmp_path / "slow.yaml"), "--policy", "noop"]
    command += ["--out", str(out), "--workers", "1", "--video", "all"]
    driver = start(command, playground.environment)
    deadline = time.monotonic() + LIMIT_SECONDS
    while not list(out.rglob("*.actions")) and time.monotonic() < deadline:
        time.sleep(0.01)
    driver.send_signal(signal.SIGINT)
    _, said = driver.communicate(timeout=LIMIT_SECONDS)
    assert driver.returncode == 130
    assert "go on with: evalsuite run" in said.splitlines()[-1]
    done = subprocess.run(command, env=playground.environment, capture_output=True, text=True, timeout=LIMIT_SECONDS)
    assert done.returncode == 0, done.stderr
    assert_filmed(out, read_records(out)[0])
    assert_no_trace_but_videos(out)
