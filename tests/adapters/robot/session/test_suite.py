from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from evalsuite.adapters.robot.level import CLEARANCE_METRES, floor_plan, level_of
from evalsuite.adapters.robot.synthesis import BallSource
from evalsuite.adapters.robot.world import WORLD
from evalsuite.errors import UsageError
from evalsuite.suite.catalogue import find_suite
from evalsuite.suite.scenario import Scenario
from evalsuite.synthesis import sampled
from evalsuite.worlds import AttendedWorld
from tests.adapters.robot.session.rehearsed import easy_and_hard

EASY, HARD = easy_and_hard()


def test_the_shipped_suite_has_as_many_easy_as_hard() -> None:
    counts = [scenario.difficulty for scenario in find_suite("robot-ball")[0].scenarios]
    assert (counts.count("easy"), counts.count("hard")) == (12, 12)


def test_another_seed_makes_others() -> None:
    first, same, other = (list(sampled(BallSource(), 4, seed)) for seed in (0, 0, 1))
    assert first == same
    assert [each.start for each in first] != [each.start for each in other]


def test_easy_takes_a_turn_to_the_right_and_hard_a_way_around_a_box() -> None:
    for scenario in (*find_suite("robot-ball")[0].scenarios, *sampled(BallSource(), 24, 5)):
        WORLD.check(scenario)
        level, target = level_of(scenario), scenario.goals[0].target.position
        plan = floor_plan(level, 0.0)
        clear = plan.clear_line((scenario.start.x, scenario.start.y), target[:2], plan.see_through)
        assert clear == (scenario.difficulty == "easy")
        assert scenario.view.target_visible_at_start is False
        assert scenario.goals[0].camera.pitch > 40.0


def test_the_floor_plan_keeps_its_distance_from_boxes_and_walls() -> None:
    level = level_of(HARD)
    plan = floor_plan(level, CLEARANCE_METRES)
    (box,) = level.boxes
    middle = (box.low[0] + box.high[0]) / 2
    assert not plan.is_walkable((middle, box.high[1] + CLEARANCE_METRES - 0.06))
    assert plan.is_walkable((middle, box.high[1] + CLEARANCE_METRES + 0.06))
    assert not plan.is_walkable((1.98 - CLEARANCE_METRES + 0.1, 0.0))


def changed(**level: Any) -> Scenario:
    return HARD.model_copy(update={"level": {**HARD.level, **level}})


@pytest.mark.parametrize(
    ("scenario", "told"),
    [
        (changed(bocks=[]), r"level\.bocks: unknown field"),
        (changed(area=[-0.1, -0.1, 0.1, 0.1]), "start: .* lies outside level.area"),
        (changed(boxes=[{"low": [0, 0, 0], "high": [1, 1, -1]}]), "low has to be less than high"),
        (changed(boxes=[{"low": [-2, -2, 0], "high": [2, 2, 1]}]), "start: .* lies in a box"),
        (HARD.model_copy(update={"goals": HARD.goals * 2}), "set up for one goal"),
        (
            HARD.model_copy(update={"goals": (HARD.goals[0].model_copy(update={"interaction": "break"}),)}),
            "a robot can approach, not break",
        ),
    ],
)
def test_a_scenario_with_a_mistake_is_refused(scenario: Scenario, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        WORLD.check(scenario)


def test_the_world_is_one_that_a_person_sets_up() -> None:
    assert isinstance(WORLD, AttendedWorld)


def test_a_world_without_a_robot_can_be_rehearsed(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("cv2", reason="the robot needs opencv-python-headless")
    pytest.importorskip("cyclonedds", reason="the rehearsal needs cyclonedds")
    monkeypatch.delenv("EVALSUITE_ROBOT", raising=False)
    assert WORLD.readiness().state == "rehearsal only"
    monkeypatch.setenv("EVALSUITE_ROBOT", "/nowhere/robot.yaml")
    found = WORLD.readiness()
    assert found.state == "rehearsal only"
    assert "/nowhere/robot.yaml" in found.detail


def test_a_file_that_robot_yaml_names_and_is_not_there_is_told_before_anybody_sets_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("cv2", reason="the robot needs opencv-python-headless")
    path = tmp_path / "robot.yaml"
    path.write_text("link: {kind: camera}\nmotion: false\ncamera: {source: '0', calibration: lens.yaml}\n")
    monkeypatch.setenv("EVALSUITE_ROBOT", str(path))
    found = WORLD.readiness()
    assert found.state == "rehearsal only"
    assert f"camera.calibration names {tmp_path / 'lens.yaml'}, which is not there" in found.detail
    (tmp_path / "lens.yaml").write_text("")
    assert WORLD.readiness().state == "ready"


def test_a_factory_that_python_does_not_find_is_told_before_anybody_sets_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("cv2", reason="the robot needs opencv-python-headless")
    path = tmp_path / "robot.yaml"
    path.write_text("link: {kind: 'lerobot:kiwi_of_ours.here:make_kiwi'}\n")
    monkeypatch.setenv("EVALSUITE_ROBOT", str(path))
    found = WORLD.readiness()
    assert found.state == "rehearsal only"
    assert "finds no kiwi_of_ours" in found.detail
    (tmp_path / "kiwi_of_ours.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert WORLD.readiness().state == "ready"


def test_a_world_whose_packages_are_missing_names_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EVALSUITE_ROBOT", raising=False)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    found = WORLD.readiness()
    assert found.state == "missing"
    assert found.detail == "opencv-python-headless and cyclonedds not installed"
    assert found.remedy == "pip install opencv-python-headless cyclonedds"
