"""AirSim's client libraries, unmodified, each in a thread of its own and never waited for longer than a limit.

Microsoft's `airsim` and Cosys-Lab's `cosysairsim` speak the same msgpack-rpc with other argument lists. Their
clients run a tornado loop that must belong to the thread that made them, refuse to work inside a running asyncio
loop, wait for 3600 s by default, and wait for ever when an argument can't be packed or the server dies in the middle
of an answer. In a thread with a loop of its own they can be left behind when they do.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import queue
import socket
import threading
import time
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from evalsuite.errors import SimulatorFault
from evalsuite.extras import install_command

DialectName = Literal["microsoft", "cosys"]

PROBE_SECONDS = 0.5
"""How often a server that owes an answer is asked whether it still accepts connections."""

_RPC_SECONDS = 600
"""The libraries' own time-out, in whole seconds: above every limit of ours, so that ours is the one that counts."""


@dataclass(frozen=True)
class Dialect:
    """What differs between the two.

    Args:
        module: the client library's import name.
        version: what the server's getServerVersion answers.
        install: the command that brings the library.
        external: whether image and camera calls take a flag for external cameras.
        bgr: whether uncompressed pictures are in that order (Microsoft's RenderRequest.cpp; Cosys's writes RGB).
    """

    name: DialectName
    module: str
    version: int
    install: str
    external: bool
    bgr: bool

    @property
    def installed(self) -> bool:
        return importlib.util.find_spec(self.module) is not None


MICROSOFT = Dialect(
    name="microsoft",
    module="airsim",
    version=1,
    install="pip install rpc-msgpack setuptools wheel && pip install --no-deps --no-build-isolation airsim==1.8.1",
    external=True,
    bgr=True,
)
COSYS = Dialect(
    name="cosys",
    module="cosysairsim",
    version=4,
    install=install_command("unreal"),
    external=False,
    bgr=False,
)
DIALECTS = (COSYS, MICROSOFT)


@dataclass(frozen=True)
class Address:
    """Where an AirSim server listens; 41451 is its own default."""

    host: str = "127.0.0.1"
    port: int = 41451

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    def answers(self, limit: float) -> bool:
        """Whether something accepts a connection there within `limit` seconds."""
        try:
            with socket.create_connection((self.host, self.port), timeout=limit):
                return True
        except OSError:
            return False


class Client:
    """One client of one library.

    Args:
        dialect: whose library; it must be installed.
        kind: the library's class, such as "VehicleClient".
        address: of the server.
    """

    def __init__(self, dialect: Dialect, kind: str, address: Address) -> None:
        self.dialect = dialect
        self.module: Any = importlib.import_module(dialect.module)
        self._address = address
        self._requests: queue.SimpleQueue[tuple[str, tuple[Any, ...], queue.SimpleQueue[Any]] | None]
        self._requests = queue.SimpleQueue()
        self._loop = asyncio.new_event_loop()
        self._ended = False
        self._thread = threading.Thread(target=self._serve, args=(kind,), daemon=True, name=f"{dialect.module} client")
        self._thread.start()

    def ask(self, method: str, limit: float, *arguments: Any) -> Any:
        """Call the library's `method` and wait `limit` seconds at most.

        Raises:
            SimulatorFault: when the server refuses the call, is gone, or does not answer in time. In the last two
                cases the client is of no more use.
        """
        if self._ended:
            raise SimulatorFault("the AirSim client has been closed")
        answers: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._requests.put((method, tuple(_plain(each) for each in arguments), answers))
        deadline = time.monotonic() + limit
        while True:
            left = deadline - time.monotonic()
            if left <= 0.0:
                self.close()
                raise SimulatorFault(f"AirSim at {self._address} did not answer {method} within {limit:g} s")
            try:
                done, result = answers.get(timeout=min(PROBE_SECONDS, left))
                break
            except queue.Empty:
                if not self._address.answers(max(0.1, min(2.0, deadline - time.monotonic()))):
                    self.close()
                    raise SimulatorFault(f"AirSim at {self._address} is gone, at {method}") from None
        if not done and result.startswith("TransportError"):
            self.close()
            raise SimulatorFault(f"AirSim at {self._address} is gone, at {method}")
        if not done:
            raise SimulatorFault(f"AirSim refused {method}: {result}")
        return result

    def close(self) -> None:
        """Let the thread end, whatever it is waiting for; may be called twice."""
        if not self._ended:
            self._ended = True
            self._requests.put(None)
            self._loop.call_soon_threadsafe(_leave)

    def _serve(self, kind: str) -> None:
        asyncio.set_event_loop(self._loop)
        client: Any = None
        try:
            while (request := self._requests.get()) is not None:
                method, arguments, answers = request
                try:
                    if client is None:
                        make = getattr(self.module, kind)
                        client = make(self._address.host, self._address.port, timeout_value=_RPC_SECONDS)
                    answers.put((True, getattr(client, method)(*arguments)))
                except Exception as error:  # noqa: BLE001  (whatever the library raises is the answer)
                    answers.put((False, _words(error)))
        except SystemExit:
            pass
        finally:
            if client is not None:
                client.client.close()


def _leave() -> None:
    raise SystemExit


def _plain(value: Any) -> Any:
    """Python's own number for numpy's: the packer fails on those in a task that nobody waits for."""
    return value.item() if isinstance(value, np.generic) else value


def _words(error: Exception) -> str:
    said = error.args[0] if error.args else error
    text = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
    return f"{type(error).__name__}: {text}"[:500]
