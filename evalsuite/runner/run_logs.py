"""What a run's processes have said, in its folder: a file a worker, and one a policy, for each driver.

A process writes to a file of its own in the temporary folder, so that a full disk or a slow one where the run lies can
neither stop it nor fail its episode. From there the driver takes over what is new, and bounds it: of a long log the
beginning and the end stay. Between the lines stands which attempt begins, as JSON. Derived: nothing reads it back.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

from evalsuite.records.folder import LOGS_FOLDER

HEAD_BYTES = 64 * 2**10
TAIL_BYTES = 256 * 2**10
"""Of a long log at least so much of its end stays, and at most twice that."""

SOURCE_BYTES = 8 * 2**20
"""Of what a process has written in the temporary folder, after which that is emptied."""


def policy_log(label: str) -> str:
    """The name of the log of the processes that hold the policy `label`."""
    return f"policy-{label}"


class RunLogs:
    """The logs of one driver.

    Args:
        run: the run folder.
        writer: of the driver, which names the folder of its logs.
    """

    def __init__(self, run: Path, writer: str) -> None:
        self._run = run
        self._folder = run / LOGS_FOLDER / writer
        self._taken: dict[Path, int] = {}

    def file_of(self, name: str) -> str:
        """Where in the run folder the log of `name` lies; empty when there is none."""
        path = self._folder / f"{name}.log"
        return path.relative_to(self._run).as_posix() if path.exists() else ""

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
            self._append(name, content)

    def note(self, name: str, content: Mapping[str, object]) -> None:
        """Add a line of JSON to the log of `name`."""
        with contextlib.suppress(OSError):
            self._append(name, json.dumps(content).encode() + b"\n")

    def forget(self, source: Path) -> None:
        """Its process is gone."""
        self._taken.pop(source, None)

    def _append(self, name: str, content: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{name}.log"
        with open(path, "ab") as file:
            file.write(content)
            size = file.tell()
        if size > HEAD_BYTES + 2 * TAIL_BYTES:
            whole = path.read_bytes()
            left_out = b"\n[%d bytes are left out here]\n" % (size - HEAD_BYTES - TAIL_BYTES)
            path.write_bytes(whole[:HEAD_BYTES] + left_out + whole[-TAIL_BYTES:])
