"""`python -m evalsuite.adapters.robot.look SOURCE`: whether a camera sends pictures, how many, and how old they are."""

from __future__ import annotations

import argparse
import math
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from evalsuite.adapters.robot.cameras import open_camera
from evalsuite.adapters.robot.link import RobotFault
from evalsuite.errors import UsageError


def main(given: Sequence[str] | None = None) -> int:
    """Watch a camera for some seconds and say how it does; 1 when it has no pictures, 2 for a mistake in the call."""
    parser = argparse.ArgumentParser(prog="python -m evalsuite.adapters.robot.look", description=__doc__)
    parser.add_argument("source", help="webcam number, video file, http:// or rtsp://")
    parser.add_argument("--calibration", type=Path, help="a calibration file")
    parser.add_argument("--seconds", type=float, default=5.0, help="how long to watch (default 5)")
    parser.add_argument("--save", type=Path, metavar="FILE.png", help="keep the last picture")
    arguments = parser.parse_args(given)
    if not 0.0 < arguments.seconds < math.inf:
        parser.error(f"--seconds has to be more than 0, not {arguments.seconds:g}")
    if arguments.save is not None and arguments.save.suffix.lower() not in (".png", ".jpg", ".jpeg"):
        parser.error(f"--save writes a PNG or a JPEG: {arguments.save} should end in .png")
    try:
        with open_camera(arguments.source, calibration=arguments.calibration) as camera:
            first = camera.wait(20.0)
            ages, deadline = [], time.monotonic() + arguments.seconds
            frame = first
            while time.monotonic() < deadline:
                frame = camera.wait(1.0)
                ages.append(time.monotonic() - frame.received)
                time.sleep(0.01)
    except UsageError as error:
        print(error, file=sys.stderr)
        return 2
    except RobotFault as fault:
        print(fault, file=sys.stderr)
        return 1
    height, width, _ = frame.image.shape
    rate = (frame.sequence - first.sequence) / arguments.seconds
    worst = f"{max(ages) * 1000:.0f}"
    print(
        f"{width} x {height}, {rate:.1f} new pictures a second, {camera.again} sent again; age p50 "
        f"{statistics.median(ages) * 1000:.0f} ms, worst {worst} ms; opened {camera.openings} time(s)"
    )
    if arguments.save is not None:
        import cv2

        if not cv2.imwrite(str(arguments.save), cv2.cvtColor(frame.image, cv2.COLOR_RGB2BGR)):
            print(f"can't write {arguments.save}: is its folder there?", file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
