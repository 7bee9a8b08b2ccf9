"""`python -m evalsuite.adapters.robot.capture_goal`: a goal view and its mask, from a camera or a photo.

The mask comes from a box by grabCut (or SAM 2) and a brush in a window, from `--box` alone, or from a PNG.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evalsuite.adapters.robot.cameras import open_camera
from evalsuite.adapters.robot.config import CONFIG_VARIABLE, RobotConfig, load_config, named_config
from evalsuite.adapters.robot.goal_files import goal_folder, read_mask, read_picture_file, save_goal
from evalsuite.adapters.robot.lens import load_calibration
from evalsuite.adapters.robot.link import open_link
from evalsuite.adapters.robot.mask_window import draw_mask
from evalsuite.adapters.robot.masks import cut_out, cut_out_by_sam2, has_sam2
from evalsuite.errors import UsageError
from evalsuite.suite.catalogue import find_suite
from evalsuite.suite.mistakes import close_to

WORLD = "robot"
SUITE = "robot-ball"
PICTURE_SECONDS = 10.0
CONNECT_SECONDS = 15.0


def main(words: list[str] | None = None) -> int:
    """Take one goal view; returns the exit code, 2 for a mistake."""
    arguments = _parser().parse_args(words)
    try:
        print(capture(arguments))
    except UsageError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def capture(arguments: argparse.Namespace) -> str:
    """Take and write the goal view that the command line asks for; says where it lies."""
    config = load_config(arguments.config) if arguments.config else named_config() or RobotConfig()
    if arguments.scenario is not None:
        check_scenario_id(arguments.scenario, arguments.suite)
    folder = arguments.out or goal_folder(config.goals, arguments.scenario)
    if folder.exists() and not arguments.force:
        raise UsageError(f"{folder} is there already; add --force to take it again")
    if arguments.photo is not None:
        image = read_picture_file(arguments.photo)
    elif arguments.camera is not None:
        image = _from_camera(arguments.camera, arguments.calibration)
    else:
        image = _from_robot(config)
    mask = _mask(arguments, image)
    if not mask.any():
        raise UsageError("the mask is empty: it shows no target; nothing is written")
    save_goal(folder, image, mask)
    return f"{folder}: {image.shape[1]} x {image.shape[0]} pixels, {int(mask.sum())} of them the target's"


def check_scenario_id(scenario: str, reference: str) -> None:
    """Raise `UsageError` with what is close to it when the suite has no such scenario: nobody would find its goal."""
    suite, _ = find_suite(reference)
    known = [each.id for each in suite.scenarios if each.world == WORLD]
    if not known:
        raise UsageError(f"the suite {suite.suite} has no scenario of the world {WORLD!r}")
    if scenario not in known:
        other = " (another suite is named by --suite)"
        raise UsageError(f"the suite {suite.suite} has no scenario {scenario!r}{close_to(scenario, known)}{other}")


def _mask(arguments: argparse.Namespace, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if arguments.mask is not None:
        return read_mask(arguments.mask, (image.shape[0], image.shape[1]))
    method = cut_out_by_sam2 if has_sam2() else cut_out
    if arguments.box is not None:
        x, y, width, height = arguments.box
        return method(image, (x, y, width, height))
    return draw_mask(image, method)


def _from_camera(source: str, calibration: Path | None) -> NDArray[np.uint8]:
    camera = open_camera(source, calibration=calibration)
    try:
        deadline = time.monotonic() + PICTURE_SECONDS
        while (frame := camera.newest()) is None:
            if time.monotonic() > deadline:
                raise UsageError(f"camera {source!r} sent no picture within {PICTURE_SECONDS:g} s")
            time.sleep(0.05)
        return np.array(frame.image, np.uint8)
    finally:
        camera.close()


def _from_robot(config: RobotConfig) -> NDArray[np.uint8]:
    """From the robot's own camera: hold the robot over the scene, or drive it to where it sees the target."""
    if config.camera.source != "link":
        return _from_camera(config.camera.source, config.camera.calibration)
    if named_config() is None:
        raise UsageError(f"give --photo FILE or --camera SOURCE, or name the robot: {CONFIG_VARIABLE}=robot.yaml")
    link = open_link(config.link)
    try:
        link.connect(CONNECT_SECONDS)
        deadline = time.monotonic() + PICTURE_SECONDS
        while (frame := link.newest_frame()) is None:
            if time.monotonic() > deadline:
                raise UsageError(f"the robot sent no picture within {PICTURE_SECONDS:g} s")
            time.sleep(0.05)
        calibration = config.camera.calibration
        return frame.image if calibration is None else load_calibration(calibration).undistort(frame.image)
    finally:
        link.close()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m evalsuite.adapters.robot.capture_goal", description=__doc__)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--scenario", help="whose goal view it is, such as robot-ball/easy-00")
    where.add_argument("--out", type=Path, help="a folder to write it to instead")
    parser.add_argument(
        "--suite", default=SUITE, help="whose scenario it is: a shipped name, a file or a folder; default: %(default)s"
    )
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--photo", type=Path, help="a picture file; default: the robot's own camera")
    source.add_argument("--camera", help="a second camera: a number, http:// or rtsp://")
    parser.add_argument("--calibration", type=Path, help="of the second camera")
    mask = parser.add_mutually_exclusive_group()
    mask.add_argument("--mask", type=Path, help="a PNG of the picture's size, white where the target is")
    mask.add_argument("--box", type=int, nargs=4, metavar=("X", "Y", "W", "H"), help="around the target, in pixels")
    parser.add_argument("--config", type=Path, help=f"robot.yaml; default: what {CONFIG_VARIABLE} names")
    parser.add_argument("--force", action="store_true", help="overwrite a goal view that is there")
    return parser


if __name__ == "__main__":
    sys.exit(main())
