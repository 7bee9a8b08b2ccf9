"""Cleans up after a driver that was killed: `python -m evalsuite.runner.guard MARK FOLDER`.

Its standard input is a pipe from the driver. As long as the driver lives it hears `+PID START` and `-PID` for every
process that is started and gone. A driver that ends well says `done`; when the pipe closes without it, the guard
kills the driver's whole family, sweeps what it left and removes its folder. No handler in the driver could
do that: kill -9 runs none.

Standard library only, so that it starts fast and stays small.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from pathlib import Path

from evalsuite.runner.families import MARK, end_family
from evalsuite.runner.leftovers import sweep_leftovers


def main(mark: str, folder: Path) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    os.environ.pop(MARK, None)
    leaders: dict[int, str] = {}
    for line in sys.stdin:
        words = line.split()
        if words == ["done"]:
            return
        pid = int(words[0][1:])
        if words[0].startswith("+"):
            leaders[pid] = words[1] if len(words) > 1 else ""
        else:
            leaders.pop(pid, None)
    end_family(mark, leaders)
    for declarations in folder.glob("*/leftovers"):
        sweep_leftovers(declarations)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
