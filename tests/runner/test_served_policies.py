"""A run whose policy is on a server: the same records as with the policy here, and no episode lost with the server."""

from __future__ import annotations

import signal
import threading
import time
from pathlib import Path

import pytest

pytest.importorskip("websockets", reason="needs the extra `serve`")
pytest.importorskip("msgpack", reason="needs the extra `serve`")

from evalsuite.policies.references import parse_reference
from evalsuite.records.header import PolicyEntry
from evalsuite.records.reading import read_header, read_records, settled
from evalsuite.runner.phases import RunLimits
from evalsuite.runner.run import RunResult, run_suite
from evalsuite.runner.status import RunStatus, Watcher
from evalsuite.suite.scenario import Suite
from tests.serving.server_process import ServerProcess
from tests.worlds.grid_world import grid_scenario, grid_suite

RECURRENT = "tests.runner.policies_on_trial:Recurrent"
LIMIT_SECONDS = 180.0
TORCH = "evalsuite.policies.small_network:untrained"

pytestmark = pytest.mark.usefixtures("playground")


SLOWLY = {"at_step": 0, "attempts": 1000, "kind": "slow"}

SHORT = grid_suite(*(grid_scenario(f"s{index}", max_steps=20) for index in range(3)))
SLOW = grid_suite(*(grid_scenario(f"s{index}", level={"faults": [SLOWLY]}) for index in range(3)))
"""Three seconds an episode, so that something can happen to it."""


def run(
    policy: str, out: Path, suite: Suite, limits: RunLimits | None = None, progress: Watcher | None = None
) -> RunResult:
    return run_suite(suite, [parse_reference(policy)], out=out, workers=2, limits=limits, progress=progress)


def what_was_recorded(out: Path) -> dict[object, object]:
    return {
        key: (record.outcome, record.steps, record.final_frame_sha256, record.path_m, record.policy_sha256)
        for key, record in settled(read_records(out)).items()
    }


@pytest.mark.parametrize("policy", [RECURRENT, TORCH])
def test_the_records_are_those_of_the_same_policy_here(tmp_path: Path, policy: str) -> None:
    if policy == TORCH:
        pytest.importorskip("torch", reason="needs the extra `torch`")
    run(policy, tmp_path / "here", SHORT)
    with ServerProcess(policy) as server:
        assert run(server.url, tmp_path / "served", SHORT).episodes == 3
        assert server.end() == 0
    assert what_was_recorded(tmp_path / "here") == what_was_recorded(tmp_path / "served")
    (here,), (served,) = (read_header(tmp_path / name).policies for name in ("here", "served"))
    assert served == PolicyEntry(label=here.label, reference=server.url, sha256=here.sha256)


def test_episodes_whose_server_was_lost_are_played_again_when_it_is_back(tmp_path: Path) -> None:
    run(RECURRENT, tmp_path / "here", SLOW)
    with ServerProcess(RECURRENT) as server:
        playing = _Playing(server.url, tmp_path / "served")
        playing.wait_for_steps(20)
        server.end(signal.SIGKILL)
        with ServerProcess(RECURRENT, port=server.port):
            assert playing.result().policies["Recurrent"] == {"success": 0, "failure": 3, "error": 0}
    assert what_was_recorded(tmp_path / "here") == what_was_recorded(tmp_path / "served")
    lost = [record.reason for record in read_records(tmp_path / "served") if not record.final]
    assert any(f"the policy server {server.url} is lost" in reason for reason in lost)


def test_a_server_that_does_not_come_back_is_given_up(tmp_path: Path) -> None:
    with ServerProcess(RECURRENT) as server:
        playing = _Playing(server.url, tmp_path / "run", RunLimits(load=8.0, losses_in_a_row=2))
        playing.wait_for_steps(20)
        server.end(signal.SIGKILL)
        assert playing.result().policies["Recurrent"] == {"success": 0, "failure": 0, "error": 3}
    reasons = {record.reason for record in settled(read_records(tmp_path / "run")).values()}
    assert any("the policy was given up after 2 losses in a row" in reason for reason in reasons)


class _Playing:
    """A run of the slow episodes that goes on in a thread of its own."""

    def __init__(self, policy: str, out: Path, limits: RunLimits | None = None) -> None:
        self._results: list[RunResult] = []
        self._steps = 0
        self._thread = threading.Thread(
            target=lambda: self._results.append(run(policy, out, SLOW, limits, self._watch))
        )
        self._thread.start()

    def wait_for_steps(self, steps: int) -> None:
        until = time.monotonic() + LIMIT_SECONDS
        while self._steps < steps:
            assert time.monotonic() < until
            assert self._thread.is_alive()
            time.sleep(0.05)

    def result(self) -> RunResult:
        self._thread.join(LIMIT_SECONDS)
        assert self._results, "the run did not come to an end"
        return self._results[0]

    def _watch(self, status: RunStatus) -> None:
        self._steps = status.steps
