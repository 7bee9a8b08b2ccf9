"""The ROS messages as rosbridge has them: JSON objects of their fields, bytes in base64.

rosbridge's own specification, ROSBRIDGE_PROTOCOL.md; ROS 1 calls the parts of a time secs and nsecs, ROS 2 sec and
nanosec, and both are read.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Any

from evalsuite.adapters.robot.links.cdr import MalformedPayload
from evalsuite.adapters.robot.links.ros_messages import (
    Bool,
    CompressedImage,
    Float64,
    Header,
    Image,
    Odometry,
    Twist,
    TwistStamped,
)

Fields = Mapping[str, Any]


def to_json(message: Any) -> dict[str, Any]:
    """What is published."""
    if isinstance(message, Twist):
        return {"linear": _xyz(message.linear), "angular": _xyz(message.angular)}
    if isinstance(message, TwistStamped):
        return {"header": {"frame_id": message.header.frame}, "twist": to_json(message.twist)}
    if isinstance(message, Bool | Float64):
        return {"data": message.data}
    raise TypeError(f"{type(message).__name__} is not published over rosbridge")


def from_json(name: str, fields: Fields) -> Any:
    """A message of the ROS type `name`. Raises `MalformedPayload`."""
    try:
        return _READERS[name](fields)
    except (KeyError, TypeError, ValueError, AttributeError, binascii.Error) as error:
        raise MalformedPayload(f"no {name}: {type(error).__name__}: {error}") from error


def _image(fields: Fields) -> Image:
    return Image(
        _header(fields["header"]),
        int(fields["height"]),
        int(fields["width"]),
        str(fields["encoding"]),
        int(fields["is_bigendian"]),
        int(fields["step"]),
        base64.b64decode(fields["data"], validate=True),
    )


def _compressed(fields: Fields) -> CompressedImage:
    data = base64.b64decode(fields["data"], validate=True)
    return CompressedImage(_header(fields["header"]), str(fields["format"]), data)


def _odometry(fields: Fields) -> Odometry:
    pose = fields["pose"]["pose"]
    orientation = pose["orientation"]
    return Odometry(
        _header(fields["header"]),
        str(fields["child_frame_id"]),
        _triple(pose["position"]),
        (float(orientation["x"]), float(orientation["y"]), float(orientation["z"]), float(orientation["w"])),
        _twist(fields["twist"]["twist"]),
    )


def _twist(fields: Fields) -> Twist:
    return Twist(_triple(fields["linear"]), _triple(fields["angular"]))


def _header(fields: Fields) -> Header:
    stamp = fields["stamp"]
    seconds = stamp["sec"] if "sec" in stamp else stamp["secs"]
    rest = stamp["nanosec"] if "nanosec" in stamp else stamp["nsecs"]
    return Header(int(seconds) * 1_000_000_000 + int(rest), str(fields["frame_id"]))


def _triple(fields: Fields) -> tuple[float, float, float]:
    return float(fields["x"]), float(fields["y"]), float(fields["z"])


def _xyz(values: tuple[float, float, float]) -> dict[str, float]:
    return dict(zip("xyz", values, strict=True))


_READERS: dict[str, Callable[[Fields], Any]] = {
    Image.NAME: _image,
    CompressedImage.NAME: _compressed,
    Odometry.NAME: _odometry,
    Bool.NAME: lambda fields: Bool(bool(fields["data"])),
}
