"""A server that stops answering, answers late, sends half a picture or dies is an error in time; then tried again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from evalsuite.adapters.unreal.airsim_backend import AirSimBackend, AirSimOptions
from evalsuite.adapters.unreal.airsim_client import Address, Dialect
from evalsuite.adapters.unreal.airsim_simulator import STANDIN_MODULE, rehearsal_simulator
from evalsuite.crossview.simulator import TimeLimits
from evalsuite.crossview.spaces import noop_action
from evalsuite.errors import SimulatorFault
from evalsuite.suite.catalogue import find_suite
from evalsuite.suite.files import save_suite
from tests.adapters.unreal.airsim_shared import needs_a_client, shipped
from tests.worlds.stopping import stop

LIMIT = 2.0
SLACK = 8.0
"""Of a loaded machine, on top of the limit."""

SHORT = TimeLimits(start=60.0, reset=60.0, goal_view=LIMIT, step=LIMIT)
LONG = TimeLimits(start=60.0, reset=60.0, goal_view=60.0, step=60.0)


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ("silent", "did not answer simGetImages within 2 s"),
        ("late:%d:60", "did not answer simGetImages within 2 s"),
        ("truncated", "sent a truncated picture"),
        ("cut", "did not answer simGetImages within 2 s"),
        ("dies", "is gone, at simGetImages"),
    ],
)
def test_what_a_server_does_wrong_in_the_middle_of_an_episode_is_a_fault_and_the_next_reset_starts_another(
    how: str, says: str, dialect: Dialect, tmp_path: Path
) -> None:
    # A reset takes two pictures, a step that stands still one more.
    wrong = f"simGetImages:{how % 3}" if "%" in how else f"simGetImages:{how}:3"
    simulator = rehearsal_simulator(tmp_path, dialect.name, misbehave=(wrong,))
    try:
        scenario = shipped("/approach-easy-0000")
        simulator.reset(scenario, 0)
        first = simulator.frame()
        simulator.allow(SHORT)
        begun = time.monotonic()
        with pytest.raises(SimulatorFault, match=says):
            simulator.step(noop_action())
        took = time.monotonic() - begun
        assert took < LIMIT + SLACK, f"the fault came after {took:.1f} s"
        with pytest.raises(SimulatorFault, match="gone"):
            simulator.step(noop_action())
        simulator.allow(LONG)
        simulator.reset(scenario, 0)
        np.testing.assert_array_equal(simulator.frame(), first)
        simulator.step(noop_action())
    finally:
        simulator.close()


def test_a_server_that_is_stopped_is_cut_at_the_limit(dialect: Dialect, tmp_path: Path) -> None:
    simulator = rehearsal_simulator(tmp_path, dialect.name)
    try:
        simulator.reset(shipped("/approach-easy-0000"), 0)
        (server,) = servers(tmp_path)
        stop(server)
        simulator.allow(SHORT)
        begun = time.monotonic()
        with pytest.raises(SimulatorFault, match="did not answer"):
            simulator.step(noop_action())
        assert time.monotonic() - begun < LIMIT + SLACK
        assert not lives(server)
    finally:
        simulator.close()


def test_slow_answers_are_waited_for(dialect: Dialect, tmp_path: Path) -> None:
    simulator = rehearsal_simulator(tmp_path, dialect.name, misbehave=("simGetImages:late:3:1.5",))
    try:
        simulator.reset(shipped("/approach-easy-0000"), 0)
        begun = time.monotonic()
        simulator.step(noop_action())
        assert time.monotonic() - begun > 1.4
    finally:
        simulator.close()


def test_nobody_at_the_address_is_a_fault_at_once(dialect: Dialect) -> None:
    with pytest.raises(SimulatorFault, match=r"no AirSim server answers at 127\.0\.0\.1:9"):
        AirSimBackend(AirSimOptions(address=Address(port=9)))


@needs_a_client
def test_a_server_killed_in_a_run_gives_a_retry_and_the_run_leaves_nothing_behind(tmp_path: Path) -> None:
    suite, _ = find_suite("unreal-blocks")
    one = suite.model_copy(update={"suite": "one", "scenarios": (shipped("/approach-hard-0000"),)})
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
    while not (found := servers(tmp_path)) and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(1.5)
    os.kill(found[0], signal.SIGKILL)
    out, err = run.communicate(timeout=170.0)
    assert run.returncode == 0, err
    assert json.loads(out.splitlines()[-1])["outcomes"]["success"] == 1
    lines = [json.loads(line) for file in (tmp_path / "out" / "episodes").iterdir() for line in file.open()]
    assert max(line["attempt"] for line in lines) >= 2
    assert all(line["rehearsal"] for line in lines)
    assert not servers(tmp_path)
    assert not list(tmp_path.glob("evalsuite-*"))


def servers(folder: Path) -> list[int]:
    """Living stand-ins whose port file lies below `folder`."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue
        ours = STANDIN_MODULE in command and any(str(folder) in part for part in command)
        if ours and lives(int(entry.name)):
            found.append(int(entry.name))
    return found


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
