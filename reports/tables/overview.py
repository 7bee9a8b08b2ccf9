"""Checkpoint by world: every policy on every suite of the report, at a glance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from evalsuite.records.suites_folder import SuitesHeader
from evalsuite.reports.evaluation import Evaluation
from evalsuite.reports.references.published import PublishedRow, published_beside
from evalsuite.reports.suite_of_suites import suites_of
from evalsuite.reports.tables.best import best_places, bold
from evalsuite.reports.tables.entries import rate_entry, selection_of
from evalsuite.reports.tables.interactions import bold_note, remarks
from evalsuite.reports.tables.published import published_entry, published_group, sources
from evalsuite.reports.tables.table import ABSENT, Column, ColumnGroup, Entry, Row, RowGroup, Table
from evalsuite.reports.wording import (
    REHEARSAL_MARK,
    REHEARSAL_WARNING,
    counted,
    file_name,
    in_order_of_reading,
    percent,
    suite_name,
)
from evalsuite.reports.worlds import EVERYTHING, PolicyKey, Scope, names, policies_of, scopes_of
from evalsuite.statistics.macro_mean import macro_mean
from evalsuite.statistics.results import SuiteResults

KIND = "overview"
REFERENCES_REMARK = "references: the privileged ceiling and the floor"
MEAN_NOTE = (
    "mean: over the suites beside it, unweighted{apart}; its interval is put together from theirs (Zou and Donner 2008)"
)
APART = ", and never over real and rehearsed ones together"


def make(evaluation: Evaluation) -> Iterator[Table]:
    """One table of all suites. Columns that were rehearsed stand apart, and say so."""
    if evaluation.results:
        yield overview_table(evaluation.results, suites_of(evaluation))


def overview_table(every: Sequence[SuiteResults], header: SuitesHeader | None = None) -> Table:
    """All policies down, all worlds across; a policy is one and the same by label and hash.

    No number is of real and of rehearsed episodes, nor does what is bold among the ones depend on the others.

    Args:
        header: of the suite of suites that these are of, if they are of one: its mean is shown too, and what is
            missing is named.
    """
    scopes = scopes_of(every)
    rehearsed = [scope for scope in scopes if scope.rehearsal]
    mixed = 0 < len(rehearsed) < len(scopes)
    policies = policies_of(every)
    keys = list(policies)
    tested = [key for key, policy in policies.items() if policy.role == "policy"]
    bolds = _bolds(scopes, tested)
    groups: list[ColumnGroup] = []
    across: list[Scope | None] = []
    entries: dict[PolicyKey, list[Entry]] = {key: [] for key in keys}
    notes: list[str] = []
    for rehearsal in (False, True):
        of_kind = [scope for scope in scopes if scope.rehearsal is rehearsal]
        mark = REHEARSAL_MARK if rehearsal and mixed else ""
        for world in dict.fromkeys(scope.world for scope in of_kind):
            here = [scope for scope in of_kind if scope.world == world]
            columns = tuple(Column(suite_name(scope.results)) for scope in here)
            groups.append(ColumnGroup(world + mark, columns, rehearsal and mixed))
            across += here
            for key in keys:
                entries[key] += [_entry(scope, key, bold_here=(key, scope) in bolds) for scope in here]
        if header is not None and len(of_kind) > 1:
            mean = Column(f"of {counted(len(of_kind), 'suite')}")
            groups.append(ColumnGroup("mean" + mark, (mean,), rehearsal and mixed))
            across.append(None)
            notes.append(MEAN_NOTE.format(apart=APART if mixed else ""))
            for key in keys:
                entries[key].append(_mean_entry(of_kind, key))
        if any(scope in of_kind for _, scope in bolds):
            kind = "rehearsed" if rehearsal else "real"
            notes += bold_note(len(of_kind), "column", f"the {kind} columns" if mixed else "this table")
    rows = {key: Row(name, tuple(entries[key])) for key, name in zip(keys, names(keys), strict=True)}
    published = list(dict.fromkeys(row for results in every for row in published_beside(results)))
    row_groups = [
        RowGroup("", tuple(rows[key] for key in tested)),
        RowGroup("", tuple(rows[key] for key in keys if key not in tested), REFERENCES_REMARK),
        published_group("", [row for row in (_published(each, across) for each in published) if row is not None]),
    ]
    episodes = sum(len(policy.episodes) for results in every for policy in results.policies)
    remarked = [
        f"{suite_name(results)}{REHEARSAL_MARK * (mixed and results.rehearsal)}: {note}" if len(every) > 1 else note
        for results in every
        for note in (*results.notes, *remarks(results, in_order_of_reading(results), [EVERYTHING]))
    ]
    return Table(
        slug=file_name(KIND, "rehearsal" if len(rehearsed) == len(scopes) else ""),
        kind=KIND,
        title=_title(header, rehearsed=len(rehearsed), columns=len(scopes)),
        suite=", ".join(suite_name(results) for results in every),
        rehearsal=len(rehearsed) == len(scopes),
        facts=f"{_hash(header)}{counted(episodes, 'episode')} of {counted(len(keys), 'policy', 'policies')} in "
        f"{', '.join(dict.fromkeys(scope.world for scope in scopes))}",
        legend=f"success rate [{_interval(every)} in %] and n, the episodes scored",
        stub=("policy",),
        groups=tuple(groups),
        rows=tuple(group for group in row_groups if group.rows),
        notes=(*_missing(header, every), *dict.fromkeys([*remarked, *notes])),
        sources=sources(published),
    )


def _title(header: SuitesHeader | None, *, rehearsed: int, columns: int) -> str:
    title = "Success by checkpoint and world"
    if header is not None:
        title += f", {header.suite} {header.version}"
    if not rehearsed:
        return title
    return f"{title} ({REHEARSAL_WARNING}{'' if rehearsed == columns else ' where it says so'})"


def _hash(header: SuitesHeader | None) -> str:
    return f"sha256 {header.sha256[:12]} · " if header is not None else ""


def _missing(header: SuitesHeader | None, every: Sequence[SuiteResults]) -> Iterator[str]:
    """Which suites of the suite of suites are not in the table, and that others are not what it says."""
    if header is None:
        return
    there = {results.suite_sha256 for results in every}
    left = [each.suite for each in header.members if each.sha256 not in there]
    if left:
        yield f"not in this table: {', '.join(left)}"
    real = {results.suite_sha256 for results in every if not results.rehearsal}
    if rehearsed := [each.suite for each in header.members if each.sha256 in there - real]:
        yield f"only rehearsed, so nothing is known of the worlds themselves: {', '.join(rehearsed)}"


def _entry(scope: Scope, key: PolicyKey, *, bold_here: bool) -> Entry:
    policy, cell = scope.policy(key), scope.cell(key)
    if policy is None:
        return ABSENT
    if scope.only_world:
        above = scope.results.above_chance(policy, EVERYTHING)
        entry = rate_entry(cell, selection_of(scope.results, policy), above_chance=above)
    else:
        entry = rate_entry(cell, selection_of(scope.results, policy, world=scope.world))
    return bold(entry) if bold_here else entry


def _mean_entry(scopes: Sequence[Scope], key: PolicyKey) -> Entry:
    """The mean over these columns; an empty entry unless the policy was scored in each of them."""
    cells = [scope.cell(key) for scope in scopes]
    rates = [(cell.rate, cell.interval) for cell in cells if cell is not None and cell.rate is not None]
    if len(rates) < len(scopes):
        return ABSENT
    mean, interval = macro_mean(rates)
    policies = [scope.policy(key) for scope in scopes]
    selection = [
        pair
        for scope, policy in zip(scopes, policies, strict=True)
        for pair in selection_of(scope.results, policy, world=None if scope.only_world else scope.world)
    ]
    return Entry(
        "rate",
        mean,
        percent(mean),
        (interval.low, interval.high),
        (f"{100 * interval.low:.0f}", f"{100 * interval.high:.0f}"),
        sum(cell.n for cell in cells if cell is not None),
        selection=tuple(dict.fromkeys(selection)),
        _find=lambda: tuple(each for cell in cells if cell is not None for each in cell.episodes),
    )


def _bolds(scopes: Sequence[Scope], tested: Sequence[PolicyKey]) -> list[tuple[PolicyKey, Scope]]:
    """What is the best of its column; what was rehearsed is corrected for by itself."""
    found = []
    for rehearsal in (False, True):
        of_kind = [scope for scope in scopes if scope.rehearsal is rehearsal]
        columns = []
        for scope in of_kind:
            policies = [scope.policy(key) for key in tested]
            columns.append([None if policy is None else (policy.episodes, scope.rows(policy)) for policy in policies])
        best = zip(best_places(columns), of_kind, strict=True)
        found += [(tested[place], scope) for place, scope in best if place is not None]
    return found


def _published(row: PublishedRow, across: Sequence[Scope | None]) -> Row | None:
    """What was published, below each column that it can be held against: no mean and no rehearsal."""

    def fits(scope: Scope | None) -> bool:
        if scope is None or scope.rehearsal:
            return False
        return scope.only_world and scope.results.suite in row.suites

    entries = tuple(published_entry(row, None, None) if fits(scope) else ABSENT for scope in across)
    return Row(row.policy, entries) if any(entry.value is not None for entry in entries) else None


def _interval(every: Sequence[SuiteResults]) -> str:
    return " or ".join(dict.fromkeys(results.interval_name for results in every))
