"""The real `unrealcv` client, held so that it can neither hang nor hand out another command's answer.

Of unrealcv 1.3.2, all tried out: `connect` has no time-out of its own; a reply that comes after its request timed
out is given to the next request; a server that is gone is waited for, 55 s long and without a word; a batch waits
for ever; everything is printed to stdout and logged besides. So a connection that failed once is not used again.
"""

from __future__ import annotations

import io
import logging
import socket
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalsuite.errors import SimulatorFault
from evalsuite.extras import install_command

PORT = 9000
CONNECT_SECONDS = 20.0
REPLY_SECONDS = 15.0
RELEASE_SECONDS = 2.0
"""How long a server may take to notice that its last client has hung up; it turns others away until then."""

INSTALL = (install_command("unrealcv"), "pip install --no-deps unrealcv==1.3.2")
"""Without its opencv-python, which wants libGL from the system."""


class UnrealCvConnection:
    """One connection; UnrealCV serves one client at a time.

    Args:
        host, port: of the server in the Unreal binary.
        connect_seconds, reply_seconds: how long to wait for the server to come up with its greeting and with a reply.

    Raises `SimulatorFault` when nobody, or somebody else, answers there.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = PORT,
        *,
        connect_seconds: float = CONNECT_SECONDS,
        reply_seconds: float = REPLY_SECONDS,
    ) -> None:
        self.address = f"{host}:{port}"
        self._endpoint = (host, port)
        self._seconds = reply_seconds
        self._broken = ""
        self._client: Any = None
        self._connect(connect_seconds)

    def ask(self, command: str) -> str:
        """The text that the server replies. Raises `SimulatorFault` when it replies with an error."""
        reply = self.reply(command)
        if _is_error(reply):
            raise SimulatorFault(f"UnrealCV refuses {command!r}: {reply}")
        return reply

    def reply(self, command: str) -> str:
        """The text that the server replies, be it an error."""
        raw = self._request(command)
        if not isinstance(raw, str):
            raise self._fault(f"replies with {len(raw)} bytes to {command!r}, where text belongs")
        return raw

    def picture(self, command: str) -> NDArray[np.uint8]:
        """The PNG that the server replies with, as uint8 RGB (height, width, 3).

        Raises `SimulatorFault` when it is none, is cut short, or has no fourth channel: the client's own decoder
        takes the last channel away unseen.
        """
        raw = self._bytes(command)
        import PIL.Image

        try:
            with PIL.Image.open(io.BytesIO(raw)) as image:
                picture = np.array(image)
        except (OSError, SyntaxError, ValueError) as error:
            raise self._fault(f"sends a damaged picture ({len(raw)} bytes) to {command!r}: {error}") from error
        if picture.ndim != 3 or picture.shape[2] != 4 or picture.dtype != np.uint8:
            raise self._fault(f"sends a picture of shape {picture.shape} to {command!r}; RGBA is due")
        return np.ascontiguousarray(picture[:, :, :3])

    def array(self, command: str) -> NDArray[np.float32]:
        """The npy that the server replies with, such as a depth picture (height, width)."""
        raw = self._bytes(command)
        try:
            array = np.load(io.BytesIO(raw), allow_pickle=False)
        except (ValueError, EOFError, OSError) as error:
            raise self._fault(f"sends a damaged array ({len(raw)} bytes) to {command!r}: {error}") from error
        return np.asarray(array, np.float32)

    def close(self) -> None:
        """Hang up; may be called twice."""
        client, self._client = self._client, None
        self._broken = self._broken or "the connection to UnrealCV has been closed"
        if client is not None:
            with _quiet():
                client.disconnect()

    def _bytes(self, command: str) -> bytes:
        raw = self._request(command)
        if isinstance(raw, str):
            if _is_error(raw):
                raise SimulatorFault(f"UnrealCV refuses {command!r}: {raw}")
            raise self._fault(f"replies with text to {command!r}, where a picture belongs: {raw[:80]!r}")
        return raw

    def _request(self, command: str) -> str | bytes:
        if self._broken or self._client is None:
            raise SimulatorFault(self._broken)
        try:
            with _quiet():
                raw = self._client.request(command, self._seconds)
        except TimeoutError as error:
            raise self._fault(f"has not answered {command!r} in {self._seconds:g} s{self._state()}") from error
        except (OSError, AssertionError) as error:
            raise self._fault(f"hung up during {command!r}: start the binary again") from error
        if raw is None or not isinstance(raw, str | bytes):
            raise self._fault(f"hung up during {command!r}: start the binary again")
        return raw

    def _connect(self, seconds: float) -> None:
        patience = time.monotonic() + RELEASE_SECONDS
        while not self._is_served(seconds):
            if not self._is_open():
                raise self._fault("is not there: start the Unreal binary, or name another host and port")
            if time.monotonic() > patience:
                raise self._fault(
                    "takes no client: it serves one at a time (end the other; --workers 1), or it is no UnrealCV"
                )
            time.sleep(0.1)

    def _is_served(self, seconds: float) -> bool:
        """The client's own `connect`, from a thread that can be left behind; False when it is turned away."""
        self._client = client = _client(self._endpoint)
        thread = threading.Thread(target=client.connect, daemon=True)
        with _quiet():
            thread.start()
            thread.join(seconds)
            silent = thread.is_alive()
            if silent:
                _shut(client)
                thread.join(1.0)
        if silent:
            raise self._fault(
                f"takes the connection and says nothing in {seconds:g} s: it serves one client at a time, so end the "
                "other one (--workers 1); or it hangs, so start it again"
            )
        return bool(client.isconnected())

    def _state(self) -> str:
        """What can be told of a silent server from outside."""
        if self._is_open():
            return "; the binary is still there: it hangs or is too slow, start it again"
        return "; nobody listens there any more: the binary has ended, start it again"

    def _is_open(self) -> bool:
        """Whether anybody listens there."""
        try:
            socket.create_connection(self._endpoint, timeout=1.0).close()
        except OSError:
            return False
        return True

    def _fault(self, what: str) -> SimulatorFault:
        self._broken = f"UnrealCV at {self.address} {what}"
        return SimulatorFault(self._broken)


def _is_error(reply: str) -> bool:
    return reply.startswith("error")


def _client(endpoint: tuple[str, int]) -> Any:
    try:
        with _quiet():
            import unrealcv
    except ImportError as error:
        raise SimulatorFault(f"the unrealcv client can't be imported ({error}): {' && '.join(INSTALL)}") from error
    logging.getLogger("unrealcv").setLevel(logging.CRITICAL)

    class Client(unrealcv.Client):  # type: ignore[misc]
        """The client, that tells at once when its server is gone, and tells it to who waits for a reply."""

        RECONNECT_ATTEMPTS = 0

        def receive_loop_queue(self) -> None:
            try:
                super().receive_loop_queue()
            except (OSError, AssertionError) as error:
                self.recv_data_q.put(error)

    return Client(endpoint)


@contextmanager
def _quiet() -> Iterator[None]:
    """What the client has to say is in our errors; stdout is the caller's."""
    with redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _shut(client: Any) -> None:
    """Wake a client that waits on its socket."""
    waiting = client.sock
    if waiting is not None:
        try:
            waiting.shutdown(socket.SHUT_RDWR)
        except OSError:
            return
