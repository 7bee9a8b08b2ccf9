"""Whatever somebody sends, the server tells them what is wrong, cuts them off, and goes on for the others."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

pytest.importorskip("websockets", reason="needs the extra `serve`")
pytest.importorskip("msgpack", reason="needs the extra `serve`")

from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from evalsuite.errors import PolicyServerLost
from evalsuite.serving.codec import MESSAGE_LIMIT_BYTES, encode
from evalsuite.serving.messages import Act, Kept, Row, written
from evalsuite.serving.served_policy import ServedPolicy
from evalsuite.serving.server import KEPT_LIMIT
from tests.serving.server_process import ServerProcess, observation

LIMIT_SECONDS = 30.0


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    with ServerProcess("noop") as server:
        yield server


@pytest.fixture
def bystander(server: ServerProcess) -> Iterator[ServedPolicy]:
    """Somebody in the middle of an episode, who gets an answer afterwards as before."""
    with ServedPolicy(server.url) as policy:
        _, states = policy.act([observation(0, 0)], [policy.initial_state(0)])
        yield policy
        actions, _ = policy.act([observation(0, 1)], states)
        assert len(actions) == 1


@pytest.fixture
def visitor(server: ServerProcess, bystander: ServedPolicy) -> Iterator[ClientConnection]:
    """Somebody who has heard the hello, and may send anything."""
    with connect(server.url, compression=None, proxy=None, max_size=None) as connection:
        assert b"hello" in connection.recv(LIMIT_SECONDS, decode=False)
        yield connection


def row(**changes: Any) -> dict[str, Any]:
    """A sound row of an episode that begins, with some of it changed."""
    sound = {"seed": 1, "state": None, "then": 7, "observation": dict(observation(0, 0)), "kept": {}}
    return {**sound, **changes}


def seen(**changes: Any) -> dict[str, Any]:
    return {**observation(0, 0), **changes}


def act(*rows: dict[str, Any], **more: Any) -> bytes:
    return encode({"type": "act", "keep": [], "rows": list(rows), "forget": [], **more})


def why_cut_off(visitor: ClientConnection) -> str:
    with pytest.raises(ConnectionClosed) as closed:
        visitor.recv(LIMIT_SECONDS)
    assert closed.value.rcvd is not None, "the server cut the connection without a word"
    return closed.value.rcvd.reason


def test_what_is_sound_is_answered(visitor: ClientConnection) -> None:
    visitor.send(act(row()))
    assert b"camera" in visitor.recv(LIMIT_SECONDS, decode=False)


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("text", "text where a message was expected"),
        (b"", "not msgpack"),
        (b"\xc1\x00garbage", "not msgpack"),
        (b"\x80\x04\x95\x0b.", "not msgpack"),
        (act(row())[:-20], "not msgpack"),
        (encode({"type": "act"}), "rows"),
        (encode({"type": "open", "rows": []}), "type"),
        (encode([1, 2, 3]), "no act"),
        (act(row(), more=1), "more"),
        (act(row(seed=None)), "either a seed or a state"),
        (act(row(seed=1, state=1)), "either a seed or a state"),
        (act(row(seed=-1)), "seed"),
        (act(row(seed="1")), "seed"),
        (act(row(seed=None, state=99)), "there is no state 99 here"),
        (act(row(kept={"image": 5})), "there is no array 5 here"),
        (act(row(), row()), "a number was given to two things"),
        (act(row(observation={})), "an observation has image"),
        (act(row(observation=seen(extra=1))), "an observation has image"),
        (act(row(observation=seen(interaction=5))), "there is no interaction 5"),
        (act(row(observation=seen(interaction=True))), "there is no interaction True"),
        (act(row(observation=seen(image=np.zeros((4, 4), np.uint8)))), "image is no picture"),
        (act(row(observation=seen(image=np.zeros((4, 4, 3), np.float32)))), "image is no picture"),
        (act(row(observation=seen(image=np.zeros((0, 4, 3), np.uint8)))), "image is no picture"),
        (act(row(observation=seen(goal_mask=np.full((16, 16), 2, np.uint8)))), "a mask 0 and 1 only"),
        (act(row(observation=seen(goal_mask=np.zeros((8, 8), np.uint8)))), "and its mask"),
        (act(keep=[{"number": 1, "array": "none"}]), "keep.0.array"),
    ],
)
def test_what_is_not_sound_is_told_why_and_cut_off(
    visitor: ClientConnection, message: bytes | str, reason: str
) -> None:
    visitor.send(message)
    assert reason in why_cut_off(visitor)


def test_a_message_over_the_limit_is_cut_off_when_it_is_announced(visitor: ClientConnection) -> None:
    masked_binary_of_any_length = struct.pack(">BBQ4x", 0x82, 0xFF, MESSAGE_LIMIT_BYTES + 1)
    visitor.socket.sendall(masked_binary_of_any_length)
    assert "exceeds limit" in why_cut_off(visitor)


def test_who_leaves_in_the_middle_of_a_message_is_forgotten(server: ServerProcess, visitor: ClientConnection) -> None:
    visitor.socket.sendall(struct.pack(">BBQ4x", 0x82, 0xFF, 1000) + b"the first few of a thousand bytes")
    visitor.socket.shutdown(socket.SHUT_RDWR)
    with pytest.raises(ConnectionClosed):
        visitor.recv(LIMIT_SECONDS)


@pytest.mark.parametrize("words", [b"\x00" * 100, b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01 a TLS hello", b"\r\n" * 9])
def test_who_speaks_no_websocket_is_turned_away(server: ServerProcess, bystander: ServedPolicy, words: bytes) -> None:
    with socket.create_connection(("127.0.0.1", server.port), LIMIT_SECONDS) as stranger:
        stranger.sendall(words)
        stranger.shutdown(socket.SHUT_WR)
        while stranger.recv(4096):
            pass


def test_a_page_in_a_browser_on_this_machine_gets_nothing(server: ServerProcess, bystander: ServedPolicy) -> None:
    with pytest.raises(InvalidHandshake), connect(server.url, origin=Origin("https://a.page"), proxy=None):
        pass


def test_nobody_can_have_more_kept_than_the_limit_and_what_nobody_holds_is_not_kept(
    server: ServerProcess, bystander: ServedPolicy
) -> None:
    every_state: list[Any] = []
    shown = [observation(0, 0, side=8)] * 512

    def play(policy: ServedPolicy, *, forgetting: bool) -> None:
        states: Any = [policy.initial_state(each) for each in range(len(shown))]
        for _ in range(KEPT_LIMIT // len(shown) + 1):
            _, states = policy.act(shown, states)
            every_state.extend([] if forgetting else states)

    with ServedPolicy(server.url) as policy:
        play(policy, forgetting=True)
        with pytest.raises(PolicyServerLost, match="more is to be kept than"):
            play(policy, forgetting=False)


def test_an_array_that_was_forgotten_can_not_be_named_again(visitor: ClientConnection) -> None:
    parts = observation(0, 0)
    mask = parts.pop("goal_mask")
    asking = Act(
        keep=[Kept(number=5, array=mask)], rows=[Row(seed=1, then=6, observation=parts, kept={"goal_mask": 5})]
    )
    visitor.send(written(asking))
    assert b"camera" in visitor.recv(LIMIT_SECONDS, decode=False)
    visitor.send(written(Act(forget=[5], rows=[Row(state=6, then=8, observation=parts, kept={"goal_mask": 5})])))
    assert "there is no array 5 here" in why_cut_off(visitor)
