"""A policy behind a websocket, for evaluations that run elsewhere.

What a client may cost is bounded: the size of a message, how much it may have kept, and how long it may be silent.
One that breaks the rules is told which one and cut off; the others do not notice.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import signal
import socket
import ssl
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from numpy.typing import NDArray
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode
from websockets.http11 import Request, Response

from evalsuite import __version__
from evalsuite.crossview.spaces import Action
from evalsuite.errors import PolicyFault, UsageError
from evalsuite.policies.policy import Policy, PrivilegedPolicy, State
from evalsuite.policies.references import PolicyReference, load_policy
from evalsuite.runner.policy_faults import Answer, policy_faults
from evalsuite.serving import messages
from evalsuite.serving.access_token import is_authorized
from evalsuite.serving.batches import Batches, Question
from evalsuite.serving.codec import MESSAGE_LIMIT_BYTES, Malformed
from evalsuite.serving.messages import (
    PING_SECONDS,
    SILENCE_SECONDS,
    Act,
    Actions,
    Hello,
    checked_observation,
    read,
    spoken_spaces,
    written,
)

KEPT_LIMIT = 4096
"""States and arrays that one client may have kept."""

KEPT_LIMIT_BYTES = 4 * 2**30
"""Of arrays that one client may have kept."""

CLOSE_SECONDS = 5.0
"""For the answers that are being worked on, when the server is told to stop."""

FAREWELL_SECONDS = 1.0
"""For a client to say goodbye."""

_REASON_BYTES = 123
"""The longest reason of a close frame (RFC 6455, section 5.5)."""


def loaded(reference: PolicyReference, *, rows: int, trust_checkpoint: bool) -> Batches:
    """The policy in its thread, ready to answer at most `rows` observations in a call.

    Raises:
        UsageError: it can't be loaded, or not be served.
    """
    if reference.kind in ("oracle", "served"):
        why = "has to be beside the simulator" if reference.kind == "oracle" else "is served already"
        raise UsageError(f"{reference.reference} {why}; name it where the evaluation runs")

    def load() -> Policy:
        with policy_faults("load"):
            policy = load_policy(reference, trust_checkpoint=trust_checkpoint)
        if isinstance(policy, PrivilegedPolicy):
            raise UsageError(f"{reference.reference} wants to be shown the ground truth; only the oracle is")
        return policy

    try:
        return Batches(load, rows=rows)
    except PolicyFault as fault:
        raise UsageError(f"policy {reference.reference}: {fault}") from fault


async def serve_policy(
    reference: PolicyReference,
    batches: Batches,
    listener: socket.socket,
    ready: Callable[[], None],
    *,
    token: str = "",
    certificate: ssl.SSLContext | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM; then tell the clients and close.

    Args:
        listener: bound, and closed in the end.
        ready: called when clients can connect.
        token: what clients have to show; empty to let in everybody who can reach it.

    Raises:
        UsageError: the policy ended its own thread.
    """
    loop, told_to_stop = asyncio.get_running_loop(), asyncio.Event()
    broken: list[BaseException] = []

    def broke_down(error: BaseException) -> None:
        broken.append(error)
        loop.call_soon_threadsafe(told_to_stop.set)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told_to_stop.set)
    batches.broke_down = broke_down
    hello = Hello(
        evalsuite=__version__,
        spaces=spoken_spaces(),
        label=reference.label,
        reference=reference.reference,
        sha256=reference.sha256,
        batch=batches.fixed_batch,
    )
    connections = _Connections(batches, hello, token)
    server = await serve(
        connections.serve,
        sock=listener,
        ssl=certificate,
        process_request=connections.admit,
        origins=[None],
        compression=None,
        max_size=MESSAGE_LIMIT_BYTES,
        max_queue=1,
        ping_interval=PING_SECONDS,
        ping_timeout=SILENCE_SECONDS,
        close_timeout=FAREWELL_SECONDS,
        server_header=None,
        logger=_logger(),
    )
    try:
        ready()
        await told_to_stop.wait()
    finally:
        batches.close()
        server.close()
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(server.wait_closed(), FAREWELL_SECONDS if broken else CLOSE_SECONDS)
    if broken:
        raise UsageError(f"the policy ended its own thread ({type(broken[0]).__name__}: {broken[0]})")


class _Connections:
    """What is done with those who connect."""

    def __init__(self, batches: Batches, hello: Hello, token: str) -> None:
        self._batches = batches
        self._hello = hello
        self._token = token

    def admit(self, connection: ServerConnection, request: Request) -> Response | None:
        """Turn away who does not show the token."""
        if self._token and not is_authorized(request.headers.get("Authorization"), self._token):
            shown = "another token" if "Authorization" in request.headers else "no token"
            _say(f"{_name(connection)} was turned away: it showed {shown}")
            return connection.respond(HTTPStatus.UNAUTHORIZED, "a token is asked for\n")
        return None

    async def serve(self, connection: ServerConnection) -> None:
        client = Client()
        self._batches.clients += 1
        _say(f"{_name(connection)} connected ({self._batches.clients} now)")
        why = "went away"
        try:
            await connection.send(written(self._hello))
            async for data in connection:
                await connection.send(written(await self._answered(client, data)))
        except Malformed as error:
            why = f"was cut off: {error}"
            await connection.close(CloseCode.POLICY_VIOLATION, _reason(str(error)))
        except ConnectionClosed as error:
            why = f"was lost: {error}" if error.sent else why
        finally:
            self._batches.clients -= 1
            _say(f"{_name(connection)} {why} ({self._batches.clients} now)")

    async def _answered(self, client: Client, data: bytes | str) -> Actions:
        act = read(Act, data)
        questions = client.questions(act)
        answers = await asyncio.wrap_future(self._batches.ask(client, questions)) if questions else []
        return Actions(answers=[client.keep(row.then, given) for row, given in zip(act.rows, answers, strict=True)])


