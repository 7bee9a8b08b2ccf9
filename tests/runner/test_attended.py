"""Worlds that a person sets up: one worker, policies in a random order, nothing that tells which is playing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from evalsuite.commands.main import main
from evalsuite.errors import UsageError
from evalsuite.policies.references import parse_reference
from evalsuite.records.reading import read_records
from evalsuite.records.record import Record
from evalsuite.runner.run import run_suite
from evalsuite.suite.files import save_suite
from evalsuite.suite.scenario import Scenario, Suite
from tests.worlds.attended_grid import SESSION
from tests.worlds.grid_world import grid_scenario, grid_suite

POLICIES = ("first=noop", "second=random", "third=noop")

pytestmark = pytest.mark.usefixtures("playground")


def attended(scenario: Scenario) -> Scenario:
    return scenario.model_copy(update={"world": "attended"})


def suite_of(count: int) -> Suite:
    return grid_suite(*(attended(grid_scenario(f"s{number}", max_steps=2)) for number in range(count)))


def played(suite: Suite, out: Path, *policies: str) -> list[Record]:
    run_suite(suite, [parse_reference(policy) for policy in policies], out=out)
    return read_records(out)


def blocks(records: list[Record], size: int) -> Iterator[list[Record]]:
    for start in range(0, len(records), size):
        yield records[start : start + size]


def test_each_scenario_is_played_by_every_policy_before_the_next_in_an_order_of_its_own(tmp_path: Path) -> None:
    records = played(suite_of(8), tmp_path / "run", *POLICIES)
    orders = []
    for block in blocks(records, len(POLICIES)):
        assert len({record.scenario for record in block}) == 1
        orders.append(tuple(record.policy for record in block))
    assert {tuple(sorted(order)) for order in orders} == {("first", "second", "third")}
    assert len(set(orders)) > 1


def test_another_run_has_another_order(tmp_path: Path) -> None:
    orders = [
        [record.policy for record in played(suite_of(8), tmp_path / name, *POLICIES)] for name in ("one", "other")
    ]
    assert orders[0] != orders[1]


def test_an_episode_that_broke_down_is_kept_with_its_reason_and_report_and_played_again_later(tmp_path: Path) -> None:
    fault = {"at_step": 1, "attempts": 1, "kind": "raise"}
    broken = attended(grid_scenario("broken", level={"faults": [fault], "tally": str(tmp_path / "tally")}, max_steps=2))
    records = played(grid_suite(broken, *suite_of(2).scenarios), tmp_path / "run", "noop")
    tries = [place for place, record in enumerate(records) if record.scenario == "broken"]
    first, last = (records[place] for place in tries)
    assert (first.outcome, first.final, first.reason) == ("error", False, "simulator fault: the engine said no")
    assert (last.outcome, tries[-1]) == ("failure", len(records) - 1)
    reports = [(record.model_extra or {})["report"] for record in records]
    assert all(report["session"].startswith(f"pid {os.getpid()} in evalsuite-") for report in reports)
    assert reports[tries[0]]["asked"] <= 3
    assert SESSION not in os.environ


def test_more_workers_than_rooms_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="2 workers need as many rooms"):
        run_suite(suite_of(1), [parse_reference("noop")], out=tmp_path / "run", workers=2)
    assert not (tmp_path / "run").exists()


def test_nothing_that_is_shown_before_the_end_names_a_policy(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    save_suite(suite_of(4), tmp_path / "suite.yaml")
    policies = [word for policy in POLICIES for word in ("--policy", policy)]
    command = ["run", str(tmp_path / "suite.yaml"), *policies, "--out", str(tmp_path / "run"), "--video", "none"]
    assert main(command) == 0
    shown = capfd.readouterr()
    assert "12/12 episodes" in shown.err
    assert "policies hidden" in shown.err
    assert not [label for label in ("first", "second", "third") if label in shown.err]
    assert "second" in shown.out
