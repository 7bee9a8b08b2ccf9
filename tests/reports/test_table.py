from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest

from evalsuite.records.record import Outcome
from evalsuite.reports import csv_table, markdown, terminal
from evalsuite.reports.tables.interactions import success_table
from evalsuite.reports.tables.table import Table
from evalsuite.reports.wording import percent, readable
from evalsuite.statistics.cells import CellKey
from evalsuite.statistics.results import read_results
from tests.reports.run_folders import DIFFICULTIES, INTERACTIONS, make_run, plausible

ROOMY_CELL = re.compile(r"(<?>?\d+%) \[ ?(\d+), +(\d+)\] n=(\d+)")
NARROW_CELL = re.compile(r"(<?>?\d+%) +(\d+)[–-](\d+) +(\d+)")


@pytest.fixture(name="run")
def run_folder(tmp_path: Path) -> Path:
    return make_run(tmp_path / "run", plausible, policies=["random", "agent", "oracle"], per_cell=24)


def table_of(run: Path) -> Table:
    (results,) = read_results([run])
    return success_table(results)


def shown(table: Table, width: int) -> str:
    text = io.StringIO()
    terminal.show(table, text, width)
    return text.getvalue()


def parts(table: Table) -> list[tuple[str, str, str, str]]:
    return [(entry.text, *(entry.ends_text or ("", "")), str(entry.n)) for entry in table.entries]


def headings(table: Table) -> list[str]:
    return [column.heading for column in table.columns]


def test_the_table_holds_every_interaction_and_difficulty_with_margins_and_references_last(run: Path) -> None:
    table = table_of(run)
    assert headings(table) == [*DIFFICULTIES, "all"]
    assert [group.name for group in table.rows] == ["agent", "oracle", "random"]
    for group in table.rows:
        assert [row.name for row in group.rows] == [*map(readable, INTERACTIONS), "all"]
    assert ["reference" in group.remark for group in table.rows] == [False, True, True]


def test_every_entry_is_its_cell_and_leads_to_its_episodes(run: Path) -> None:
    (results,) = read_results([run])
    cells = {policy.label: policy.cells for policy in results.policies}
    for group in success_table(results).rows:
        for row, interaction in zip(group.rows, (*INTERACTIONS, None), strict=True):
            for entry, difficulty in zip(row.entries, (*DIFFICULTIES, None), strict=True):
                cell = cells[group.name][CellKey(interaction, difficulty)]
                assert entry.value == cell.rate
                assert entry.episodes == cell.episodes
                assert len(entry.episodes) == cell.n + cell.errors > 0


def test_a_cell_reads_as_rate_interval_and_count(tmp_path: Path) -> None:
    def ten_of_sixteen(policy: str, interaction: str, difficulty: str, number: int) -> Outcome:
        return "success" if number < 10 else "failure"

    table = table_of(make_run(tmp_path / "a", ten_of_sixteen, policies=["agent"], per_cell=16))
    assert next(table.entries).plain == "62% [39, 82] n=16"


@pytest.mark.parametrize(("width", "pattern"), [(80, NARROW_CELL), (120, ROOMY_CELL)])
def test_the_terminal_shows_every_number_in_the_width_there_is(run: Path, width: int, pattern: re.Pattern[str]) -> None:
    table = table_of(run)
    text = shown(table, width)
    assert max(map(len, text.splitlines())) <= width
    assert [match.groups() for match in pattern.finditer(text)] == parts(table)


def test_a_terminal_that_is_too_narrow_loses_no_number(run: Path) -> None:
    table = table_of(run)
    assert [match.groups() for match in NARROW_CELL.finditer(shown(table, 30))] == parts(table)


def test_numbers_stand_below_one_another(run: Path) -> None:
    for width, sign in ((80, "%"), (120, "["), (120, "]"), (120, "=")):
        rows = [line for line in shown(table_of(run), width).splitlines() if line.startswith("  ") and "%" in line]
        assert len({tuple(i for i, each in enumerate(line) if each == sign) for line in rows[1:]}) == 1


def test_a_terminal_without_unicode_gets_plain_signs(run: Path) -> None:
    binary = io.BytesIO()
    with io.TextIOWrapper(binary, encoding="ascii") as text:
        terminal.show(table_of(run), text, 80)
        text.flush()
        said = binary.getvalue().decode("ascii")
    assert [match.groups() for match in NARROW_CELL.finditer(said)] == parts(table_of(run))


