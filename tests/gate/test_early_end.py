"""The gate on runs that were stopped early: its p-values allow for that, and everybody is told."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from evalsuite.commands.main import main
from evalsuite.records.header import EarlyStop
from evalsuite.records.record import Outcome
from tests.gate.oracle_runs import copy_with
from tests.reports.run_folders import Judge, make_run

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def outside_github(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    monkeypatch.chdir(tmp_path)


def always(policy: str, interaction: str, difficulty: str, number: int) -> Outcome:
    return "success"


def losing(first: int) -> Judge:
    """Loses the first so many of each cell."""
    return lambda policy, interaction, difficulty, number: "failure" if number < first else "success"


def halves(tmp_path: Path, judge: Judge, *, stopped: bool) -> tuple[Path, Path]:
    """A base, and the first half of a candidate's run, which a rule stopped or a person did."""
    base = make_run(tmp_path / "base", always, policies=["agent"], per_cell=16)
    whole = make_run(tmp_path / "whole", judge, policies=["agent"], per_cell=16)
    half = copy_with(
        whole, tmp_path / "half", lambda record: record if int(record["scenario"].rpartition("-")[2]) < 8 else None
    )
    if stopped:
        header = json.loads((half / "run.json").read_text())
        stop = EarlyStop(
            policy="agent", base="base", rule="obf", reason="futility", pairs=120, total=240, lost=0, gained=0
        )
        header["stops"] = [stop.model_dump()]
        (half / "run.json").write_text(json.dumps(header))
    return base, half


def test_a_run_that_was_stopped_needs_more_to_pass_than_one_that_was_cut_off_blindly(
    tmp_path: Path, capsys: Capture
) -> None:
    asked = ["--config", "gate.toml", "--json"]
    (tmp_path / "gate.toml").write_text("margin_pooled = 0.03\nmargin_interaction = 0.3\n")
    blind, stopped = (halves(tmp_path / str(each), always, stopped=each) for each in (False, True))
    assert main(["gate", *map(str, blind), *asked]) == 0
    before = json.loads(capsys.readouterr().out)
    assert main(["gate", *map(str, stopped), *asked]) == 10
    after = json.loads(capsys.readouterr().out)
    assert before["warnings"] == []
    assert before["pairs"] == after["pairs"]
    for one, other in zip(before["findings"], after["findings"], strict=True):
        assert other["p"] >= one["p"]


def test_a_drop_that_is_plain_still_fails_a_stopped_run(tmp_path: Path) -> None:
    assert main(["gate", *map(str, halves(tmp_path, losing(4), stopped=True))]) == 1


def test_terminal_junit_summary_and_annotations_all_say_that_the_run_was_stopped(
    tmp_path: Path, capsys: Capture
) -> None:
    base, half = halves(tmp_path, losing(4), stopped=True)
    main(["gate", str(base), str(half), "--junit", "gate.xml", "--summary", "gate.md", "--annotations"])
    said = " ".join(capsys.readouterr().out.split())
    assert "WARNING: the candidate was cut short. agent: stopped early after 120 of 240 pairs" in said
    assert "p-values of this verdict allow for the early stop" in said
    assert "::warning title=FAIL" in said
    properties = ElementTree.parse(tmp_path / "gate.xml").iter("property")
    assert any("stopped early" in (each.get("value") or "") for each in properties)
    assert "> **Warning:** the candidate was cut short." in (tmp_path / "gate.md").read_text()


def test_a_run_that_was_carried_to_its_end_since_is_one_like_any_other(tmp_path: Path, capsys: Capture) -> None:
    base, half = halves(tmp_path, always, stopped=True)
    whole = make_run(tmp_path / "carried", always, policies=["agent"], per_cell=16)
    (whole / "run.json").write_text((half / "run.json").read_text())
    assert main(["gate", str(base), str(whole), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["warnings"] == []


def test_a_base_that_was_stopped_is_told_of(tmp_path: Path, capsys: Capture) -> None:
    base, half = halves(tmp_path, always, stopped=True)
    main(["gate", str(half), str(base), "--json"])
    (warning,) = json.loads(capsys.readouterr().out)["warnings"]
    assert warning.startswith("the base was cut short. agent: stopped early")
