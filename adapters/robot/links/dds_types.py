"""The ROS messages as DDS types for Eclipse Cyclone DDS, with the suite's own codec inside.

The binding's codec packs `sequence<uint8>` one byte at a time: 10 Hz at VGA, where this one does 30 with room to
spare. The IDL declarations tell other participants what the types look like; the bytes are `ros_messages`'.
"""

from __future__ import annotations

from typing import Any

from cyclonedds.idl import make_idl_struct
from cyclonedds.idl.types import array, float64, int32, sequence, uint8, uint32

from evalsuite.adapters.robot.links.dds_names import type_name
from evalsuite.adapters.robot.links.ros_messages import MESSAGES, Message


def _part(name: str, **fields: Any) -> Any:
    return make_idl_struct(name.rpartition("/")[2] + "_", type_name(name), fields)


def _whole(name: str, **fields: Any) -> Any:
    """A type whose samples hold one message, `message`, and whose bytes are that message's."""
    message_class = MESSAGES[name]
    whole = make_idl_struct(name.rpartition("/")[2] + "_", type_name(name), fields, dataclassify=False)

    def hold(self: Any, message: Message | None) -> None:
        self.message = message

    def serialize(self: Any, buffer: object = None, endianness: object = None, use_version_2: object = None) -> bytes:
        encoded: bytes = self.message.encode()
        return encoded

    def deserialize(cls: Any, data: bytes, has_header: bool = True, use_version_2: object = None) -> Any:
        return cls(message_class.decode(data))

    def deserialize_key(cls: Any, data: bytes, has_header: bool = True, use_version_2: object = None) -> Any:
        return cls(None)

    # A base class would become a part of the declared type.
    whole.__init__ = hold
    whole.serialize = serialize
    whole.deserialize = classmethod(deserialize)
    whole.deserialize_key = classmethod(deserialize_key)
    return whole


_Time = _part("builtin_interfaces/msg/Time", sec=int32, nanosec=uint32)
_Header = _part("std_msgs/msg/Header", stamp=_Time, frame_id=str)
_Vector3 = _part("geometry_msgs/msg/Vector3", x=float64, y=float64, z=float64)
_Point = _part("geometry_msgs/msg/Point", x=float64, y=float64, z=float64)
_Quaternion = _part("geometry_msgs/msg/Quaternion", x=float64, y=float64, z=float64, w=float64)
_TwistPart = _part("geometry_msgs/msg/Twist", linear=_Vector3, angular=_Vector3)
_Pose = _part("geometry_msgs/msg/Pose", position=_Point, orientation=_Quaternion)
_covariance = array[float64, 36]
_PoseWithCovariance = _part("geometry_msgs/msg/PoseWithCovariance", pose=_Pose, covariance=_covariance)
_TwistWithCovariance = _part("geometry_msgs/msg/TwistWithCovariance", twist=_TwistPart, covariance=_covariance)

DDS_TYPES: dict[str, Any] = {
    "sensor_msgs/msg/Image": _whole(
        "sensor_msgs/msg/Image",
        header=_Header,
        height=uint32,
        width=uint32,
        encoding=str,
        is_bigendian=uint8,
        step=uint32,
        data=sequence[uint8],
    ),
    "sensor_msgs/msg/CompressedImage": _whole(
        "sensor_msgs/msg/CompressedImage", header=_Header, format=str, data=sequence[uint8]
    ),
    "geometry_msgs/msg/Twist": _whole("geometry_msgs/msg/Twist", linear=_Vector3, angular=_Vector3),
    "geometry_msgs/msg/TwistStamped": _whole("geometry_msgs/msg/TwistStamped", header=_Header, twist=_TwistPart),
    "nav_msgs/msg/Odometry": _whole(
        "nav_msgs/msg/Odometry",
        header=_Header,
        child_frame_id=str,
        pose=_PoseWithCovariance,
        twist=_TwistWithCovariance,
    ),
    "std_msgs/msg/Bool": _whole("std_msgs/msg/Bool", data=bool),
    "std_msgs/msg/Float64": _whole("std_msgs/msg/Float64", data=float64),
}
