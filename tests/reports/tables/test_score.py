"""A score between 0 and 1 has a table of its own; success alone has none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evalsuite.records.reading import EPISODES_FOLDER
from evalsuite.reports import terminal
from evalsuite.reports.evaluation import read_evaluation
from evalsuite.reports.tables import score
from evalsuite.reports.wording import strata
from evalsuite.statistics.cells import CellKey
from tests.reports.detailed_runs import detailed_run


def with_scores(run: Path, failures: float) -> Path:
    """The run in which a success scores 1 and a failure `failures`."""
    (file,) = (run / EPISODES_FOLDER).iterdir()
    records = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    for record in records:
        record["score"] = {"success": 1.0, "failure": failures, "error": 0.0}[record["outcome"]]
    file.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return run


def test_the_mean_score_is_of_the_episodes_scored(tmp_path: Path) -> None:
    run = with_scores(detailed_run(tmp_path / "run", {"half": 0.9}, suite="doom-quick", error_share=0.2), 0.5)
    evaluation = read_evaluation([run])
    (table,) = score.make(evaluation)
    (results,) = evaluation.results
    cells = results.policies[0].cells
    for interaction, (_, row) in zip((*strata(results)[0], None), table.lines, strict=True):
        counts = cells[CellKey(interaction, None)]
        entry = row.entries[-1]
        assert entry.n == counts.n
        assert entry.value == pytest.approx((counts.successes + 0.5 * (counts.n - counts.successes)) / counts.n)
        assert entry.ends is None or 0.0 <= entry.ends[0] <= entry.ends[1] <= 1.0


def test_a_suite_of_rows_has_it_though_every_row_was_finished_and_so_has_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = detailed_run(tmp_path / "run", {"perfect": 99.0}, suite="doom-quick", error_share=0.0)
    (file,) = (run / EPISODES_FOLDER).iterdir()
    records = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    for record in records:
        record.update(score=1.0, goals=6, outcome="success")
    file.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    (table,) = score.make(read_evaluation([run]))
    entry = list(table.lines)[-1][1].entries[-1]
    assert entry.value == 1.0
    assert entry.ends is not None
    assert entry.ends[0] < 1.0, "a few full scores leave room for doubt"
    terminal.write([run], None)
    assert "Score by interaction and difficulty" in capsys.readouterr().out


def test_where_every_episode_is_all_or_nothing_there_is_no_such_table(tmp_path: Path) -> None:
    run = with_scores(detailed_run(tmp_path / "run", {"half": 0.9}, suite="doom-quick"), 0.0)
    assert list(score.make(read_evaluation([run]))) == []
