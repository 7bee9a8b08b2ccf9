"""A rehearsal is named wherever a number of it stands, and never held against the real thing."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from evalsuite.commands.main import main
from evalsuite.gate.baseline import read_baseline
from tests.reports.run_folders import make_run, plausible

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def rehearsals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    monkeypatch.chdir(tmp_path)
    for name in ("base", "new"):
        make_run(tmp_path / name, plausible, policies=["agent"], per_cell=16, rehearsal=True)
    make_run(tmp_path / "real", plausible, policies=["agent"], per_cell=16)
    assert main(["baseline", "base", "--out", "base.parquet"]) == 0
    return "base", "new"


def test_compare_names_it_in_its_title_and_in_a_note(rehearsals: tuple[str, str], capsys: Capture) -> None:
    capsys.readouterr()
    assert main(["compare", *rehearsals]) == 0
    said = capsys.readouterr().out
    assert said.splitlines()[1] == "agent (new) against agent (base), small-suite 1.0 (REHEARSAL)"
    assert "a REHEARSAL: stand-ins played the simulators' part" in said
    assert main(["compare", *rehearsals, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["rehearsal"] is True


def test_a_verdict_on_rehearsals_says_so_to_people_and_machines(
    rehearsals: tuple[str, str], tmp_path: Path, capsys: Capture
) -> None:
    capsys.readouterr()
    main(["gate", *rehearsals, "--junit", "gate.xml", "--summary", "gate.md", "--annotations"])
    said = capsys.readouterr().out
    assert "(REHEARSAL)" in said.splitlines()[1]
    assert "WARNING: a REHEARSAL" in said
    assert "::warning" in said
    assert "(REHEARSAL)" in (tmp_path / "gate.md").read_text().splitlines()[0]
    properties = {
        each.get("name"): each.get("value") for each in ElementTree.parse(tmp_path / "gate.xml").iter("property")
    }
    assert properties["rehearsal"] == "true"
    main(["gate", *rehearsals, "--json"])
    assert json.loads(capsys.readouterr().out)["rehearsal"] is True


def test_a_baseline_file_of_a_rehearsal_stays_one(rehearsals: tuple[str, str], tmp_path: Path) -> None:
    kept = read_baseline(tmp_path / "base.parquet")
    assert kept.header.rehearsal
    assert all(profile.rehearsal for profile in kept.episodes.profiles)


@pytest.mark.parametrize("command", ["gate", "compare"])
@pytest.mark.parametrize(
    ("base", "candidate", "which"),
    [("base", "real", "base"), ("real", "new", "candidate"), ("base.parquet", "real", "base")],
)
def test_a_rehearsal_is_never_held_against_the_real_thing(
    rehearsals: tuple[str, str], capsys: Capture, command: str, base: str, candidate: str, which: str
) -> None:
    capsys.readouterr()
    assert main([command, base, candidate]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert f"the {which} is a rehearsal" in said.err


@pytest.mark.parametrize("command", ["gate", "compare"])
def test_a_folder_that_holds_both_is_refused(
    rehearsals: tuple[str, str], tmp_path: Path, capsys: Capture, command: str
) -> None:
    (file,) = (tmp_path / "new" / "episodes").iterdir()
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join(lines[:-1]) + lines[-1].replace('"rehearsal":true', '"rehearsal":false'))
    capsys.readouterr()
    assert main([command, *rehearsals]) == 2
    assert "a rehearsal beside the real thing" in capsys.readouterr().err
