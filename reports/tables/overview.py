"""Checkpoint by world: every policy on every suite of the report, at a glance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalsuite.reports.evaluation import Evaluation
from evalsuite.reports.references.published import PublishedRow, published_beside
from evalsuite.reports.tables.best import best_places, bold
from evalsuite.reports.tables.entries import rate_entry, selection_of
from evalsuite.reports.tables.interactions import bold_note, remarks
from evalsuite.reports.tables.published import published_entry, published_group, sources
from evalsuite.reports.tables.table import ABSENT, Column, ColumnGroup, Entry, Row, RowGroup, Table
from evalsuite.reports.wording import (
    REHEARSAL_WARNING,
    ROLE_ORDER,
    counted,
    file_name,
    in_order_of_reading,
    suite_name,
)
from evalsuite.statistics.cells import CellKey
from evalsuite.statistics.cells import counted as count_cell
from evalsuite.statistics.results import PolicyResults, Role, SuiteResults

KIND = "overview"
REFERENCES_REMARK = "references: the privileged ceiling and the floor"

EVERYTHING = CellKey(None, None)

PolicyKey = tuple[str, str]
"""Label and sha256: what makes a policy of one suite the same as one of another."""


@dataclass(frozen=True)
class Scope:
    """A column: one world of one suite."""

    results: SuiteResults
    world: str
    only_world: bool

    def policy(self, key: PolicyKey) -> PolicyResults | None:
        """The policy here, if it was run."""
        return next((each for each in self.results.policies if policy_key(each) == key), None)

    def rows(self, policy: PolicyResults) -> NDArray[np.int64]:
        """Its episodes in this world."""
        episodes = policy.episodes
        return np.flatnonzero(episodes.where([profile.world == self.world for profile in episodes.profiles]))


def make(evaluation: Evaluation) -> Iterator[Table]:
    """One table of the real suites and one of the rehearsed ones, each where there is any."""
    for rehearsal in (False, True):
        chosen = [results for results in evaluation.results if results.rehearsal is rehearsal]
        if chosen:
            yield overview_table(chosen, rehearsal=rehearsal)


def overview_table(every: Sequence[SuiteResults], *, rehearsal: bool) -> Table:
    """All policies down, all worlds across; a policy is one and the same by label and hash."""
    found = [scope for results in every for scope in _scopes(results)]
    worlds = list(dict.fromkeys(scope.world for scope in found))
    scopes = sorted(found, key=lambda scope: worlds.index(scope.world))
    roles: dict[PolicyKey, Role] = {}
    for results in every:
        for policy in in_order_of_reading(results):
            roles.setdefault(policy_key(policy), policy.role)
    keys = sorted(roles, key=lambda key: ROLE_ORDER.index(roles[key]))
    tested = [key for key in keys if roles[key] == "policy"]
    bolds = _bolds(scopes, tested)
    rows = {
        key: Row(name, tuple(_entry(scope, key, bold_here=(key, at) in bolds) for at, scope in enumerate(scopes)))
        for key, name in zip(keys, names(keys), strict=True)
    }
    published = list(dict.fromkeys(row for results in every for row in published_beside(results)))
    groups = [
        RowGroup("", tuple(rows[key] for key in tested)),
        RowGroup("", tuple(rows[key] for key in keys if key not in tested), REFERENCES_REMARK),
        published_group("", [row for row in (_published(each, scopes) for each in published) if row is not None]),
    ]
    episodes = sum(len(policy.episodes) for results in every for policy in results.policies)
    notes = [
        f"{suite_name(results)}: {note}" if len(every) > 1 else note
        for results in every
        for note in (*results.notes, *remarks(results, in_order_of_reading(results), [EVERYTHING]))
    ]
    bold_notes = bold_note(len(scopes), "column") if bolds else []
    return Table(
        slug=file_name(KIND, "rehearsal" if rehearsal else ""),
        kind=KIND,
        title="Success by checkpoint and world" + (f" ({REHEARSAL_WARNING})" if rehearsal else ""),
        suite=", ".join(suite_name(results) for results in every),
        rehearsal=rehearsal,
        facts=f"{counted(episodes, 'episode')} of {counted(len(keys), 'policy', 'policies')} in {', '.join(worlds)}",
        legend=f"success rate [{_interval(every)} in %] and n, the episodes scored",
        stub=("policy",),
        groups=tuple(
            ColumnGroup(world, tuple(Column(suite_name(scope.results)) for scope in scopes if scope.world == world))
            for world in worlds
        ),
        rows=tuple(group for group in groups if group.rows),
        notes=(*dict.fromkeys(notes), *bold_notes),
        sources=sources(published),
    )


def policy_key(policy: PolicyResults) -> PolicyKey:
    """Its label in the records, and its hash."""
    episodes = policy.episodes
    label = episodes.profiles[episodes.profile[0]].policy if len(episodes) else policy.label
    return label, policy.sha256


def names(keys: Sequence[PolicyKey]) -> list[str]:
    """How they are called side by side: by label, and by hash where a label stands for several checkpoints."""
    labels = [label for label, _ in keys]
    return [label if labels.count(label) == 1 else f"{label}@{sha256[:8]}" for label, sha256 in keys]


def _scopes(results: SuiteResults) -> list[Scope]:
    worlds = list(dict.fromkeys(p.world for policy in results.policies for p in policy.episodes.profiles))
    return [Scope(results, world, len(worlds) == 1) for world in worlds]


def _entry(scope: Scope, key: PolicyKey, *, bold_here: bool) -> Entry:
    policy = scope.policy(key)
    if policy is None:
        return ABSENT
    if scope.only_world:
        cell, above = policy.cells[EVERYTHING], scope.results.above_chance(policy, EVERYTHING)
        entry = rate_entry(cell, selection_of(scope.results, policy), above_chance=above)
    else:
        rows = scope.rows(policy)
        cell = count_cell(EVERYTHING, policy.episodes, rows, scope.results.interval_kind)
        entry = rate_entry(cell, selection_of(scope.results, policy, world=scope.world))
    return bold(entry) if bold_here else entry


def _bolds(scopes: Sequence[Scope], tested: Sequence[PolicyKey]) -> set[tuple[PolicyKey, int]]:
    columns = []
    for scope in scopes:
        policies = [scope.policy(key) for key in tested]
        columns.append([None if policy is None else (policy.episodes, scope.rows(policy)) for policy in policies])
    return {(tested[place], at) for at, place in enumerate(best_places(columns)) if place is not None}


def _published(row: PublishedRow, scopes: Sequence[Scope]) -> Row | None:
    entries = tuple(
        published_entry(row, None, None) if scope.only_world and scope.results.suite in row.suites else ABSENT
        for scope in scopes
    )
    return Row(row.policy, entries) if any(entry.value is not None for entry in entries) else None


def _interval(every: Sequence[SuiteResults]) -> str:
    return " or ".join(dict.fromkeys(results.interval_name for results in every))
