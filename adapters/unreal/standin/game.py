"""The calls of an AirSim server that evalsuite and its tests make, in both dialects, over the stand-in's scene."""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalsuite.adapters.rehearsal import Picture
from evalsuite.adapters.unreal.airsim_axes import Quaternion, core_from_ned, heading_of, ned_from_core
from evalsuite.adapters.unreal.standin.scene import ASSETS, GROUND, Scene
from evalsuite.adapters.unreal.standin.vehicles import NANOSECONDS, CallRefused, Car, Multirotor, Vehicle, vehicle_of
from evalsuite.adapters.unreal.standin.wire import Method
from evalsuite.crossview.geometry import Point, Pose, ground_distance

VERSIONS = {"microsoft": 1, "cosys": 4}
SCENE, DEPTH_PLANAR, DEPTH_PERSPECTIVE, SEGMENTATION = 0, 1, 2, 5
SKY_METRES = 65504.0
DEFAULT_SIZE = (256, 144)
DEFAULT_FOV = 90.0
_NULL_POINTER = 139

Result = Any


class Game:
    """One vehicle in one scene.

    Args:
        dialect: "microsoft" or "cosys".
        settings: the server's settings.json.
        version: the API version that it states; the dialect's own by default.
    """

    def __init__(self, dialect: str, settings: Mapping[str, Any], version: int | None = None) -> None:
        self.dialect = dialect
        self._version = VERSIONS[dialect] if version is None else version
        self.scene = Scene(dialect)
        self._settings = dict(settings)
        self._vehicle: Vehicle = vehicle_of(str(settings.get("SimMode", "")), self.scene, dialect)
        self._fov: dict[str, float] = {}
        self._mounts: dict[str, tuple[Point, Quaternion]] = {}
        self._filters: list[str] = []
        self._radius = 200.0
        self.methods: dict[str, Method] = {**self._common(), **self._of_dialect(), **self._of_mode()}

    def _common(self) -> dict[str, Method]:
        return {
            "ping": ("", lambda: True),
            "getServerVersion": ("", lambda: self._version),
            "getMinRequiredClientVersion": ("", lambda: self._version),
            "getSettingsString": ("", lambda: json.dumps(self._settings)),
            "enableApiControl": ("bs", self._enable),
            "isApiControlEnabled": ("s", lambda _: self._vehicle.controlled),
            "armDisarm": ("bs", self._arm),
            "reset": ("", lambda: self._vehicle.place((0.0, 0.0, 0.0), Quaternion(1.0, 0.0, 0.0, 0.0))),
            "simPause": ("b", self._vehicle.pause),
            "simIsPaused": ("", self._is_paused),
            "simContinueForTime": ("n", self._vehicle.continue_for),
            "simGetVehiclePose": ("s", self._vehicle_pose),
            "simSetVehiclePose": ("mbs", self._set_vehicle_pose),
            "simGetCollisionInfo": ("s", self._collision),
            "simListSceneObjects": ("s", self._list),
            "simListAssets": ("", lambda: list(ASSETS)),
            "simSpawnObject": ("ssmmbb", self._spawn),
            "simDestroyObject": ("s", self.scene.destroy),
            "simSetObjectPose": ("smb", self._set_object_pose),
            "simSetSegmentationObjectID": ("sib", lambda name, i, regex: self.scene.segment(name, i, regex=regex)),
            "simGetSegmentationObjectID": ("s", self.scene.segmentation_of),
        }

    def _of_dialect(self) -> dict[str, Method]:
        """The calls whose arguments differ."""
        if self.dialect == "microsoft":
            return {
                "simGetImages": ("lsb", lambda requests, _, __: self._images(requests)),
                "simSetCameraPose": ("smsb", lambda camera, pose, _, __: self._mount(camera, pose)),
                "simSetCameraFov": ("snsb", lambda camera, degrees, _, __: self._set_fov(camera, degrees)),
                "simGetObjectPose": ("s", self._object_pose),
                "simAddDetectionFilterMeshName": ("sissb", lambda _, __, name, ___, ____: self._filters.append(name)),
                "simSetDetectionFilterRadius": ("sinsb", lambda _, __, cm, ___, ____: self._set_radius(cm)),
                "simClearDetectionMeshNames": ("sisb", lambda *_: self._filters.clear()),
                "simGetDetections": ("sisb", lambda camera, kind, _, __: self._detections(camera, kind)),
            }
        return {
            "simGetImages": ("ls", lambda requests, _: self._images(requests)),
            "simSetCameraPose": ("sms", lambda camera, pose, _: self._mount(camera, pose)),
            "simSetCameraFov": ("sns", lambda camera, degrees, _: self._set_fov(camera, degrees)),
            "simGetObjectPose": ("sb", lambda name, _: self._object_pose(name)),
            "simListInstanceSegmentationObjects": ("", self._segmented),
            "simAddDetectionFilterMeshName": ("sisss", lambda _, __, name, ___, ____: self._filters.append(name)),
            "simSetDetectionFilterRadius": ("sinss", lambda _, __, cm, ___, ____: self._set_radius(cm)),
            "simClearDetectionMeshNames": ("siss", lambda *_: self._filters.clear()),
            "simGetDetections": ("siss", lambda camera, kind, _, __: self._detections(camera, kind)),
        }

    def _of_mode(self) -> dict[str, Method]:
        vehicle = self._vehicle
        if isinstance(vehicle, Multirotor):
            flies: Callable[..., Result] = lambda vx, vy, vz, seconds, _, yaw, __: vehicle.command(  # noqa: E731
                vx, vy, vz, seconds, float(yaw["yaw_or_rate"])
            )
            return {"moveByVelocityBodyFrame": ("nnnnims", flies)}
        if isinstance(vehicle, Car):
            return {"setCarControls": ("ms", lambda controls, _: vehicle.control(controls))}
        return {}

    def _enable(self, enabled: bool, _: str) -> None:
        self._vehicle.controlled = enabled

    def _arm(self, armed: bool, _: str) -> bool:
        if isinstance(self._vehicle, Multirotor):
            self._vehicle.armed = armed
        return True

    def _is_paused(self) -> bool:
        self._vehicle.catch_up()
        return self._vehicle.paused

    def _vehicle_pose(self, _: str) -> Result:
        self._vehicle.catch_up()
        return _pose(self._vehicle.position, self._vehicle.orientation)

    def _set_vehicle_pose(self, pose: dict[str, Any], _: bool, __: str) -> None:
        self._vehicle.place(*_read_pose(pose))

    def _collision(self, _: str) -> Result:
        found = self._vehicle.collision
        name, when = found if found is not None else ("", 0)
        zero = _vector((0.0, 0.0, 0.0))
        return {
            "has_collided": found is not None,
            "normal": zero,
            "impact_point": zero,
            "position": zero,
            "penetration_depth": 0.0,
            "time_stamp": when,
            "object_name": name,
            "object_id": 0 if found is not None else -1,
        }

    def _list(self, pattern: str) -> list[str]:
        return [name for name in self.scene.names() if re.fullmatch(pattern, name, re.IGNORECASE)]

    def _segmented(self) -> list[str]:
        return [GROUND, *(name for name, actor in self.scene.actors.items() if actor.segmentation is not None)]

    def _spawn(self, name: str, asset: str, pose: dict[str, Any], scale: dict[str, float], _: bool, __: bool) -> str:
        if asset not in ASSETS:
            # What the server does with an asset that it has not: it follows a null pointer.
            os._exit(_NULL_POINTER)
        position, orientation = _read_pose(pose)
        north, east, up = (float(np.float32(scale[axis])) for axis in ("x_val", "y_val", "z_val"))
        yaw = float(round(heading_of(orientation)[0], 2))
        return self.scene.spawn(name, core_from_ned(_single(position)), (east, north, up), yaw)

    def _set_object_pose(self, name: str, pose: dict[str, Any], _: bool) -> bool:
        position, orientation = _read_pose(pose)
        return self.scene.move(name, core_from_ned(_single(position)), float(round(heading_of(orientation)[0], 2)))

    def _object_pose(self, name: str) -> Result:
        thing = self.scene.thing(name)
        if thing is None:
            return _pose((math.nan,) * 3, Quaternion(*(math.nan,) * 4))
        half = math.radians(thing.yaw) / 2
        return _pose(ned_from_core(thing.centre), Quaternion(math.cos(half), 0.0, 0.0, math.sin(half)))

    def _mount(self, camera: str, pose: dict[str, Any]) -> None:
        self._mounts[camera] = _read_pose(pose)

    def _set_fov(self, camera: str, degrees: float) -> None:
        self._fov[camera] = float(degrees)

    def _set_radius(self, centimetres: float) -> None:
        self._radius = centimetres / 100.0

    def _camera(self, name: str) -> tuple[Pose, Point, Quaternion]:
        """The camera in the core's frame, and its NED position and orientation."""
        self._vehicle.catch_up()
        position, orientation = self._vehicle.position, self._vehicle.orientation
        if name in self._mounts:
            offset, turn = self._mounts[name]
            moved = _rotated(orientation, offset)
            position = _single((position[0] + moved[0], position[1] + moved[1], position[2] + moved[2]))
            orientation = Quaternion(*_single(_product(orientation, turn)))
        x, y, z = core_from_ned(position)
        yaw, pitch = heading_of(orientation)
        return Pose(x=x, y=y, z=z, yaw=yaw, pitch=pitch), position, orientation

    def _lens(self, camera: str, kind: int) -> tuple[int, int, float]:
        captures = self._settings.get("CameraDefaults", {}).get("CaptureSettings", [])
        found: Mapping[str, Any] = next((each for each in captures if each.get("ImageType", 0) == kind), {})
        width, height = int(found.get("Width", DEFAULT_SIZE[0])), int(found.get("Height", DEFAULT_SIZE[1]))
        return width, height, self._fov.get(camera, float(found.get("FOV_Degrees", DEFAULT_FOV)))

    def _images(self, requests: list[dict[str, Any]]) -> list[Result]:
        return [self._image(each) for each in requests]

    def _image(self, request: dict[str, Any]) -> Result:
        name, kind, as_float = request["camera_name"], request["image_type"], request["pixels_as_float"]
        if request["compress"] and not as_float:
            raise CallRefused("the stand-in has no compressed pictures")
        camera, position, orientation = self._camera(name)
        width, height, fov = self._lens(name, kind)
        picture = self.scene.picture(camera, width, height, fov)
        answer = {
            "image_data_uint8": b"" if as_float else self._bytes(picture, kind),
            "image_data_float": _depth(picture, kind, fov) if as_float else np.zeros(0, np.float32),
            "camera_position": _vector(position),
            "camera_orientation": _quaternion(orientation),
            "time_stamp": int(self._vehicle.seconds * NANOSECONDS),
            "message": "",
            "pixels_as_float": as_float,
            "compress": False,
            "width": width,
            "height": height,
            "image_type": kind,
        }
        return answer if self.dialect == "microsoft" else {**answer, "annotation_name": request["annotation_name"]}

    def _bytes(self, picture: Picture, kind: int) -> bytes:
        """Uncompressed: Microsoft's server writes BGR, Cosys's RGB."""
        if kind not in (SCENE, SEGMENTATION):
            raise CallRefused(f"the stand-in has no image type {kind} in bytes")
        pixels = picture.rgb if kind == SCENE else self.scene.segmentation(picture)
        return (pixels[..., ::-1] if self.dialect == "microsoft" else pixels).tobytes()

    def _detections(self, name: str, kind: int) -> list[Result]:
        """Boxes in the picture around what the filter names and the radius reaches."""
        camera, _, _ = self._camera(name)
        picture = self.scene.picture(camera, *self._lens(name, kind))
        found = []
        for actor in self.scene.actors.values():
            thing = self.scene.world.things[actor.identity]
            if not any(re.fullmatch(each.replace("*", ".*"), actor.name, re.IGNORECASE) for each in self._filters):
                continue
            rows, columns = np.nonzero(picture.ids == actor.identity)
            if ground_distance(camera.position, thing.centre) > self._radius or not len(rows):
                continue
            low, high = thing.bounds
            found.append(
                {
                    "name": actor.name,
                    "geo_point": {"latitude": 0.0, "longitude": 0.0, "altitude": 0.0},
                    "box2D": {
                        "min": {"x_val": float(columns.min()), "y_val": float(rows.min())},
                        "max": {"x_val": float(columns.max() + 1), "y_val": float(rows.max() + 1)},
                    },
                    "box3D": {"min": _vector(ned_from_core(low)), "max": _vector(ned_from_core(high))},
                    "relative_pose": _pose((0.0, 0.0, 0.0), Quaternion(1.0, 0.0, 0.0, 0.0)),
                }
            )
        return found


