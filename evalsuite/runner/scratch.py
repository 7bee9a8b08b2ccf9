"""The temporary folder of a run, the processes started in it, and that neither outlives the driver."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from evalsuite.errors import UsageError
from evalsuite.runner.environment_variables import KEPT_MEMORY, ONE_THREAD
from evalsuite.runner.families import MARK, Family, end_family, start_time
from evalsuite.runner.leftovers import LEFTOVERS, sweep_leftovers
from evalsuite.runner.processes import Forks, Process, StartedProcess
from evalsuite.runner.run_logs import ProcessLogs
from evalsuite.runner.wire import Channel

_LAST_WORDS_CHARACTERS = 300


class Scratch:
    """A context: on leaving it, every process started here is gone and so is the folder, even after kill -9.

    Where it is given `logs`, what the processes say goes there.
    """

    def __init__(self) -> None:
        self.mark = secrets.token_hex(8)
        self.logs: ProcessLogs | None = None

    def __enter__(self) -> Scratch:
        self.folder = Path(tempfile.mkdtemp(prefix="evalsuite-"))
        self._children: set[Child] = set()
        self._forks: Forks | None = None
        self._started = 0
        self._guard = subprocess.Popen(
            [sys.executable, "-m", "evalsuite.runner.guard", self.mark, str(self.folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env={**os.environ, "PYTHONPATH": _python_path()},
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for child in list(self._children):
            child.kill()
        if self._forks is not None:
            self._forks.close()
        end_family(self.mark, {})
        shutil.rmtree(self.folder, ignore_errors=True)
        self.tell_guard("done")
        with contextlib.suppress(BrokenPipeError):
            assert self._guard.stdin is not None
            self._guard.stdin.close()
        try:
            self._guard.wait(timeout=5.0)
        except subprocess.TimeoutExpired:
            self._guard.kill()
            self._guard.wait()

    def prepare_forks(self, module: str) -> None:
        """Begin to import what `module` needs, once for all its processes that will be `forked`."""
        if self._forks is None and Forks.possible():
            mine, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            with self._refused(), theirs, self._place("forks") as place:
                arguments = ["--control", str(theirs.fileno()), "--folder", str(place.folder)]
                started = self._popen("evalsuite.runner.fork_server", arguments, place, [theirs.fileno()], inside=True)
            self.tell_guard(f"+{started.pid} {start_time(started.pid)}")
            self._forks = Forks(started, mine, module)

    def start(
        self,
        module: str,
        name: str,
        arguments: Sequence[str],
        *,
        share: Sequence[int],
        inside: bool = False,
        python: str = sys.executable,
        forked: bool = False,
    ) -> Child:
        """Start `python -m module` with a control channel, in a session and a folder of its own.

        Args:
            module: takes `--control FD` and `--folder FOLDER` before `arguments`.
            name: of its folder, made unique by a number.
            share: file descriptors that it inherits under the same numbers.
            inside: whether it works in its own folder, or where the driver does.
            python: the interpreter. Another than the driver's has `evalsuite` and all else of its own: nothing of the
                driver's search path reaches it.
            forked: whether it may be a copy of the process that `prepare_forks` has started. It has to work `inside`.

        `ONE_THREAD` and `KEPT_MEMORY` hold for it unless the person's environment says otherwise.

        Raises `UsageError` where this machine lets nothing more be started, such as on a disk without room.
        """
        mine, theirs = socket.socketpair()
        control = theirs.fileno()
        with self._refused(), theirs, self._place(name, python) as place:
            arguments = ["--control", str(control), "--folder", str(place.folder), *arguments]
            process: Process | None = None
            if forked and inside and python == sys.executable and self._forks is not None:
                process = self._forks.fork(
                    module,
                    arguments,
                    environment=place.environment,
                    folder=str(place.folder),
                    log=place.log,
                    share=[control, *share],
                )
            if process is None:
                process = StartedProcess(
                    self._popen(module, arguments, place, [control, *share], inside=inside, python=python)
                )
        self.tell_guard(f"+{process.pid} {start_time(process.pid)}")
        child = Child(self, name, process, Channel(mine), place.folder, place.environment[MARK])
        self._children.add(child)
        return child

    @contextlib.contextmanager
    def _refused(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            why = f"{error.strerror or error}; mend that and run the same command to go on"
            raise UsageError(f"can't start a process in {self.folder}: {why}") from error

    @contextlib.contextmanager
    def _place(self, name: str, python: str = sys.executable) -> Iterator[_Place]:
        """A new process's folder, environment and log, which is open meanwhile."""
        self._started += 1
        folder = self.folder / f"{name}-{self._started}"
        (folder / "tmp").mkdir(parents=True)
        environment = {
            **os.environ,
            MARK: f"{self.mark}/{self._started}/",
            LEFTOVERS: str(folder / "leftovers"),
            "TMPDIR": str(folder / "tmp"),
            "PYTHONUNBUFFERED": "1",
        }
        if python == sys.executable:
            environment["PYTHONPATH"] = _python_path()
        else:
            environment = without_search_path(environment)
        environment = {**ONE_THREAD, **KEPT_MEMORY, **environment}
        with open(folder / "log", "ab") as log:
            yield _Place(folder, environment, log.fileno())

    @staticmethod
    def _popen(
        module: str,
        arguments: Sequence[str],
        place: _Place,
        share: Sequence[int],
        *,
        inside: bool,
        python: str = sys.executable,
    ) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [python, "-m", module, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=place.log,
            stderr=place.log,
            start_new_session=True,
            pass_fds=share,
            cwd=place.folder if inside else None,
            env=place.environment,
        )

    @contextlib.contextmanager
    def here(self, name: str) -> Iterator[Path]:
        """A folder in which this very process starts a simulator; what that starts belongs to the family too."""
        folder = self.folder / name
        folder.mkdir()
        before = {variable: os.environ.get(variable) for variable in (MARK, LEFTOVERS)}
        os.environ.update({MARK: f"{self.mark}/{name}/", LEFTOVERS: str(folder / "leftovers")})
        try:
            yield folder
        finally:
            for variable, value in before.items():
                if value is None:
                    del os.environ[variable]
                else:
                    os.environ[variable] = value
            sweep_leftovers(folder / "leftovers")

    def tell_guard(self, line: str) -> None:
        assert self._guard.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._guard.stdin.write(line.encode() + b"\n")
            self._guard.stdin.flush()

    def hand_over_logs(self) -> None:
        """Give the run's logs what every process has said since the last time."""
        for child in self._children:
            child.hand_over_log()

    def forget(self, child: Child) -> None:
        self._children.discard(child)


