"""A table as a fragment of HTML: real rows and headings, no style and no script, for a page to be built around."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import escape

from evalsuite.reports.tables.table import Entry, Row, RowGroup, Table

Link = Callable[[Entry], str | None]

CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""Characters that HTML does not allow, even escaped."""


def escaped(text: str) -> str:
    """`text` so that a browser shows it as it is, in an element or in a quoted attribute."""
    return escape(CONTROL.sub("�", text), quote=True)


def fragment(table: Table, link: Link | None = None) -> str:
    """`table` as a `<table>` element.

    Headings have a scope, a group of rows is a `<tbody>`, published rows have the class `published`, each cell its
    kind as a class and its value in `data-value`. The best of a column is a `<strong>`.

    Args:
        link: where an entry's value leads to; None, or a None from it, for nowhere.
    """
    name = escaped(f"table-{table.slug}")
    lines = [
        f'<table class="evalsuite-table" id="{name}" data-kind="{escaped(table.kind)}">',
        f"<caption>{escaped(table.title)}</caption>",
        *_columns(table),
        "<thead>",
        *_head(table),
        "</thead>",
    ]
    for group in table.rows:
        lines += [f'<tbody class="{"published" if group.published else "measured"}">', *_body(table, group, link)]
        lines.append("</tbody>")
    return "\n".join([*lines, "</table>"]) + "\n"


def _columns(table: Table) -> Iterator[str]:
    yield f'<colgroup span="{len(table.stub)}"></colgroup>'
    for group in table.groups:
        yield f'<colgroup span="{len(group.columns)}"></colgroup>'


def _head(table: Table) -> Iterator[str]:
    grouped = any(group.heading for group in table.groups)
    rows = ' rowspan="2"' if grouped else ""
    yield "<tr>"
    for heading in table.stub:
        yield f'<th scope="col"{rows}>{escaped(heading)}</th>'
    for group in table.groups:
        if not grouped or not group.heading:
            for column in group.columns:
                yield f'<th scope="col"{rows}>{escaped(column.title)}</th>'
        else:
            mark = ' class="rehearsed"' if group.rehearsal else ""
            yield f'<th scope="colgroup" colspan="{len(group.columns)}"{mark}>{escaped(group.heading)}</th>'
    yield "</tr>"
    if grouped:
        yield "<tr>"
        for group in table.groups:
            for column in group.columns if group.heading else ():
                yield f'<th scope="col">{escaped(column.title)}</th>'
        yield "</tr>"


def _body(table: Table, group: RowGroup, link: Link | None) -> Iterator[str]:
    single = len(table.stub) == 1
    if single and group.remark:
        across = len(table.stub) + len(table.columns)
        yield f'<tr class="heading"><th scope="rowgroup" colspan="{across}">{_remark(group)}</th></tr>'
    for place, row in enumerate(group.rows):
        yield "<tr>"
        if not single and place == 0:
            remark = f' <span class="remark">{_remark(group)}</span>' if group.remark else ""
            yield f'<th scope="rowgroup" rowspan="{len(group.rows)}">{escaped(group.name)}{remark}</th>'
        yield from _row(row, link)
        yield "</tr>"


def _remark(group: RowGroup) -> str:
    return escaped(group.remark)


def _row(row: Row, link: Link | None) -> Iterator[str]:
    yield f'<th scope="row">{escaped(row.name)}</th>'
    for entry in row.entries:
        kind = f"{entry.kind} best" if entry.bold else entry.kind
        value = "" if entry.value is None else f' data-value="{entry.value:.6g}"'
        yield f'<td class="{kind}"{value}>{_cell(entry, link)}</td>'


def _cell(entry: Entry, link: Link | None) -> str:
    tag = "strong" if entry.bold else "span"
    shown = f'<{tag} class="value">{escaped(entry.text)}</{tag}>'
    target = None if link is None else link(entry)
    if target is not None:
        shown = f'<a href="{escaped(target)}">{shown}</a>'
    parts = [shown]
    if entry.ends_text is not None:
        parts.append(f'<span class="interval">[{escaped(entry.ends_text[0])}, {escaped(entry.ends_text[1])}]</span>')
    if entry.n is not None:
        parts.append(f'<span class="n">n={entry.n}</span>')
    if entry.marks:
        parts.append(f'<span class="marks">{escaped(entry.marks)}</span>')
    return " ".join(parts)
