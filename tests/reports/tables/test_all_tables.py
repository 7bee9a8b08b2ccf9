from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from evalsuite.records.record import Outcome
from evalsuite.reports import csv_table
from evalsuite.reports.evaluation import Evaluation, read_evaluation
from evalsuite.reports.figures.registry import all_figures
from evalsuite.reports.tables.registry import all_tables
from evalsuite.reports.tables.table import Entry, Table
from evalsuite.statistics.cells import CellKey
from evalsuite.statistics.comparison import compare
from evalsuite.statistics.intervals import wilson
from tests.reports.detailed_runs import detailed_run
from tests.reports.run_folders import make_run, plausible


@pytest.fixture(name="runs", scope="module")
def two_checkpoints(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("runs")
    return [
        detailed_run(folder / "before", {"before": 0.2, "oracle": 0.0, "random": 0.0}, suite="dmlab-fruit"),
        detailed_run(folder / "after", {"after": 1.2}, suite="dmlab-fruit"),
        detailed_run(folder / "minecraft", {"before": 0.0, "after": 0.6}, suite="minecraft-visible"),
        detailed_run(folder / "rehearsed", {"before": 0.9}, suite="doom-quick", rehearsal=True),
    ]


@pytest.fixture(name="evaluation", scope="module")
def read(runs: list[Path]) -> Evaluation:
    return read_evaluation(runs)


@pytest.fixture(name="tables", scope="module")
def made(evaluation: Evaluation) -> dict[str, Table]:
    return {table.slug: table for table in all_tables(evaluation)}


def measured(table: Table) -> list[Entry]:
    return [entry for group, row in table.lines if not group.published for entry in row.entries]


def test_every_kind_of_table_is_made_and_no_two_have_the_same_slug(
    evaluation: Evaluation, tables: dict[str, Table]
) -> None:
    assert len(tables) == len(all_tables(evaluation))
    kinds = {"overview", "success", "change", "view-difficulty", "predictions", "cost"}
    assert {table.kind for table in tables.values()} == kinds
    for table in tables.values():
        assert all(len(row.entries) == len(table.columns) for _, row in table.lines)


def test_real_and_rehearsed_episodes_stand_in_one_table_only_at_a_glance_and_in_columns_that_say_so(
    tables: dict[str, Table],
) -> None:
    rehearsed = [table for table in tables.values() if table.rehearsal]
    assert {table.suite.split()[0] for table in rehearsed} == {"doom-quick"}
    assert all("REHEARSAL" in table.title and "rehearsal" in table.slug for table in rehearsed)
    others = [table for table in tables.values() if not table.rehearsal and table.kind != "overview"]
    assert all("doom-quick" not in table.suite for table in others)
    overview = tables["overview"]
    assert "REHEARSAL with a stand-in where it says so" in overview.title
    assert [(group.heading, group.rehearsal) for group in overview.groups] == [
        ("dmlab", False),
        ("minecraft", False),
        ("doom (REHEARSAL)", True),
    ]


def test_a_checkpoint_is_one_row_over_all_worlds(tables: dict[str, Table]) -> None:
    table = tables["overview"]
    assert [group.heading for group in table.groups if not group.rehearsal] == ["dmlab", "minecraft"]
    names = [row.name for group, row in table.lines if not group.published]
    assert names == ["before", "after", "oracle", "random"]
    assert [entry.kind for entry in table.rows[0].rows[0].entries] == ["rate", "rate", "rate"]
    assert [entry.kind for entry in table.rows[1].rows[0].entries] == ["rate", "nothing", "nothing"]


def test_suites_of_one_world_stand_side_by_side_whatever_order_they_came_in(tmp_path: Path) -> None:
    suites = ("doom-quick", "dmlab-rocket3", "doom-standard")
    runs = [detailed_run(tmp_path / suite, {"agent": 0.1 + at}, suite=suite) for at, suite in enumerate(suites)]
    evaluation = read_evaluation(runs)
    table = all_tables(evaluation)[0]
    assert [group.heading for group in table.groups] == ["doom", "dmlab"]
    suites_across = [column.heading.split()[0] for column in table.columns]
    assert suites_across == ["doom-quick", "doom-standard", "dmlab-rocket3"]
    rates = {each.suite: each.policies[0].cells[CellKey(None, None)].rate for each in evaluation.results}
    assert [entry.value for entry in table.rows[0].rows[0].entries] == [rates[name] for name in suites_across]


def test_labels_that_differ_in_case_alone_get_figures_and_tables_of_their_own(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", plausible, policies=["base", "Agent", "agent", "наблюдатель"], per_cell=2)
    evaluation = read_evaluation([run])
    for slugs in ([each.slug for each in all_tables(evaluation)], [each.slug for each in all_figures(evaluation)]):
        assert len(set(slugs)) == len(slugs)
        assert all(re.fullmatch(r"[a-z0-9.-]{1,110}", slug) for slug in slugs)


def test_the_change_is_that_of_the_pairs_with_its_interval(evaluation: Evaluation, tables: dict[str, Table]) -> None:
    policies = {policy.label: policy for policy in evaluation.results[0].policies}
    pooled = compare(policies["before"].episodes, policies["after"].episodes).pooled
    row = tables["change-dmlab-fruit"].rows[0].rows[0]
    before, after, change, lost, gained, p = row.entries
    assert row.name == "all"
    assert change.value == pooled.value == pytest.approx((after.value or 0) - (before.value or 0))
    assert change.ends == (pooled.interval().low, pooled.interval().high)
    assert (lost.value, gained.value, p.value) == (pooled.lost, pooled.gained, pooled.p_changed)
    assert before.n == after.n == change.n == pooled.n
    assert len(change.episodes) == 2 * pooled.n


def test_a_view_bin_counts_the_episodes_measured_within_it(evaluation: Evaluation, tables: dict[str, Table]) -> None:
    table = tables["view-difficulty-dmlab-fruit"]
    gaps, shared, angles = table.rows[:3]
    assert gaps.name == "view gap (view-gap.1)"
    assert [row.name for row in gaps.rows] == ["small", "medium", "large"]
    assert shared.name == "start view seen in the goal view (covisibility.1)"
    assert angles.name == "angle between the views (view-angle.1)"
    assert [row.name for row in angles.rows][:2] == ["0–30°", "30–60°"]
    views = evaluation.measurements
    for row in angles.rows:
        low, high = (float(end) for end in row.name.rstrip("°").split("–"))
        for reference in row.entries[0].episodes:
            place = views.places[reference.run, reference.policy, reference.scenario, reference.seed]
            assert low <= views.view["view_angle_deg"][place] < high
    per_bin = sum(len(row.entries[0].episodes) for row in angles.rows)
    assert per_bin == len(evaluation.results[0].policies[0].episodes)


def test_every_number_leads_back_to_its_episodes(
    runs: list[Path], evaluation: Evaluation, tables: dict[str, Table], tmp_path: Path
) -> None:
    """The selection of an entry finds, in episodes.csv, just the episodes that the entry names itself."""
    paths = csv_table.write(runs, tmp_path)
    with paths[2].open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    checked = 0
    for table in tables.values():
        if table.kind == "change":
            continue
        for entry in [each for each in measured(table) if each.kind == "rate"][::7]:
            wanted: dict[str, set[str]] = {}
            for name, value in entry.selection:
                wanted.setdefault(name, set()).add(value)
            found = {
                (row["run"], row["scenario"], row["seed"])
                for row in rows
                if all(row[name] in values for name, values in wanted.items())
            }
            assert found == {(each.run, each.scenario, str(each.seed)) for each in entry.episodes}
            checked += 1
    assert checked > 20


def test_tables_csv_holds_every_value_of_every_table(
    runs: list[Path], tables: dict[str, Table], tmp_path: Path
) -> None:
    paths = csv_table.write(runs, tmp_path)
    with paths[1].open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    entries = [entry for table in tables.values() for entry in table.entries if entry.value is not None]
    assert [row["shown"] for row in rows] == [entry.plain for entry in entries]
    assert [float(row["value"]) for row in rows] == [entry.value for entry in entries]


def test_two_reports_of_the_same_runs_are_the_same_to_the_byte(runs: list[Path], tmp_path: Path) -> None:
    one, other = (csv_table.write(runs, tmp_path / name) for name in ("one", "other"))
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in other]


def test_one_reading_is_shared_until_a_record_is_added(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", lambda *cell: "success", policies=["agent"], per_cell=1)
    first = read_evaluation([run])
    assert read_evaluation([run]) is first
    assert read_evaluation([run], "clopper-pearson") is not first
    (file,) = (run / "episodes").iterdir()
    line = file.read_bytes().splitlines(keepends=True)[0].replace(b"approach-easy-0", b"approach-easy-9")
    file.write_bytes(file.read_bytes() + line)
    assert len(read_evaluation([run]).results[0].policies[0].episodes) == 16


def test_bold_is_only_where_the_difference_is_proven(tmp_path: Path) -> None:
    def judge(policy: str, interaction: str, difficulty: str, number: int) -> Outcome:
        better = policy == "good" and interaction == "approach"
        return "success" if better or number % 4 == 0 else "failure"

    run = make_run(tmp_path / "run", judge, policies=["bad", "good", "oracle"], per_cell=16)
    table = next(each for each in all_tables(read_evaluation([run])) if each.kind == "success")
    bold = {(group.name, row.name, at) for group, row in table.lines for at, e in enumerate(row.entries) if e.bold}
    approach = {("good", "approach", at) for at in range(4)}
    assert approach <= bold
    assert bold - approach == {("good", "all", at) for at in range(4)}
    assert any(note.startswith("bold: ") for note in table.notes)


def test_how_bold_is_decided_is_told_only_where_something_is_bold(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", lambda *_: "success", policies=["this", "that"], per_cell=2)
    tables = all_tables(read_evaluation([run]))
    assert not any(entry.bold for table in tables for entry in table.entries)
    assert not any("bold" in note for table in tables for note in table.notes)


def test_a_worked_example_reads_as_it_does_by_hand(tmp_path: Path) -> None:
    def judge(policy: str, interaction: str, difficulty: str, number: int) -> Outcome:
        return "success" if number < {"before": 3, "after": 9}[policy] else "failure"

    run = make_run(tmp_path / "run", judge, policies=["before", "after"], per_cell=12)
    tables = {table.kind: table for table in all_tables(read_evaluation([run]))}
    row = tables["change"].rows[0].rows[0]
    assert [entry.text for entry in row.entries] == ["25%", "75%", "+50.0", "0", "90", "<.0001"]
    ends = wilson(45, 180)
    assert row.entries[0].ends == (ends.low, ends.high)
    assert row.entries[0].plain == "25% [19, 32] n=180"
