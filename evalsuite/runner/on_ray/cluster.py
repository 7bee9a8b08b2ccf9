"""Ray itself: connecting to a cluster, or starting one for the run."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import logging
import os
import secrets
import select
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from evalsuite.errors import UsageError
from evalsuite.extras import install_command
from evalsuite.records.provenance import available_cores
from evalsuite.runner.scratch import Child, Scratch
from evalsuite.runner.wire import Disconnected, Message, check_hello

LOCAL = "local"
AUTO = "auto"
START_SECONDS = 120.0
"""For a cluster of the run's own to be there."""

STOP_SECONDS = 15.0
CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 45.0
"""For a cluster to answer, and for Ray to be imported on a busy machine before that."""

SOCKET_PATH_CHARACTERS = 43
"""How long a folder may be in which Ray still finds room for the names of its sockets, of 107 characters."""


@dataclass(frozen=True)
class RayOptions:
    """How a run uses Ray.

    Args:
        address: of a cluster that this machine is a node of (`auto`, or `HOST:PORT`), or `local` for one that is
            started on this machine for the run.
        per_actor: simulators an actor, which share its policy processes; None for as many as suit the nodes.
        policy_gpus: for each policy, which is then served from a node that has them, to all simulators; a part of one
            may be shared. 0 for policies at every node.
    """

    address: str = LOCAL
    per_actor: int | None = None
    policy_gpus: float = 0.0


def check_ray_is_there() -> None:
    """Raise `UsageError` where Ray is not installed; imports nothing."""
    if importlib.util.find_spec("ray") is None:
        raise UsageError(f"--executor ray needs Ray: {install_command('ray')}")


def import_ray() -> Any:
    """The module `ray`. Raises `UsageError` where it is not installed."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_IGNORE_UNHANDLED_ERRORS", "1")
    try:
        return importlib.import_module("ray")
    except ImportError as error:
        raise UsageError(f"--executor ray needs Ray ({error}): {install_command('ray')}") from error


@contextlib.contextmanager
def connected(options: RayOptions, scratch: Scratch, workers: int | None) -> Iterator[Any]:
    """The module `ray`, connected; within a program that is connected already, as it is.

    Args:
        scratch: where a cluster of the run's own lies; it goes with it.
        workers: simulators at once, for which such a cluster is to have room, and be it in name only.

    Raises `UsageError` where there is no cluster that answers, or none can be started.
    """
    named = (os.environ.get("RAY_ADDRESS") or AUTO) if options.address == AUTO else options.address
    if named.startswith("ray://"):
        raise UsageError(
            "ray:// is for clients from outside: run evalsuite on a node of the cluster, with --address auto"
        )
    if "ray" in sys.modules and sys.modules["ray"].is_initialized():
        yield import_ray()
        return
    own = options.address == LOCAL
    if own:
        _guard_own_cluster()
    with contextlib.ExitStack() as stack:
        address = stack.enter_context(_own_cluster(scratch, workers) if own else _answering(named, scratch))
        ray = import_ray()
        stack.callback(ray.shutdown)
        with _own_signals():
            try:
                ray.init(address=address, logging_level=logging.CRITICAL, log_to_driver=False)
            except refusals(ray) as error:
                raise _no_cluster(address, first_line(error)) from error
        yield ray


def refusals(ray: Any) -> tuple[type[Exception], ...]:
    """What Ray raises where it can't connect."""
    return (OSError, RuntimeError, ValueError, ray.exceptions.RayError)


def first_line(error: BaseException) -> str:
    """What Ray says of `error`, without its paragraphs."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0][:300] if lines else type(error).__name__


def _guard_own_cluster() -> None:
    """Have a cluster of the run's own ask for a token, one for this process and all that it starts.

    Ray reads this when it is imported; left to itself it makes a token and leaves it in the person's home.
    """
    if "RAY_AUTH_MODE" not in os.environ and "ray" not in sys.modules:
        os.environ.update(RAY_AUTH_MODE="token", RAY_AUTH_TOKEN=secrets.token_hex(32))


@contextlib.contextmanager
def _own_cluster(scratch: Scratch, workers: int | None) -> Iterator[str]:
    """The address of a cluster that is there within the block."""
    cpus = max(available_cores(), workers or 0)
    arguments = ["--cpus", str(cpus), "--temporary", tempfile.gettempdir()]
    child = scratch.start("evalsuite.runner.on_ray.own_cluster", "ray", arguments, share=[])
    if len(str(child.folder)) > SOCKET_PATH_CHARACTERS:
        raise UsageError(f"{scratch.folder.parent} is too long a name for Ray's sockets: set TMPDIR=/tmp")
    message = _first_words(child, START_SECONDS)
    if "refused" in message:
        raise UsageError(f"Ray does not start on this machine: {message['refused']}")
    try:
        yield message["address"]
        with contextlib.suppress(Disconnected):
            child.channel.send({"type": "close"})
        child.wait(time.monotonic() + STOP_SECONDS)
    finally:
        child.kill()


@contextlib.contextmanager
def _answering(address: str, scratch: Scratch) -> Iterator[str]:
    """The address, HOST:PORT, of the cluster that is meant, once it has answered another process.

    That process can be ended when it gets no answer; in this one Ray would go on trying for minutes, in native code.
    """
    _check_reachable(address)
    arguments = ["--address", address, "--temporary", tempfile.gettempdir()]
    child = scratch.start("evalsuite.runner.on_ray.knock", "knock", arguments, share=[])
    message = _first_words(child, ANSWER_SECONDS)
    if "refused" in message:
        raise _no_cluster(address, message["refused"])
    try:
        yield message["address"]
    finally:
        child.kill()


def _first_words(child: Child, seconds: float) -> Message:
    """The `address` that `child` tells, or why that is `refused`; Ray is imported here too in the meantime."""
    import_ray()
    if not select.select([child.channel], [], [], seconds)[0]:
        child.kill()
        return {"refused": f"no answer within {seconds:g} s"}
    try:
        message = child.channel.receive()
        check_hello(message)
    except Disconnected:
        return {"refused": f"its process {child.kill(grace=1.0)}"}
    return message


def _check_reachable(address: str) -> None:
    """Raise `UsageError` at once where nobody listens; Ray itself would go on trying."""
    host, colon, port = address.rpartition(":")
    if not colon:
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), CONNECT_SECONDS).close()
    except (OSError, ValueError, OverflowError) as error:
        raise _no_cluster(address, str(error)) from error


@contextlib.contextmanager
def _own_signals() -> Iterator[None]:
    """Ray puts handlers of its own in place; ours are better for the run."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _no_cluster(address: str, why: str) -> UsageError:
    return UsageError(
        f"no Ray cluster at --address {address} ({why}): start one with `ray start --head`, or leave --address out"
    )
