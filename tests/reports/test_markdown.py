from __future__ import annotations

import csv
import io
import re
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from evalsuite.reports import csv_table, markdown
from evalsuite.reports.tables.table import Column, ColumnGroup, Entry, Row, RowGroup, Table
from tests.reports.detailed_runs import detailed_run
from tests.reports.run_folders import make_run, plausible

NASTY = "a_b%$#&{}~^\\|<script>"


def test_a_label_of_special_signs_breaks_no_row(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", plausible, policies=[NASTY], references={NASTY: "x:y"}, per_cell=1)
    text = markdown.write([run], None)[0].read_text(encoding="utf-8")
    assert "<script>" not in text
    for block in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}) == 1


def test_a_label_of_special_signs_comes_back_from_the_csv(tmp_path: Path) -> None:
    label = f'{NASTY},"quoted"'
    run = make_run(tmp_path / "run", plausible, policies=[label], references={label: "x:y"}, per_cell=1)
    for path in csv_table.write([run], None):
        rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
        assert label in {value for row in rows for value in row.values()}


def test_published_rows_and_their_sources_are_told(tmp_path: Path) -> None:
    run = detailed_run(tmp_path / "run", {"agent": 0.5}, suite="minecraft-visible")
    text = markdown.write([run], None)[0].read_text(encoding="utf-8")
    assert "ROCKET-1 with Molmo (published, not measured here) | 82% |" in text
    assert "arXiv 2410.17856" in text


@given(st.text(max_size=40))
def test_escaped_text_is_one_line_without_a_sign_that_means_something(text: str) -> None:
    shown = markdown.escaped(text)
    assert "\n" not in shown
    bare = re.sub(r"\\[\\`*_{}\[\]<>#|~$&!]", "", shown)
    assert not set("\\`*_{}[]<>#|~$&!") & set(bare)


@given(st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\r\0"), max_size=30))
def test_any_label_comes_back_from_a_row_of_csv(label: str) -> None:
    table = success_of(label)
    rows = list(csv_table.entry_rows(table))
    text = io.StringIO()
    writer = csv.DictWriter(text, csv_table.TABLE_COLUMNS, lineterminator="\n")
    writer.writerows(rows)
    read = list(csv.DictReader(io.StringIO(text.getvalue(), newline=""), csv_table.TABLE_COLUMNS))
    assert [row["group"] for row in read] == [label]


def success_of(label: str) -> Table:
    """A table of one policy and one number."""
    entry = Entry("rate", 0.5, "50%", n=2)
    rows = (RowGroup(label, (Row("all", (entry,)),)),)
    groups = (ColumnGroup("", (Column("all"),)),)
    return Table("success", "success", "", "", False, "", "", ("policy", "interaction"), groups, rows)
