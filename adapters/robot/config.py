"""robot.yaml: everything about one robot and one room that a suite can't know."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, ValidationError, model_validator
from pydantic_core import ErrorDetails

from evalsuite.adapters.robot.limits import Limits
from evalsuite.adapters.robot.link import LinkSettings
from evalsuite.adapters.robot.tag_images import FAMILIES
from evalsuite.errors import UsageError
from evalsuite.suite.mistakes import in_words, mistakes

CONFIG_VARIABLE = "EVALSUITE_ROBOT"
"""Environment variable: the path of robot.yaml."""


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class CameraSettings(_Strict):
    """A camera.

    Args:
        source: "link" for the pictures that the robot sends, else a number (webcam), a file, http:// (MJPEG) or rtsp://.
        calibration: a file with intrinsics and distortion; None takes the picture as it is.
        width, height: in pixels, as the picture is shown to a policy.
        horizontal_fov: degrees; of the undistorted picture where there is a calibration.
        height_above_floor: of the lens, in metres.
        ahead: how far in metres the lens is ahead of the middle of the robot's tag.
        pitch: degrees, + down, with the camera servo at rest.
    """

    source: str = "link"
    calibration: Path | None = None
    width: Annotated[int, Field(ge=16, le=4096)] = 640
    height: Annotated[int, Field(ge=16, le=4096)] = 360
    horizontal_fov: Annotated[float, Field(gt=10.0, lt=170.0)] = 110.0
    height_above_floor: PositiveFloat = 0.15
    ahead: float = 0.0
    pitch: Annotated[float, Field(ge=-90.0, le=90.0)] = 0.0


class Tag(_Strict):
    """An AprilTag.

    Args:
        id: its number.
        size: edge of the black square in metres.
        height: of its face above the floor, in metres.
    """

    id: Annotated[int, Field(ge=0)]
    size: PositiveFloat = 0.15
    height: Annotated[float, Field(ge=0.0)] = 0.0


class FloorTag(Tag):
    """A tag that lies still, its middle at (x, y) in metres, its upper edge towards `yaw` degrees."""

    x: float
    y: float
    yaw: float = 0.0


class OverheadSettings(_Strict):
    """Scoring without a person: a camera that looks down on tags.

    Args:
        camera: where its pictures come from; it needs a calibration.
        robot: the tag on the robot, its upper edge to the front.
        target: the tag on the target; None takes the place where the scenario has it.
        floor: tags at measured places; the camera's own pose follows from them.
        family: of all the tags.
        most_error: metres of estimated error beyond which a measurement does not count.
        most_age: seconds after which a measurement is too old to count.
    """

    camera: CameraSettings
    robot: Tag
    target: Tag | None = None
    floor: Annotated[tuple[FloorTag, ...], Field(min_length=1)]
    family: str = "36h11"
    most_error: PositiveFloat = 0.05
    most_age: PositiveFloat = 1.0

    @model_validator(mode="after")
    def _tells_tags_apart(self) -> OverheadSettings:
        numbers = [self.robot.id, *([self.target.id] if self.target else []), *(tag.id for tag in self.floor)]
        twice = sorted({number for number in numbers if numbers.count(number) > 1})
        if twice:
            raise ValueError(f"tag {twice[0]} is named twice; each tag has a number of its own")
        if self.camera.source == "link":
            raise ValueError("camera.source is 'link', the robot's own; name the camera above the floor")
        if self.family not in FAMILIES:
            raise ValueError(f"tag family {self.family!r} is none of {', '.join(FAMILIES)}")
        unknown = [number for number in numbers if number >= FAMILIES[self.family][1]]
        if unknown:
            raise ValueError(f"family {self.family} has tags 0 to {FAMILIES[self.family][1] - 1}, not {unknown[0]}")
        return self


class Tolerance(_Strict):
    """How near to their marks robot and target have to be set, as the tags see them: metres and degrees."""

    place: PositiveFloat = 0.10
    yaw: PositiveFloat = 10.0


class RobotConfig(_Strict):
    """One robot in one room.

    Args:
        name: what it is called in records.
        link: how it is reached.
        limits: of driving.
        camera: the one that the policy sees through.
        execution: "blocking": an action is carried out, then the robot stands (table 4 of ROCKET-3, arXiv 2507.23698);
            "continuous": velocities at `rate`.
        rate: steps a second; in blocking execution at most.
        motion: false: nothing is sent, what would be is shown.
        step: metres of one forward, back, left or right in blocking execution.
        pulses: what timed pulses come to, as `python -m evalsuite.adapters.robot.calibrate_motion` measures it;
            needed where there is no odometry.
        stop_key: an emergency stop in the operator's terminal.
        overhead: tags; None leaves the verdict to the operator.
        goals: the folder of the goal views, as `python -m evalsuite.adapters.robot.capture_goal` makes them.
        tolerance: of start marks.
        approach_radius: metres, eye to target along the ground, within which an approach has arrived.
    """

    name: Annotated[str, Field(min_length=1, max_length=80)] = "robot"
    link: LinkSettings = LinkSettings()
    limits: Limits = Limits()
    camera: CameraSettings = CameraSettings()
    execution: Literal["blocking", "continuous"] = "blocking"
    rate: Annotated[float, Field(gt=0.0, le=30.0)] = 2.0
    motion: bool = True
    step: PositiveFloat = 0.1
    pulses: Path | None = None
    stop_key: Annotated[str, Field(min_length=1, max_length=1)] = " "
    overhead: OverheadSettings | None = None
    goals: Path = Path("goals")
    tolerance: Tolerance = Tolerance()
    approach_radius: PositiveFloat = 0.5

    @model_validator(mode="after")
    def _fits_together(self) -> RobotConfig:
        if self.link.kind == "camera" and self.motion:
            raise ValueError("a link of kind camera can't drive: write motion: false")
        if self.link.kind == "camera" and self.camera.source == "link":
            raise ValueError("a link of kind camera needs camera.source: a webcam's number, http:// or rtsp://")
        if self.limits.geofence is not None and self.overhead is None:
            raise ValueError("limits.geofence needs a place to compare with: describe the tags under overhead")
        return self


def load_config(path: Path) -> RobotConfig:
    """Read robot.yaml; paths in it are taken from the folder that it lies in.

    Raises `UsageError` with a line for every mistake.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"can't read {path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8 text; save it as UTF-8") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise UsageError(f"{path}:{mark.line + 1 if mark else 1}: not YAML: {problem}") from error
    if not isinstance(content, dict):
        raise UsageError(f"{path}: a robot's file is a mapping, such as `link: {{kind: dds}}`")
    try:
        config = RobotConfig.model_validate(content)
    except ValidationError as error:
        said = [f"{path}: {_place_and_words(each)}" for each in mistakes(error, RobotConfig)]
        raise UsageError("\n".join(said)) from error
    return _placed(path.resolve().parent, config)


