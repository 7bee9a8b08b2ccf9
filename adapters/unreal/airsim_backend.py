"""AirSim and Cosys-AirSim: what a Simulator asks for, as their calls."""

from __future__ import annotations

import contextlib
import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from evalsuite.adapters.unreal.airsim_axes import Quaternion, core_from_ned, heading_of, ned_from_core, quaternion_of
from evalsuite.adapters.unreal.airsim_client import DIALECTS, Address, Client, Dialect
from evalsuite.adapters.unreal.airsim_stepping import Stepping, stepping_of
from evalsuite.adapters.unreal.backend import Depth, Motion, Prop, View
from evalsuite.adapters.unreal.depth_mask import mask_by_depth, may_show
from evalsuite.adapters.unreal.specification import HEIGHT, HORIZONTAL_FOV, WIDTH
from evalsuite.crossview.geometry import Point, Pose
from evalsuite.crossview.simulator import TimeLimits
from evalsuite.errors import SimulatorFault

Mode = Literal["ComputerVision", "Multirotor", "Car"]

SCENE, DEPTH_PLANAR, DEPTH_PERSPECTIVE, SEGMENTATION = 0, 1, 2, 5
OTHERS_ID, TARGET_ID = 0, 42
MICROSOFT_TARGET_COLOUR = (92, 31, 106)
"""RGB of id 42 (microsoft/AirSim, docs/seg_rgbs.txt)."""

NOTHING_METRES = 10_000.0
"""Unreal's depth of the sky is about 65504 m; nothing of a scenario is that far."""

MOVED_METRES, TURNED_DEGREES = 0.02, 0.2
"""How far the pose read back may be from the one that was set (32-bit floats in centimetres)."""

PREFIX = "evalsuite_"
_CLASSES: Mapping[str, str] = {"ComputerVision": "VehicleClient", "Multirotor": "MultirotorClient", "Car": "CarClient"}


@dataclass(frozen=True)
class CallLimits:
    """Seconds that calls may take: most of them; the first; those that go through every object of the scene."""

    call: float = 10.0
    connect: float = 10.0
    scene: float = 60.0


@dataclass(frozen=True)
class AirSimOptions:
    """Where to look for the server, and how to use it.

    Args:
        address: host and port of the RPC server.
        vehicle, camera: names; the defaults are the only vehicle and its front camera.
        origin: where the suite's own (0, 0, 0) lies in the engine, in metres east, north and up from PlayerStart.
        assets: for each kind of prop, the assets that may play it, each a cube of a metre about its middle.
        limits: of the calls.
    """

    address: Address = field(default_factory=Address)
    vehicle: str = ""
    camera: str = "0"
    origin: Point = (0.0, 0.0, 0.0)
    assets: tuple[str, ...] = ("1M_Cube", "Cube", "1M_Cube_Chamfer")
    limits: CallLimits = field(default_factory=CallLimits)


