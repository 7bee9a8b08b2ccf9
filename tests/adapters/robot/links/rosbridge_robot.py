"""A rosbridge server with a robot behind it, as far as a drive needs one: `python rosbridge_robot.py IMAGE_TYPE`.

It speaks rosbridge's JSON protocol over a websocket: subscribe, advertise, publish, call_service of rosapi's topics.
Prints its port; prints every command that it gets.
"""

from __future__ import annotations

import asyncio
import base64
import json
import sys
import time
from typing import Any, ClassVar

from autobahn.asyncio.websocket import WebSocketServerFactory, WebSocketServerProtocol


def _stamp() -> dict[str, int]:
    now = time.time_ns()
    return {"sec": now // 10**9, "nanosec": now % 10**9}


def _jpeg(count: int) -> str:
    import cv2
    import numpy as np

    picture = np.full((48, 64, 3), count % 256, np.uint8)
    return base64.b64encode(cv2.imencode(".jpg", picture)[1].tobytes()).decode()


class Bridge(WebSocketServerProtocol):  # type: ignore[misc]
    """One client."""

    topics: ClassVar = {
        "/camera/compressed": sys.argv[1],
        "/cmd_vel": "geometry_msgs/Twist",
        "/odom": "nav_msgs/msg/Odometry",
    }

    def onOpen(self) -> None:  # noqa: N802  (autobahn's name)
        self.subscribed: set[str] = set()
        self.task = asyncio.get_running_loop().create_task(self._publish())

    def onClose(self, clean: bool, code: int, reason: str) -> None:  # noqa: N802  (autobahn's name)
        if hasattr(self, "task"):
            self.task.cancel()

    def onMessage(self, payload: bytes, binary: bool) -> None:  # noqa: N802  (autobahn's name)
        order = json.loads(payload)
        if order["op"] == "subscribe":
            self.subscribed.add(order["topic"])
        elif order["op"] == "publish":
            print(json.dumps({"topic": order["topic"], "message": order["msg"]}), flush=True)
        elif order["op"] == "call_service":
            values = {"topics": list(self.topics), "types": list(self.topics.values())}
            self._say({"op": "service_response", "id": order["id"], "values": values, "result": True})

    def _say(self, what: dict[str, Any]) -> None:
        self.sendMessage(json.dumps(what).encode())

    async def _publish(self) -> None:
        count = 0
        while True:
            await asyncio.sleep(0.03)
            count += 1
            header = {"stamp": _stamp(), "frame_id": "camera"}
            if "/camera/compressed" in self.subscribed:
                message = {"header": header, "format": "jpeg", "data": _jpeg(count)}
                self._say({"op": "publish", "topic": "/camera/compressed", "msg": message})
            if "/odom" in self.subscribed:
                zero = {"x": 0.0, "y": 0.0, "z": 0.0}
                pose = {"position": {"x": 1.0, "y": 2.0, "z": 0.0}, "orientation": {**zero, "w": 1.0}}
                message = {
                    "header": header,
                    "child_frame_id": "base",
                    "pose": {"pose": pose, "covariance": [0.0] * 36},
                    "twist": {"twist": {"linear": zero, "angular": zero}, "covariance": [0.0] * 36},
                }
                self._say({"op": "publish", "topic": "/odom", "msg": message})


async def main() -> None:
    factory = WebSocketServerFactory("ws://127.0.0.1")
    factory.protocol = Bridge
    server = await asyncio.get_running_loop().create_server(factory, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
