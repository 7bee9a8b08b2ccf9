"""How ROS 2 names its types on the wire, whichever middleware."""

from __future__ import annotations

_PACKAGE_END = "::msg::dds_::"


def type_name(ros_name: str) -> str:
    """sensor_msgs/msg/Image as sensor_msgs::msg::dds_::Image_."""
    package, _, name = ros_name.split("/")
    return f"{package}{_PACKAGE_END}{name}_"


def ros_name(type_name: str) -> str:
    """The reverse of `type_name`; a name of any other form is left as it is."""
    return type_name[:-1].replace(_PACKAGE_END, "/msg/") if _PACKAGE_END in type_name else type_name
