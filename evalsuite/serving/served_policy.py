"""A policy that acts on another machine, as a `Policy` here."""

from __future__ import annotations

import itertools
import logging
import socket
import ssl
import struct
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from http import HTTPStatus
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, WebSocketException
from websockets.sync.client import ClientConnection, connect

from evalsuite import __version__
from evalsuite.crossview.spaces import Action, Observation, checked_action
from evalsuite.errors import PolicyFault, PolicyServerLost, UsageError
from evalsuite.policies.policy import State
from evalsuite.policies.references import ANSWER_SECONDS
from evalsuite.serving.access_token import VARIABLE, authorization, token_here
from evalsuite.serving.codec import MESSAGE_LIMIT_BYTES, Malformed
from evalsuite.serving.messages import (
    PING_SECONDS,
    SELDOM_CHANGING,
    SILENCE_SECONDS,
    Act,
    Actions,
    Hello,
    Kept,
    Row,
    read,
    spoken_spaces,
    written,
)

CONNECT_SECONDS = 10.0
PATIENCE_SECONDS = 60.0
"""For a server that was there a moment ago to come back."""

RETRY_SECONDS = 0.5
CLOSE_SECONDS = 1.0
FORGOTTEN_AT_ONCE = 4096
PART_BYTES = 96 * 2**20
"""Observations that come to more are sent in several messages."""


class Unreachable(UsageError):
    """Nobody answers there now; somebody may later."""


class Held:
    """A number under which the server keeps something, for as long as this object lives here."""

    __slots__ = ("_let_go", "number")

    def __init__(self, number: int, let_go: deque[int]) -> None:
        self.number = number
        self._let_go = let_go

    def is_from(self, let_go: deque[int]) -> bool:
        return self._let_go is let_go

    def __del__(self) -> None:
        self._let_go.append(self.number)

    def __copy__(self) -> Held:
        return self

    def __deepcopy__(self, memo: object) -> Held:
        return self

    def __reduce__(self) -> str:
        raise TypeError("what a policy server holds can't leave the process that is connected to it")


@dataclass(frozen=True)
class HeldArray:
    """An array that does not change any more, and the server's copy of it."""

    array: NDArray[Any]
    held: Held

    def shows(self, array: NDArray[Any]) -> bool:
        if array is self.array:
            return True
        return array.dtype == self.array.dtype and np.array_equal(array, self.array)


@dataclass(frozen=True)
class ServedState:
    """An episode's memory, which lies with the server.

    Args:
        held: the state; None for an episode that has not begun, of which the server knows nothing yet.
        kept: the goal's pictures, as the server has them.
    """

    seed: int
    held: Held | None = None
    kept: Mapping[str, HeldArray] = field(default_factory=dict)


