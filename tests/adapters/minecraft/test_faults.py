from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from evalsuite.adapters.minecraft.simulator import MinecraftSimulator
from evalsuite.crossview.simulator import TimeLimits
from evalsuite.crossview.spaces import noop_action
from evalsuite.errors import SimulatorFault
from evalsuite.suite.catalogue import find_suite
from evalsuite.suite.files import save_suite
from tests.adapters.minecraft.conftest import needs_minestudio, shipped
from tests.worlds.stopping import stop

ENGINE = "evalsuite.adapters.minecraft.standin"


def engines(below: int) -> list[int]:
    """Stand-in engines that run with this process's client somewhere above them."""
    parents, found = {}, []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            stat = (entry / "stat").read_text().rpartition(")")[2].split()
            command = (entry / "cmdline").read_bytes().decode(errors="replace")
        except OSError:
            continue
        parents[int(entry.name)] = int(stat[1])
        if ENGINE in command and "python" in command.split("\0")[0] and stat[0] != "Z":
            found.append(int(entry.name))
    return [pid for pid in found if below in _ancestors(pid, parents)]


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _ancestors(pid: int, parents: dict[int, int]) -> set[int]:
    above: set[int] = set()
    while (pid := parents.get(pid, 0)) > 1:
        above.add(pid)
    return above


@needs_minestudio
def test_an_engine_that_is_killed_is_a_fault_and_the_next_reset_starts_another(tmp_path: Path) -> None:
    simulator = MinecraftSimulator(tmp_path, rehearse=True)
    try:
        scenario = shipped("/approach-easy-0000")
        simulator.reset(scenario, 0)
        first = simulator.frame()
        (engine,) = engines(os.getpid())
        os.kill(engine, signal.SIGKILL)
        begun = time.monotonic()
        with pytest.raises(SimulatorFault):
            simulator.step(noop_action())
        assert time.monotonic() - begun < 10.0
        simulator.reset(scenario, 0)
        assert (simulator.frame() == first).all()
    finally:
        simulator.close()


@needs_minestudio
def test_a_reset_that_hangs_is_cut_at_its_limit_and_nothing_of_it_is_left(tmp_path: Path) -> None:
    simulator = MinecraftSimulator(tmp_path, rehearse=True, limits=TimeLimits(start=90, reset=60))
    try:
        simulator.reset(shipped("/approach-easy-0000"), 0)
        (engine,) = engines(os.getpid())
        stop(engine)
        simulator.allow(TimeLimits(reset=2))
        begun = time.monotonic()
        with pytest.raises(SimulatorFault, match="did not answer"):
            simulator.reset(shipped("/approach-easy-0000"), 0)
        assert time.monotonic() - begun < 10.0
        assert not lives(engine)
    finally:
        simulator.close()


@needs_minestudio
def test_an_engine_killed_in_a_run_gives_a_retry_and_the_run_leaves_nothing_behind(tmp_path: Path) -> None:
    suite, _ = find_suite("minecraft-rocket3")
    one = suite.model_copy(update={"suite": "one", "scenarios": (shipped("/approach-medium-0000"),)})
    save_suite(one, tmp_path / "one.yaml")
    command = ["run", str(tmp_path / "one.yaml"), "--policy", "oracle", "--rehearse", "--workers", "1", "--json"]
    run = subprocess.Popen(
        [sys.executable, "-m", "evalsuite", *command, "--out", str(tmp_path / "out")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    deadline = time.monotonic() + 90.0
    while not (found := engines(run.pid)) and time.monotonic() < deadline:
        time.sleep(0.2)
    time.sleep(1.0)
    os.kill(found[0], signal.SIGKILL)
    out, err = run.communicate(timeout=170.0)
    assert run.returncode == 0, err
    assert json.loads(out.splitlines()[-1])["outcomes"]["success"] == 1
    lines = [json.loads(line) for file in (tmp_path / "out" / "episodes").iterdir() for line in file.open()]
    assert max(line["attempt"] for line in lines) >= 2
    assert all(line["rehearsal"] for line in lines)
    assert not lives(found[0])
    assert not list(tmp_path.glob("evalsuite-*"))
