from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from evalsuite.commands.main import main
from evalsuite.gate.baseline import read_baseline
from evalsuite.statistics.results import read_run
from tests.reports.run_folders import make_run, plausible

Capture = pytest.CaptureFixture[str]


def test_a_baseline_holds_every_outcome_in_a_tenth_of_a_kilobyte_each(tmp_path: Path, capsys: Capture) -> None:
    run = make_run(tmp_path / "run", plausible, per_cell=64, seeds=(0, 1))
    out = tmp_path / "deep" / "main.parquet"
    assert main(["baseline", str(run), "--out", str(out)]) == 0
    assert f"{15 * 64 * 2 * 3:,} episodes of agent, oracle, random on small-suite 1.0" in capsys.readouterr().out
    assert out.stat().st_size < 100 * 15 * 64 * 2 * 3
    before, after = read_run(run).episodes, read_baseline(out).episodes
    assert np.bincount(before.outcome).tolist() == np.bincount(after.outcome).tolist()
    rows = [
        {
            (each.scenarios[scenario], seed, each.profiles[profile], outcome)
            for scenario, seed, profile, outcome in zip(
                each.scenario, each.seed, each.profile, each.outcome, strict=True
            )
        }
        for each in (before, after)
    ]
    assert rows[0] == rows[1]


def test_a_baseline_tells_nothing_of_the_machine(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", plausible)
    assert main(["baseline", str(run), "--out", str(tmp_path / "main.parquet")]) == 0
    assert b"hardware" not in (tmp_path / "main.parquet").read_bytes()
    assert read_baseline(tmp_path / "main.parquet").header.sessions == ()


def test_another_ending_is_refused(tmp_path: Path, capsys: Capture) -> None:
    run = make_run(tmp_path / "run", plausible)
    assert main(["baseline", str(run), "--out", str(tmp_path / "main.json")]) == 2
    assert "ends in .parquet" in capsys.readouterr().err


def test_without_pyarrow_the_command_that_brings_it_is_named(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run(tmp_path / "run", plausible)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert main(["baseline", str(run), "--out", str(tmp_path / "main.parquet")]) == 2
    assert '[baseline]"' in capsys.readouterr().err


def test_a_parquet_file_of_somebody_else_is_refused(tmp_path: Path, capsys: Capture) -> None:
    import pyarrow
    import pyarrow.parquet

    pyarrow.parquet.write_table(pyarrow.table({"a": [1]}), tmp_path / "theirs.parquet")
    run = make_run(tmp_path / "run", plausible)
    assert main(["gate", str(tmp_path / "theirs.parquet"), str(run)]) == 2
    assert "is no baseline that this version reads" in capsys.readouterr().err


def test_json_is_one_object(tmp_path: Path, capsys: Capture) -> None:
    run = make_run(tmp_path / "run", plausible)
    out = tmp_path / "main.parquet"
    assert main(["baseline", str(run), "--out", str(out), "--json"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert (content["out"], content["bytes"]) == (str(out), out.stat().st_size)
    assert (content["policies"], content["episodes"]) == (["agent", "oracle", "random"], len(read_run(run).episodes))
