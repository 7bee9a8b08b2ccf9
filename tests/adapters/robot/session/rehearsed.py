"""A rehearsed robot with small pictures, for tests that take the real wires and little time."""

from __future__ import annotations

from pathlib import Path

from evalsuite.adapters.robot.config import CONFIG_VARIABLE
from evalsuite.suite.catalogue import find_suite
from evalsuite.suite.scenario import Scenario

ROBOT = """
name: a quick one
camera: {width: 320, height: 180}
limits: {speed: 0.4, turn: 60, frame_age: 0.6}
execution: EXECUTION
rate: RATE
"""


def quick_robot(folder: Path, *, execution: str = "blocking", rate: float = 8.0) -> dict[str, str]:
    """The environment that makes a rehearsal quick."""
    path = folder / "robot.yaml"
    path.write_text(ROBOT.replace("EXECUTION", execution).replace("RATE", f"{rate:g}"))
    return {CONFIG_VARIABLE: str(path)}


def easy_and_hard() -> tuple[Scenario, Scenario]:
    """The first of either in the shipped suite."""
    scenarios = find_suite("robot-ball")[0].scenarios
    easy, hard = (next(each for each in scenarios if each.difficulty == grade) for grade in ("easy", "hard"))
    return easy, hard
