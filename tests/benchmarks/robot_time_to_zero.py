"""How soon a robot stands when something fails: `python tests/benchmarks/robot_time_to_zero.py [--tries 5]`.

A car process over real DDS drives ahead while a fault is made. Milliseconds from the moment when a limit is crossed
until the zero was handed to the middleware (as the record has it), and from the fault until the car's wheels stood (as
the car says it): the limit itself is a part of the second. One JSON object; exit 1 when a zero took 350 ms or more.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from evalsuite.adapters.robot.commands import CommandThread
from evalsuite.adapters.robot.limits import Limits
from evalsuite.adapters.robot.link import RobotLink, Velocity, open_link
from evalsuite.crossview.geometry import Pose
from tests.adapters.robot.car_process import CarProcess, link_settings, seconds_until

AHEAD = Velocity(forward=0.2)
MOST_MS = 350.0


def _place(link: RobotLink) -> Pose | None:
    place = link.odometry()
    return None if place is None else Pose(x=place.x, y=place.y, z=0.0)


def _attempt(
    commands: CommandThread, car: CarProcess, link: RobotLink, fault: Callable[[], object], holds: bool
) -> tuple[str, float, float]:
    """What tripped, milliseconds from the limit to the zero, milliseconds from the fault to a standing car."""
    car.tell(do="resume")
    car.tell(do="put", x=0.0, y=0.0, yaw=0.0)
    seconds_until(lambda: commands.blind() is None and abs((_place(link) or Pose(x=9, y=9, z=0)).y) < 0.01)
    if commands.state == "stopped":
        commands.rearm()
    commands.reset_trips()
    while car.truth()["forward"] < AHEAD.forward - 1e-6:
        commands.hold(AHEAD)
        time.sleep(0.02)
    began = time.monotonic()
    fault()
    while not commands.trips:
        if holds:
            commands.hold(AHEAD)
        time.sleep(0.01)
    seconds_until(lambda: not car.moves)
    trip = commands.trips[0]
    return trip.kind, 1000 * (trip.zero_after or 0.0), 1000 * (time.monotonic() - began)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tries", type=int, default=5)
    tries = parser.parse_args().tries
    table: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder, CarProcess() as car:
        stop_file = Path(folder) / "stop"
        fence = ((-5.0, -5.0), (5.0, -5.0), (5.0, 0.5), (-5.0, 0.5))
        link = open_link(link_settings())
        link.connect(10.0)
        commands = CommandThread(link, Limits(stop_file=stop_file, geofence=fence), pose=lambda: _place(link))
        commands.arm()
        faults: dict[str, tuple[Callable[[], object], bool]] = {
            "camera freezes": (lambda: car.tell(do="freeze"), True),
            "camera repeats": (lambda: car.tell(do="repeat"), True),
            "camera repeats, stamped anew": (lambda: car.tell(do="restamp"), True),
            "camera drops everything": (lambda: car.tell(do="drop", share=1.0), True),
            "policy stalls": (lambda: None, False),
            "emergency stop, key": (lambda: commands.stop("key"), False),
            "emergency stop, file": (stop_file.touch, False),
            "emergency stop, topic": (lambda: car.tell(do="stop"), False),
            "geofence left": (lambda: car.tell(do="put", x=0.0, y=1.0, yaw=0.0), True),
        }
        for name, (fault, holds) in faults.items():
            results = []
            for _ in range(tries):
                results.append(_attempt(commands, car, link, fault, holds))
                stop_file.unlink(missing_ok=True)
            kinds = sorted({kind for kind, _, _ in results})
            zero, stood = max(row[1] for row in results), max(row[2] for row in results)
            table[name] = {
                "trips": kinds,
                "worst_limit_to_zero_ms": round(zero, 1),
                "worst_fault_to_standing_ms": round(stood, 1),
            }
            print(f"{name:30} {', '.join(kinds):18} {zero:7.1f} {stood:7.1f}", file=sys.stderr, flush=True)
        commands.close()
        link.close()
    print(json.dumps({"tries": tries, "load": round(os.getloadavg()[0], 1), "faults": table}))
    return 1 if any(row["worst_limit_to_zero_ms"] >= MOST_MS for row in table.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