class AirSimBackend:
    """A connection to one server.

    Args:
        options: where and how.
        at_end: what ends a server that is our own; without it the scene is left as it was found.

    Raises:
        SimulatorFault: when nobody answers at the address, no client of the server's dialect is installed, or the
            server's settings are not those that the pictures need; the message says what helps.
    """

    def __init__(self, options: AirSimOptions, at_end: Callable[[], None] | None = None) -> None:
        self._options = options
        self._at_end = at_end
        self._closed = False
        self._client, version = _connected(options)
        try:
            self._settings: dict[str, Any] = _settings(self._ask("getSettingsString"))
            self._mode = mode_of(self._settings)
            self._client = _of_class(self._client, _CLASSES[self._mode], options.address)
            self._engine = {
                "client": self._dialect.module,
                "dialect": self._dialect.name,
                "mode": self._mode,
                "server_version": str(version),
            }
            self._stepping: Stepping = stepping_of(self._mode, options.vehicle, self._ask)
            self._set_fov(HORIZONTAL_FOV)
            if at_end is None:
                self._take_away_what_was_left()
        except SimulatorFault:
            self._client.close()
            raise
        self._names: dict[str, str] = {}
        self._props: dict[str, Prop] = {}
        self._gone: set[str] = set()
        self._spawned = 0
        self._asset = ""
        self._pose: Pose | None = None
        self._tilt = 0.0
        self._marked: str | None = None
        self._segmented = True
        self._collided_at = 0

    @property
    def engine(self) -> Mapping[str, str]:
        return self._engine

    @property
    def mode(self) -> Mode:
        return self._mode

    @property
    def mask_source(self) -> str:
        if self._segmented:
            return "the target's segmentation id, all else 0, in the picture's own call"
        return "depth in the picture's own call against the target's box: this server does not segment spawned objects"

    def agent_pose(self) -> Pose:
        pose = self._ask("simGetVehiclePose", self._options.vehicle)
        return self._core_pose(pose.position, pose.orientation, self._tilt, "the vehicle")

    def place_agent(self, pose: Pose) -> None:
        """In ComputerVision mode the vehicle is the eye; a car or a multirotor stays level and tilts its camera."""
        if self._mode == "ComputerVision":
            self._tilt = 0.0
            self._set_vehicle(pose)
        else:
            self._stepping.rest()
            self._set_vehicle(pose.model_copy(update={"pitch": 0.0}))
            self._look(pose.pitch)
        self._pose = pose

    def view(self, target: str, camera: Pose | None = None) -> View:
        self._mark(target)
        if camera is None:
            return self._capture(target, self._pose if self._mode == "ComputerVision" else None)
        if self._mode == "ComputerVision":
            before = self._ask("simGetVehiclePose", self._options.vehicle)
            self._set_vehicle(camera)
            view = self._capture(target, camera)
            self._ask("simSetVehiclePose", before, True, self._options.vehicle)
            return view
        agent = self.agent_pose()
        self._set_camera(camera, agent)
        view = self._capture(target, camera)
        self._look(self._tilt)
        return view

    def depth(self, camera: Pose) -> tuple[Depth, float] | None:
        before = self._ask("simGetVehiclePose", self._options.vehicle)
        self._set_vehicle(camera)
        (response,) = self._images([self._request(DEPTH_PERSPECTIVE, as_float=True)])
        self._ask("simSetVehiclePose", before, True, self._options.vehicle)
        away = _floats(response)
        height, width = away.shape
        return away / _ray_lengths(width, height, HORIZONTAL_FOV), HORIZONTAL_FOV

    def objects(self) -> tuple[str, ...]:
        names = self._ask("simListSceneObjects", ".*", limit=self._options.limits.scene)
        known = {actual: name for name, actual in self._names.items()}
        return tuple(sorted(known.get(name, name) for name in names))

    def spawn(self, props: Sequence[Prop]) -> None:
        asset = self._asset or self._find_asset()
        module = self._client.module
        for prop in props:
            self._spawned += 1
            # Lower case: Microsoft's server compares in lower case when it reads ids. Never the same name twice:
            # an actor that was destroyed keeps its name until Unreal's next garbage collection.
            wished = f"{PREFIX}{self._spawned}_{re.sub('[^a-z0-9]', '_', prop.name.lower())}_x"
            pose = self._ned_pose(prop.middle, quaternion_of(prop.yaw))
            scale = module.Vector3r(*(float(metres) for metres in prop.size))
            # A box's own axes in the engine are x north, y east, z down: extents change places.
            scale.x_val, scale.y_val = scale.y_val, scale.x_val
            actual = self._ask("simSpawnObject", wished, asset, pose, scale, False, False)
            if not actual:
                raise SimulatorFault(f"AirSim did not spawn {prop.name} from the asset {asset}")
            self._names[prop.name], self._props[prop.name] = str(actual), prop
            self._gone.discard(prop.name)
        self._marked = None
        self._ask("simSetSegmentationObjectID", ".*", OTHERS_ID, True, limit=self._options.limits.scene)

    def destroy(self, name: str) -> None:
        if not self._ask("simDestroyObject", self._actual(name)):
            raise SimulatorFault(f"AirSim did not destroy {name}")
        self._gone.add(name)

    def place(self, name: str, middle: Point, yaw: float = 0.0) -> None:
        if not self._ask("simSetObjectPose", self._actual(name), self._ned_pose(middle, quaternion_of(yaw)), True):
            raise SimulatorFault(f"AirSim did not move {name}: its mobility is not Movable")
        if name in self._props:
            prop = self._props[name]
            self._props[name] = Prop(prop.name, prop.kind, middle, prop.size, yaw)

    def middle(self, name: str) -> Point | None:
        if name in self._gone:
            return None
        arguments: tuple[Any, ...] = (True,) if not self._dialect.external else ()
        pose = self._ask("simGetObjectPose", self._actual(name), *arguments)
        return self._core_pose(pose.position, pose.orientation, 0.0, name).position

    def contacts(self) -> tuple[str, ...]:
        info = self._ask("simGetCollisionInfo", self._options.vehicle)
        fresh = bool(info.has_collided) and int(info.time_stamp) != self._collided_at
        self._collided_at = int(info.time_stamp)
        known = {actual: name for name, actual in self._names.items()}
        return (known.get(str(info.object_name), str(info.object_name)),) if fresh else ()

    def pause(self) -> None:
        self._stepping.pause()

    def drive(self, motion: Motion, seconds: float) -> None:
        self._stepping.drive(motion, seconds)
        if motion.look:
            self._look(max(-90.0, min(90.0, self._tilt + motion.look)))

    def allow(self, limits: TimeLimits) -> None:
        widened = CallLimits(call=max(limits.step, limits.goal_view), connect=limits.start, scene=limits.reset)
        self._options = replace(self._options, limits=widened)

    def clear(self) -> None:
        for name in list(self._names):
            if name not in self._gone:
                self.destroy(name)
        self._names, self._props, self._gone = {}, {}, set()

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        with contextlib.suppress(SimulatorFault):
            if self._at_end is None:
                self.clear()
                self._stepping.leave()
        self._client.close()
        if self._at_end is not None:
            self._at_end()

    @property
    def _dialect(self) -> Dialect:
        return self._client.dialect

    def _ask(self, method: str, *arguments: Any, limit: float | None = None) -> Any:
        return self._client.ask(method, limit or self._options.limits.call, *arguments)

    def _take_away_what_was_left(self) -> None:
        """Things of an earlier connection that did not end well, such as a worker that was killed."""
        for name in self._ask("simListSceneObjects", f"{PREFIX}.*", limit=self._options.limits.scene):
            self._ask("simDestroyObject", str(name))

    def _find_asset(self) -> str:
        """The first of the options' assets that the server has: it dereferences null for one that it has not."""
        there = set(self._ask("simListAssets", limit=self._options.limits.scene))
        for asset in self._options.assets:
            if asset in there:
                self._asset = asset
                return asset
        wanted = " or ".join(self._options.assets)
        raise SimulatorFault(f"this Unreal environment has no asset {wanted}: run the Blocks environment, which has")

    def _actual(self, name: str) -> str:
        return self._names.get(name, name)

    def _ned_pose(self, point: Point, rotation: Quaternion) -> Any:
        module, origin = self._client.module, self._options.origin
        x, y, z = ned_from_core((point[0] + origin[0], point[1] + origin[1], point[2] + origin[2]))
        orientation = module.Quaternionr(
            float(rotation.x), float(rotation.y), float(rotation.z), w_val=float(rotation.w)
        )
        return module.Pose(module.Vector3r(float(x), float(y), float(z)), orientation)

    def _core_pose(self, position: Any, orientation: Any, tilt: float, what: str) -> Pose:
        numbers = [position.x_val, position.y_val, position.z_val]
        rotation = Quaternion(orientation.w_val, orientation.x_val, orientation.y_val, orientation.z_val)
        if not all(math.isfinite(number) for number in (*numbers, *rotation)):
            raise SimulatorFault(f"AirSim knows no pose of {what}: it is not in the scene; start the environment anew")
        x, y, z = core_from_ned((numbers[0], numbers[1], numbers[2]))
        origin = self._options.origin
        yaw, pitch = heading_of(rotation)
        return Pose(x=x - origin[0], y=y - origin[1], z=z - origin[2], yaw=yaw, pitch=pitch + tilt)

    def _set_vehicle(self, pose: Pose) -> None:
        ned = self._ned_pose(pose.position, quaternion_of(pose.yaw, pose.pitch))
        self._ask("simSetVehiclePose", ned, True, self._options.vehicle)

    def _look(self, pitch: float) -> None:
        """Tilt the camera of a vehicle that stays level."""
        module, rotation = self._client.module, quaternion_of(0.0, pitch)
        orientation = module.Quaternionr(rotation.x, rotation.y, rotation.z, w_val=rotation.w)
        self._camera_pose(module.Pose(module.Vector3r(0.0, 0.0, 0.0), orientation))
        self._tilt = pitch

    def _set_camera(self, camera: Pose, agent: Pose) -> None:
        """Put a vehicle's camera somewhere else: its pose is relative to the vehicle, which faces its yaw, level."""
        module = self._client.module
        east, north = camera.x - agent.x, camera.y - agent.y
        sine, cosine = math.sin(math.radians(agent.yaw)), math.cos(math.radians(agent.yaw))
        ahead, right = east * sine + north * cosine, east * cosine - north * sine
        rotation = quaternion_of(camera.yaw - agent.yaw, camera.pitch)
        orientation = module.Quaternionr(rotation.x, rotation.y, rotation.z, w_val=rotation.w)
        self._camera_pose(module.Pose(module.Vector3r(ahead, right, agent.z - camera.z), orientation))

    def _camera_pose(self, pose: Any) -> None:
        arguments = (self._options.vehicle, *self._external)
        self._ask("simSetCameraPose", self._options.camera, pose, *arguments)

    def _set_fov(self, degrees: float) -> None:
        self._ask("simSetCameraFov", self._options.camera, degrees, self._options.vehicle, *self._external)

    @property
    def _external(self) -> tuple[bool, ...]:
        return (False,) if self._dialect.external else ()

    def _mark(self, target: str) -> None:
        """Give the target its own segmentation id, and all else the other."""
        if target == self._marked:
            return
        if self._marked is not None and self._segmented and self._marked not in self._gone:
            self._ask("simSetSegmentationObjectID", self._actual(self._marked), OTHERS_ID, False)
        if target not in self._gone:
            actual = self._actual(target)
            self._segmented = bool(self._ask("simSetSegmentationObjectID", actual, TARGET_ID, False))
            if not self._segmented and target not in self._props:
                raise SimulatorFault(f"AirSim segments no object {target}: it is not in the scene")
        self._marked = target

    def _capture(self, target: str, expected: Pose | None) -> View:
        """One call for picture and mask. In ComputerVision mode the picture must come from where the eye was put."""
        box = None if self._segmented or target in self._gone else self._props[target]
        wants_depth = box is not None and (expected is None or may_show(expected, box, HORIZONTAL_FOV, WIDTH, HEIGHT))
        requests = [self._request(SCENE)]
        if self._segmented:
            requests.append(self._request(SEGMENTATION))
        elif wants_depth:
            requests.append(self._request(DEPTH_PLANAR, as_float=True))
        responses = self._images(requests)
        image = _pixels(responses[0], bgr=self._dialect.bgr)
        seen_from = self._core_pose(responses[0].camera_position, responses[0].camera_orientation, 0.0, "the camera")
        if expected is not None:
            self._check_pose(seen_from, expected)
        if target in self._gone or len(responses) == 1:
            return View(image, np.zeros(image.shape[:2], np.uint8))
        if self._segmented:
            colours = _pixels(responses[1], bgr=self._dialect.bgr)
            return View(image, np.all(colours == self._target_colour(), axis=2).astype(np.uint8))
        assert box is not None
        others = [each for name, each in self._props.items() if name != target and name not in self._gone]
        return View(image, mask_by_depth(_floats(responses[1]), seen_from, box, HORIZONTAL_FOV, others))

    def _target_colour(self) -> NDArray[np.uint8]:
        if self._dialect.name == "microsoft":
            return np.array(MICROSOFT_TARGET_COLOUR, np.uint8)
        colours = self._client.module.VehicleClient.simGetSegmentationColorMap()
        return np.asarray(colours[TARGET_ID], np.uint8)

    def _check_pose(self, seen_from: Pose, expected: Pose) -> None:
        away = math.dist(seen_from.position, expected.position)
        turned = math.degrees(math.acos(max(-1.0, min(1.0, float(np.dot(seen_from.direction, expected.direction))))))
        if away > MOVED_METRES or turned > TURNED_DEGREES:
            raise SimulatorFault(
                f"AirSim's camera is {away:.2f} m and {turned:.1f} degrees from where it was put: "
                "another client (one server has one camera: --workers 1) or the keyboard moves it, or the camera "
                "has an offset of its own in settings.json"
            )

    def _request(self, kind: int, *, as_float: bool = False) -> Any:
        return self._client.module.ImageRequest(self._options.camera, kind, as_float, False)

    def _images(self, requests: list[Any]) -> list[Any]:
        responses = self._ask("simGetImages", requests, self._options.vehicle, *self._external)
        if len(responses) != len(requests):
            raise SimulatorFault(f"AirSim sent {len(responses)} pictures for {len(requests)} requests")
        return list(responses)


