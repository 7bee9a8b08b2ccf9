from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from evalsuite.reports.evaluation import read_evaluation
from evalsuite.reports.references.published import REMARK, PublishedRow, published_beside, published_rows
from evalsuite.reports.tables.interactions import success_table
from evalsuite.reports.tables.registry import all_tables
from evalsuite.statistics.results import read_results
from tests.reports.detailed_runs import detailed_run
from tests.reports.run_folders import make_run, plausible


def make(folder: Path, suite: str, *, rehearsal: bool = False) -> Path:
    return make_run(folder, plausible, policies=["one", "two"], suite=suite, rehearsal=rehearsal)


def test_the_shipped_rows_are_those_of_the_papers() -> None:
    told = {(row.policy, value.interaction, value.text) for row in published_rows() for value in row.values}
    for expected in (
        ("ROCKET-2 (before RL)", None, "7%"),
        ("ROCKET-3 (after RL)", None, "28%"),
        ("ROCKET-2 (before RL)", "archery", "<1%"),
        ("ROCKET-3 (after RL)", "archery", "28%"),
        ("ROCKET-3, invisible instance", None, "48%"),
        ("ROCKET-1 with Molmo", None, "82%"),
        ("ROCKET-1 with human prompts", None, "95%"),
        ("VPT (bc)", None, "7%"),
        ("STEVE-1", None, "19%"),
        ("GROOT-1", None, "9%"),
    ):
        assert expected in told


def test_the_robot_trials_are_counted() -> None:
    (before,) = [row for row in published_rows() if "robot-ball" in row.suites and row.side == "before"]
    (after,) = [row for row in published_rows() if "robot-ball" in row.suites and row.side == "after"]
    assert [(row.values[0].rate * 12, row.values[0].n) for row in (before, after)] == [(3, 12), (8, 12)]


def test_every_row_tells_its_source_and_its_caveat() -> None:
    for row in published_rows():
        assert "arXiv" in row.source
        assert len(row.caveat) > 20
        assert REMARK in row.sentence


def test_rows_stand_only_beside_their_suite_and_never_beside_a_rehearsal(tmp_path: Path) -> None:
    runs = [
        make(tmp_path / "own", "minecraft-rocket3"),
        make(tmp_path / "other", "doom-standard"),
        make(tmp_path / "rehearsed", "minecraft-rocket3", rehearsal=True),
    ]
    own, other, rehearsed = read_results(runs)
    assert len(published_beside(own)) == 3
    assert not published_beside(other)
    assert not published_beside(rehearsed)
    assert any(group.published for group in success_table(own).rows)
    assert not any(group.published for group in (*success_table(other).rows, *success_table(rehearsed).rows))


def test_published_numbers_change_no_measured_one(tmp_path: Path) -> None:
    tables = []
    for name, suite in (("with", "minecraft-rocket3"), ("without", "doom-standard")):
        run = make(tmp_path / name, suite)
        tables.append(all_tables(read_evaluation([run])))
    for one, other in zip(*tables, strict=True):
        ours = [entry.plain for group, row in one.lines if not group.published for entry in row.entries]
        assert ours == [entry.plain for _, row in other.lines for entry in row.entries]


def test_published_entries_are_marked_and_have_neither_interval_nor_episodes(tmp_path: Path) -> None:
    run = detailed_run(tmp_path / "run", {"one": 0.5, "two": 1.0}, suite="minecraft-rocket3")
    tables = all_tables(read_evaluation([run]))
    assert {table.kind for table in tables if table.sources} == {"overview", "success", "change"}
    for table in tables:
        for group, row in table.lines:
            for entry in row.entries:
                assert (entry.kind == "published") == (group.published and entry.value is not None)
                if group.published:
                    assert REMARK in group.remark
                    assert entry.ends is None
                    assert not entry.episodes
                    assert not entry.bold


def test_a_side_without_its_change_is_refused() -> None:
    row = published_rows()[0].model_dump()
    with pytest.raises(ValidationError, match="go together"):
        PublishedRow.model_validate({**row, "change": None, "side": "after"})