class ServedPolicy:
    """The client of `evalsuite serve-policy`.

    The server keeps each state for as long as the object that stands for it lives here, so a state may be acted from
    more than once, and what nobody can come back to is forgotten with the next message. When the connection is lost
    all states are, and every further call fails: only who plays the episodes can begin them again.

    Args:
        url: such as ws://gpu-box:8765.
        connect_seconds: for the server to answer and say who it is.
        answer_seconds: for one answer; None for no limit, where somebody else keeps watch.

    Raises:
        Unreachable: nobody answers.
        UsageError: somebody answers who can't be understood, or wants another token.
    """

    def __init__(
        self, url: str, *, connect_seconds: float = CONNECT_SECONDS, answer_seconds: float | None = ANSWER_SECONDS
    ) -> None:
        self.url = url
        self._answer_seconds = answer_seconds
        self._numbers = itertools.count(1)
        self._let_go: deque[int] = deque()
        self._lost = ""
        self._stack = ExitStack()
        self._connection = self._connected(token_here(), connect_seconds)
        try:
            self.hello = self._heard(connect_seconds)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> ServedPolicy:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def batch(self) -> int | None:
        """The one number of rows that the model is run with there, if it has one."""
        return self.hello.batch

    def close(self) -> None:
        """Say goodbye."""
        self._lost = self._lost or "it was closed here"
        self._stack.close()

    def initial_state(self, seed: int = 0) -> State:
        return ServedState(seed)

    def act(
        self, observations: Sequence[Observation], states: Sequence[State]
    ) -> tuple[Sequence[Action], Sequence[State]]:
        """As `Policy.act`.

        Raises:
            PolicyFault: what the policy did wrong, there.
            PolicyServerLost: the connection is gone, and all states with it.
        """
        actions: list[Action] = []
        after: list[State] = []
        for part in _parts([_size(each) for each in observations]):
            rows = [self._row(*each) for each in zip(observations[part], states[part], strict=True)]
            actions += self._asked(
                Act(keep=[kept for _, new, _ in rows for kept in new], rows=[row for row, _, _ in rows])
            )
            after += [state for _, _, state in rows]
        return actions, after

    def _row(self, observation: Observation, state: ServedState) -> tuple[Row, list[Kept], ServedState]:
        """What to say of an episode's observation, what the server shall keep for it, and the state afterwards."""
        if state.held is not None and not state.held.is_from(self._let_go):
            raise PolicyServerLost(f"{self.url}: the episode's memory went with another connection")
        plain = {
            name: value if isinstance(value, np.ndarray) else int(value)
            for name, value in observation.items()
            if name not in SELDOM_CHANGING
        }
        kept, new = {}, []
        for name in SELDOM_CHANGING:
            array = observation[name]
            known = state.kept.get(name)
            if known is None or not known.shows(array):
                known = HeldArray(_unchanging(array), self._held())
                new.append(Kept(number=known.held.number, array=known.array))
            kept[name] = known
        after = ServedState(state.seed, self._held(), kept)
        assert after.held is not None
        row = Row(
            seed=None if state.held else state.seed,
            state=state.held.number if state.held else None,
            then=after.held.number,
            observation=plain,
            kept={name: each.held.number for name, each in kept.items()},
        )
        return row, new, after

    def _held(self) -> Held:
        return Held(next(self._numbers), self._let_go)

    def _asked(self, act: Act) -> list[Action]:
        forget = [self._let_go.popleft() for _ in range(min(len(self._let_go), FORGOTTEN_AT_ONCE))]
        self._send(act.model_copy(update={"forget": forget}))
        try:
            answers = read(Actions, self._receive(self._answer_seconds)).answers
        except Malformed as error:
            raise self._lose(str(error)) from error
        if len(answers) != len(act.rows):
            raise self._lose(f"{len(answers)} answers to {len(act.rows)} observations")
        for each in answers:
            if each.action is None:
                raise PolicyFault(each.fault)
        return [checked_action(each.action) for each in answers]

    def _send(self, act: Act) -> None:
        if self._lost:
            raise PolicyServerLost(f"the policy server {self.url} is lost: {self._lost}")
        try:
            self._connection.send(written(act))
        except (ConnectionClosed, OSError) as error:
            raise self._lose(_why(error)) from error

    def _receive(self, seconds: float | None) -> bytes | str:
        try:
            return self._connection.recv(timeout=seconds)
        except TimeoutError as error:
            raise self._lose(f"it did not answer within {seconds:g} s") from error
        except (ConnectionClosed, OSError) as error:
            raise self._lose(_why(error)) from error

    def _lose(self, why: str) -> PolicyServerLost:
        self._lost = why
        self._stack.close()
        return PolicyServerLost(f"the policy server {self.url} is lost: {why}")

    def _connected(self, token: str, seconds: float) -> ClientConnection:
        check_url(self.url)
        try:
            return self._stack.enter_context(
                connect(
                    self.url,
                    sock=_socket(self.url, seconds),
                    additional_headers={"Authorization": authorization(token)} if token else None,
                    compression=None,
                    proxy=None,
                    open_timeout=seconds,
                    close_timeout=CLOSE_SECONDS,
                    ping_interval=PING_SECONDS,
                    ping_timeout=SILENCE_SECONDS,
                    max_size=MESSAGE_LIMIT_BYTES,
                    logger=_silent(),
                )
            )
        except InvalidStatus as error:
            raise self._refused(error.response.status_code, token) from error
        except TimeoutError as error:
            raise Unreachable(f"{self.url} did not answer within {seconds:g} s; is a policy served there?") from error
        except ssl.SSLError as error:
            raise UsageError(f"{self.url} can't be trusted: {error.reason or error}") from error
        except (EOFError, InvalidHandshake, WebSocketException) as error:
            raise UsageError(f"{self.url} is no policy server: {_why(error)}") from error
        except OSError as error:
            no_port = "" if urlsplit(self.url).port else f"; it names no port, so {_port(self.url)} was tried"
            raise Unreachable(
                f"nobody answers at {self.url} ({error.strerror or error}){no_port}; "
                f"start a policy there with: evalsuite serve-policy REF"
            ) from error

    def _refused(self, status: int, token: str) -> UsageError:
        if status == HTTPStatus.UNAUTHORIZED and not token:
            return UsageError(f"{self.url} asks for a token: set {VARIABLE} to that of its server")
        if status == HTTPStatus.UNAUTHORIZED:
            return UsageError(f"{self.url} does not take the token in {VARIABLE}: set it to that of its server")
        if status in (HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT):
            return Unreachable(f"nobody answers behind {self.url} (HTTP {status})")
        return UsageError(f"{self.url} is no policy server: it answers with HTTP {status}")

    def _heard(self, seconds: float) -> Hello:
        try:
            hello = read(Hello, self._receive(seconds))
        except PolicyServerLost as error:
            raise Unreachable(f"{self.url} does not say which policy it serves: {self._lost}") from error
        except Malformed as error:
            raise UsageError(f"{self.url} can't be understood: {error}") from error
        if hello.evalsuite != __version__:
            raise UsageError(
                f"{self.url} is served by evalsuite {hello.evalsuite} and this is {__version__}, which may score "
                f"otherwise: install the same on both"
            )
        if hello.spaces != spoken_spaces():
            raise UsageError(f"{self.url} serves a policy for other observations or actions than those of evalsuite")
        return hello


