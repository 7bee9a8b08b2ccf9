"""What a run's processes have said, in its folder: a file a worker, and one a policy, for each driver.

A process writes to a file of its own in the temporary folder, so that a full disk or a slow one where the run lies can
neither stop it nor fail its episode. From there the driver takes over what is new, and bounds it: of a long log the
beginning and the end stay. Between the lines stands which attempt begins, as JSON. Derived: nothing reads it back.
"""

from __future__ import annotations

import contextlib
import json
import os
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from evalsuite.records.folder import LOGS_FOLDER

HEAD_BYTES = 64 * 2**10
TAIL_BYTES = 256 * 2**10
"""Of a long log at least so much of its end stays, and at most twice that."""

SOURCE_BYTES = 8 * 2**20
"""Of what a process has written in the temporary folder, after which that is emptied."""


def policy_log(label: str, worker_log: str = "") -> str:
    """The name of the log of the processes that hold the policy `label`, of the same driver as `worker_log`."""
    return str(PurePosixPath(worker_log).parent / f"policy-{label}")


class ProcessLogs(ABC):
    """What the processes of one driver say, taken over from the files that they write to."""

    def __init__(self) -> None:
        self._taken: dict[Path, int] = {}

    @abstractmethod
    def add(self, name: str, content: bytes) -> None:
        """Add `content` to the log of `name`. Raises `OSError` where that can't be kept."""

    def file_of(self, name: str) -> str:
        """Where in the run folder the log of `name` lies; empty when there is none."""
        return ""

    def take_over(self, name: str, source: Path) -> None:
        """Add to the log of `name` what its process has written to `source` since the last time."""
        with contextlib.suppress(OSError), open(source, "rb") as file:
            size, taken = os.fstat(file.fileno()).st_size, self._taken.get(source, 0)
            if size <= taken:
                return
            file.seek(max(taken, size - HEAD_BYTES - TAIL_BYTES))
            content = file.read()
            self._taken[source] = size
            if size > SOURCE_BYTES:
                os.truncate(source, 0)
                self._taken[source] = 0
            self.add(name, content)

    def note(self, name: str, content: Mapping[str, object]) -> None:
        """Add a line of JSON to the log of `name`."""
        with contextlib.suppress(OSError):
            self.add(name, json.dumps(content).encode() + b"\n")

    def forget(self, source: Path) -> None:
        """Its process is gone."""
        self._taken.pop(source, None)


class RunLogs(ProcessLogs):
    """Logs in the run folder. A name may have a folder before it, where a driver keeps those of others.

    Args:
        run: the run folder.
        writer: of the driver, which names the folder of its logs.
    """

    def __init__(self, run: Path, writer: str) -> None:
        super().__init__()
        self._run = run
        self._folder = run / LOGS_FOLDER / writer

    def file_of(self, name: str) -> str:
        path = self._folder / f"{name}.log"
        return path.relative_to(self._run).as_posix() if path.exists() else ""

    def add(self, name: str, content: bytes) -> None:
        path = self._folder / f"{name}.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "ab") as file:
            file.write(content)
            size = file.tell()
        if size > HEAD_BYTES + 2 * TAIL_BYTES:
            whole = path.read_bytes()
            left_out = b"\n[%d bytes are left out here]\n" % (size - HEAD_BYTES - TAIL_BYTES)
            path.write_bytes(whole[:HEAD_BYTES] + left_out + whole[-TAIL_BYTES:])
