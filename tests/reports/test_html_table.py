from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from evalsuite.reports.evaluation import read_evaluation
from evalsuite.reports.html_table import escaped, fragment
from evalsuite.reports.tables.registry import all_tables
from evalsuite.reports.tables.table import Entry, Table
from tests.reports.detailed_runs import detailed_run
from tests.reports.run_folders import make_run, plausible

NASTY = "a_b%$#&{}~^\\|<script>\"'"
VOID = {"col"}


class Reader(HTMLParser):
    """Text and attributes of each element, and whether all are closed."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.rows: list[int] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        self.open.append(tag)
        if tag == "tr":
            self.rows.append(0)
        if tag in ("td", "th"):
            self.rows[-1] += int(dict(attrs).get("colspan") or 1)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.text.append(data)


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert not reader.open
    return reader


def tables(tmp_path: Path) -> list[Table]:
    run = detailed_run(tmp_path / "run", {"one": 0.2, "two": 1.0, "oracle": 0.0}, suite="minecraft-rocket3")
    return all_tables(read_evaluation([run]))


def test_every_table_is_a_real_one_with_headings_that_have_a_scope(tmp_path: Path) -> None:
    for table in tables(tmp_path):
        reader = read(fragment(table))
        assert ("caption", {}) in reader.seen
        assert all(attributes.get("scope") for tag, attributes in reader.seen if tag == "th")
        cells = [attributes for tag, attributes in reader.seen if tag == "td"]
        entries = list(table.entries)
        assert [(each["class"] or "").split()[0] for each in cells] == [entry.kind for entry in entries]
        values = [each["data-value"] for each in cells if "data-value" in each]
        assert values == [f"{entry.value:.6g}" for entry in entries if entry.value is not None]


def test_bold_is_strong_and_published_rows_have_a_class(tmp_path: Path) -> None:
    table = next(each for each in tables(tmp_path) if each.kind == "overview")
    reader = read(fragment(table))
    assert [tag for tag, _ in reader.seen].count("strong") == sum(entry.bold for entry in table.entries) == 1
    classes = [attributes["class"] for tag, attributes in reader.seen if tag == "tbody"]
    assert classes == ["published" if group.published else "measured" for group in table.rows]


def test_a_number_can_lead_to_its_episodes(tmp_path: Path) -> None:
    def link(entry: Entry) -> str | None:
        return f"#{entry.selection[-1][1]}&<" if entry.kind == "rate" else None

    table = next(each for each in tables(tmp_path) if each.kind == "success")
    reader = read(fragment(table, link))
    targets = [attributes["href"] for tag, attributes in reader.seen if tag == "a"]
    assert targets == [link(entry) for entry in table.entries if entry.kind == "rate"]


def test_a_label_that_is_a_script_stays_text(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", plausible, policies=[NASTY], references={NASTY: "x:y"}, per_cell=1)
    for table in all_tables(read_evaluation([run])):
        reader = read(fragment(table))
        assert NASTY in reader.text
        assert "script" not in {tag for tag, _ in reader.seen}


@given(st.text(max_size=40))
def test_escaped_text_comes_back_as_it_was_and_opens_nothing(text: str) -> None:
    shown = escaped(text)
    assert not set("<>\"'") & set(shown)
    reader = read(f'<p title="{shown}">{shown}</p>')
    assert [tag for tag, _ in reader.seen] == ["p"]
    (_, attributes) = reader.seen[0]
    assert len(attributes) == 1
