"""Memory of the driver over many episodes of a world without an engine.

    python tests/benchmarks/runner_memory.py [--episodes 20000] [--workers 2]

The driver's resident memory is read as episodes are settled: it must stay flat. The policy is `noop`, which runs
beside the simulator, so that nothing here loads torch.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
sys.path[:0] = [str(CHECKOUT), str(CHECKOUT / "tests" / "benchmarks" / "worlds")]

from evalsuite.policies.references import parse_reference  # noqa: E402
from evalsuite.runner.run import run_suite  # noqa: E402
from evalsuite.runner.status import RunStatus  # noqa: E402
from tests.benchmarks.worlds.instant import instant_suite  # noqa: E402

LIMIT_MEGABYTES = 300.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--episodes", type=int, default=20000)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    suite = instant_suite(arguments.episodes)
    marks = [arguments.episodes * tenth // 10 for tenth in range(11)]
    seen: list[float] = []

    def look(status: RunStatus) -> None:
        while len(seen) < len(marks) and status.settled >= marks[len(seen)]:
            seen.append(_resident_megabytes())
            print(f"{status.settled:>7} episodes after {status.seconds:6.0f} s: {seen[-1]:.0f} MB", flush=True)

    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        result = run_suite(
            suite, [parse_reference("noop")], out=Path(folder) / "run", workers=arguments.workers, progress=look
        )
    rate = result.episodes / (time.monotonic() - begun)
    print(f"{rate:.0f} episodes/s; grew by {seen[-1] - seen[1]:.0f} MB from the first tenth to the end")
    if max(seen) > LIMIT_MEGABYTES:
        raise SystemExit(f"the driver took {max(seen):.0f} MB, more than {LIMIT_MEGABYTES:.0f}")


def _resident_megabytes() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


if __name__ == "__main__":
    main()
