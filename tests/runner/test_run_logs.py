from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from evalsuite.policies.references import parse_reference
from evalsuite.records.reading import read_records
from evalsuite.records.record import Record
from evalsuite.runner.run import run_suite
from evalsuite.runner.run_logs import HEAD_BYTES, TAIL_BYTES, RunLogs
from tests.worlds.grid_world import grid_scenario, grid_suite

POLICIES = """
class Talking:
    def initial_state(self, seed):
        return None
    def act(self, observations, states):
        print("I see", len(observations), flush=True)
        raise RuntimeError("out of ideas")
"""


def play(out: Path, policy: str, level: dict[str, object] | None = None) -> list[Record]:
    suite = grid_suite(grid_scenario("one", level=level))
    run_suite(suite, [parse_reference(policy)], out=out, workers=1)
    return read_records(out)


@pytest.mark.usefixtures("playground")
def test_the_log_of_an_attempt_that_broke_down_is_named_and_tells_which_attempts_began(tmp_path: Path) -> None:
    fault = {"at_step": 3, "attempts": 1, "kind": "die"}
    records = play(tmp_path / "run", "noop", {"faults": [fault], "tally": str(tmp_path / "tally")})
    assert [bool(record.log) for record in records] == [True, False]
    (log,) = (tmp_path / "run" / "logs").glob("*/worker-0.log")
    assert records[0].log == log.relative_to(tmp_path / "run").as_posix()
    (episodes,) = (tmp_path / "run" / "episodes").iterdir()
    assert log.parent.name == episodes.stem
    begun = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    assert [(each["begins"], each["policy"], each["seed"], each["attempt"]) for each in begun] == [
        ("one", "noop", 0, 1),
        ("one", "noop", 0, 2),
    ]


@pytest.mark.usefixtures("playground")
def test_a_policy_fault_names_the_log_of_the_policy_with_all_that_it_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "talking_policy.py").write_text(POLICIES)
    monkeypatch.syspath_prepend(str(tmp_path))
    try:
        (record,) = play(tmp_path / "run", "talker=talking_policy:Talking")
    finally:
        sys.modules.pop("talking_policy", None)
    assert record.log.endswith("/policy-talker.log")
    said = (tmp_path / "run" / record.log).read_text()
    assert "I see 1" in said
    assert "Traceback" in said


@pytest.mark.usefixtures("playground")
def test_where_no_logs_can_be_written_the_run_goes_on(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "logs").write_text("in the way")
    (record,) = play(tmp_path / "run", "noop")
    assert (record.outcome, record.log) == ("failure", "")


def test_of_a_long_log_the_beginning_and_the_end_stay(tmp_path: Path) -> None:
    logs, source = RunLogs(tmp_path, "writer"), tmp_path / "source"
    for number in range(2000):
        with source.open("ab") as file:
            file.write(f"{number:06d} {'x' * 993}\n".encode())
        logs.take_over("worker-0", source)
    path = tmp_path / logs.file_of("worker-0")
    assert path.stat().st_size <= HEAD_BYTES + 2 * TAIL_BYTES
    lines = path.read_text().splitlines()
    assert lines[0].startswith("000000")
    assert [int(line[:6]) for line in lines[-TAIL_BYTES // 1001 :]] == list(range(2000))[-TAIL_BYTES // 1001 :]
    assert any("bytes are left out here" in line for line in lines)


def test_what_is_said_at_once_is_bounded_and_does_not_fill_the_temporary_folder(tmp_path: Path) -> None:
    logs, source = RunLogs(tmp_path, "writer"), tmp_path / "source"
    with source.open("ab") as file:
        file.write(b"much\n" * 4_000_000)
        file.flush()
        logs.take_over("worker-0", source)
        assert source.stat().st_size == 0
        file.write(b"and more\n")
    logs.take_over("worker-0", source)
    path = tmp_path / logs.file_of("worker-0")
    assert path.read_bytes().endswith(b"much\nand more\n")
    assert path.stat().st_size <= HEAD_BYTES + 2 * TAIL_BYTES
