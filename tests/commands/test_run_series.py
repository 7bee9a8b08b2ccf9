"""A series of checkpoints from the command line: scored, grown, and drawn."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path

import pytest

from evalsuite.records.reading import read_header, read_records
from evalsuite.suite.files import save_suite, write_lock
from tests.commands.conftest import CommandLine
from tests.runner.walkers import save_walker, walkers_suite

LINE = ("run", "walkers.yaml", "--policy-series", "series", "--out", "run", "--workers", "1")


@pytest.fixture(autouse=True)
def suite(tmp_path: Path) -> None:
    save_suite(walkers_suite(), tmp_path / "walkers.yaml")
    write_lock(walkers_suite(), tmp_path / "walkers.yaml")


@pytest.fixture
def series(tmp_path: Path) -> Path:
    """Two good checkpoints, and one that is cut off."""
    save_walker(tmp_path / "series" / "step-200.pt", walks=False)
    save_walker(tmp_path / "series" / "step-1000.pt", walks=True)
    whole = (tmp_path / "series" / "step-1000.pt").read_bytes()
    (tmp_path / "series" / "step-30.pt").write_bytes(whole[: len(whole) // 2])
    return tmp_path / "series"


def test_a_series_is_scored_as_far_as_it_can_be_loaded_goes_on_when_it_grows_and_is_drawn(
    evalsuite: CommandLine, series: Path, tmp_path: Path
) -> None:
    first = evalsuite(*LINE, "--controls", "--json")
    assert first.returncode == 1
    content = json.loads(first.stdout)
    none, two = {"success": 0, "failure": 3, "error": 0}, {"success": 2, "failure": 1, "error": 0}
    assert content["policies"] == {"noop": none, "random": none, "step-200": none, "step-1000": two}
    assert list(content["refused"]) == ["step-30"]
    (left_out,) = [line for line in first.stderr.splitlines() if line.startswith("step-30 is left out: ")]
    assert "cut off or damaged" in left_out
    assert (content["episodes"], content["interrupted"]) == (12, False)
    before = read_records(tmp_path / "run")

    save_walker(series / "step-30.pt", walks=False)
    second = evalsuite(*LINE, "--controls")
    assert second.returncode == 0, second.stderr
    assert "12 of 12 episodes were already in run" in second.stderr
    assert "checkpoint 1 of 3: step-30" in second.stderr
    assert second.stdout.splitlines()[-1] == "15 of 15 episodes in run"
    after = read_records(tmp_path / "run")
    assert after[: len(before)] == before
    assert Counter(record.policy for record in after[len(before) :]) == {"step-30": 3}
    told = {entry.label: entry.step for entry in read_header(tmp_path / "run").policies}
    assert told == {"noop": None, "random": None, "step-200": 200, "step-1000": 1000, "step-30": 30}

    assert evalsuite("report", "run", "--to", "csv,png").returncode == 0
    assert (tmp_path / "run" / "report" / "learning-curve.png").stat().st_size > 10_000
    with (tmp_path / "run" / "report" / "learning-curve.csv").open(newline="") as file:
        points = [row for row in csv.DictReader(file) if (row["interaction"], row["difficulty"]) == ("all", "all")]
    assert [(row["step"], row["policy"], float(row["rate"])) for row in points] == [
        ("30", "step-30", 0.0),
        ("200", "step-200", 0.0),
        ("1000", "step-1000", pytest.approx(2 / 3)),
        ("", "noop", 0.0),
        ("", "random", 0.0),
    ]


def test_a_checkpoint_that_has_changed_under_its_name_is_told_in_one_line_and_nothing_is_played(
    evalsuite: CommandLine, tmp_path: Path
) -> None:
    save_walker(tmp_path / "series" / "step-1.pt", walks=False)
    assert evalsuite(*LINE).returncode == 0
    before = {path: path.read_bytes() for path in (tmp_path / "run").rglob("*") if path.is_file()}
    save_walker(tmp_path / "series" / "step-1.pt", walks=True)
    save_walker(tmp_path / "series" / "step-2.pt", walks=True)
    done = evalsuite(*LINE)
    assert done.returncode == 2
    assert "holds another policy under the label 'step-1'" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert {path: path.read_bytes() for path in (tmp_path / "run").rglob("*") if path.is_file()} == before


def test_mistakes_get_one_line_and_leave_nothing(evalsuite: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    save_walker(tmp_path / "series" / "step-1.pt", walks=False)
    before = sorted(tmp_path.iterdir())
    for words, message in [
        (("--policy-series", "empty"), "--policy-series empty holds no checkpoint"),
        (("--policy-series", "nowhere"), "No such file or directory; name a folder of checkpoints"),
        (("--policy-series", "series", "--policy", "step-1=noop"), "2 policies have the label 'step-1'"),
        (("--policy-series", "series", "--compare-to", "elsewhere"), "leave one out"),
        ((), "no policy was named"),
    ]:
        done = evalsuite("run", "walkers.yaml", *words, "--out", "run")
        assert done.returncode == 2
        assert message in done.stderr
        assert len(done.stderr.splitlines()) == 1
    assert sorted(tmp_path.iterdir()) == before
