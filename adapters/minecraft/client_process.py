"""The process that holds the Minecraft client: `python client_process.py CLIENT FD`, one request at a time.

The client libraries read their environment once, at import, print, block on sockets for minutes and take the
process down with them; in a process of its own a client can be given an environment and can be cut off. It needs
the standard library, numpy and the client alone, so that an older interpreter can run it (MineRL wants one).

A message is a JSON object, preceded by its length and followed by a picture's bytes if it has the key `frame`
(the picture's shape). Both lengths are 4 bytes, big-endian.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import socket
import struct
import sys
import threading
from typing import Any

_LENGTH = struct.Struct("!I")
OWNER = "EVALSUITE_MINECRAFT_CLIENT"
"""Environment variable that tells the stand-in engine which process it must not outlive."""

COUNTERS = ("mine_block", "kill_entity", "use_item", "damage_dealt", "custom")


def send(channel: socket.socket, message: dict[str, Any], picture: bytes = b"") -> None:
    """Send one message."""
    text = json.dumps(message).encode()
    channel.sendall(_LENGTH.pack(len(text)) + text + _LENGTH.pack(len(picture)) + picture)


def receive(channel: socket.socket) -> tuple[dict[str, Any], bytes]:
    """One message and its picture. Raises `EOFError` when the other side is gone."""
    message: dict[str, Any] = json.loads(_exactly(channel))
    return message, _exactly(channel)


def _exactly(channel: socket.socket) -> bytes:
    return _read(channel, _LENGTH.unpack(_read(channel, _LENGTH.size))[0])


def _read(channel: socket.socket, count: int) -> bytes:
    parts = []
    while count:
        part = channel.recv(min(count, 1 << 20))
        if not part:
            raise EOFError
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


class MineStudioClient:
    """MineStudio's `MinecraftSim`, as it is."""

    def __init__(self, width: int, height: int, empty_frames: int) -> None:
        import numpy as np

        # MineStudio 1.1.6 uses this name of numpy 1 and works with numpy 2 otherwise.
        if not hasattr(np, "unicode_"):
            setattr(np, "unicode_", np.str_)  # noqa: B010  (numpy 2's stubs have no such name)
        from minestudio.simulator import MinecraftSim

        self._sim = MinecraftSim(
            action_type="env", obs_size=(16, 16), render_size=(width, height), num_empty_frames=empty_frames
        )

    def reset(self, seed: int) -> tuple[dict[str, Any], Any]:
        # The client forgets its seed at every reset.
        self._sim.env.seed(seed)
        _, info = self._sim.reset()
        return self._reply(info)

    def command(self, command: str) -> tuple[dict[str, Any], Any]:
        # A command is a step of the environment below the sim; the sim would add its stale facts to it.
        seen, _, done, info = self._sim.env.execute_cmd(command)
        return self._reply({**info, **seen, "done": done})

    def step(self, action: dict[str, Any]) -> tuple[dict[str, Any], Any]:
        import numpy as np

        # The client writes into the action that it is given.
        held = {**self._sim.noop_action(), **action}
        held["camera"] = np.array(held["camera"], np.float32)
        _, _, done, _, info = self._sim.step(held)
        for fresh in ("voxels", "mobs"):
            if fresh not in action:
                info.pop(fresh, None)
        return self._reply({**info, "done": done})

    def close(self) -> None:
        self._sim.close()

    def _reply(self, info: dict[str, Any]) -> tuple[dict[str, Any], Any]:
        if "error" in info or info.get("done"):
            raise RuntimeError(f"the engine ended the episode by itself: {info.get('error', 'done')}")
        position = info["player_pos"]
        reply = {
            "position": {key: float(position[key]) for key in ("x", "y", "z", "pitch", "yaw")},
            "gui": bool(info["isGuiOpen"]) if "isGuiOpen" in info else bool(info["is_gui_open"]),
            "health": float(info.get("health", 20.0)),
            "voxels": info.get("voxels"),
            "mobs": info.get("mobs"),
        }
        for counter in COUNTERS:
            reply[counter] = _numbers(info.get(counter))
        return reply, info["pov"]


class MineRLClient:
    """MineRL 0.4.4 with a mission of ours: a flat world with the level drawn in it, places and statistics observed."""

    def __init__(self, width: int, height: int) -> None:
        # It logs every statistic that is still zero, at every step.
        logging.disable(logging.ERROR)
        self._size = (width, height)
        self._env: Any = None
        self._mission: Any = None

    def reset(
        self, seed: int, drawing: str, start: list[float], items: list[dict[str, Any]]
    ) -> tuple[dict[str, Any], Any]:
        if self._env is None:
            self._mission = _minerl_mission(self._size)
            self._mission.prepare(drawing, start, items)
            self._env = self._mission.make()
        else:
            self._mission.prepare(drawing, start, items)
        self._env.seed(seed)
        self._env.reset()
        return self.step({})

    def step(self, action: dict[str, Any]) -> tuple[dict[str, Any], Any]:
        held = self._env.action_space.no_op()
        for key, value in action.items():
            if key not in held:
                raise ValueError(f"MineRL has no action {key!r}")
            held[key] = value
        seen, _, done, info = self._env.step(held)
        if done or "error" in info:
            raise RuntimeError(f"the engine ended the episode by itself: {info.get('error', 'done')}")
        place = seen["location_stats"]
        names = {"x": "xpos", "y": "ypos", "z": "zpos", "pitch": "pitch", "yaw": "yaw"}
        position = {key: float(place[name]) for key, name in names.items()}
        reply = {"position": position, "gui": False, "mine_block": _numbers(seen.get("mine_block"))}
        return reply, seen["pov"]

    def close(self) -> None:
        if self._env is not None:
            self._env.close()


