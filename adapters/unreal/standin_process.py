"""A stand-in server as a process of its own, on a free port of the loopback, that never outlives who started it."""

from __future__ import annotations

import contextlib
import os
import secrets
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from evalsuite.errors import SimulatorFault
from evalsuite.runner.families import MARK, end_family, start_time

OWNER = "EVALSUITE_UNREAL_OWNER"
"""Environment variable: the process that the stand-in must not outlive."""

PATIENCE_SECONDS = 0.5
START_SECONDS = 60.0


class StandIn:
    """`python -m MODULE --port-file FILE ARGUMENTS`, started; `port` is where it listens.

    Args:
        module: binds a port of 127.0.0.1, then writes its number into FILE, whole (`write_port`).
        folder: where it may keep files; its log lies there.

    Raises:
        SimulatorFault: when it does not come up within `START_SECONDS`.
    """

    def __init__(self, module: str, folder: Path, *arguments: str) -> None:
        self._folder = Path(tempfile.mkdtemp(dir=folder, prefix="stand-in-"))
        self._mark = f"{os.environ.get(MARK, '')}unreal-{secrets.token_hex(6)}/"
        self._log = self._folder / "log"
        port_file = self._folder / "port"
        with open(self._log, "wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", module, "--port-file", str(port_file), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._folder,
                env={
                    **os.environ,
                    MARK: self._mark,
                    OWNER: str(os.getpid()),
                    "PYTHONPATH": os.pathsep.join(os.path.abspath(entry) for entry in sys.path),
                },
            )
        self.port = self._port(port_file)

    @property
    def pid(self) -> int:
        return self._process.pid

    def close(self) -> None:
        """End it with all that it started; may be called twice."""
        end_family(self._mark, {})
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        self._process.wait()

    def _port(self, port_file: Path) -> int:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError, ValueError):
                return int(port_file.read_text())
            if self._process.poll() is not None:
                said = self._log.read_text(errors="replace").strip().splitlines()
                raise SimulatorFault(f"the stand-in ended at its start: {said[-1] if said else 'it said nothing'}")
            time.sleep(0.01)
        self.close()
        raise SimulatorFault(f"the stand-in did not come up within {START_SECONDS:g} s")


def write_port(port_file: Path, port: int) -> None:
    """In the stand-in: tell the port, in one piece."""
    draft = port_file.with_suffix(".draft")
    draft.write_text(str(port))
    draft.replace(port_file)


def end_with_owner() -> None:
    """In the stand-in: end this process once the one that started it is gone."""
    owner = int(os.environ.get(OWNER, os.getppid()))
    started = start_time(owner)

    def watch() -> None:
        stop = threading.Event()
        while not stop.wait(PATIENCE_SECONDS):
            if start_time(owner) != started:
                os._exit(0)

    threading.Thread(target=watch, daemon=True).start()