def _depth(picture: Picture, kind: int, horizontal_fov: float) -> NDArray[np.float32]:
    if kind not in (DEPTH_PLANAR, DEPTH_PERSPECTIVE):
        raise CallRefused(f"the stand-in has no image type {kind} in floats")
    height, width = picture.depth.shape
    away = picture.depth.astype(np.float64)
    if kind == DEPTH_PERSPECTIVE:
        focal = width / 2 / math.tan(math.radians(horizontal_fov) / 2)
        x = (np.arange(width) + 0.5 - width / 2) / focal
        y = (np.arange(height) + 0.5 - height / 2) / focal
        away = away * np.sqrt(1.0 + x[None, :] ** 2 + y[:, None] ** 2)
    # AirSim reads its depth picture as half floats, whose largest is the sky's distance.
    return np.minimum(away, SKY_METRES).astype(np.float16).astype(np.float32)


def _read_pose(pose: Mapping[str, Any]) -> tuple[Point, Quaternion]:
    place, turn = pose["position"], pose["orientation"]
    rotation = Quaternion(*(float(turn[key]) for key in ("w_val", "x_val", "y_val", "z_val")))
    return (float(place["x_val"]), float(place["y_val"]), float(place["z_val"])), rotation


def _pose(position: Point, orientation: Quaternion) -> Result:
    return {"position": _vector(position), "orientation": _quaternion(orientation)}


def _vector(numbers: Point) -> dict[str, float]:
    return {"x_val": float(numbers[0]), "y_val": float(numbers[1]), "z_val": float(numbers[2])}


def _quaternion(rotation: Quaternion) -> dict[str, float]:
    return {"w_val": rotation.w, "x_val": rotation.x, "y_val": rotation.y, "z_val": rotation.z}


def _product(a: Quaternion, b: Quaternion) -> Quaternion:
    return Quaternion(
        a.w * b.w - a.x * b.x - a.y * b.y - a.z * b.z,
        a.w * b.x + a.x * b.w + a.y * b.z - a.z * b.y,
        a.w * b.y - a.x * b.z + a.y * b.w + a.z * b.x,
        a.w * b.z + a.x * b.y - a.y * b.x + a.z * b.w,
    )


def _rotated(rotation: Quaternion, offset: Point) -> Point:
    back = Quaternion(rotation.w, -rotation.x, -rotation.y, -rotation.z)
    _, x, y, z = _product(_product(rotation, Quaternion(0.0, *offset)), back)
    return (x, y, z)


def _single(numbers: Sequence[float]) -> Any:
    return tuple(float(np.float32(number)) for number in numbers)
