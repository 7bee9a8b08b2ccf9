"""Tags tell where robot and target are to within 2 cm, and how sure that is; what can't be right is told beforehand."""

from __future__ import annotations

import math
import re
import time
from dataclasses import dataclass

import numpy as np
import pytest

pytest.importorskip("cv2", reason="tags need OpenCV: pip install opencv-python-headless")

from evalsuite.adapters.robot.config import FloorTag, OverheadSettings, Tag
from evalsuite.adapters.robot.lens import pinhole
from evalsuite.adapters.robot.link import Frame
from evalsuite.adapters.robot.standin.scene import CAR_WIDTH, Plate, Scene, target_tag_height
from evalsuite.adapters.robot.tag_detector import OpenCVDetector, TagDetector, tag_detector
from evalsuite.adapters.robot.tags import TagScorer
from evalsuite.crossview.geometry import wrap_degrees
from evalsuite.errors import UsageError
from evalsuite.seeding import Dice
from tests.adapters.robot.tags.rendered import HEIGHT, HORIZONTAL_FOV, WIDTH, RenderedRoom, StillCamera

POSES = 42


@pytest.fixture(scope="module")
def room() -> RenderedRoom:
    return RenderedRoom()


def detectors() -> list[TagDetector]:
    return list({found.name: found for found in (tag_detector(), OpenCVDetector())}.values())


@dataclass(frozen=True)
class Posed:
    """A picture of the room, and where robot and ball were."""

    frame: Frame
    robot: tuple[float, float, float]
    ball: tuple[float, float]


@pytest.fixture(scope="module")
def posed(room: RenderedRoom) -> list[Posed]:
    dice, found = Dice("tag poses"), []
    for _ in range(POSES):
        robot = (dice.uniform(-1.6, 1.6), dice.uniform(-1.6, 1.4), dice.uniform(-180.0, 180.0))
        ball = (dice.uniform(-1.6, 1.6), dice.uniform(-1.0, 1.5))
        room.stage.place_car((*robot[:2], 0.0), robot[2])
        room.stage.place_ball(*ball)
        found.append(Posed(room.shoot(), robot, ball))
    return found


@pytest.mark.parametrize("detector", detectors(), ids=lambda detector: str(detector.name))
def test_robot_and_target_are_measured_to_two_centimetres_all_over_the_room(
    room: RenderedRoom, posed: list[Posed], detector: TagDetector, capsys: pytest.CaptureFixture[str]
) -> None:
    camera = StillCamera()
    scorer = TagScorer(camera, room.layout(), detector=detector)
    places, distances, yaws, covered, seconds = [], [], [], 0, 0.0
    for each in posed:
        camera.frame = each.frame
        before = time.process_time()
        found = scorer.measure()
        seconds += time.process_time() - before
        assert found.robot is not None
        x, y, yaw = each.robot
        places.append(math.hypot(found.robot.x - x, found.robot.y - y))
        yaws.append(abs(wrap_degrees(found.robot.yaw - yaw)))
        covered += places[-1] <= found.error_m
        if found.target is not None:
            measured = math.dist(found.target[:2], (found.robot.x, found.robot.y))
            distances.append(abs(measured - math.dist(each.ball, (x, y))))
    figures = [100.0 * float(np.percentile(errors, share)) for errors in (places, distances) for share in (50, 95)]
    with capsys.disabled():
        print(
            f"\n{detector.name}: {len(places)}/{POSES} found, "
            f"place error p50 {figures[0]:.2f} p95 {figures[1]:.2f} cm, "
            f"distance error p50 {figures[2]:.2f} p95 {figures[3]:.2f} cm, "
            f"{seconds / POSES * 1000:.0f} ms CPU a look, {covered}/{POSES} within the estimated error"
        )
    assert figures[1] < 2.0
    assert figures[3] < 2.0
    assert np.percentile(yaws, 95) < 3.0
    assert covered >= 0.9 * POSES
    assert len(distances) >= 0.9 * POSES


def test_the_rehearsals_camera_sees_a_car_at_every_wall(room: RenderedRoom) -> None:
    scorer = TagScorer(room.camera, room.layout(target=None))
    west, south, east, north = room.scene.room
    beside = CAR_WIDTH / 2
    places = [(x, y) for x in (west + beside, 0.0, east - beside) for y in (south + beside, 0.0, north - beside)]
    for x, y in places:
        room.stage.place_car((x, y, 0.0), 30.0)
        room.shoot()
        found = scorer.measure()
        assert found.robot is not None, f"a car at ({x}, {y}) is not seen"
        assert math.hypot(found.robot.x - x, found.robot.y - y) < 0.02
        assert found.error_m < OverheadSettings.model_fields["most_error"].default


def test_heights_matter_and_are_used(room: RenderedRoom) -> None:
    room.stage.place_car((1.2, 1.2, 0.0), 40.0)
    room.shoot()
    wrong = TagScorer(room.camera, room.layout(robot=Tag(id=0, height=0.0))).measure()
    assert wrong.robot is not None
    off = math.hypot(wrong.robot.x - 1.2, wrong.robot.y - 1.2)
    assert off > 0.05
    assert wrong.error_m > off / 2


def test_the_targets_point_is_at_its_tags_height(room: RenderedRoom) -> None:
    room.stage.place_car((0.9, -0.9, 0.0), 0.0)
    room.stage.place_ball(-0.5, 0.7)
    room.shoot()
    found = TagScorer(room.camera, room.layout()).measure()
    assert found.target == pytest.approx((-0.5, 0.7, target_tag_height(room.scene)), abs=0.01)
    assert found.seen == (0, 1, 10, 11, 12, 13)


