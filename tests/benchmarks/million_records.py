"""Table, comparison and gate on a million episode records: seconds and memory of each, as commands.

    python -m tests.benchmarks.million_records [--records 1000000] [--folder DIR]

Two runs of half as many records each, of 15 cells, as long as real records are. The goal is 30 s and 2 GiB for the
three commands together on two cores.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from evalsuite.records.header import PolicyEntry, RunHeader
from evalsuite.records.reading import EPISODES_FOLDER, HEADER_FILE
from evalsuite.records.record import Record
from tests.reports.run_folders import DIFFICULTIES, INTERACTIONS, MOMENT, sha256_of

GOAL_SECONDS = 30.0
GOAL_GIB = 2.0
WRITERS = 4


def write_run(folder: Path, count: int, checkpoint: str, share: float) -> None:
    """`count` scenarios, one episode each; the outcome is the template's but for a share of `share`."""
    suite_sha256, sha256 = sha256_of("million"), sha256_of(checkpoint)
    (folder / EPISODES_FOLDER).mkdir(parents=True)
    header = RunHeader(
        run=checkpoint,
        suite="million",
        suite_version="1",
        suite_sha256=suite_sha256,
        scenarios=count,
        policies=(PolicyEntry(label="agent", reference=f"torchscript:{checkpoint}.pt", sha256=sha256),),
        seeds=(0,),
    )
    (folder / HEADER_FILE).write_text(header.model_dump_json(by_alias=True))
    dice = random.Random(checkpoint)
    cells = [(interaction, difficulty) for interaction in INTERACTIONS for difficulty in DIFFICULTIES]
    templates = {
        (cell, outcome): Record.model_validate(
            {
                "run": checkpoint,
                "suite": "million",
                "suite_sha256": suite_sha256,
                "scenario": "SCENARIO",
                "world": "doom",
                "interaction": cell[0],
                "difficulty": cell[1],
                "view": {"manhattan_m": 40.0, "visible_at_start": False, "angle_degrees": 91.5, "target_pixels": 410},
                "policy": "agent",
                "policy_sha256": sha256,
                "seed": 0,
                "attempt": 1,
                "final": True,
                "outcome": outcome,
                "reason": f"{cell[0]} done" if outcome == "success" else "600 steps are over",
                "steps": 431,
                "path_m": 51.23456,
                "nearest_m": 1.23456,
                "prediction": {"steps": 431.0, "visible_correct": 0.91, "point_error_px": 14.5},
                "seconds": {"start": 0.0, "reset": 0.1234, "goal_view": 0.0123, "step": 1.2345, "policy": 2.3456},
                "final_frame_sha256": sha256_of(str(cell)),
                "started": MOMENT,
                "finished": MOMENT,
            }
        ).line()
        for cell in cells
        for outcome in ("success", "failure", "error")
    }
    files = [open(folder / EPISODES_FOLDER / f"{number}-writer.jsonl", "wb") for number in range(WRITERS)]  # noqa: SIM115
    for number in range(count):
        cell = cells[number % len(cells)]
        common = random.Random(number).random()
        luck = common if dice.random() < 0.5 else dice.random()
        outcome = "error" if dice.random() < 0.005 else "success" if luck < share else "failure"
        name = f"{cell[0]}-{cell[1]}-{number}".encode()
        files[number % WRITERS].write(templates[cell, outcome].replace(b"SCENARIO", name))
    for file in files:
        file.close()


def measured(*words: str) -> tuple[float, float, float, int]:
    """(wall seconds, CPU seconds, peak GiB, exit code) of one command."""
    begun = time.monotonic()
    process = subprocess.Popen([sys.executable, "-m", "evalsuite", *words], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    cpu = usage.ru_utime + usage.ru_stime
    return time.monotonic() - begun, cpu, usage.ru_maxrss / 2**20, process.returncode


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, help="where the runs are written; kept, and used again if there")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or Path(temporary)
        base, candidate = folder / "base", folder / "candidate"
        for path, share in ((base, 0.28), (candidate, 0.29)):
            if not path.exists():
                write_run(path, arguments.records // 2, path.name, share)
        size = sum(file.stat().st_size for file in folder.rglob("*.jsonl"))
        print(f"{arguments.records:,} records, {size / 2**20:,.0f} MiB, in two runs")
        total, total_cpu, peak = 0.0, 0.0, 0.0
        commands = {
            "table": ("report", str(base), str(candidate), "--to", "terminal"),
            "compare": ("compare", str(base), str(candidate)),
            "gate": ("gate", str(base), str(candidate)),
        }
        for name, words in commands.items():
            seconds, cpu, gib, code = measured(*words)
            total, total_cpu, peak = total + seconds, total_cpu + cpu, max(peak, gib)
            print(f"{name:8} {seconds:6.1f} s  {cpu:6.1f} s of CPU  {gib:5.2f} GiB  exit {code}")
        reached = total < GOAL_SECONDS and peak < GOAL_GIB
        goal = f"goal {GOAL_SECONDS:g} s, {GOAL_GIB:g} GiB: {'reached' if reached else 'MISSED'}"
        print(f"together {total:6.1f} s  {total_cpu:6.1f} s of CPU  {peak:5.2f} GiB  {goal}")
    return 0 if reached else 1


if __name__ == "__main__":
    raise SystemExit(main())
