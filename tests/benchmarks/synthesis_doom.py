"""Scenarios per second of `evalsuite synthesize doom`, lock included, and the peak memory of its process tree.

    python -m tests.benchmarks.synthesis_doom [COUNT] [--workers 2] [--seed 0]

The target is 100,000 on 2 cores in 20 minutes and 500 MB. Processor time tells more than the clock on a machine that
others use too: it is that of the command and of every process that it started, the engines among them.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.benchmarks.process_tree import watched_tree

TARGET_COUNT, TARGET_MINUTES = 100_000, 20.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", type=int, nargs="?", default=2000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, watched_tree() as use:
        out = Path(folder) / "benchmark.jsonl"
        asked = ["synthesize", "doom", "--count", str(arguments.count), "--seed", str(arguments.seed)]
        begun, load = time.monotonic(), os.getloadavg()[0]
        subprocess.run(
            [sys.executable, "-m", "evalsuite", *asked, "--out", str(out), "--workers", str(arguments.workers)],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        seconds = time.monotonic() - begun
        megabytes = out.stat().st_size / 2**20
    rate, each = arguments.count / seconds, use.processor_seconds / arguments.count
    alone = TARGET_COUNT * each / arguments.workers / 60
    print(
        f"{arguments.count} scenarios by {arguments.workers} workers on {os.cpu_count()} cores; load before: {load:.1f}"
    )
    print(f"by the clock       {rate:6.1f} a second; {TARGET_COUNT}: {TARGET_COUNT / rate / 60:.1f} min")
    print(f"by processor time  {1000 * each:6.1f} ms each; {TARGET_COUNT} with a core a worker: {alone:.1f} min")
    print(f"target             {TARGET_COUNT} in {TARGET_MINUTES:g} min")
    print(f"peak memory of the tree {use.peak_megabytes:.0f} MB; the suite's file has {megabytes:.1f} MB")


if __name__ == "__main__":
    main()
