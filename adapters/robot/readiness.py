"""What of the robot world is here."""

from __future__ import annotations

import importlib.util

from evalsuite.adapters.robot.config import CONFIG_VARIABLE, RobotConfig, named_config, named_files
from evalsuite.errors import UsageError
from evalsuite.worlds import Readiness

_PIP = {"cv2": "opencv-python-headless", "cyclonedds": "cyclonedds", "zenoh": "eclipse-zenoh", "roslibpy": "roslibpy"}
_NEEDED_BY_LINK = {"dds": "cyclonedds", "zenoh": "zenoh", "rosbridge": "roslibpy", "ros1": "rospy"}


def look() -> Readiness:
    """Packages and robot.yaml; nothing is connected, since a robot may not be on."""
    try:
        config = named_config()
    except UsageError as error:
        return Readiness("rehearsal only" if not _missing(("cv2", "cyclonedds")) else "missing", str(error))
    if config is None:
        return _without_a_robot()
    missing = _missing(_needed(config))
    if missing:
        return Readiness("missing", f"{config.name}: {' and '.join(missing)} not installed", _install(missing))
    kind, _, factory = config.link.kind.partition(":")
    package = factory.partition(":")[0].partition(".")[0]
    if kind == "lerobot" and importlib.util.find_spec(package) is None:
        return Readiness(
            "rehearsal only",
            f"{config.name}: link.kind names {factory}, and this Python finds no {package}",
            "install it, or put the folder that it lies in on PYTHONPATH",
        )
    absent = [
        f"{field} names {file}, which is not there" for field, file in named_files(config).items() if not file.is_file()
    ]
    if absent:
        return Readiness(
            "rehearsal only",
            f"{config.name}: {'; '.join(absent)}",
            "make it (adapters/robot/README.md) or correct robot.yaml",
        )
    scored = "tags" if config.overhead is not None else "the operator"
    detail = (
        f"{config.name}: {config.link.kind}, {config.execution}, scored by {scored}; it is connected when a run starts"
    )
    return Readiness("ready", detail)


def _without_a_robot() -> Readiness:
    missing = _missing(("cv2", "cyclonedds"))
    if missing:
        return Readiness("missing", f"{' and '.join(missing)} not installed", _install(missing))
    return Readiness(
        "rehearsal only", "no robot is named", f"write robot.yaml (adapters/robot/README.md) and set {CONFIG_VARIABLE}"
    )


def _needed(config: RobotConfig) -> tuple[str, ...]:
    link = _NEEDED_BY_LINK.get(config.link.kind.partition(":")[0])
    return ("cv2", link) if link else ("cv2",)


def _missing(modules: tuple[str, ...]) -> list[str]:
    return [_PIP.get(name, name) for name in modules if importlib.util.find_spec(name) is None]


def _install(packages: list[str]) -> str:
    return f"pip install {' '.join(packages)}" if "rospy" not in packages else "source your ROS 1 setup.bash"
