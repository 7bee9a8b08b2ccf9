"""The one table of a suite of suites: checkpoint by world, and what was rehearsed says so wherever it is read."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from evalsuite.records.record import Outcome
from evalsuite.records.suites_folder import MemberEntry, SuitesHeader, begin_suites_folder, member_folder
from evalsuite.reports import csv_table, latex, markdown, terminal
from evalsuite.reports.evaluation import read_evaluation
from evalsuite.reports.html_table import fragment
from evalsuite.reports.tables.registry import all_tables
from evalsuite.reports.tables.table import Entry, Table
from evalsuite.statistics.intervals import wilson
from evalsuite.statistics.macro_mean import macro_mean
from tests.reports.run_folders import Judge, make_run, sha256_of
from tests.reports.test_latex import compiled, words_in

WORLDS = {"halls": "doom", "mazes": "dmlab", "blocks": "unreal", "rescue": "unreal", "ball": "robot"}
RATES = {"weak": 2, "strong": 7, "oracle": 8, "random": 0}
"""Policy -> successes among the 8 scenarios of a cell; halls is two harder."""


def judge_of(suite: str) -> Judge:
    def judge(policy: str, interaction: str, difficulty: str, number: int) -> Outcome:
        harder = 2 if suite == "halls" and policy in ("weak", "strong") else 0
        return "success" if number < RATES[policy] - harder else "failure"

    return judge


def make_all(folder: Path, *, rehearsed: tuple[str, ...], real: tuple[str, ...]) -> list[Path]:
    members = tuple(
        MemberEntry(suite=name, version="1.0", sha256=sha256_of(name), scenarios=120, worlds=(world,))
        for name, world in WORLDS.items()
    )
    begin_suites_folder(folder, SuitesHeader(suite="all", version="1", sha256=sha256_of("all"), members=members))
    runs = []
    for rehearsal, names in ((False, real), (True, rehearsed)):
        for name in names:
            runs.append(
                make_run(
                    member_folder(folder, name, rehearsal=rehearsal),
                    judge_of(name),
                    policies=list(RATES),
                    per_cell=8,
                    suite=name,
                    world=WORLDS[name],
                    rehearsal=rehearsal,
                )
            )
    return runs


@pytest.fixture(name="runs", scope="module")
def two_real_and_three_rehearsed(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("runs")
    return make_all(folder, real=("halls", "mazes"), rehearsed=("mazes", "blocks", "rescue"))


@pytest.fixture(name="table", scope="module")
def overview(runs: list[Path]) -> Table:
    return all_tables(read_evaluation(runs))[0]


def entry(table: Table, policy: str, group: str, column: str) -> Entry:
    """The entry of a row, by the two headings above it."""
    (row,) = (row for _, row in table.lines if row.name == policy)
    headings = [(each.heading, below.heading) for each in table.groups for below in each.columns]
    return row.entries[headings.index((group, column))]


def test_real_columns_come_first_and_rehearsed_ones_say_so(table: Table) -> None:
    headings = [(group.heading, [column.heading for column in group.columns]) for group in table.groups]
    assert headings == [
        ("doom", ["halls 1.0"]),
        ("dmlab", ["mazes 1.0"]),
        ("mean", ["of 2 suites"]),
        ("dmlab (REHEARSAL)", ["mazes 1.0"]),
        ("unreal (REHEARSAL)", ["blocks 1.0", "rescue 1.0"]),
        ("mean (REHEARSAL)", ["of 3 suites"]),
    ]
    assert [group.rehearsal for group in table.groups] == [False, False, False, True, True, True]
    assert [[row.name for row in group.rows] for group in table.rows] == [["weak", "strong"], ["oracle", "random"]]


def test_what_is_missing_and_what_was_only_rehearsed_is_named(table: Table) -> None:
    assert table.title == "Success by checkpoint and world, all 1 (REHEARSAL with a stand-in where it says so)"
    assert table.notes[:2] == (
        "not in this table: ball",
        "only rehearsed, so nothing is known of the worlds themselves: blocks, rescue",
    )
    assert sha256_of("all")[:12] in table.facts


def test_a_mean_is_of_one_kind_alone_unweighted_with_its_interval(table: Table) -> None:
    mean = entry(table, "strong", "mean", "of 2 suites")
    expected = macro_mean([(75 / 120, wilson(75, 120)), (105 / 120, wilson(105, 120))])
    assert mean.value == pytest.approx(expected.mean)
    assert mean.ends == (expected.interval.low, expected.interval.high)
    assert mean.n == len(mean.episodes) == 240
    assert entry(table, "strong", "mean (REHEARSAL)", "of 3 suites").value == pytest.approx(105 / 120)
    rehearsed = {value for name, value in mean.selection if name == "rehearsal"}
    assert rehearsed == {"false"}


def test_a_policy_that_was_not_played_everywhere_has_no_mean(tmp_path: Path) -> None:
    runs = make_all(tmp_path, real=("halls",), rehearsed=())
    more = make_run(
        tmp_path / "mazes", lambda *_: "success", policies=["strong"], suite="mazes", world="dmlab", per_cell=1
    )
    table = all_tables(read_evaluation([*runs, more]))[0]
    assert entry(table, "strong", "mean", "of 2 suites").kind == "rate"
    assert entry(table, "weak", "mean", "of 2 suites").kind == "nothing"


def test_what_is_bold_among_the_real_does_not_depend_on_what_was_rehearsed(tmp_path: Path, table: Table) -> None:
    alone = all_tables(read_evaluation(make_all(tmp_path, real=("halls", "mazes"), rehearsed=())))[0]
    both = [entry(table, "strong", *column) for column in (("doom", "halls 1.0"), ("dmlab", "mazes 1.0"))]
    only = [entry(alone, "strong", *column) for column in (("doom", "halls 1.0"), ("dmlab", "mazes 1.0"))]
    assert [each.bold for each in both] == [each.bold for each in only] == [True, True]
    assert any("for the 2 comparisons of the real columns" in note for note in table.notes)
    assert any("for the 2 comparisons of this table" in note for note in alone.notes)


def test_run_folders_that_belong_to_nothing_have_no_mean(tmp_path: Path) -> None:
    runs = [
        make_run(tmp_path / name, lambda *_: "success", suite=name, world=WORLDS[name], per_cell=1, rehearsal=rehearsal)
        for name, rehearsal in (("halls", False), ("mazes", True))
    ]
    table = all_tables(read_evaluation(runs))[0]
    assert [group.heading for group in table.groups] == ["doom", "dmlab (REHEARSAL)"]


def test_every_format_marks_the_rehearsed_columns(
    runs: list[Path], table: Table, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal.write(runs, None)
    shown = capsys.readouterr().out
    assert shown.count("Success by") == 1
    assert "unreal (REHEARSAL)" in shown
    (text,) = markdown.write(runs, tmp_path)
    assert "unreal (REHEARSAL): blocks 1.0" in text.read_text()
    assert '<th scope="colgroup" colspan="2" class="rehearsed">unreal (REHEARSAL)</th>' in fragment(table)
    with csv_table.write(runs, tmp_path)[1].open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["table"] == "overview"]
    marked = {(row["column_group"].endswith("(REHEARSAL)"), row["rehearsal"]) for row in rows}
    assert marked == {(False, "false"), (True, "true")}
    latex.write(runs, tmp_path)
    paper = (tmp_path / "latex" / "overview.tex").read_text()
    assert r"\multicolumn{6}{c}{unreal (REHEARSAL)}" in paper


def test_the_table_compiles_as_the_others_do(runs: list[Path], tmp_path: Path) -> None:
    *_, document = latex.write(runs, tmp_path)
    compiled(document.parent, document.name)
    assert "unreal (REHEARSAL)" in words_in(document.with_suffix(".pdf"))


def test_every_number_of_a_mean_leads_back_to_its_episodes(runs: list[Path], table: Table, tmp_path: Path) -> None:
    with csv_table.write(runs, tmp_path)[-1].open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for column in (("mean", "of 2 suites"), ("mean (REHEARSAL)", "of 3 suites")):
        mean = entry(table, "weak", *column)
        wanted: dict[str, set[str]] = {}
        for name, value in mean.selection:
            wanted.setdefault(name, set()).add(value)
        found = [
            (row["run"], row["scenario"]) for row in rows if all(row[name] in each for name, each in wanted.items())
        ]
        assert sorted(found) == sorted((each.run, each.scenario) for each in mean.episodes)


def test_a_terminal_too_narrow_for_all_worlds_side_by_side_has_them_below_one_another(table: Table) -> None:
    text = io.StringIO()
    terminal.show(table, text, 84)
    lines = text.getvalue().splitlines()
    heading = next(line for line in lines if "weak" in line)
    assert heading.split() == ["weak", "strong", "oracle", "random"]
    at = lines.index("unreal (REHEARSAL)")
    assert [line.split()[0] for line in lines[at + 1 : at + 3]] == ["blocks", "rescue"]
    assert lines[at + 1].split()[2:5] == ["25%", "18–33", "120"]
    assert max(map(len, lines)) <= 84