def test_a_hidden_tag_is_not_guessed_at(room: RenderedRoom) -> None:
    room.stage.place_car((30.0, 0.0, 0.0), 0.0)
    room.shoot()
    scorer = TagScorer(room.camera, room.layout())
    found = scorer.measure()
    assert found.robot is None
    assert found.target is not None
    assert found.floor_seen
    assert any("tag 0 (robot) is not in the overhead picture" in said for said in scorer.check_tag_size())


def test_without_a_tag_of_the_floor_nothing_is_known(room: RenderedRoom) -> None:
    room.stage.place_car((0.0, 0.0, 0.0), 0.0)
    room.shoot()
    lost = TagScorer(room.camera, room.layout(floor=(FloorTag(id=99, x=0.0, y=0.0),)))
    found = lost.measure()
    assert found.robot is None
    assert found.error_m == math.inf
    assert not found.floor_seen
    assert lost.camera_pose() is None
    assert any("no tag of the floor" in said for said in lost.check_tag_size())


def test_one_tag_of_the_floor_is_enough_and_says_that_it_is_less_sure(room: RenderedRoom) -> None:
    room.stage.place_car((-0.8, -0.4, 0.0), 90.0)
    room.shoot()
    whole = room.layout()
    every, single = (
        TagScorer(room.camera, room.layout(floor=floor)).measure() for floor in (whole.floor, whole.floor[:1])
    )
    assert every.robot is not None
    assert single.robot is not None
    away = math.hypot(single.robot.x + 0.8, single.robot.y + 0.4)
    assert every.error_m < single.error_m
    assert away <= single.error_m < 0.3


def test_the_age_is_that_of_the_picture(room: RenderedRoom) -> None:
    room.shoot()
    scorer = TagScorer(room.camera, room.layout())
    first = scorer.measure()
    time.sleep(0.2)
    assert scorer.measure().age_s >= first.age_s + 0.2
    room.camera.frame = None
    assert scorer.measure().age_s == math.inf


def test_tags_that_were_measured_right_pass_the_check(room: RenderedRoom) -> None:
    room.stage.place_car((0.4, -0.6, 0.0), -70.0)
    room.stage.place_ball(0.0, 0.8)
    room.shoot()
    scorer = TagScorer(room.camera, room.layout())
    assert scorer.check_tag_size() == []
    assert scorer.camera_pose() == pytest.approx(room.scene.overhead.position, abs=0.01)


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        ({"robot": Tag(id=0, size=0.16, height=0.144)}, r"tag 0 \(robot\) measures 15.0 cm .* says 16.0 cm"),
        ({"target": Tag(id=1, size=0.13, height=0.204)}, r"tag 1 \(target\) measures 15.0 cm .* says 13.0 cm"),
    ],
)
def test_a_tag_of_another_size_than_stated_is_told(room: RenderedRoom, mistake: dict[str, Tag], said: str) -> None:
    room.stage.place_car((0.4, -0.6, 0.0), -70.0)
    room.stage.place_ball(0.0, 0.8)
    room.shoot()
    (problem,) = TagScorer(room.camera, room.layout(**mistake)).check_tag_size()
    assert re.search(said, problem)


def test_tags_that_the_printer_scaled_are_told_by_where_they_lie(room: RenderedRoom) -> None:
    room.shoot()
    floor = tuple(tag.model_copy(update={"size": 0.14}) for tag in room.layout().floor)
    problems = TagScorer(room.camera, room.layout(floor=floor)).check_tag_size()
    assert any("(floor) lies" in said or "(floor) measures" in said for said in problems)


def test_a_tag_that_was_moved_is_told_by_its_number(room: RenderedRoom) -> None:
    room.shoot()
    first, *others = room.layout().floor
    moved = first.model_copy(update={"x": first.x + 0.2})
    problems = TagScorer(room.camera, room.layout(floor=(moved, *others))).check_tag_size()
    assert any(said.startswith("tag 10 (floor) lies 20 cm") for said in problems)


def test_a_lens_of_another_shape_is_refused(room: RenderedRoom) -> None:
    room.shoot()
    with pytest.raises(UsageError, match="another shape"):
        TagScorer(room.camera, room.layout(), pinhole(640, 360, HORIZONTAL_FOV)).measure()
    half = TagScorer(room.camera, room.layout(), pinhole(WIDTH // 2, HEIGHT // 2, HORIZONTAL_FOV))
    assert half.check_tag_size() == []


def test_a_turned_tag_on_the_floor_counts_by_its_own_yaw() -> None:
    tags = (Plate(id=20, x=-1.2, y=-1.0, yaw=90.0), Plate(id=21, x=1.2, y=1.0, yaw=200.0, size=0.2))
    room = RenderedRoom(Scene(floor_tags=tags))
    room.stage.place_car((0.3, 0.2, 0.0), 15.0)
    room.shoot()
    scorer = TagScorer(room.camera, room.layout())
    found = scorer.measure().robot
    assert found is not None
    assert (found.x, found.y, found.yaw) == pytest.approx((0.3, 0.2, 15.0), abs=0.6)
    assert math.hypot(found.x - 0.3, found.y - 0.2) < 0.02
    assert scorer.check_tag_size() == []