def named_files(config: RobotConfig) -> dict[str, Path]:
    """The files that have to be there before a session, by the field that names them."""
    named = {"camera.calibration": config.camera.calibration, "pulses": config.pulses}
    if config.overhead is not None:
        named["overhead.camera.calibration"] = config.overhead.camera.calibration
    return {field: file for field, file in named.items() if file is not None}


def named_config() -> RobotConfig | None:
    """The one that `EVALSUITE_ROBOT` names; None when it names none."""
    named = os.environ.get(CONFIG_VARIABLE, "")
    return load_config(Path(named)) if named else None


def _place_and_words(mistake: ErrorDetails) -> str:
    """Which field, and what is wrong with it; a rule about several fields names them itself."""
    if not mistake["loc"]:
        return mistake["msg"].removeprefix("Value error, ")
    return f"{'.'.join(map(str, mistake['loc']))}: {in_words(mistake, RobotConfig)}"


def _placed(folder: Path, config: RobotConfig) -> RobotConfig:
    """`config` with its paths made absolute from `folder`."""

    def camera(settings: CameraSettings) -> CameraSettings:
        return settings.model_copy(update={"calibration": settings.calibration and folder / settings.calibration})

    limits, overhead = config.limits, config.overhead
    return config.model_copy(
        update={
            "camera": camera(config.camera),
            "limits": limits.model_copy(update={"stop_file": limits.stop_file and folder / limits.stop_file}),
            "pulses": config.pulses and folder / config.pulses,
            "overhead": overhead and overhead.model_copy(update={"camera": camera(overhead.camera)}),
            "goals": folder / config.goals,
        }
    )
