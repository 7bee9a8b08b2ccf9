"""The run folder for writing: one driver at a time, one fsynced line an attempt, the only truth."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType

from evalsuite.errors import UsageError
from evalsuite.records.header import BudgetCut, EarlyStop, PolicyEntry, RunHeader
from evalsuite.records.provenance import provenance, utc_now
from evalsuite.records.reading import (
    EPISODES_FOLDER,
    HEADER_FILE,
    SUITE_FILE,
    episode_files,
    read_header,
    read_records,
)
from evalsuite.records.record import Record
from evalsuite.suite.files import save_suite
from evalsuite.suite.scenario import Suite
from evalsuite.whole_files import sync_folder, write_whole

STATUS_FILE = "status.json"
LOGS_FOLDER = "logs"
LOCK_FILE = ".lock"
LOCK_SECONDS = 0.2


def check_out(path: Path, suite: Suite, policies: Sequence[PolicyEntry], *, rehearsal: bool) -> None:
    """Raise `UsageError` unless a run can be begun at `path`, or the one there continued. Writes nothing."""
    if (path / HEADER_FILE).exists():
        _check_same_run(path, read_header(path), suite, policies, rehearsal=rehearsal)
        try:
            with _locked(path):
                return
        except OSError as error:
            raise UsageError(
                f"--out {path} can't be written: {error.strerror or error}; name another folder"
            ) from error
    if path.is_dir():
        others = {each.name for each in path.iterdir() if not each.name.startswith(".")}
        others -= {SUITE_FILE, EPISODES_FOLDER, STATUS_FILE, LOGS_FOLDER}
        if others:
            raise UsageError(f"--out {path} holds something that is no run ({sorted(others)[0]}); name another folder")
    check_can_be_folder(path)


def check_can_be_folder(path: Path) -> None:
    """Raise `UsageError` unless `path` is a folder that may be written to, or can be made. Writes nothing."""
    if path.exists() and not path.is_dir():
        raise UsageError(f"--out {path} is a file; name a folder")
    above = path.absolute()
    while not above.exists() and above != above.parent:
        above = above.parent
    if not above.is_dir() or not os.access(above, os.W_OK | os.X_OK):
        raise UsageError(f"--out {path} can't be written: {above} is no folder that you may write to")


class RunFolder:
    """A run folder held open by this driver. A context: leaving it lets another driver in.

    Args:
        path: of the folder.
        header: as it stands in run.json.
        records: the attempts that earlier drivers recorded.

    `writer` names this driver among those that have been at work here.
    """

    def __init__(self, path: Path, header: RunHeader, records: list[Record], lock: int) -> None:
        self.path = path
        self.header = header
        self.records = records
        self.writer = f"{time.time_ns():020d}-{socket.gethostname()}-{os.getpid()}".replace("/", "_")
        self._lock = lock
        self._writer: int | None = None

    @classmethod
    def open(
        cls, path: Path, suite: Suite, policies: Sequence[PolicyEntry], seeds: Sequence[int], *, rehearsal: bool
    ) -> RunFolder:
        """Begin a run at `path`, or continue the one there: its torn tails are cut, its header is extended.

        Raises `UsageError` when the folder holds another run, is held by another driver, or can't be written.
        """
        try:
            (path / EPISODES_FOLDER).mkdir(parents=True, exist_ok=True)
            lock = _take_lock(path)
            try:
                for file in episode_files(path):
                    _cut_torn_tail(file)
                for name in (HEADER_FILE, SUITE_FILE):
                    for half_written in path.glob(f".{name}.*"):
                        half_written.unlink()
                if (path / HEADER_FILE).exists():
                    header = read_header(path)
                    _check_same_run(path, header, suite, policies, rehearsal=rehearsal)
                    header = _extended(header, policies, seeds)
                else:
                    save_suite(suite, path / SUITE_FILE)
                    header = RunHeader(
                        run=secrets.token_hex(8),
                        suite=suite.suite,
                        suite_version=suite.version,
                        suite_sha256=suite.sha256(),
                        scenarios=len(suite.scenarios),
                        policies=tuple(policies),
                        seeds=tuple(seeds),
                        rehearsal=rehearsal,
                        sessions=(provenance(),),
                    )
                _write_header(path, header)
                folder = cls(path, header, read_records(path), lock)
                os.ftruncate(lock, 0)
                os.pwrite(lock, f"{folder.writer} {utc_now()}\n".encode(), 0)
                return folder
            except BaseException:
                os.close(lock)
                raise
        except OSError as error:
            raise UsageError(
                f"--out {path} can't be written: {error.strerror or error}; name another folder"
            ) from error

    def __enter__(self) -> RunFolder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._writer is not None:
            os.close(self._writer)
        os.close(self._lock)

    def append(self, record: Record) -> None:
        """Acknowledge an attempt: once this returns, it survives kill -9 and a loss of power.

        Raises `UsageError` when the line can't be written whole, so that nothing of it stays, or when the
        folder has been removed.
        """
        line = record.line()
        try:
            if self._writer is None:
                self._writer = self._open_writer()
            before = os.fstat(self._writer).st_size
            try:
                written = os.write(self._writer, line)
                if written != len(line):
                    raise OSError(0, "the disk is full")
                os.fsync(self._writer)
            except OSError:
                os.ftruncate(self._writer, before)
                raise
            if os.fstat(self._writer).st_nlink == 0:
                raise UsageError(f"the run folder {self.path} was removed while it was written; start the run again")
        except OSError as error:
            raise _cannot_record(self.path, error) from error

    def note_engine(self, world: str, engine: Mapping[str, str]) -> None:
        """Put what runs under `world` into the header, unless it stands there already."""
        if self.header.engines.get(world) != dict(engine):
            engines = {**self.header.engines, world: dict(engine)}
            self._note(engines=engines)

    def note_stop(self, stop: EarlyStop) -> None:
        """Put into the header that a policy's episodes were cut short, unless it stands there already."""
        if stop not in self.header.stops:
            self._note(stops=(*self.header.stops, stop))

    def note_cuts(self, policies: Sequence[str], cuts: Sequence[BudgetCut]) -> None:
        """Put into the header how far a budget went for `policies`, in place of what stood there of them."""
        others = [cut for cut in self.header.cuts if cut.policy not in policies]
        if (*others, *cuts) != self.header.cuts:
            self._note(cuts=(*others, *cuts))

    @classmethod
    def note_cuts_at(cls, path: Path, policies: Sequence[str], cuts: Sequence[BudgetCut]) -> None:
        """The same in a folder that nothing is to be played in. Raises `UsageError`."""
        with _locked(path) as lock:
            cls(path, read_header(path), [], lock).note_cuts(policies, cuts)

    @classmethod
    def note_steps_at(cls, path: Path, policies: Sequence[PolicyEntry]) -> None:
        """Put into the header of the run at `path` of which training steps those of `policies` are that it has.

        Raises `UsageError`.
        """
        steps = {each.label: each.step for each in policies if each.step is not None}
        with _locked(path) as lock:
            folder = cls(path, read_header(path), [], lock)
            known = folder.header.policies
            entries = tuple(each.model_copy(update={"step": steps.get(each.label, each.step)}) for each in known)
            if entries != known:
                folder._note(policies=entries)

    def _note(self, **changes: object) -> None:
        """Change the header. Raises `UsageError` when it can't be written; then nothing has changed."""
        header = self.header.model_copy(update=changes)
        try:
            _write_header(self.path, header)
        except OSError as error:
            raise _cannot_record(self.path, error) from error
        self.header = header

    def _open_writer(self) -> int:
        path = self.path / EPISODES_FOLDER / f"{self.writer}.jsonl"
        writer = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o644)
        sync_folder(path.parent)
        return writer


