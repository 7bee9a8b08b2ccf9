"""How late pictures come, and whether all do: `python tests/benchmarks/robot_picture_latency.py [--seconds 60]`.

Two processes on real DDS: a car that sends raw VGA at 30 Hz and obeys Twist, and the link with a command thread that
drives it at 20 Hz meanwhile. One JSON object at the end; exit 1 when a picture was lost or p95 is 25 ms or more.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from evalsuite.adapters.robot.commands import CommandThread
from evalsuite.adapters.robot.limits import Limits
from evalsuite.adapters.robot.link import Velocity, open_link
from tests.adapters.robot.car_process import CarProcess, link_settings

MOST_P95_MS = 25.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60.0)
    seconds = parser.parse_args().seconds
    with CarProcess() as car:
        link = open_link(link_settings())
        link.connect(10.0)
        commands = CommandThread(link, Limits())
        commands.arm()
        first = link.newest_frame()
        assert first is not None
        offset, sent = time.time() - time.monotonic(), car.truth()["pictures"]
        latencies, newest, end = [], first.sequence, time.monotonic() + seconds
        while time.monotonic() < end:
            commands.hold(Velocity(forward=0.05, turn=20.0))
            frame = link.newest_frame()
            if frame is not None and frame.sequence != newest and frame.stamp is not None:
                newest = frame.sequence
                latencies.append(1000 * (frame.received + offset - frame.stamp))
            time.sleep(0.002)
        sent = car.truth()["pictures"] - sent
        received = newest - first.sequence
        gap, trips = commands.longest_gap, len(commands.trips)
        commands.close()
        link.close()
    p50, p95, worst = np.percentile(latencies, [50, 95, 100])
    # A picture may be under way at either end.
    lost = max(0, sent - received - 1)
    figures = {
        "seconds": seconds,
        "pictures_sent": sent,
        "pictures_received": received,
        "lost": lost,
        "hz": round(received / seconds, 2),
        "latency_ms": {"p50": round(p50, 2), "p95": round(p95, 2), "worst": round(worst, 2)},
        "longest_command_gap_ms": round(1000 * gap, 1),
        "trips": trips,
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
    }
    print(json.dumps(figures))
    return 1 if lost or p95 >= MOST_P95_MS else 0


if __name__ == "__main__":
    sys.exit(main())