@dataclass(eq=False)
class Client:
    """What the server keeps for one connection, by the client's numbers."""

    states: dict[int, State] = field(default_factory=dict)
    arrays: dict[int, NDArray[Any]] = field(default_factory=dict)

    def questions(self, act: Act) -> list[Question]:
        """What `act` asks. Raises `Malformed` when it names what is not kept, or keeps too much."""
        for number in act.forget:
            self.states.pop(number, None)
            self.arrays.pop(number, None)
        self._take(act)
        return [self._question(row) for row in act.rows]

    def keep(self, number: int, given: Answer) -> messages.Answer:
        """Keep the state of an answer, and say the rest."""
        if isinstance(given, PolicyFault):
            return messages.Answer(fault=str(given) or type(given).__name__)
        action, self.states[number] = given
        return messages.Answer(action=_plain(action))

    def _take(self, act: Act) -> None:
        new = [kept.number for kept in act.keep] + [row.then for row in act.rows]
        known = self.states.keys() | self.arrays.keys()
        if len(set(new)) != len(new) or known & set(new):
            raise Malformed("a number was given to two things")
        self.arrays |= {kept.number: kept.array for kept in act.keep}
        size = sum(array.nbytes for array in self.arrays.values())
        if len(known) + len(new) > KEPT_LIMIT or size > KEPT_LIMIT_BYTES:
            raise Malformed(f"more is to be kept than {KEPT_LIMIT} things and {KEPT_LIMIT_BYTES >> 30} GiB")

    def _question(self, row: messages.Row) -> Question:
        if unknown := [number for number in row.kept.values() if number not in self.arrays]:
            raise Malformed(f"there is no array {unknown[0]} here")
        kept: Mapping[str, Any] = {name: self.arrays[number] for name, number in row.kept.items()}
        if kept.keys() & row.observation.keys():
            raise Malformed("a part of an observation came twice")
        observation = checked_observation({**row.observation, **kept})
        if row.state is None:
            return Question(observation, seed=row.seed)
        if row.state not in self.states:
            raise Malformed(f"there is no state {row.state} here")
        return Question(observation, self.states[row.state])


def bound(host: str, port: int, *, guarded: bool) -> socket.socket:
    """A socket that can listen at `host`, a name or an address; port 0 is any that is free.

    Raises:
        UsageError: it can't, or others than this machine could come in unasked.
    """
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        if not guarded and not ipaddress.ip_address(str(address[0]).partition("%")[0]).is_loopback:
            raise UsageError(
                f"--host {host} lets other machines in, so clients have to show a token: name its file with "
                f"--token-file FILE, or set EVALSUITE_TOKEN (make one with: openssl rand -hex 32)"
            )
        listener = socket.socket(family, socket.SOCK_STREAM)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
        except OSError:
            listener.close()
            raise
        return listener
    except OSError as error:
        raise UsageError(
            f"can't listen at {host} port {port} ({error.strerror or error}); name another with --host and --port, "
            f"or --port 0 for any that is free"
        ) from error


def url_of(listener: socket.socket, host: str, *, secure: bool) -> str:
    """The reference that reaches it, such as ws://127.0.0.1:8765; with this machine's name if it listens everywhere."""
    address, port = listener.getsockname()[:2]
    name = socket.gethostname() if ipaddress.ip_address(address).is_unspecified else host
    return f"{'wss' if secure else 'ws'}://{f'[{name}]' if ':' in name else name}:{port}"


def _plain(action: Action) -> dict[str, Any]:
    """As it is sent; a prediction's point as a list."""
    plain = dict(action)
    if "point" in plain.get("prediction", {}):
        plain["prediction"] = {**plain["prediction"], "point": list(plain["prediction"]["point"])}
    return plain


def _logger() -> logging.Logger:
    """For the library's own complaints, such as of a port scan: a line each, without the trace."""
    logger = logging.getLogger("evalsuite.serving")
    logger.propagate = False
    logger.setLevel(logging.ERROR)
    if not logger.handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(_OneLine())
        logger.addHandler(handler)
    return logger


class _OneLine(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        error = record.exc_info[1] if record.exc_info else None
        told = f": {type(error).__name__}: {error}" if error else ""
        return f"evalsuite: {' '.join((record.getMessage() + told).split())}"


def _say(line: str) -> None:
    print(f"evalsuite: {line}", file=sys.stderr, flush=True)


def _name(connection: ServerConnection) -> str:
    address = connection.remote_address
    return f"{address[0]}:{address[1]}" if address else "somebody"


def _reason(text: str) -> str:
    return text.encode()[:_REASON_BYTES].decode(errors="ignore")
