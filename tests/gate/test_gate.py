"""The gate from end to end, on runs that were really played."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from evalsuite.commands.main import main
from tests.gate.oracle_runs import copy_with, losing, only_first

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def outside_github(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    monkeypatch.chdir(tmp_path)


def gate(*words: object) -> int:
    return main(["gate", *map(str, words)])


def complaint(capsys: Capture, *words: object) -> str:
    """The one line of a gate that cannot judge."""
    assert gate(*words) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    return said


def test_two_runs_of_the_same_oracle_pass(oracle_runs: tuple[Path, Path], capsys: Capture) -> None:
    assert gate(*oracle_runs) == 0
    said = capsys.readouterr().out
    assert "PASS: oracle is not worse than its base on grid-gate 1" in said
    assert "all: a drop of 3 points is ruled out by 200 pairs" in said


def test_an_interaction_that_loses_30_percent_of_its_successes_fails_and_is_named(
    oracle_runs: tuple[Path, Path], tmp_path: Path, capsys: Capture
) -> None:
    worse = copy_with(oracle_runs[0], tmp_path / "worse", losing("melee_hunt", 0.3))
    assert gate(oracle_runs[0], worse) == 1
    said = capsys.readouterr().out
    assert said.splitlines()[1].startswith("FAIL: oracle is worse than its base on grid-gate 1, in melee_hunt")
    assert said.splitlines()[-1] == f"{said.splitlines()[1]} [exit code 1]"
    assert "melee_hunt fell by 30 points: 12 lost, 0 gained of 40 pairs" in said
    assert "archery fell" not in said


def test_8_pairs_are_inconclusive_and_say_how_many_more_it_takes(
    oracle_runs: tuple[Path, Path], tmp_path: Path, capsys: Capture
) -> None:
    few = [copy_with(run, tmp_path / str(number), only_first(8)) for number, run in enumerate(oracle_runs)]
    assert gate(*few, "--json") == 10
    verdict = json.loads(capsys.readouterr().out)
    assert (verdict["verdict"], verdict["pairs"]) == ("INCONCLUSIVE", 8)
    assert verdict["more_pairs"] >= 80
    assert gate(*few) == 10
    assert f"needs {verdict['more_pairs']} more pairs" in capsys.readouterr().out.splitlines()[1]


def test_inconclusive_may_be_let_pass_but_not_in_silence(
    oracle_runs: tuple[Path, Path], tmp_path: Path, capsys: Capture
) -> None:
    few = [copy_with(run, tmp_path / str(number), only_first(8)) for number, run in enumerate(oracle_runs)]
    assert gate(*few, "--inconclusive", "pass") == 0
    said = capsys.readouterr()
    assert "INCONCLUSIVE" in said.out
    assert "WARNING: inconclusive" in said.err


def test_a_baseline_file_judges_like_the_run_that_it_was_made_of(
    oracle_runs: tuple[Path, Path], tmp_path: Path, capsys: Capture
) -> None:
    assert main(["baseline", str(oracle_runs[0]), "--out", "main.parquet"]) == 0
    assert "200 episodes of oracle" in capsys.readouterr().out
    assert (tmp_path / "main.parquet").stat().st_size < 200 * 100
    worse = copy_with(oracle_runs[1], tmp_path / "worse", losing("break", 0.3))
    said = []
    for base in (oracle_runs[0], "main.parquet"):
        assert gate(base, worse, "--json") == 1
        said.append(json.loads(capsys.readouterr().out))
    assert said[0] == said[1]


@pytest.mark.parametrize("command", ["gate", "compare"])
def test_a_run_that_is_not_complete_is_named(
    oracle_runs: tuple[Path, Path], tmp_path: Path, capsys: Capture, command: str
) -> None:
    part = copy_with(oracle_runs[0], tmp_path / "part", only_first(8))
    note = f"{part} holds 8 of 200 episodes (scenarios x policies x seeds): its run is not complete"
    main([command, str(part), str(oracle_runs[1]), "--json"])
    said = json.loads(capsys.readouterr().out)
    assert note in (said if command == "gate" else said[0])["notes"]
    main([command, *map(str, oracle_runs), "--json"])
    assert "not complete" not in capsys.readouterr().out


def test_margins_and_alpha_are_taken_from_pyproject_or_a_file(
    oracle_runs: tuple[Path, Path], tmp_path: Path, capsys: Capture
) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.evalsuite.gate]\nmargin_pooled = 0.001\n")
    assert gate(*oracle_runs) == 10
    assert "a drop of 0.1 points" in capsys.readouterr().out
    (tmp_path / "gate.toml").write_text('margin_pooled = 0.5\ninconclusive = "pass"\n')
    assert gate(*oracle_runs, "--config", "gate.toml") == 0
    (tmp_path / "pyproject.toml").write_text("[tool.evalsuite.gate]\nmargin = 0.1\n")
    assert "margin_interaction" in complaint(capsys, *oracle_runs)
    (tmp_path / "pyproject.toml").write_text("[tool.evalsuite.gate]\nalpha = 5\n")
    assert "alpha" in complaint(capsys, *oracle_runs)
    assert "can't read" in complaint(capsys, *oracle_runs, "--config", "missing.toml")
    (tmp_path / "pyproject.toml").write_text("[tool.other]\na = 1\n")
    assert gate(*oracle_runs) == 0
    for misspelt in ("[tool.evalsuite.gates]\nalpha = 0.01\n", "[tool.evalsuit.gate]\nalpha = 0.01\n"):
        (tmp_path / "gate.toml").write_text(misspelt)
        assert "has no table [tool.evalsuite.gate]" in complaint(capsys, *oracle_runs, "--config", "gate.toml")
    for wrong in ("nan", "inf", "3", '"five"', "-0.1"):
        (tmp_path / "gate.toml").write_text(f"margin_pooled = {wrong}\n")
        assert "the gate's setting margin_pooled" in complaint(capsys, *oracle_runs, "--config", "gate.toml")


def test_a_small_drop_does_not_fail_however_significant_it_is(
    oracle_runs: tuple[Path, Path], tmp_path: Path, capsys: Capture
) -> None:
    worse = copy_with(oracle_runs[0], tmp_path / "worse", losing("break", 0.3))
    (tmp_path / "gate.toml").write_text("minimum_effect = 0.4\n")
    assert gate(oracle_runs[0], worse, "--config", "gate.toml") == 10


def test_what_cannot_be_judged_exits_2_with_the_reason(
    oracle_runs: tuple[Path, Path], tmp_path: Path, capsys: Capture
) -> None:
    base, again = oracle_runs
    assert "there is no base" in complaint(capsys, tmp_path / "nowhere", again)
    assert "no baseline" in complaint(capsys, tmp_path / "nowhere.parquet", again)
    assert "base and candidate are the same" in complaint(capsys, base, base)
    (tmp_path / "a-file").write_text("no run")
    assert "is a file, but no baseline" in complaint(capsys, tmp_path / "a-file", again)
    (tmp_path / "broken.parquet").write_bytes(b"PAR1 and no more")
    assert "not a baseline" in complaint(capsys, "broken.parquet", again)

    def errors(record: dict[str, Any]) -> dict[str, Any]:
        return {**record, "outcome": "error"} if record["scenario"].endswith("1") else record

    faulty = copy_with(again, tmp_path / "faulty", errors)
    assert "20 of 200 episodes of the candidate are errors" in complaint(capsys, base, faulty)
    other = copy_with(again, tmp_path / "other", lambda record: {**record, "suite_sha256": "0" * 64})
    assert "run both on one suite" in complaint(capsys, base, other)
    rehearsed = copy_with(again, tmp_path / "rehearsed", lambda record: {**record, "rehearsal": True})
    assert "rehearsal" in complaint(capsys, base, rehearsed)
    seeds = copy_with(again, tmp_path / "seeds", lambda record: {**record, "seed": 1})
    assert "no (scenario, seed) in common" in complaint(capsys, base, seeds)
    renamed = copy_with(again, tmp_path / "renamed", lambda record: {**record, "policy": "noop"})
    assert "the candidate has no policy 'else'" in complaint(capsys, base, renamed, "--policy", "else")


def test_margins_below_the_noise_floor_are_refused(
    oracle_runs: tuple[Path, Path], tmp_path: Path, capsys: Capture
) -> None:
    suite_sha256 = json.loads((oracle_runs[0] / "run.json").read_text())["suite_sha256"]
    noise = {"noise_floor": 0.04, "suite_sha256": suite_sha256}
    (tmp_path / "noise.json").write_text(json.dumps(noise))
    said = complaint(capsys, *oracle_runs, "--noise", "noise.json")
    assert "margin_pooled is 3 points, but 4 points of the episodes change outcome" in said
    (tmp_path / "noise.json").write_text(json.dumps({**noise, "noise_floor": 0.0}))
    assert gate(*oracle_runs, "--noise", "noise.json") == 0
    (tmp_path / "noise.json").write_text(json.dumps({**noise, "suite_sha256": "0"}))
    assert "another suite" in complaint(capsys, *oracle_runs, "--noise", "noise.json")
    (tmp_path / "noise.json").write_text("{")
    assert "is no noise.json" in complaint(capsys, *oracle_runs, "--noise", "noise.json")


def test_a_scenario_solved_before_the_first_action_is_no_pair(
    oracle_runs: tuple[Path, Path], tmp_path: Path, capsys: Capture
) -> None:
    def solved(record: dict[str, Any]) -> dict[str, Any]:
        return {**record, "success_at_reset": True} if record["scenario"] == "break-0" else record

    again = copy_with(oracle_runs[1], tmp_path / "again", solved)
    assert gate(oracle_runs[0], again, "--json") == 0
    verdict = json.loads(capsys.readouterr().out)
    assert verdict["pairs"] == 199
    assert any("solved before the first action" in note for note in verdict["notes"])


def test_in_github_a_summary_and_annotations_come_by_themselves(
    oracle_runs: tuple[Path, Path], tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    worse = copy_with(oracle_runs[0], tmp_path / "worse", losing("archery", 0.3))
    assert gate(oracle_runs[0], worse) == 1
    said = capsys.readouterr().out
    assert any(
        line.startswith("::error title=FAIL") and "archery fell by 30 points" in line for line in said.splitlines()
    )
    summary = (tmp_path / "summary.md").read_text()
    assert "FAIL" in summary.splitlines()[0]
    assert "| archery | 40 |" in summary


def test_a_reader_that_goes_away_does_not_turn_a_pass_into_a_regression(oracle_runs: tuple[Path, Path]) -> None:
    words = [sys.executable, "-m", "evalsuite", "gate", *map(str, oracle_runs)]
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(words, stdout=writing, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("columns", [40, 60, 80])
def test_a_narrow_terminal_gets_fewer_columns_and_no_broken_line(
    oracle_runs: tuple[Path, Path], capsys: Capture, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    assert gate(*oracle_runs) == 0
    said = capsys.readouterr().out.splitlines()
    assert max(map(len, said)) <= columns
    assert any(line.startswith("melee_hunt") and "[" in line for line in said)