def mode_of(settings: Mapping[str, Any]) -> Mode:
    """The vehicle mode that the server's settings name. Raises `SimulatorFault` for one that can't be used."""
    mode = str(settings.get("SimMode", ""))
    if mode not in _CLASSES:
        raise SimulatorFault(
            f"AirSim's settings.json has SimMode {mode!r}: set it to ComputerVision, Multirotor or Car and start anew"
        )
    return cast(Mode, mode)


def server_version(address: Address, limit: float) -> tuple[int, Client]:
    """What the server's getServerVersion answers, and the client that asked. Raises `SimulatorFault`."""
    installed = [dialect for dialect in DIALECTS if dialect.installed]
    if not installed:
        raise SimulatorFault(f"no AirSim client is installed: {DIALECTS[0].install}")
    if not address.answers(limit):
        raise SimulatorFault(f"no AirSim server answers at {address}: start the Unreal environment, or --rehearse")
    client = Client(installed[0], "VehicleClient", address)
    try:
        return int(client.ask("getServerVersion", limit)), client
    except SimulatorFault:
        client.close()
        raise


def _connected(options: AirSimOptions) -> tuple[Client, int]:
    version, client = server_version(options.address, options.limits.connect)
    dialect = next((each for each in DIALECTS if each.version == version), None)
    if dialect is None:
        client.close()
        known = " or ".join(f"{each.version} ({each.name})" for each in DIALECTS)
        raise SimulatorFault(f"the server at {options.address} is AirSim API version {version}; supported: {known}")
    if dialect is not client.dialect:
        client.close()
        if not dialect.installed:
            raise SimulatorFault(
                f"the server at {options.address} speaks {dialect.name}'s AirSim (version {version}), and its client "
                f"{dialect.module} is not installed: {dialect.install}"
            )
        client = Client(dialect, "VehicleClient", options.address)
    return client, version


