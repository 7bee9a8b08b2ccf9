"""Another vendor's DDS at the other end; fastdds_peer/peer.cpp tells how its binary is built.

EVALSUITE_FASTDDS_PEER=/path/to/peer pytest tests/adapters/robot/links/test_fastdds.py -s
"""

from __future__ import annotations

import os
import subprocess
import time

import numpy as np
import pytest

pytest.importorskip("cyclonedds", reason="needs cyclonedds: pip install evalsuite[robot]")

from evalsuite.adapters.robot.link import Velocity, open_link
from tests.adapters.robot.car_process import DOMAIN, link_settings

PEER = os.environ.get("EVALSUITE_FASTDDS_PEER", "")
SECONDS = 5.0


@pytest.mark.skipif(not PEER, reason="EVALSUITE_FASTDDS_PEER names no binary built from fastdds_peer/peer.cpp")
def test_pictures_come_from_fast_dds_and_commands_arrive_there() -> None:
    domain = DOMAIN + 3
    peer = subprocess.Popen([PEER, str(domain)], stdout=subprocess.PIPE, text=True)
    assert peer.stdout is not None
    try:
        link = open_link(link_settings(domain=domain, odometry_topic=None, stop_topic=None))
        link.connect(15.0)
        assert link.identity["images"] == "/camera/image_raw sensor_msgs/msg/Image"
        numbers, latencies, newest, offset = [], [], -1, time.time() - time.monotonic()
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            frame = link.newest_frame()
            assert frame is not None
            if frame.sequence != newest:
                newest = frame.sequence
                numbers.append(int(frame.image.reshape(-1)[:4].view(np.uint32)[0]))
                assert frame.stamp is not None
                latencies.append(1000 * (frame.received + offset - frame.stamp))
            time.sleep(0.002)
        p50, p95 = np.percentile(latencies, [50, 95])
        sent = numbers[-1] - numbers[0] + 1
        print(f"\n{len(numbers)} of {sent} pictures, latency p50 {p50:.1f} ms, p95 {p95:.1f} ms")
        assert sent > 0.5 * SECONDS * 30
        assert len(numbers) > 0.9 * sent
        link.send(Velocity(forward=0.25, right=0.5, turn=90.0))
        assert [float(word) for word in peer.stdout.readline().split()] == pytest.approx([0.25, -0.5, -np.pi / 2])
        link.close()
        assert [float(word) for word in peer.stdout.readline().split()] == pytest.approx([0.0, 0.0, 0.0])
    finally:
        peer.kill()
        peer.wait(10.0)
        peer.stdout.close()
