from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

from evalsuite.commands.main import main
from evalsuite.records.reading import EPISODES_FOLDER
from evalsuite.reports import views
from tests.reports.detailed_runs import detailed_run
from tests.reports.run_folders import make_run, plausible


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def complaint(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """The one line on standard error of a command that must end with exit code 2."""
    assert main(["report", *words]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    return said


def test_by_default_a_run_gets_a_table_cells_and_a_picture_in_its_own_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = make_run(tmp_path / "run", plausible)
    assert main(["report", str(run)]) == 0
    written = capsys.readouterr().out.splitlines()
    names = ("table.md", "cells.csv", "tables.csv", "episodes.csv", "latex/tables.tex", "success.png")
    assert {str(run / "report" / name) for name in names} <= set(written)
    assert all(Path(path).stat().st_size > 100 for path in written)


def test_by_default_what_can_not_be_drawn_here_is_left_out_and_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run(tmp_path / "run", plausible)
    monkeypatch.setattr("evalsuite.commands.report.DRAWN_WITH", {"html": "no_such_package", "png": "no_such_package"})
    assert main(["report", str(run)]) == 0
    told = capsys.readouterr()
    assert "note: without html and png" in told.err
    assert not any(line.endswith((".html", ".png")) for line in told.out.splitlines())
    assert (run / "report" / "table.md").exists()


def test_a_report_changes_nothing_in_the_runs(tmp_path: Path) -> None:
    runs = [make_run(tmp_path / name, plausible, per_cell=1) for name in ("a", "b")]
    before = [contents(run) for run in runs]
    assert main(["report", *map(str, runs), "--to", "markdown,csv", "--out", str(tmp_path / "out")]) == 0
    assert [contents(run) for run in runs] == before
    names = ["cells.csv", "episodes.csv", "table.md", "tables.csv"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir() if path.name[0] != ".") == names


def test_the_interval_asked_for_is_in_every_format(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", plausible, per_cell=4)
    assert main(["report", str(run), "--to", "markdown,csv,latex", "--interval", "clopper-pearson"]) == 0
    folder = run / "report"
    for name in ("table.md", "latex/tables.tex"):
        text = (folder / name).read_text(encoding="utf-8")
        assert "Clopper" in text
        assert "Wilson" not in text
    with (folder / "cells.csv").open(encoding="utf-8", newline="") as file:
        assert all(row["low"] == row["exact_low"] for row in csv.DictReader(file))


def test_the_terminal_format_prints_and_leaves_no_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = make_run(tmp_path / "run", plausible)
    assert main(["report", str(run), "--to", "terminal"]) == 0
    said = capsys.readouterr().out
    assert "melee hunt" in said
    assert str(run) not in said
    assert not (run / "report").exists()


def test_an_out_that_is_no_folder_is_refused_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = make_run(tmp_path / "run", plausible)
    file, below = tmp_path / "file", tmp_path / "file" / "below"
    file.touch()
    refused = {
        file: "is a file; name a folder",
        below: f"can't be written: {file} is no folder that you may write to",
    }
    for out, said in refused.items():
        assert main(["report", str(run), "--to", "markdown,csv", "--out", str(out)]) == 2
        assert capsys.readouterr().err.splitlines() == [f"evalsuite: error: --out {out} {said}"]


def test_what_can_be_written_is_written_beside_a_format_that_can_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = make_run(tmp_path / "run", plausible, per_cell=1)
    assert main(["report", str(run), "--to", "views,markdown"]) == 2
    told = capsys.readouterr()
    assert told.out == f"{run / 'report' / 'table.md'}\n"
    assert (run / "report" / "table.md").stat().st_size > 100
    assert told.err.count("\n") == 1
    assert not (run / "report" / views.FILE_NAME).exists()


def test_an_unknown_format_is_refused_with_those_there_are_before_anything_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = make_run(tmp_path / "run", plausible, per_cell=1)
    said = complaint(capsys, str(run), "--to", "csv,hologram")
    assert "'hologram'" in said
    assert all(name in said for name in ("csv", "markdown", "pdf", "png", "terminal", "views"))
    assert not (run / "report").exists()


def test_no_format_at_all_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "no report format" in complaint(capsys, str(make_run(tmp_path / "run", plausible)), "--to", " ,")


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "is no run folder: it has no run.json" in complaint(capsys, str(tmp_path))
    assert "is no run folder: there is nothing at this path" in complaint(capsys, str(tmp_path / "nowhere"))
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "base.parquet").write_bytes(b"PAR1")
    assert "base.parquet is no run folder: it is a file" in complaint(capsys, str(tmp_path / "base.parquet"))


def test_a_folder_of_runs_is_refused_with_their_names(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a", "b", "c", "d"):
        make_run(tmp_path / name, plausible, per_cell=1)
    names = ", ".join(str(tmp_path / name) for name in ("a", "b", "c"))
    assert f"is no run folder: name one of those in it: {names} and 1 more" in complaint(capsys, str(tmp_path))


def test_no_format_writes_over_a_file_of_another(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = detailed_run(tmp_path / "run", {"before": 1.0, "after": 0.2}, suite="dmlab-fruit")
    assert main(["report", str(run), "--to", "png,csv,markdown"]) == 0
    written = [Path(line).name for line in capsys.readouterr().out.splitlines()]
    assert "view-difficulty.png" in written
    assert len(set(written)) == len(written)
    assert views.FILE_NAME not in written


def test_a_run_without_a_settled_episode_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = make_run(tmp_path / "run", plausible)
    for file in (run / EPISODES_FOLDER).iterdir():
        file.write_bytes(b"")
    assert "no settled episode" in complaint(capsys, str(run))


def test_a_line_that_is_no_record_is_named_by_file_and_number(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = make_run(tmp_path / "run", plausible)
    (file,) = (run / EPISODES_FOLDER).iterdir()
    file.write_bytes(file.read_bytes() + b"{}\n")
    assert f"{file.name}:181" in complaint(capsys, str(run))


def test_the_core_imports_neither_reports_nor_matplotlib_for_the_command_line(tmp_path: Path) -> None:
    looked = (
        "import sys, evalsuite.commands.main, evalsuite.commands.report, evalsuite.commands.demo\n"
        "print([name for name in ('matplotlib', 'torch', 'vizdoom', 'evalsuite.reports') if name in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", looked], capture_output=True, text=True, timeout=60, check=True)
    assert said.stdout.strip() == "[]"


def test_json_names_the_runs_and_the_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = make_run(tmp_path / "run", plausible, per_cell=1)
    assert main(["report", str(run), "--to", "markdown", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "runs": [str(run)],
        "files": [str(run / "report" / "table.md")],
    }
    assert "leave one of them out" in complaint(capsys, str(run), "--to", "terminal", "--json")
