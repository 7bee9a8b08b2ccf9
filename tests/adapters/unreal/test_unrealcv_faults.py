"""Whatever a binary does to its client, the caller gets an error with a remedy, and gets it in time."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from evalsuite.adapters.unreal.rescue_simulator import STAND_IN
from evalsuite.adapters.unreal.simulator import UnrealSimulator
from evalsuite.adapters.unreal.standin_process import StandIn
from evalsuite.adapters.unreal.standin_unrealcv_scene import Scene
from evalsuite.adapters.unreal.unrealcv_client import UnrealCvConnection
from evalsuite.adapters.unreal.unrealcv_world import WORLD
from evalsuite.errors import SimulatorFault
from tests.adapters.unreal.unrealcv_rescues import needs_unrealcv, press, rescue
from tests.adapters.unreal.unrealcv_servers import Line, Trouble, serving
from tests.worlds.stopping import stop

pytestmark = needs_unrealcv

LIMIT = 1.5
SLACK = 5.0
"""For a machine that is busy; without the limit the client would wait for 15 s, 55 s or for ever."""


@pytest.fixture
def line() -> Iterator[Line]:
    scene = Scene()
    scene.cameras[0].size = (160, 120)
    scene.lit(scene.cameras[0])
    with serving(scene) as port, Line(port, seconds=2 * LIMIT) as line:
        yield line


def _in_time(do: Callable[[], object], words: str) -> None:
    began = time.monotonic()
    with pytest.raises(SimulatorFault, match=words):
        do()
    assert time.monotonic() - began < LIMIT + SLACK


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        ("late", "has not answered .* in 1.5 s; the binary is still there"),
        ("silent", "has not answered .* in 1.5 s; the binary is still there"),
        ("half a message", "has not answered .* in 1.5 s"),
        ("damaged picture", "sends a damaged picture"),
        ("hangs up", "hung up during .*: start the binary again"),
    ],
)
def test_a_picture_that_does_not_come_as_it_should_is_an_error(line: Line, trouble: Trouble, words: str) -> None:
    connection = UnrealCvConnection(port=line.port, reply_seconds=LIMIT)
    connection.picture("vget /camera/0/lit png")
    line.trouble = trouble
    _in_time(lambda: connection.picture("vget /camera/0/lit png"), words)
    line.trouble = "none"
    _in_time(lambda: connection.ask("vget /level/name"), words)
    connection.close()


def test_a_late_reply_is_never_taken_for_another_commands(line: Line) -> None:
    connection = UnrealCvConnection(port=line.port, reply_seconds=LIMIT)
    line.trouble = "late"
    _in_time(lambda: connection.ask("vget /level/name"), "has not answered")
    line.trouble = "none"
    time.sleep(2 * LIMIT)
    _in_time(lambda: connection.ask("vget /camera/0/location"), "has not answered 'vget /level/name'")
    connection.close()


def test_a_damaged_array_is_an_error(line: Line) -> None:
    connection = UnrealCvConnection(port=line.port, reply_seconds=LIMIT)
    line.trouble = "damaged picture"
    _in_time(lambda: connection.array("vget /camera/0/depth npy"), "sends a damaged array")
    connection.close()


def test_a_server_that_never_greets_is_an_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = int(server.getsockname()[1])
        _in_time(lambda: UnrealCvConnection(port=port, connect_seconds=LIMIT), "takes the connection and says nothing")


def test_a_server_of_another_kind_is_an_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = int(server.getsockname()[1])

        def greet() -> None:
            with contextlib.suppress(OSError):
                while True:
                    with server.accept()[0] as connection:
                        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        threading.Thread(target=greet, daemon=True).start()
        _in_time(lambda: UnrealCvConnection(port=port, connect_seconds=LIMIT), "or it is no UnrealCV")


def test_nobody_there_is_an_error_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = int(server.getsockname()[1])
    _in_time(lambda: UnrealCvConnection(port=port), "is not there: start the Unreal binary")


@pytest.mark.parametrize(
    ("blow", "words"),
    [
        (lambda pid: os.kill(pid, signal.SIGKILL), "hung up during .*: start the binary again"),
        (stop, "hangs or is too slow, start it again"),
    ],
)
def test_a_server_that_dies_or_stops_is_an_error(tmp_path: Path, blow: Callable[[int], None], words: str) -> None:
    stand_in = StandIn(STAND_IN, tmp_path)
    connection = UnrealCvConnection(port=stand_in.port, reply_seconds=LIMIT)
    blow(stand_in.pid)
    _in_time(lambda: connection.ask("vget /level/name"), words)
    connection.close()
    stand_in.close()


def test_a_simulator_whose_binary_died_starts_over_at_the_next_reset(tmp_path: Path) -> None:
    others = _children()
    simulator = WORLD.make(tmp_path, rehearse=True)
    assert isinstance(simulator, UnrealSimulator)
    try:
        simulator.reset(rescue(), 0)
        before = simulator.frame()
        mine = set(_children()) - set(others)
        assert mine
        for process in mine:
            os.kill(process, signal.SIGKILL)
        with pytest.raises(SimulatorFault, match="UnrealCV at"):
            simulator.step(press("forward"))
        with pytest.raises(SimulatorFault, match="connection to Unreal is gone"):
            simulator.step(press("forward"))
        simulator.reset(rescue(), 0)
        assert (simulator.frame() == before).all()
    finally:
        simulator.close()


def _children() -> list[int]:
    found = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == os.getpid():
            found.append(int(entry.parent.name))
    return found
