"""Real faults for the processes of a run: killed, stopped, cut off from each other, on a disk that is full."""

from __future__ import annotations

import contextlib
import ctypes
import itertools
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from evalsuite.commands.main import EXIT_INTERRUPTED, EXIT_USAGE
from evalsuite.records.reading import read_records, settled
from evalsuite.records.record import EpisodeKey, Record
from tests.worlds.grid_world import TOKEN
from tests.worlds.remains import Playground

OURS = ("worker", "policy_host", "guard", "fork_server", "on_ray.node_driver", "on_ray.policy_server")
ENGINES = ("fragile_engine.py", "vizdoom")
LIMIT_SECONDS = 300.0
SIGNALS = {"kill": signal.SIGKILL, "end": signal.SIGTERM, "stop": signal.SIGSTOP}
FULL_SECONDS = 1.0
STOPPED_SECONDS = 5.0
"""Of the driver: longer than any phase of the world `driven` may last."""

FAULTS = {
    "kill worker": 3,
    "end worker": 1,
    "stop worker": 3,
    "cut worker off": 3,
    "kill engine": 2,
    "stop engine": 3,
    "cut engine off": 2,
    "kill policy_host": 1,
    "kill fork_server": 1,
    "end policy_host": 1,
    "stop policy_host": 1,
    "cut policy_host off": 2,
    "kill driver": 3,
    "end driver": 1,
    "stop driver": 1,
    "full disk": 2,
}
"""Kind -> how often. Together 30."""

FILES = 3000
"""That a small disk has room for."""

PIDFD_GETFD = 438
"""The number of that system call on every machine that has it."""