def _of_class(client: Client, kind: str, address: Address) -> Client:
    if kind == "VehicleClient":
        return client
    client.close()
    return Client(client.dialect, kind, address)


def _settings(text: Any) -> dict[str, Any]:
    try:
        content = json.loads(text)
    except ValueError as error:
        raise SimulatorFault(f"AirSim's settings are not JSON: {error}") from error
    return content if isinstance(content, dict) else {}


def _pixels(response: Any, *, bgr: bool) -> NDArray[np.uint8]:
    """RGB of an uncompressed response. Raises `SimulatorFault` when it is not a whole picture of the size wanted."""
    width, height = int(response.width), int(response.height)
    content = bytes(response.image_data_uint8)
    if (width, height) != (WIDTH, HEIGHT):
        raise SimulatorFault(
            f"AirSim's picture is {width} x {height}, not {WIDTH} x {HEIGHT}: "
            "put the capture settings of `python -m evalsuite.adapters.unreal.airsim_settings` into settings.json"
        )
    if len(content) != width * height * 3:
        raise SimulatorFault(f"AirSim sent a truncated picture: {len(content)} bytes for {width} x {height}")
    pixels = np.frombuffer(content, np.uint8).reshape(height, width, 3)
    return np.ascontiguousarray(pixels[..., ::-1]) if bgr else pixels.copy()


def _floats(response: Any) -> Depth:
    width, height = int(response.width), int(response.height)
    values = np.asarray(response.image_data_float, np.float32)
    if width * height == 0 or values.size != width * height:
        raise SimulatorFault(f"AirSim sent a truncated depth picture: {values.size} values for {width} x {height}")
    depth = values.reshape(height, width)
    return np.where(depth < NOTHING_METRES, depth, np.float32(np.inf))


def _ray_lengths(width: int, height: int, horizontal_fov: float) -> Depth:
    """Length of the ray through each pixel's middle to the plane at 1 m."""
    focal = width / 2 / math.tan(math.radians(horizontal_fov / 2))
    x = (np.arange(width) + 0.5 - width / 2) / focal
    y = (np.arange(height) + 0.5 - height / 2) / focal
    return np.sqrt(1.0 + x[None, :] ** 2 + y[:, None] ** 2).astype(np.float32)
