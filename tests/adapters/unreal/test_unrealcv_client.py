"""The real unrealcv client talks to the stand-in over its own wire."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from evalsuite.adapters.unreal.standin_unrealcv_scene import CASUALTY, Scene
from evalsuite.adapters.unreal.unrealcv_client import UnrealCvConnection
from evalsuite.errors import SimulatorFault
from tests.adapters.unreal.unrealcv_rescues import needs_unrealcv
from tests.adapters.unreal.unrealcv_servers import serving

pytestmark = needs_unrealcv


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with serving(Scene()) as port:
        yield port


@pytest.fixture
def connection(port: int) -> Iterator[UnrealCvConnection]:
    connection = UnrealCvConnection(port=port)
    yield connection
    connection.close()


def test_commands_are_answered_as_the_plugin_answers_them(connection: UnrealCvConnection) -> None:
    assert connection.ask("vget /level/name") == "RescueYard"
    assert CASUALTY in connection.ask("vget /objects").split()
    assert connection.ask("vset /camera/0/location 1 2.5 -3") == "ok"
    assert connection.ask("vget /camera/0/location") == "1.000 2.500 -3.000"
    assert connection.ask(f"vset /object/{CASUALTY}/color 7 8 9") == "ok"
    assert connection.ask(f"vget /object/{CASUALTY}/color") == "(R=7,G=8,B=9,A=255)"


@pytest.mark.parametrize(
    ("command", "reply"),
    [
        ("vget /nothing", "error No handler found for URI 'vget /nothing'"),
        ("vget /object/nobody/location", "error Cannot find object"),
        ("vget /camera/99/location", "error Invalid sensor id"),
        ("vset /camera/0/location 1e-05 0 0", "error No handler found for URI 'vset /camera/0/location 1e-05 0 0'"),
        ("vset /objects/spawn BP_Nothing_C", "error Can not find a class with name 'BP_Nothing_C'"),
        ("vget /camera/0/lit gif", "error Invalid filename type, filename gif"),
    ],
)
def test_what_the_plugin_refuses_is_refused_in_its_words(
    connection: UnrealCvConnection, command: str, reply: str
) -> None:
    assert connection.reply(command) == reply
    with pytest.raises(SimulatorFault, match="UnrealCV refuses"):
        connection.ask(command)
    assert connection.ask("vget /unrealcv/version"), "a refusal is no reason to give up the connection"


def test_pictures_are_the_scenes_own(connection: UnrealCvConnection) -> None:
    lit, mask = (connection.picture(f"vget /camera/0/{what} png") for what in ("lit", "object_mask"))
    depth = connection.array("vget /camera/0/depth npy")
    assert lit.shape == mask.shape == (480, 640, 3)
    assert lit.dtype == np.uint8
    assert depth.shape == (480, 640)
    assert not (lit == mask).all()


def test_a_static_actor_says_ok_and_stays(connection: UnrealCvConnection) -> None:
    before = connection.ask("vget /object/SM_Wall_7/location")
    assert connection.ask("vget /object/SM_Wall_7/mobility") == "Static"
    assert connection.ask("vset /object/SM_Wall_7/location 1 2 3") == "ok"
    assert connection.ask("vget /object/SM_Wall_7/location") == before


def test_a_second_client_is_turned_away_and_told_why(connection: UnrealCvConnection, port: int) -> None:
    with pytest.raises(SimulatorFault, match=r"takes no client: it serves one at a time"):
        UnrealCvConnection(port=port, connect_seconds=5.0)
    assert connection.ask("vget /level/name") == "RescueYard"


def test_the_next_client_is_served_once_the_first_has_hung_up(port: int) -> None:
    for _ in range(3):
        connection = UnrealCvConnection(port=port)
        assert connection.ask("vget /level/name") == "RescueYard"
        connection.close()
        connection.close()


def test_nothing_is_printed(port: int, capfd: pytest.CaptureFixture[str]) -> None:
    connection = UnrealCvConnection(port=port)
    connection.ask("vget /objects")
    connection.close()
    assert capfd.readouterr() == ("", "")
