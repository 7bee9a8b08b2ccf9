"""Scoring without a person: where robot and target are, by the tags that a camera above the floor sees."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from evalsuite.adapters.robot.cameras import Camera
from evalsuite.adapters.robot.config import OverheadSettings
from evalsuite.adapters.robot.lens import Lens, pinhole
from evalsuite.adapters.robot.link import Frame
from evalsuite.adapters.robot.overhead_view import FlatTag, Lying, OverheadView, camera_place, find_view, lying
from evalsuite.adapters.robot.tag_detector import SeenTag, TagDetector, tag_detector
from evalsuite.crossview.geometry import Point, Pose, wrap_degrees

SIZE_TOLERANCE = 0.03
"""Share by which a tag may look larger or smaller than robot.yaml says, noise aside: 4.5 mm of a 15 cm tag."""

PLACE_TOLERANCE = 0.03
"""Metres by which a tag of the floor may lie elsewhere than the others say."""

LEAST_WITNESSES = 2
"""Tags of the floor that it takes to say that another one is in the wrong place: one far tag alone is too unsure."""

MOST_RESIDUAL = 2.0
"""Pixels that the floor's tags may be off together; more means a wrong lens, size or place."""


@dataclass(frozen=True)
class Sighting:
    """What the tags say.

    Args:
        robot: the middle of the robot's tag, on the floor (z 0), and where its upper edge points; None when unseen.
        target: the middle of the target's tag, at its height; None when unseen, or when there is no such tag.
        error_m: estimated error of the worse of the two in metres, two standard deviations; inf when nothing is known.
        age_s: seconds since the picture arrived; inf without one.
        floor_seen: whether the floor's tags tell where the camera is, so that what else it sees can be measured.
        seen: numbers of all tags in the picture.
    """

    robot: Pose | None
    target: Point | None
    error_m: float
    age_s: float
    floor_seen: bool = False
    seen: tuple[int, ...] = ()


