"""Tables as LaTeX: a fragment each to `\\input`, and a document of all of them that compiles as it stands."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate
from pathlib import Path

from evalsuite.reports.evaluation import read_evaluation
from evalsuite.reports.files import replace_earlier, report_folder, write_whole
from evalsuite.reports.tables.registry import all_tables
from evalsuite.reports.tables.table import Column, Entry, Row, RowGroup, Table
from evalsuite.statistics.intervals import IntervalKind

FOLDER = "latex"
DOCUMENT = "tables.tex"
MOST_ROWS = 42
"""Of one tabular, so that it fits a page."""

HEADING_LETTERS = 14
"""About as wide as a rate with its interval and n."""

PACKAGES = "booktabs, multirow and graphicx"
PREAMBLE = r"""% A whole document: compile it. What goes into a paper by \input is each of the files beside it.
\documentclass[10pt]{article}
\usepackage[a4paper, margin=22mm]{geometry}
\usepackage{booktabs}
\usepackage{multirow}
\usepackage{graphicx}
\setlength{\parindent}{0pt}
\begin{document}
"""
NOTES = r"\begin{itemize}\footnotesize\setlength{\itemsep}{0pt}\setlength{\parskip}{0pt}"
SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "#": r"\#",
    "$": r"\$",
    "%": r"\%",
    "&": r"\&",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"{\char34 }",
    "–": r"\textendash{}",
    "—": r"\textemdash{}",
    "·": r"\ensuremath{\cdot}",
    "°": r"\ensuremath{^{\circ}}",
    "µ": r"\ensuremath{\mu}",
    "−": r"\ensuremath{-}",
    "≤": r"\ensuremath{\le}",
    "±": r"\ensuremath{\pm}",
    "×": r"\ensuremath{\times}",
}
"""All of it is right in text in the encodings OT1 and T1."""

LIGATURES = re.compile(r"(?<=-)(?=-)|(?<=,)(?=,)|(?<=')(?=')|(?<=`)(?=`)|(?<=[!?])(?=`)")
"""Between which signs a pair of braces keeps LaTeX from making one sign of two."""

ASCII = str.maketrans({"·": "|", "–": "-", "−": "-", "°": " deg"})
PRINTABLE = re.compile(r"[ -~]")
OTHER = "?"
"""For what the common engines have no glyph for in their standard fonts."""


def write(
    runs: Sequence[Path], out: Path | None, *, interval: IntervalKind = "wilson", view_bins: str | None = None
) -> list[Path]:
    """Write `latex/SLUG.tex` for every table and `latex/tables.tex`, which compiles with pdflatex."""
    tables = all_tables(read_evaluation(runs, interval, view_bins))
    folder = report_folder(runs, out) / FOLDER
    paths = [write_whole(folder / f"{table.slug}.tex", fragment(table).encode()) for table in tables]
    return replace_earlier(folder, "latex", [*paths, write_whole(folder / DOCUMENT, document(tables).encode())])


def document(tables: Sequence[Table]) -> str:
    """A document that inputs the fragments, each with its title and its notes."""
    parts = [PREAMBLE]
    for table in tables:
        notes = "".join(f"\\item {escaped(note)}\n" for note in (*table.notes, *table.sources))
        listed = f"{NOTES}\n{notes}\\end{{itemize}}\n" if notes else ""
        parts.append(
            f"\\section*{{\\raggedright {escaped(table.title)}}}\n"
            f"{{\\footnotesize {escaped(table.facts)}. {escaped(table.legend)}.\\par}}\n\\medskip\n"
            f"\\input{{{table.slug}}}\n{listed}\\clearpage\n"
        )
    return "\n".join(parts) + "\\end{document}\n"


def fragment(table: Table) -> str:
    """`table` to be `\\input` where a tabular may stand; it needs booktabs, multirow and graphicx.

    It is never wider than the text, but scaled down where it would be. One of many rows is several tabulars below
    one another, each as high as a page has room for and with the headings above it.
    """
    said = (table.title, table.facts, table.legend, *table.notes, *table.sources)
    lines = [*(f"% {_comment(each)}" for each in said), f"% needs {PACKAGES}"]
    for number, part in enumerate(_parts(table)):
        lines += [r"\par\bigskip"] if number else []
        lines += [
            r"\begingroup\footnotesize\setlength{\tabcolsep}{5pt}%",
            r"\sbox0{%",
            f"\\begin{{tabular}}{{{_specification(part)}}}",
            r"\toprule",
            *_head(part),
            r"\midrule",
            *_body(part),
            r"\bottomrule",
            r"\end{tabular}}%",
            r"\noindent\ifdim\wd0>\linewidth\resizebox{\linewidth}{!}{\usebox0}\else\usebox0\fi",
            r"\endgroup",
        ]
    return "\n".join(lines) + "\n"


def _parts(table: Table) -> Iterator[Table]:
    """The table in parts of at most `MOST_ROWS` rows, cut between groups of rows wherever that can be."""
    cut = [
        replace(group, rows=group.rows[at : at + MOST_ROWS])
        for group in table.rows
        for at in range(0, len(group.rows), MOST_ROWS)
    ]
    part: list[RowGroup] = []
    for group in cut:
        if part and sum(len(each.rows) for each in part) + len(group.rows) > MOST_ROWS:
            yield replace(table, rows=tuple(part))
            part = []
        part.append(group)
    yield replace(table, rows=tuple(part))


def escaped(text: str) -> str:
    """`text` so that LaTeX prints it as it is, on one line; what its fonts lack becomes a question mark."""
    signs = " ".join(text.split())
    printed = "".join(SPECIAL.get(sign) or (sign if PRINTABLE.match(sign) else OTHER) for sign in signs)
    return LIGATURES.sub("{}", printed)


def _comment(text: str) -> str:
    return " ".join(text.split()).translate(ASCII).encode("ascii", "replace").decode()


def _specification(table: Table) -> str:
    """A measured column is three: value, interval, number of episodes."""
    stub = "l" * len(table.stub)
    return f"@{{}}{stub}" + "".join(_columns(column) for column in table.columns) + "@{}"


def _columns(column: Column) -> str:
    return r"r@{\;\,}r@{\hspace{.6em}}r" if column.measured else "r"


def _span(column: Column) -> int:
    return 3 if column.measured else 1


def _head(table: Table) -> Iterator[str]:
    stub = len(table.stub)
    grouped = any(group.heading for group in table.groups)
    if grouped:
        spans = [sum(map(_span, group.columns)) for group in table.groups]
        ends = list(accumulate(spans, initial=stub))
        cells = ["" for _ in table.stub]
        cells += [
            f"\\multicolumn{{{span}}}{{c}}{{{_stacked(group.heading, len(group.columns))}}}"
            for group, span in zip(table.groups, spans, strict=True)
        ]
        yield _line(cells)
        yield "".join(
            f"\\cmidrule(lr){{{ends[place] + 1}-{ends[place + 1]}}}"
            for place, group in enumerate(table.groups)
            if group.heading
        )
    headings = [escaped(each) for each in table.stub]
    for column in table.columns:
        heading = f"\\multicolumn{{3}}{{c}}{{{_stacked(column.title)}}}"
        headings.append(heading if column.measured else escaped(column.title))
    yield _line(headings)


def _stacked(heading: str, columns: int = 1) -> str:
    """A heading in lines no wider than the columns that stand below it, where it can be broken."""
    lines = textwrap.wrap(heading, HEADING_LETTERS * columns, break_long_words=False) or [""]
    shown = r" \\ ".join(map(escaped, lines))
    return shown if len(lines) == 1 else f"\\shortstack{{{shown}}}"


def _body(table: Table) -> Iterator[str]:
    single = len(table.stub) == 1
    widths = _widths(table)
    width = len(table.stub) + sum(map(_span, table.columns))
    for number, group in enumerate(table.rows):
        if number:
            yield r"\midrule"
        if group.remark:
            shown = f"{escaped(group.name)} ({escaped(group.remark)})" if group.name else escaped(group.remark)
            yield f"\\multicolumn{{{width}}}{{@{{}}l}}{{\\itshape {shown}}} \\\\"
        for place, row in enumerate(group.rows):
            stub = [] if single else [_group_name(group) if place == 0 else ""]
            yield _line([*stub, escaped(row.name), *_cells(row, table.columns, widths)])


def _group_name(group: RowGroup) -> str:
    if group.remark:
        return ""
    return f"\\multirow[t]{{{len(group.rows)}}}{{*}}{{{escaped(group.name)}}}"


def _cells(row: Row, columns: Sequence[Column], widths: Sequence[tuple[int, int]]) -> Iterator[str]:
    for column, entry, width in zip(columns, row.entries, widths, strict=True):
        value = escaped(entry.text)
        if entry.bold:
            value = f"\\textbf{{{value}}}"
        marks = f"\\rlap{{\\textsuperscript{{{escaped(entry.marks)}}}}}" if entry.marks else ""
        if not column.measured:
            yield value + marks
            continue
        yield value
        yield f"\\scriptsize {_interval(entry, width)}" if entry.ends_text else ""
        yield f"\\scriptsize {entry.n}{marks}" if entry.n is not None else marks


def _widths(table: Table) -> list[tuple[int, int]]:
    """For each column, how many signs the longest lower and upper end of an interval has."""
    columns = zip(*(row.entries for _, row in table.lines), strict=True)
    ends = [[entry.ends_text for entry in column if entry.ends_text] for column in columns]
    return [(max((len(a) for a, _ in each), default=0), max((len(b) for _, b in each), default=0)) for each in ends]


def _interval(entry: Entry, width: tuple[int, int]) -> str:
    """Both ends below those of the other rows: digits are equally wide, so a missing one is left as a gap."""
    assert entry.ends_text is not None
    low, high = (
        "\\hphantom{" + "0" * (wanted - len(end)) + "}" + escaped(end) if len(end) < wanted else escaped(end)
        for end, wanted in zip(entry.ends_text, width, strict=True)
    )
    return f"[{low}, {high}]"


def _line(cells: Sequence[str]) -> str:
    return " & ".join(cells) + r" \\"
