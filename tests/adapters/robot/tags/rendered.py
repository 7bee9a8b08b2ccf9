"""A room with tags, as an overhead camera sees it, and robot.yaml's part about it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from evalsuite.adapters.rehearsal import Renderer
from evalsuite.adapters.robot.config import CameraSettings, FloorTag, OverheadSettings, Tag
from evalsuite.adapters.robot.link import Frame
from evalsuite.adapters.robot.standin.scene import ROBOT_TAG_HEIGHT, Plate, Scene, build, target_tag_height
from evalsuite.adapters.robot.standin.sensor_noise import SensorNoise

WIDTH, HEIGHT, HORIZONTAL_FOV = 1280, 960, 90.0
_JPEG = [cv2.IMWRITE_JPEG_QUALITY, 90]


@dataclass
class StillCamera:
    """A camera whose newest frame is set by hand."""

    frame: Frame | None = None

    def newest(self) -> Frame | None:
        return self.frame

    def close(self) -> None: ...


class RenderedRoom:
    """The rehearsal's room, its overhead camera's pictures with sensor noise and JPEG, as HTTP video has them."""

    def __init__(self, scene: Scene | None = None) -> None:
        self.scene = scene or Scene(target_tag=Plate(id=1))
        self.stage = build(self.scene)
        self.camera = StillCamera()
        self._renderer = Renderer(self.stage.world)
        self._noise = SensorNoise(("overhead",), WIDTH, HEIGHT)
        self._number = 0

    def shoot(self) -> Frame:
        """Take a picture; it is the camera's newest frame then."""
        seen = self._renderer.render(self.scene.overhead, WIDTH, HEIGHT, horizontal_fov=HORIZONTAL_FOV)
        _, jpeg = cv2.imencode(".jpg", cv2.cvtColor(self._noise.on(seen.rgb), cv2.COLOR_RGB2BGR), _JPEG)
        bgr = cv2.imdecode(jpeg, cv2.IMREAD_COLOR)
        assert bgr is not None
        image = np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8)
        self._number += 1
        self.camera.frame = Frame(image, time.monotonic(), None, self._number)
        return self.camera.frame

    def layout(self, **changes: Any) -> OverheadSettings:
        """What robot.yaml says about the room, with `changes`."""
        scene = self.scene
        floor = tuple(
            FloorTag(id=tag.id, size=tag.size, height=tag.height, x=tag.x, y=tag.y, yaw=tag.yaw)
            for tag in scene.floor_tags
        )
        target = Tag(id=scene.target_tag.id, height=target_tag_height(scene)) if scene.target_tag is not None else None
        camera = CameraSettings(source="http://overhead", width=WIDTH, height=HEIGHT, horizontal_fov=HORIZONTAL_FOV)
        robot = Tag(id=0, height=ROBOT_TAG_HEIGHT)
        whole = {"camera": camera, "robot": robot, "target": target, "floor": floor, **changes}
        return OverheadSettings(**whole)
