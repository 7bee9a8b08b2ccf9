"""The numbers behind a learning curve are those of the cells, and what is beside it stands on the same scenarios."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from evalsuite.records.folder import RunFolder
from evalsuite.records.reading import read_header
from evalsuite.reports import csv_table
from evalsuite.reports.learning_curves import beside, learning_curves
from evalsuite.statistics.cells import CellKey
from evalsuite.statistics.checkpoint_series import series_in
from evalsuite.statistics.results import read_results
from tests.reports.run_folders import DIFFICULTIES, INTERACTIONS, make_run, plausible


@pytest.fixture(name="run", scope="module")
def series_with_controls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three checkpoints that were told to be a series, a policy that was not, the oracle and a control."""
    labels = ["step-20k", "step-5k", "step-100k", "published", "oracle", "random"]
    run = make_run(tmp_path_factory.mktemp("curve") / "run", plausible, policies=labels, per_cell=8)
    steps = {"step-5k": 5e3, "step-20k": 2e4, "step-100k": 1e5}
    entries = [each.model_copy(update={"step": steps.get(each.label)}) for each in read_header(run).policies]
    RunFolder.note_steps_at(run, entries)
    return run


def test_there_is_a_curve_of_everything_and_of_each_part(run: Path) -> None:
    (results,) = read_results([run])
    (series,) = series_in(results)
    curves = learning_curves(results, series)
    assert [each.name for each in curves] == ["", *INTERACTIONS, *DIFFICULTIES]
    assert series.labels == ("step-5k", "step-20k", "step-100k")
    policies = {policy.label: policy for policy in results.policies}
    for curve in curves:
        assert curve.cells == tuple(policies[label].cells[curve.key] for label in series.labels)
    assert [policy.label for policy in beside(results, series)] == ["published", "oracle", "random"]


def test_the_csv_holds_each_point_with_its_interval_and_each_line_beside_it(run: Path, tmp_path: Path) -> None:
    paths = {path.name: path for path in csv_table.write([run], tmp_path)}
    with paths["learning-curve.csv"].open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    (results,) = read_results([run])
    cell = next(each for each in results.policies if each.label == "step-20k").cells[CellKey("break", None)]
    (row,) = [row for row in rows if (row["step"], row["interaction"]) == ("20000", "break")]
    assert (float(row["rate"]), float(row["low"])) == (cell.rate, cell.interval.low)
    assert (row["n"], row["errors"], row["series"]) == (str(cell.n), str(cell.errors), "step-#")
    assert {row["policy"] for row in rows if not row["step"]} == {"published", "oracle", "random"}


def test_a_report_without_a_series_has_no_such_file_and_removes_an_earlier_one(run: Path, tmp_path: Path) -> None:
    csv_table.write([run], tmp_path / "report")
    plain = make_run(tmp_path / "plain", plausible, policies=["agent"])
    csv_table.write([plain], tmp_path / "report")
    assert not (tmp_path / "report" / "learning-curve.csv").exists()