def reconnected(url: str, *, answer_seconds: float | None = ANSWER_SECONDS) -> ServedPolicy:
    """A server that was there a moment ago, waited for as long as it may take to start again.

    Raises `UsageError` as `ServedPolicy` does.
    """
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return ServedPolicy(url, answer_seconds=answer_seconds)
        except Unreachable:
            if time.monotonic() > until:
                raise
            time.sleep(RETRY_SECONDS)


def _port(url: str) -> int:
    """The one that an address names, or else its scheme's."""
    parts = urlsplit(url)
    return parts.port or (443 if parts.scheme == "wss" else 80)


def check_url(url: str) -> None:
    """Raises `UsageError` unless `url` is ws://HOST:PORT or wss://HOST:PORT, with a path if a proxy wants one."""
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("ws", "wss") and parts.hostname and (parts.port or 1) > 0
    except ValueError:
        sound = False
    if not sound or not url.isascii() or any(character.isspace() for character in url):
        raise UsageError(f"{url!r} is no address of a policy server; write it like ws://host:8765")
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise UsageError(f"a policy server's address is host, port and path only; put a token into {VARIABLE}")


def _socket(url: str, seconds: float) -> socket.socket:
    """A connected one, in which sending to somebody who does not read fails after a while, too."""
    host = urlsplit(url).hostname
    assert host is not None
    made = socket.create_connection((host, _port(url)), seconds)
    made.settimeout(None)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("@ll", round(SILENCE_SECONDS), 0))
    return made


def _parts(sizes: Sequence[int]) -> Iterator[slice]:
    """Neighbours that together have at most `PART_BYTES`; who has more is alone."""
    first = total = 0
    for index, size in enumerate(sizes):
        if index > first and total + size > PART_BYTES:
            yield slice(first, index)
            first, total = index, 0
        total += size
    if sizes:
        yield slice(first, len(sizes))


def _size(observation: Observation) -> int:
    return sum(value.nbytes for value in observation.values() if isinstance(value, np.ndarray))


def _unchanging(array: NDArray[Any]) -> NDArray[Any]:
    """The array itself if nobody can write to it, else a copy."""
    return array if not array.flags.writeable and array.base is None else array.copy()


def _silent() -> logging.Logger:
    """What goes wrong is raised: nothing is to be logged besides."""
    logger = logging.getLogger("evalsuite.serving.client")
    logger.setLevel(logging.CRITICAL + 1)
    return logger


def _why(error: Exception) -> str:
    """In one line."""
    if isinstance(error, ConnectionClosed) and error.rcvd is not None and error.rcvd.reason:
        return error.rcvd.reason
    if isinstance(error, ConnectionClosed) and error.rcvd is None and error.sent is None:
        return "the connection was cut"
    return " ".join(str(error).split()) or type(error).__name__
