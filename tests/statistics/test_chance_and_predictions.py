from __future__ import annotations

import json
from pathlib import Path

import pytest

from evalsuite.commands.main import main
from evalsuite.records.reading import EPISODES_FOLDER
from evalsuite.records.record import Outcome
from evalsuite.statistics.cells import CellKey
from evalsuite.statistics.results import SuiteResults, read_results
from tests.reports.run_folders import make_run

Capture = pytest.CaptureFixture[str]


def judge(policy: str, interaction: str, difficulty: str, number: int) -> Outcome:
    """The agent can break what is easy; otherwise it does as the random control does, which is half of approach."""
    if policy == "agent" and (interaction, difficulty) == ("break", "easy"):
        return "success"
    return "success" if interaction == "approach" and number % 2 else "failure"


@pytest.fixture
def results(tmp_path: Path) -> SuiteResults:
    return read_results([make_run(tmp_path / "run", judge, policies=["agent", "random", "noop"], per_cell=16)])[0]


def test_a_cell_that_a_control_equals_is_not_above_chance(results: SuiteResults) -> None:
    agent = results.policies[0]
    assert results.above_chance(agent, CellKey("break", "easy"))
    assert not results.above_chance(agent, CellKey("break", "hard"))
    assert not results.above_chance(agent, CellKey("approach", "easy"))


def test_a_control_is_not_held_against_itself(results: SuiteResults) -> None:
    assert all(results.above_chance(each, key) for each in results.policies[1:] for key in each.cells)


def test_without_a_control_nothing_is_flagged(tmp_path: Path) -> None:
    (results,) = read_results([make_run(tmp_path / "run", judge, policies=["agent"])])
    assert all(results.above_chance(results.policies[0], key) for key in results.policies[0].cells)


def test_the_table_marks_such_cells_and_says_what_the_mark_means(tmp_path: Path, capsys: Capture) -> None:
    run = make_run(tmp_path / "run", judge, policies=["agent", "random"], per_cell=16)
    assert main(["report", str(run), "--to", "terminal"]) == 0
    said = capsys.readouterr().out
    rows = {line.split()[0]: line for line in said.splitlines() if line.strip().startswith(("break", "approach"))}
    assert "*" not in rows["approach"], "the last block is the control's"
    assert "note: * agent: not above chance, for random comes within the cell's interval" in " ".join(said.split())


def test_a_scenario_solved_at_reset_is_invalid_and_not_easy(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", judge, policies=["agent"], per_cell=2)
    (file,) = (run / EPISODES_FOLDER).iterdir()
    records = [json.loads(line) for line in file.read_text().splitlines()]
    for record in records:
        record["success_at_reset"] = record["scenario"] == "break-easy-0"
    file.write_text("".join(json.dumps(record) + "\n" for record in records))
    (results,) = read_results([run])
    cell = results.policies[0].cells[CellKey("break", "easy")]
    assert (cell.successes, cell.n, cell.invalid, cell.errors, cell.total) == (1, 1, 1, 0, 2)
    assert "agent: solved before the first action, so invalid and left out: break-easy-0" in results.notes


def test_predictions_give_visibility_accuracy_and_centroid_error(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", judge, policies=["agent"], per_cell=1)
    (file,) = (run / EPISODES_FOLDER).iterdir()
    records = [json.loads(line) for line in file.read_text().splitlines()]
    records[0]["prediction"] = {"steps": 10.0, "visible_correct": 0.5, "point_error_px": 20.0}
    records[1]["prediction"] = {"steps": 600.0, "visible_correct": 1.0}
    file.write_text("".join(json.dumps(record) + "\n" for record in records))
    (results,) = read_results([run])
    summary = results.policies[0].cells[CellKey(None, None)].predictions
    assert summary is not None
    assert (summary.episodes, summary.visibility_accuracy, summary.centroid_error_px) == (2, 0.75, 20.0)
    assert results.policies[0].cells[CellKey("archery", None)].predictions is None