@dataclass
class Chaos:
    """A run and all that happens to it.

    Args:
        command: starts its driver, and starts it again after its end.
        out: the run folder.
        disk: the small file system that it lies on, with its temporary files; None for one that can't be filled.
        said: the file that drivers say to.
        acknowledged: lines of records that must never be lost.
        others: what else can happen, by its name in the list of faults.
        shared: files in /dev/shm that its processes had.
    """

    command: list[str]
    playground: Playground
    out: Path
    disk: Path | None
    said: Path
    dice: random.Random
    others: Mapping[str, Callable[[], None]] = field(default_factory=dict)
    drivers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    acknowledged: set[bytes] = field(default_factory=set)
    shared: set[str] = field(default_factory=set)

    def play(self, faults: Mapping[str, int], episodes: int) -> None:
        """Play all `episodes` and have all `faults` happen at moments between the first and the last of them."""
        kinds = [kind for kind, times in faults.items() for _ in range(times)]
        self.dice.shuffle(kinds)
        moments = sorted(self.dice.sample(range(1, episodes - episodes // 8), len(kinds)))
        try:
            self._start()
            for kind, moment in zip(kinds, moments, strict=True):
                self.wait(partial(self._has_settled, moment))
                self.shared |= self._shared_memory()
                self._happen(kind)
            self.wait(lambda: self.drivers[-1].poll() == 0)
        finally:
            if self.drivers[-1].poll() is None:
                self.drivers[-1].kill()
                self.drivers[-1].wait()

    def assert_nothing_lost_or_left(self, remains: Callable[[], list[str]]) -> None:
        lost = self.acknowledged - set(self._lines())
        assert not lost, f"lost: {lost}"
        left = remains() + [path for path in self.shared if os.path.exists(path)]
        assert not left, f"left: {left}"

    def start_until(self, episodes: int) -> subprocess.Popen[bytes]:
        """A driver that has come so far and goes on."""
        self._start()
        self.wait(partial(self._has_settled, episodes))
        return self.drivers[-1]

    def _start(self) -> None:
        with open(self.said, "ab") as said:
            self.drivers.append(
                subprocess.Popen(self.command, env=self.playground.environment, stdout=said, stderr=said)
            )

    def wait(self, until: Callable[[], bool]) -> None:
        """Wait, and start the driver again where it ended."""
        deadline = time.monotonic() + LIMIT_SECONDS
        while not until():
            code = self.drivers[-1].poll()
            if code not in (None, 0):
                assert code in (EXIT_USAGE, EXIT_INTERRUPTED, -signal.SIGKILL), (
                    f"the driver ended with {code}: {self.said.read_text()}"
                )
                self._start()
            assert time.monotonic() < deadline, f"not within {LIMIT_SECONDS:g} s: {self.said.read_text()}"
            time.sleep(0.01)

    def _has_settled(self, episodes: int) -> bool:
        return sum(b'"final":true' in line for line in self._lines()) >= episodes

    def _lines(self) -> Iterator[bytes]:
        for path in (self.out / "episodes").glob("*.jsonl"):
            yield from path.read_bytes().split(b"\n")[:-1]

    def _happen(self, kind: str) -> None:
        if kind in self.others:
            self.others[kind]()
            return
        if kind == "full disk":
            assert self.disk is not None
            filling = threading.Thread(target=fill_for_a_second, args=[self.disk])
            filling.start()
            self.wait(lambda: not filling.is_alive())
            return
        what, whom = kind.split()[:2]
        if whom == "driver":
            self.acknowledged.update(self._lines())
            if what != "stop":
                self.drivers[-1].send_signal(SIGNALS[what])
                self.drivers[-1].wait(LIMIT_SECONDS)
            else:
                self.drivers[-1].send_signal(signal.SIGSTOP)
                time.sleep(STOPPED_SECONDS)
                self.drivers[-1].send_signal(signal.SIGCONT)
            return
        self.wait(lambda: self._strike(what, whom))

    def _strike(self, what: str, whom: str) -> bool:
        """Do it to one of them; returns whether there was one."""
        victims = self.processes(whom)
        if not victims:
            return False
        try:
            if what == "cut":
                return cut_off(self.dice.choice(victims))
            os.kill(self.dice.choice(victims), SIGNALS[what])
        except (ProcessLookupError, FileNotFoundError):
            return False
        return True

    def processes(self, kind: str) -> list[int]:
        """Those that live and go on."""
        return [pid for pid, name in self._family() if name == kind and _state(pid) not in "TZX"]

    def _family(self) -> Iterator[tuple[int, str]]:
        """Every process of the run, and what it is."""
        mark = f"{TOKEN}={self.playground.token}".encode()
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                if entry.name.isdigit() and mark in (entry / "environ").read_bytes().split(b"\0"):
                    words = (entry / "cmdline").read_bytes().decode(errors="replace")
                    yield int(entry.name), _kind(words)

    def _shared_memory(self) -> set[str]:
        found: set[str] = set()
        for pid in (pid for pid, name in self._family() if name != "other"):
            with contextlib.suppress(OSError):
                lines = Path(f"/proc/{pid}/maps").read_text(errors="replace").splitlines()
                found |= {line.split(None, 5)[5] for line in lines if " /dev/shm/" in line}
        return found


def cut_off(pid: int) -> bool:
    """Shut its first socket down for whoever is at either end, as when a connection breaks; false if it has none."""
    sockets = [int(each.name) for each in Path(f"/proc/{pid}/fd").iterdir() if os.readlink(each).startswith("socket:")]
    if not sockets:
        return False
    process = os.pidfd_open(pid)
    try:
        ours = ctypes.CDLL(None, use_errno=True).syscall(PIDFD_GETFD, process, min(sockets), 0)
        if ours < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    finally:
        os.close(process)
    with socket.socket(fileno=ours) as end, contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    return True


@contextlib.contextmanager
def full(disk: Path) -> Iterator[None]:
    """Within it there is room on the disk for not a byte, and for not a file."""
    ballast = disk / "ballast"
    ballast.mkdir()
    try:
        with contextlib.suppress(OSError), open(ballast / "bytes", "wb", buffering=0) as file:
            while file.write(bytes(4096)):
                pass
        with contextlib.suppress(OSError):
            for number in itertools.count():
                (ballast / str(number)).touch()
        yield
    finally:
        shutil.rmtree(ballast)


def fill_for_a_second(disk: Path) -> None:
    with full(disk):
        time.sleep(FULL_SECONDS)


@contextlib.contextmanager
def small_disk(folder: Path, mebibytes: int) -> Iterator[Path | None]:
    """A file system of its own at `folder`; None where nobody may mount one."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m,nr_inodes={FILES}", "tmpfs", str(folder)]
    try:
        mounted = os.getuid() == 0 and subprocess.run(mount, capture_output=True, timeout=30.0).returncode == 0
    except OSError:
        mounted = False
    try:
        yield folder if mounted else None
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(folder)], check=True, timeout=30.0)


def outcomes(out: Path) -> dict[EpisodeKey, tuple[object, ...]]:
    """What must not depend on what happened."""
    return {key: _measured(record) for key, record in settled(read_records(out)).items()}


def _measured(record: Record) -> tuple[object, ...]:
    return (record.outcome, record.steps, record.final_frame_sha256, record.score, record.path_m)


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "X"


def _kind(words: str) -> str:
    if any(each in words for each in ENGINES):
        return "engine"
    return next((name for name in OURS if f"evalsuite.runner.{name}\0" in words), "other")


def driver_command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "tests.runner.patient_run", *arguments]