def test_markdown_holds_the_same_cells(run: Path) -> None:
    table = table_of(run)
    (path,) = markdown.write([run], None)
    assert path == run / "report" / "table.md"
    lines = [line for line in path.read_text().splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    start = cells.index(["policy", "interaction", *headings(table)])
    expected = [[entry.plain for entry in row.entries] for _, row in table.lines]
    shown_rows = cells[start + 2 : start + 2 + len(expected)]
    assert [[cell.replace("\\*", "*").replace("\\!", "!") for cell in row[2:]] for row in shown_rows] == expected
    assert next(row[0] for row in shown_rows if row[0]) == "**agent**"


def test_markdown_says_what_it_takes_to_make_the_table_again(run: Path) -> None:
    text = markdown.write([run], None)[0].read_text()
    for part in ("small-suite 1.0", "seed 0", "evalsuite 0.1.0", "vizdoom 1.3.2", "git 0123456789ab with changes"):
        assert part in text


def test_markdown_shows_signs_of_its_own_as_they_are() -> None:
    assert markdown.escaped("a|b_c*d\n<e>") == r"a\|b\_c\*d \<e\>"


def test_the_csv_gives_every_cell_back_exactly(run: Path, tmp_path: Path) -> None:
    path = csv_table.write([run], tmp_path / "elsewhere")[0]
    (results,) = read_results([run])
    cells = {policy.label: policy.cells for policy in results.policies}
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 3 * 6 * 4
    for row in rows:
        key = CellKey(*(None if row[name] == "all" else row[name] for name in ("interaction", "difficulty")))
        cell = cells[row["policy"]][key]
        assert (int(row["n"]), int(row["successes"]), int(row["errors"])) == (cell.n, cell.successes, cell.errors)
        assert (float(row["rate"]), float(row["low"]), float(row["high"])) == (
            cell.rate,
            cell.interval.low,
            cell.interval.high,
        )
        assert (row["suite"], row["suite_sha256"], row["rehearsal"]) == ("small-suite", results.suite_sha256, "false")


def test_a_cell_without_a_scored_episode_shows_no_rate(tmp_path: Path) -> None:
    run = make_run(tmp_path / "a", lambda *episode: "error", policies=["agent"], per_cell=1)
    assert next(table_of(run).entries).plain == "– n=0 !"
    with open(csv_table.write([run], None)[0], newline="", encoding="utf-8") as file:
        assert {row["rate"] for row in csv.DictReader(file)} == {""}


def test_errors_are_flagged_and_explained_in_every_table(tmp_path: Path) -> None:
    def one_cell_breaks(policy: str, interaction: str, difficulty: str, number: int) -> Outcome:
        return "error" if (interaction, difficulty, number) == ("break", "hard", 0) else "success"

    run = make_run(tmp_path / "a", one_cell_breaks, policies=["agent"], per_cell=16)
    table = table_of(run)
    flagged = [
        (row.name, column)
        for row in table.rows[0].rows
        for entry, column in zip(row.entries, headings(table), strict=True)
        if "!" in entry.marks
    ]
    assert flagged == [("break", "hard")]
    for text in (shown(table, 80), shown(table, 120), markdown.write([run], None)[0].read_text()):
        assert "1 error in 240 episodes" in " ".join(text.split())
        assert "more than 5%" in " ".join(text.split())


def test_a_rehearsal_is_marked_in_every_table(tmp_path: Path) -> None:
    run = make_run(tmp_path / "a", plausible, policies=["agent"], rehearsal=True)
    assert "REHEARSAL" in shown(table_of(run), 80)
    assert "REHEARSAL" in markdown.write([run], None)[0].read_text()
    assert ",true," in csv_table.write([run], None)[0].read_text()


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.0, "0%"),
        (0.001, "<1%"),
        (0.005, "<1%"),
        (0.006, "1%"),
        (0.5, "50%"),
        (0.994, "99%"),
        (0.996, ">99%"),
        (1.0, "100%"),
    ],
)
def test_rounding_never_claims_none_or_all(share: float, text: str) -> None:
    assert percent(share) == text


@pytest.mark.parametrize(("seeds", "after"), [((0,), ""), ((0, 1), " with design effect")])
def test_every_table_names_the_kind_of_its_intervals(seeds: tuple[int, ...], after: str, tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", plausible, seeds=seeds)
    (results,) = read_results([run])
    assert f"[Wilson 95% interval{after} in %]" in success_table(results).legend
    markdown.write([run], None, interval="clopper-pearson")
    written = (run / "report" / "table.md").read_text()
    assert f"Clopper-Pearson 95% interval{after} in %" in written
    assert "Wilson" not in written
