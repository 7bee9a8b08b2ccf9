"""A policy that goes away in the middle of a run and can't be brought up again at once, as when its server is down."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from evalsuite.records.folder import STATUS_FILE
from evalsuite.runner.progress import MISSING_SECONDS
from evalsuite.suite.files import save_suite
from tests.commands.conftest import LIMIT_SECONDS, CommandLine
from tests.worlds.grid_world import grid_scenario, grid_suite
from tests.worlds.remains import Playground

POLICY = """
import time
from pathlib import Path
from evalsuite.policies.controls import NoopPolicy
def patient():
    while Path("away").exists():
        time.sleep(0.1)
    return NoopPolicy()
"""
SLOW = {"faults": [{"at_step": 1, "attempts": 9, "kind": "slow"}]}


def test_a_policy_that_is_away_is_told_and_waited_for_and_told_when_it_is_back(
    evalsuite: CommandLine, tmp_path: Path
) -> None:
    save_suite(grid_suite(*(grid_scenario(f"s{n}", level=SLOW, max_steps=30) for n in range(4))), tmp_path / "s.yaml")
    (tmp_path / "patience.py").write_text(POLICY)
    (tmp_path / "elsewhere").mkdir()
    playground = Playground(tmp_path / "elsewhere")
    command = ["run", "s.yaml", "--policy", "mine=patience:patient", "--out", "run", "--workers", "1"]
    with subprocess.Popen(
        [sys.executable, "-m", "evalsuite", *command],
        env=playground.environment,
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as run:

        def status() -> str:
            return evalsuite("status", "run").stdout

        try:
            wait_for(run, lambda: (tmp_path / "run" / STATUS_FILE).exists() and "mine/s" in status())
            (tmp_path / "away").touch()
            for number, words in playground.processes().items():
                if b"policy_host" in words:
                    os.kill(number, signal.SIGKILL)
            wait_for(
                run,
                lambda: "mine is waited for: the policy's process died of SIGKILL" in status(),
            )
            told = json.loads((tmp_path / "run" / STATUS_FILE).read_text())
            assert list(told["missing_policies"]) == ["mine"]
            time.sleep(MISSING_SECONDS + 1.0)
            (tmp_path / "away").unlink()
            said = run.communicate(timeout=LIMIT_SECONDS)[1]
        finally:
            run.kill()
    assert run.returncode == 0, said
    away, back = (said.index(f"note: mine is {what}") for what in ("waited for: the policy's process died", "back"))
    assert away < back
    assert "mine is waited for" not in status()
    assert playground.remains_after_a_while() == []


def wait_for(run: subprocess.Popen[str], holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LIMIT_SECONDS
    while not holds():
        assert run.poll() is None, "the run has ended"
        assert time.monotonic() < deadline
        time.sleep(0.2)