class TagScorer:
    """Measures by the newest picture of a camera.

    Args:
        camera: its pictures have to be free of distortion already.
        layout: the tags, and the camera's field of view where there is no `lens`.
        lens: of the pictures; its own distortion is not used any more.
    """

    def __init__(
        self, camera: Camera, layout: OverheadSettings, lens: Lens | None = None, detector: TagDetector | None = None
    ) -> None:
        self._camera, self._layout = camera, layout
        settings = layout.camera
        self._lens = (lens or pinhole(settings.width, settings.height, settings.horizontal_fov)).undistorted
        self._detector = detector or tag_detector(layout.family)
        self._lock = threading.Lock()
        self._last: tuple[Frame, list[SeenTag], OverheadView | None] | None = None

    @property
    def identity(self) -> Mapping[str, str]:
        """For the record."""
        return {"tags": self._detector.name, "family": self._layout.family}

    def measure(self) -> Sighting:
        """Look at the newest picture; takes 20 to 50 ms when it has not been looked at yet.

        Raises:
            RobotFault: when the camera can't be used at all.
            UsageError: when its pictures have another shape than its lens was calibrated for.
        """
        looked = self._look()
        if looked is None:
            return Sighting(None, None, math.inf, math.inf)
        frame, seen, view = looked
        age, numbers = time.monotonic() - frame.received, tuple(tag.id for tag in seen)
        if view is None or view.residual > MOST_RESIDUAL:
            return Sighting(None, None, math.inf, age, seen=numbers)
        by_number = {tag.id: tag for tag in seen}
        robot, target, errors = None, None, []
        if self._layout.robot.id in by_number:
            found = lying(view, by_number[self._layout.robot.id], self._layout.robot)
            robot = Pose(x=found.x, y=found.y, z=0.0, yaw=found.yaw)
            errors.append(found.error)
        tag = self._layout.target
        if tag is not None and tag.id in by_number:
            found = lying(view, by_number[tag.id], tag)
            target = (found.x, found.y, tag.height)
            errors.append(found.error)
        return Sighting(robot, target, max(errors, default=math.inf), age, floor_seen=True, seen=numbers)

    def check_tag_size(self) -> list[str]:
        """What does not fit together between the picture and robot.yaml, a sentence each; empty when all does.

        Robot and target should stand in the picture. Each tag's edge is compared with its size; each of the floor's
        tags with where, and how large, the others say it is, which needs two others at least.
        """
        looked = self._look()
        if looked is None:
            return ["the overhead camera has sent no picture yet"]
        _, seen, view = looked
        by_number = {tag.id: tag for tag in seen}
        layout = self._layout
        problems = [
            f"tag {tag.id} ({what}) is not in the overhead picture: is it hidden, crumpled or in glare?"
            for what, tag in self._named()
            if tag.id not in by_number
        ]
        lens = self._lens_of(looked[0])
        for placed in layout.floor:
            others = [each for each in layout.floor if each.id != placed.id and each.id in by_number]
            by_others = (
                find_view(lens, seen, others, self._detector.corner_noise) if len(others) >= LEAST_WITNESSES else None
            )
            if placed.id not in by_number or by_others is None:
                continue
            found = lying(by_others, by_number[placed.id], placed)
            problems += _wrong_size(placed, "floor", found)
            away = math.hypot(found.x - placed.x, found.y - placed.y)
            turned = abs(wrap_degrees(found.yaw - placed.yaw))
            if away > PLACE_TOLERANCE + found.error or turned > 10.0:
                problems.append(
                    f"tag {placed.id} (floor) lies {away * 100:.0f} cm and {turned:.0f} degrees from where robot.yaml "
                    f"has it, by the other tags: ({found.x:.2f}, {found.y:.2f}), yaw {found.yaw:.0f}; measure again"
                )
        if view is None:
            return [*problems, "no tag of the floor is in the overhead picture, so the camera's place is unknown"]
        if view.residual > MOST_RESIDUAL:
            problems.append(
                f"the floor's tags are {view.residual:.1f} pixels from where they should be seen: calibrate the "
                "overhead camera, and measure the tags' places and sizes again"
            )
        for what, tag in (("robot", layout.robot), ("target", layout.target)):
            if tag is not None and tag.id in by_number:
                problems += _wrong_size(tag, what, lying(view, by_number[tag.id], tag))
        return problems

    def camera_pose(self) -> Point | None:
        """Where the overhead camera is, in metres; None when no tag of the floor is seen."""
        looked = self._look()
        if looked is None or looked[2] is None:
            return None
        x, y, z = (float(part) for part in camera_place(looked[2]))
        return (x, y, z)

    def _named(self) -> list[tuple[str, FlatTag]]:
        layout = self._layout
        named: list[tuple[str, FlatTag]] = [("robot", layout.robot)]
        if layout.target is not None:
            named.append(("target", layout.target))
        return [*named, *(("floor", tag) for tag in layout.floor)]

    def _lens_of(self, frame: Frame) -> Lens:
        height, width, _ = frame.image.shape
        return self._lens.of_size(width, height)

    def _look(self) -> tuple[Frame, list[SeenTag], OverheadView | None] | None:
        frame = self._camera.newest()
        if frame is None:
            return None
        with self._lock:
            if self._last is None or self._last[0] is not frame:
                gray = np.asarray(cv2.cvtColor(frame.image, cv2.COLOR_RGB2GRAY), np.uint8)
                seen = self._detector.detect(gray)
                noise = self._detector.corner_noise
                self._last = (frame, seen, find_view(self._lens_of(frame), seen, self._layout.floor, noise))
            return self._last


def _wrong_size(tag: FlatTag, what: str, found: Lying) -> list[str]:
    if abs(found.edge - tag.size) <= SIZE_TOLERANCE * tag.size + found.edge_error:
        return []
    return [
        f"tag {tag.id} ({what}) measures {found.edge * 100:.1f} cm along its black edge and robot.yaml says "
        f"{tag.size * 100:.1f} cm: put a ruler to it and correct size (or height, {tag.height * 100:.0f} cm)"
    ]
