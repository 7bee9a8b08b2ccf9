"""Small run folders with what the page shows: a suite file, reasons, view measures, errors, and videos."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from evalsuite.records.reading import EPISODES_FOLDER, SUITE_FILE
from evalsuite.reports.html.view_cache import VIEWS_FOLDER
from evalsuite.reports.html.view_pictures import encode
from evalsuite.reports.view_capture import CapturedView
from evalsuite.suite.files import save_suite
from evalsuite.suite.scenario import Suite
from tests.reports.run_folders import Judge, make_run, plausible
from tests.testing.flat_world import scenario

Row = dict[str, Any]


def edit(run: Path, change: Callable[[Row], object]) -> Path:
    """Let `change` alter every record of `run` in place; returns `run`."""
    for path in (run / EPISODES_FOLDER).glob("*.jsonl"):
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        for row in rows:
            change(row)
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return run


def rows_of(run: Path) -> list[Row]:
    return [
        json.loads(line)
        for path in (run / EPISODES_FOLDER).glob("*.jsonl")
        for line in path.read_text().split("\n")[:-1]
    ]


def with_measures(row: Row) -> None:
    """Steps, reasons and view measures that differ from episode to episode, and are the same for all policies."""
    number = int(row["scenario"].rpartition("-")[2])
    row["steps"] = 100 + 7 * number + len(row["policy"])
    row["nearest_m"] = None if row["outcome"] == "error" else 1.5 * number
    row["reason"] = {
        "success": f"{row['interaction']} done",
        "failure": "step limit of 600 reached",
        "error": "the simulator died of SIGKILL",
    }[row["outcome"]]
    row["view"] = {
        "manhattan_m": {"easy": 20.0, "medium": 40.0, "hard": 60.0}[row["difficulty"]],
        "straight_m": 18.25,
        "path_m": None,
        "view_angle_deg": 25.0 + 40.0 * (number % 4),
        "goal_camera_height_m": 2.0,
        "goal_camera_pitch_deg": 30.0,
        "goal_camera_distance_m": 6.0,
        "goal_target_pixels": 900,
        "start_target_pixels": 0,
        "target_visible_at_start": False,
    }


def picture(number: int, *, target: int = 4) -> CapturedView:
    """90 x 160: a colour of its own, and a square target of `target` pixels across."""
    start = np.full((90, 160, 3), (30 + 20 * number % 200, 90, 140), np.uint8)
    goal = np.full((90, 160, 3), (60, 120, 30 + 20 * number % 200), np.uint8)
    mask = np.zeros((90, 160), np.uint8)
    mask[40 : 40 + target, 50 : 50 + target] = 1
    return CapturedView(start, goal, mask)


def keep_views(run: Path) -> None:
    """Put a suite file into `run` and views of all its scenarios into the cache."""
    names = list(dict.fromkeys(row["scenario"] for row in rows_of(run)))
    base = scenario("approach")
    scenarios = tuple(base.model_copy(update={"id": name}) for name in names)
    save_suite(Suite(suite="small-suite", version="1.0", scenarios=scenarios), run / SUITE_FILE)
    for number, name in enumerate(names):
        view = encode(picture(number))
        (run / VIEWS_FOLDER).mkdir(exist_ok=True)
        for ending, content in ((".start.webp", view.start), (".goal.webp", view.goal), (".mask.png", view.mask)):
            (run / VIEWS_FOLDER / f"{name}{ending}").write_bytes(content)


def write_video(path: Path, *, seconds: float = 1.0) -> Path:
    """A small H.264 MP4 that a browser plays: a square that wanders."""
    av = pytest.importorskip("av", reason="needs PyAV: pip install 'evalsuite[video]'")
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as file:
        stream = file.add_stream("h264", rate=Fraction(10))
        stream.width, stream.height, stream.pix_fmt = 160, 90, "yuv420p"
        for number in range(round(10 * seconds)):
            pixels: NDArray[np.uint8] = np.full((90, 160, 3), 60, np.uint8)
            pixels[30:60, 4 * number : 4 * number + 30] = (230, 159, 0)
            file.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        file.mux(stream.encode())
    return path


def video_name(row: Row) -> str:
    return f"videos/{row['policy']}/{row['scenario']}/{row['seed']}-{row['attempt']}.mp4"


def full_run(folder: Path, *, judge: Judge = plausible, **options: Any) -> Path:
    """180 episodes: 5 interactions x 3 difficulties x 4 scenarios of `agent`, `oracle` and `random`, with views."""
    run = edit(make_run(folder, judge, **options), with_measures)
    keep_views(run)
    return run
