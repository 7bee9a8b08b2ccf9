from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from evalsuite.adapters.doom.synthesis import DoomSource
from evalsuite.commands import demo
from evalsuite.commands.main import main
from evalsuite.records.reading import read_records
from evalsuite.suite.files import save_suite
from evalsuite.suite.scenario import Suite
from evalsuite.synthesis import sampled

PNG = b"\x89PNG"


@pytest.fixture(name="small_suite")
def the_demo_on_five_short_scenarios(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The whole demo on the real engine, but each interaction once and for 20 steps."""
    (tmp_path / "levels").mkdir()
    scenarios = [
        each.model_copy(update={"max_steps": 20})
        for each in sampled(DoomSource(tmp_path / "levels"), 15, 0)
        if each.difficulty == "easy"
    ]
    path = tmp_path / "small.jsonl"
    save_suite(Suite(suite="small", version="1.0", scenarios=tuple(scenarios)), path)
    monkeypatch.setattr(demo, "SUITE", str(path))
    return path


def test_the_demo_scores_four_policies_shows_the_table_and_leaves_pictures(
    small_suite: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert main(["demo", "--out", str(out), "--workers", "2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    for word in ("doom-pretrained", "doom-finetuned", "oracle", "random", "melee hunt"):
        assert any(word in line for line in lines)
    for line, beginning in zip(lines[-3:], ("20 episodes in", "table and pictures:", "next,"), strict=True):
        assert line.startswith(beginning)
    records = read_records(out)
    assert len({record.key for record in records}) == 20
    assert {record.outcome for record in records} <= {"success", "failure"}
    report = out / "report"
    names = {path.name for path in report.iterdir()}
    assert {"index.html", "table.md", "cells.csv", "success.png", "views.png"} <= names
    assert all((report / name).read_bytes().startswith(PNG) for name in ("success.png", "views.png"))

    before = (out / "episodes").stat().st_mtime_ns
    assert main(["demo", "--out", str(out), "--json"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line)["episodes"] == 20
    assert {Path(path).parent for path in json.loads(line)["reports"]} == {report}
    assert (out / "episodes").stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ("missing", "extras"), [(["vizdoom"], "doom"), (["torch", "matplotlib"], "torch,reports")], ids=str
)
def test_what_is_not_installed_is_asked_for_before_anything_is_run(
    tmp_path: Path, missing: list[str], extras: str
) -> None:
    blocked = f"import sys; sys.modules.update(dict.fromkeys({missing!r})); from evalsuite.commands.main import main"
    asked = [sys.executable, "-c", f"{blocked}; sys.exit(main())", "demo", "--out", str(tmp_path / "out")]
    said = subprocess.run(asked, capture_output=True, text=True, timeout=60, check=False)
    assert (said.returncode, said.stdout, said.stderr.count("\n")) == (2, "", 1)
    assert f'[{extras}]"' in said.stderr
    assert not (tmp_path / "out").exists()


def test_a_folder_with_something_else_in_it_is_left_alone(
    small_suite: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "thesis.txt").write_text("do not touch")
    assert main(["demo", "--out", str(out)]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert [path.name for path in out.iterdir()] == ["thesis.txt"]
