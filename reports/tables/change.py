"""Before and after: every later policy against the first, on the same episodes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from evalsuite.gate.verdict import comparison_notes, early_stops
from evalsuite.reports.evaluation import Evaluation
from evalsuite.reports.references.published import PublishedRow, published_beside
from evalsuite.reports.tables.entries import difference_entry, rate_entry, selection_of
from evalsuite.reports.tables.published import published_entry, published_group, sources
from evalsuite.reports.tables.table import ABSENT, Column, ColumnGroup, Entry, Row, RowGroup, Table
from evalsuite.reports.wording import facts, file_name, p_text, readable, reading_order, suite_name, title
from evalsuite.statistics.cells import CellKey, EpisodeReference, counted
from evalsuite.statistics.comparison import TIERS, Comparison, Difference, Stratum, Tier, compare
from evalsuite.statistics.holm import holm
from evalsuite.statistics.pairs import Pairs, matching_pairs
from evalsuite.statistics.results import PolicyResults, SuiteResults

KIND = "change"
MOST_IN_DETAIL = 4
"""With more policies than this to hold against the first, only their pooled rows are shown."""

LEGEND = (
    "rates [{interval} in %] and change in points [Tango's 95% interval], both on the n pairs of episodes that both "
    "sides scored; lost, gained: pairs in which only one side succeeded; p: two-sided {test}, Holm {family}"
)


def make(evaluation: Evaluation) -> Iterator[Table]:
    """One table a suite on which at least two policies under test have episodes in common."""
    for results in evaluation.results:
        table = change_table(results, evaluation.name(results))
        if table is not None:
            yield table


def change_table(results: SuiteResults, name: str = "") -> Table | None:
    """The first policy under test against each of the others; None where there is nothing to pair."""
    tested = [policy for policy in results.policies if policy.role == "policy"]
    others = [(policy, compare(tested[0].episodes, policy.episodes)) for policy in tested[1:]]
    others = [(policy, comparison) for policy, comparison in others if comparison.pooled.n]
    if not others:
        return None
    base = tested[0]
    tiers = TIERS if len(others) == 1 else TIERS[:2]
    brief = len(others) > MOST_IN_DETAIL
    if brief:
        groups = [RowGroup("", _pooled_rows(results, base, others))]
    else:
        groups = [group for policy, each in others for group in _groups(results, base, policy, each, tiers)]
    published = [] if brief else [row for row in published_beside(results) if row.change]
    groups += _published(published)
    clustered = any(comparison.clustered for _, comparison in others)
    test = "clustered McNemar (Durkalski)" if clustered else "mid-P McNemar"
    return Table(
        slug=file_name(KIND, name or results.suite),
        kind=KIND,
        title=f"Change from {base.label} on {title(results)}",
        suite=suite_name(results),
        rehearsal=results.rehearsal,
        facts=facts(results),
        legend=LEGEND.format(
            interval=results.interval_name, test=test, family="over the policies" if brief else "within each tier"
        ),
        stub=("policy",) if brief else ("policy", "interaction"),
        groups=(
            ColumnGroup("success rate", (Column("before"), Column("after"))),
            ColumnGroup("", (Column("change"),)),
            ColumnGroup("pairs", (Column("lost", measured=False), Column("gained", measured=False))),
            ColumnGroup("", (Column("p", measured=False),)),
        ),
        rows=tuple(groups),
        notes=tuple(_notes(results, base, others)),
        sources=sources(published),
    )


def _pooled_rows(
    results: SuiteResults, base: PolicyResults, others: Sequence[tuple[PolicyResults, Comparison]]
) -> tuple[Row, ...]:
    """One row a policy, of all its episodes; Holm's correction is over the policies."""
    adjusted = holm([comparison.pooled.p_changed for _, comparison in others])
    rows = []
    for (policy, comparison), p in zip(others, adjusted, strict=True):
        pairs = matching_pairs(base.episodes, policy.episodes)
        rows.append(replace(_row(results, base, policy, comparison.pooled, p, pairs), name=policy.label))
    return tuple(rows)


def _groups(
    results: SuiteResults, base: PolicyResults, policy: PolicyResults, comparison: Comparison, tiers: Sequence[Tier]
) -> Iterator[RowGroup]:
    """The whole and its interactions, and then the cells."""
    pairs = matching_pairs(base.episodes, policy.episodes)
    for name, chosen in ((policy.label, TIERS[:2]), (f"{policy.label}, by cell", TIERS[2:])):
        rows = [
            _row(results, base, policy, difference, p, pairs)
            for tier in chosen
            if tier in tiers
            for difference, p in _in_order(comparison, tier)
        ]
        if rows:
            yield RowGroup(name, tuple(rows))


def _in_order(comparison: Comparison, tier: Tier) -> list[tuple[Difference, float]]:
    """The differences of a tier as strata are read, with their p-values after Holm's correction."""
    pairs = zip(comparison.pairs[tier], comparison.adjusted(tier, one_sided=False), strict=True)
    return sorted(pairs, key=lambda pair: reading_order(pair[0].stratum))


def _row(
    results: SuiteResults, base: PolicyResults, policy: PolicyResults, difference: Difference, p: float, every: Pairs
) -> Row:
    stratum = difference.stratum
    pairs = every.within(stratum)
    key = CellKey(stratum.interaction, stratum.difficulty)
    before = counted(key, base.episodes, pairs.before, results.interval_kind)
    after = counted(key, policy.episodes, pairs.after, results.interval_kind)
    narrowed = {"world": stratum.world, "interaction": stratum.interaction, "difficulty": stratum.difficulty}
    both = (*selection_of(results, base, **narrowed), ("policy", policy.label))

    def find() -> tuple[EpisodeReference, ...]:
        return (*before.episodes, *after.episodes)

    return Row(
        readable(stratum.name),
        (
            rate_entry(before, selection_of(results, base, **narrowed)),
            rate_entry(after, selection_of(results, policy, **narrowed)),
            difference_entry(difference, difference.n, both, find),
            Entry("number", float(difference.lost), str(difference.lost), selection=both, _find=find),
            Entry("number", float(difference.gained), str(difference.gained), selection=both, _find=find),
            Entry("number", p, p_text(p), selection=both, _find=find),
        ),
    )


def _published(rows: Sequence[PublishedRow]) -> list[RowGroup]:
    """The two sides of each published change, stratum by stratum; nothing is computed from them."""
    groups = []
    for change in dict.fromkeys(row.change for row in rows):
        sides = {row.side: row for row in rows if row.change == change}
        if set(sides) != {"before", "after"}:
            continue
        before, after = sides["before"], sides["after"]
        strata = dict.fromkeys((each.interaction, each.difficulty) for each in before.values)
        lines = [
            Row(
                readable(Stratum(None, *stratum).name),
                (published_entry(before, *stratum), published_entry(after, *stratum), *[ABSENT] * 4),
            )
            for stratum in strata
        ]
        groups.append(published_group(f"{before.policy} to {after.policy}", lines))
    return groups


def _notes(
    results: SuiteResults, base: PolicyResults, others: Sequence[tuple[PolicyResults, Comparison]]
) -> Iterator[str]:
    yield f"every policy is held against {base.label}, the first policy under test of the runs as they were given"
    if len(others) > MOST_IN_DETAIL:
        yield "pairs with an error or an invalid scenario on either side are left out: n says how many were kept"
    for policy, comparison in others:
        for note in comparison_notes(comparison) if len(others) <= MOST_IN_DETAIL else ():
            yield f"{policy.label}: {note}" if len(others) > 1 else note
        yield from (stop.sentence for stop in early_stops(results, policy.label))