def _minerl_mission(size: tuple[int, int]) -> Any:
    """A mission in MineRL's own terms; the class can only be made once MineRL has been imported."""
    from minerl.herobraine.env_specs.simple_embodiment import SimpleEmbodimentEnvSpec
    from minerl.herobraine.hero import handlers

    class Mission(SimpleEmbodimentEnvSpec):  # type: ignore[misc]
        def __init__(self) -> None:
            self.drawing = ""
            self.start = [0.5, 4.0, 0.5, 0.0, 0.0]
            self.items: list[dict[str, Any]] = []
            super().__init__("evalsuite-v0", resolution=size)

        def prepare(self, drawing: str, start: list[float], items: list[dict[str, Any]]) -> None:
            self.drawing, self.start, self.items = drawing, start, items
            self.reset()

        def create_observables(self) -> Any:
            extra = [handlers.ObservationFromCurrentLocation(), handlers.ObserveFromFullStats("mine_block")]
            return [*super().create_observables(), *extra]

        def create_rewardables(self) -> Any:
            return []

        def create_agent_start(self) -> Any:
            x, y, z, yaw, pitch = self.start
            placed = [handlers.AgentStartPlacement(x, y, z, yaw, pitch)]
            return [*placed, handlers.SimpleInventoryAgentStart(self.items)] if self.items else placed

        def create_agent_handlers(self) -> Any:
            return []

        def create_server_world_generators(self) -> Any:
            return [handlers.FlatWorldGenerator(generatorString="1;7,2x3,2;1")]

        def create_server_quit_producers(self) -> Any:
            return [handlers.ServerQuitWhenAnyAgentFinishes()]

        def create_server_decorators(self) -> Any:
            return [handlers.DrawingDecorator(self.drawing)]

        def create_server_initial_conditions(self) -> Any:
            noon = handlers.TimeInitialCondition(allow_passage_of_time=False, start_time=6000)
            return [noon, handlers.SpawningInitialCondition(allow_spawning=False)]

        def determine_success_from_rewards(self, rewards: Any) -> bool:
            return False

        def is_from_folder(self, folder: str) -> bool:
            return False

        def get_docstring(self) -> str:
            return ""

    return Mission()


def _numbers(counts: Any) -> dict[str, float]:
    """A mapping of names to numbers, out of whatever the client has; nested mappings are joined with dots."""
    found: dict[str, float] = {}
    for key, value in dict(counts or {}).items():
        if hasattr(value, "items"):
            found.update({f"{key}.{name}": number for name, number in _numbers(value).items()})
        else:
            with contextlib.suppress(TypeError, ValueError):
                found[str(key)] = float(value)
    return found


def serve(channel: socket.socket, client_name: str) -> None:
    """Answer requests until `close` comes or the other side is gone."""
    client: Any = None
    while True:
        request, _ = receive(channel)
        what = request.pop("do")
        try:
            if what == "start":
                client = {"minestudio": MineStudioClient, "minerl": MineRLClient}[client_name](**request)
                reply: dict[str, Any] = {}
                picture = None
            elif what == "close":
                client.close()
                send(channel, {})
                return
            else:
                reply, picture = getattr(client, what)(**request)
        except (Exception, SystemExit) as error:  # noqa: BLE001  (whatever the client raises is the answer)
            send(channel, {"error": f"{type(error).__name__}: {error}"[:2000]})
            continue
        if picture is None:
            send(channel, reply)
        else:
            send(channel, {**reply, "frame": list(picture.shape)}, picture.astype("uint8").tobytes())


def _end_with(parent: int) -> None:
    """End this process, and the engine by losing its connection, once the process that started us is gone."""
    stop = threading.Event()
    while not stop.wait(0.5):
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    client_name, fd = sys.argv[1], int(sys.argv[2])
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    os.environ[OWNER] = str(os.getpid())
    os.set_inheritable(fd, False)
    channel = socket.socket(fileno=fd)
    with contextlib.suppress(EOFError, ConnectionError):
        serve(channel, client_name)
    # The clients' own threads and exit handlers would wait for the engine; whoever started us ends it.
    os._exit(0)


if __name__ == "__main__":
    main()