@dataclass(frozen=True)
class _Place:
    folder: Path
    environment: dict[str, str]
    log: int


class Child:
    """A process of ours and its control channel."""

    def __init__(
        self,
        scratch: Scratch,
        name: str,
        process: Process,
        channel: Channel,
        folder: Path,
        mark: str,
    ) -> None:
        self.name = name
        self.channel = channel
        self.folder = folder
        self._scratch = scratch
        self._process = process
        self._mark = mark

    @property
    def pid(self) -> int:
        return self._process.pid

    def hand_over_log(self, *, last: bool = False) -> None:
        """Give the run's logs, if there are any, what the process has said since the last time."""
        logs = self._scratch.logs
        if logs is not None:
            logs.take_over(self.name, self.folder / "log")
            if last:
                logs.forget(self.folder / "log")

    def note_in_log(self, content: Mapping[str, object]) -> None:
        """Add a line of JSON after what it has said until now."""
        if self._scratch.logs is not None:
            self.hand_over_log()
            self._scratch.logs.note(self.name, content)

    @property
    def family(self) -> Family:
        """What tells this process's family from others."""
        return Family(self._mark, self.pid, start_time(self.pid))

    def ask_to_stop(self) -> None:
        """Interrupt what it is doing; whether it obeys is its own affair."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)

    def has_exited(self) -> bool:
        return self._process.has_exited()

    def kill(self, *, grace: float = 0.0) -> str:
        """End it with all that it started, remove what they left; returns how it ended, in a few words.

        Args:
            grace: seconds in which it may end by itself.

        Its number stays ours until it is waited for, so that is done last.
        """
        self.wait(time.monotonic() + grace)
        exited = self.has_exited()
        end_family(self._mark, {self.pid: start_time(self.pid)})
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        code = self._process.wait()
        words = _last_words(self.folder / "log")
        self.hand_over_log(last=True)
        sweep_leftovers(self.folder / "leftovers")
        shutil.rmtree(self.folder, ignore_errors=True)
        self.channel.close()
        self._scratch.tell_guard(f"-{self.pid}")
        self._scratch.forget(self)
        ending = "was killed" if not exited else _ending(code)
        return f"{ending} ({words})" if words else ending

    def wait(self, deadline: float) -> None:
        """Give it until `deadline` (of `time.monotonic`) to end by itself."""
        while not self.has_exited() and time.monotonic() < deadline:
            time.sleep(0.005)


def _ending(code: int | None) -> str:
    if code is None:
        return "ended"
    return f"ended with code {code}" if code >= 0 else f"died of {_signal(-code)}"


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _last_words(log: Path) -> str:
    try:
        with open(log, "rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - 4096))
            lines = file.read().decode(errors="replace").splitlines()
    except OSError:
        return ""
    said = [line.strip() for line in lines if line.strip()]
    words = said[-1] if said else ""
    return words if len(words) <= _LAST_WORDS_CHARACTERS else words[: _LAST_WORDS_CHARACTERS - 1] + "…"


def without_search_path(environment: Mapping[str, str]) -> dict[str, str]:
    """`environment` for another interpreter, which looks for modules where it would if nobody had set anything."""
    ours = ("PYTHONPATH", "PYTHONHOME", "PYTHONSAFEPATH", "__PYVENV_LAUNCHER__")
    return {name: value for name, value in environment.items() if name not in ours}


def _python_path() -> str:
    """The driver's own search path, so that its processes find what it found."""
    return os.pathsep.join(os.path.abspath(entry) for entry in sys.path)
