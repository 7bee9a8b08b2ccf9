"""What a run has left behind: processes, shared memory, temporary files."""

from __future__ import annotations

import contextlib
import os
import secrets
import time
from pathlib import Path

from tests.worlds import environment_with_grid_world
from tests.worlds.grid_world import TOKEN

PATIENCE_SECONDS = 10.0


class Playground:
    """A temporary folder and a token in the environment, by which everything that a run leaves can be found."""

    def __init__(self, folder: Path) -> None:
        self.temporary = folder / "temporary"
        self.temporary.mkdir()
        self.token = secrets.token_hex(8)

    @property
    def environment(self) -> dict[str, str]:
        return {**environment_with_grid_world(), "TMPDIR": str(self.temporary), TOKEN: self.token}

    def remains(self) -> list[str]:
        """What there is now; empty when nothing was left behind."""
        found = [str(path) for path in self.temporary.iterdir()]
        found += [str(path) for path in Path("/dev/shm").glob(f"evalgrid-{self.token}-*")]
        return found + [f"{pid} {words!r}" for pid, words in self.processes().items()]

    def processes(self) -> dict[int, bytes]:
        """Number -> command line of those that there are now."""
        found = {}
        wanted = f"{TOKEN}={self.token}".encode()
        for process in Path("/proc").iterdir():
            if process.name.isdigit() and int(process.name) != os.getpid():
                with contextlib.suppress(OSError):
                    if wanted in (process / "environ").read_bytes().split(b"\0"):
                        found[int(process.name)] = (process / "cmdline").read_bytes()
        return found

    def remains_after_a_while(self) -> list[str]:
        """What is still there after some seconds of grace."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (remains := self.remains()) and time.monotonic() < deadline:
            time.sleep(0.05)
        return remains