def _cannot_record(path: Path, error: OSError) -> UsageError:
    return UsageError(f"can't record in {path}: {error.strerror or error}; mend that and run the same command to go on")


def _check_same_run(
    path: Path, header: RunHeader, suite: Suite, policies: Sequence[PolicyEntry], *, rehearsal: bool
) -> None:
    if header.suite_sha256 != suite.sha256():
        raise UsageError(
            f"--out {path} holds a run of {header.suite} {header.suite_version} ({header.suite_sha256[:12]}), "
            f"not of {suite.suite} {suite.version} ({suite.sha256()[:12]}); name another folder"
        )
    if header.rehearsal != rehearsal:
        kind = "a rehearsal" if header.rehearsal else "no rehearsal"
        raise UsageError(f"--out {path} holds a run that is {kind}; name another folder")
    known = {entry.label: entry.sha256 for entry in header.policies}
    for entry in policies:
        if known.get(entry.label, entry.sha256) != entry.sha256:
            raise UsageError(
                f"--out {path} holds another policy under the label {entry.label!r} (sha256 {known[entry.label][:12]}, "
                f"now {entry.sha256[:12]}), and a changed policy is another one: name another folder, or give it a "
                f"label of its own with --policy LABEL=REF"
            )


def _extended(header: RunHeader, policies: Sequence[PolicyEntry], seeds: Sequence[int]) -> RunHeader:
    labels = {entry.label for entry in header.policies}
    return header.model_copy(
        update={
            "policies": (*header.policies, *(entry for entry in policies if entry.label not in labels)),
            "seeds": (*header.seeds, *(seed for seed in seeds if seed not in header.seeds)),
            "sessions": (*header.sessions, provenance()),
        }
    )


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[int]:
    lock = _take_lock(path)
    try:
        yield lock
    finally:
        os.close(lock)


def driver_at_work(path: Path) -> tuple[str, str] | None:
    """The writer that holds the run folder `path` open and since when (UTC, ISO 8601); None when nobody does.

    Both are empty as long as it has only just come.
    """
    try:
        lock = os.open(path / LOCK_FILE, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        writer, _, since = os.pread(lock, 1024, 0).decode(errors="replace").partition(" ")
        return writer, since.strip()
    else:
        return None
    finally:
        os.close(lock)


def _take_lock(path: Path) -> int:
    """Hold the folder; whoever only asked whether somebody does has let go of it after a moment."""
    lock = os.open(path / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    deadline = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() < deadline:
                time.sleep(LOCK_SECONDS / 10)
                continue
            os.close(lock)
            raise UsageError(f"another evalsuite is running in {path}; wait for it, or name another folder") from error
        return lock


def _cut_torn_tail(path: Path) -> None:
    with open(path, "r+b") as file:
        content = file.read()
        whole = content.rfind(b"\n") + 1
        if whole != len(content):
            file.truncate(whole)
            os.fsync(file.fileno())


def _write_header(path: Path, header: RunHeader) -> None:
    write_whole(path / HEADER_FILE, header.model_dump_json(by_alias=True, indent=1).encode() + b"\n")
