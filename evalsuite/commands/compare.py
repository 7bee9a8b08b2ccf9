"""`evalsuite compare`: what changed between two runs, paired on (scenario, seed)."""

from __future__ import annotations

import argparse
import json
import shutil
import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path

from evalsuite.errors import UsageError
from evalsuite.gate.sources import read_source
from evalsuite.gate.table import ComparisonTable, comparison_table, unpaired_table
from evalsuite.gate.verdict import comparison_notes, early_stops, mixed_rehearsal, rehearsal_notes, side_notes, title
from evalsuite.statistics.comparison import (
    Comparison,
    Difference,
    UnpairedDifference,
    compare,
    compare_unpaired,
)
from evalsuite.statistics.matching import match_policies
from evalsuite.statistics.results import PolicyResults, SuiteResults

NARROWEST = 30


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `evalsuite compare` takes."""
    add_sides(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of the tables")


def add_sides(parser: argparse.ArgumentParser) -> None:
    """BASE and CANDIDATE, and which of their policies is meant."""
    parser.add_argument("base", metavar="BASE", type=Path, help="a run folder, or a file made by evalsuite baseline")
    parser.add_argument("candidate", metavar="CANDIDATE", type=Path, help="a run folder or such a file")
    parser.add_argument("--policy", metavar="LABEL", help="of the candidate; default: those that the base has too")
    parser.add_argument("--base-policy", metavar="LABEL", help="of the base; default: the same label, or the only one")


def execute(arguments: argparse.Namespace) -> int:
    """Print a table of differences for every policy that both have."""
    before, after = _read_both(arguments.base, arguments.candidate)
    pairs = match_policies(before.policies, after.policies, policy=arguments.policy, base_policy=arguments.base_policy)
    if arguments.json:
        print(json.dumps([_as_json(before, base, after, candidate) for base, candidate in pairs]))
        return 0
    for base, candidate in pairs:
        _show(before, base, after, candidate)
    if arguments.policy is None and arguments.base_policy is None:
        _tell_unpaired(before, after, pairs)
    return 0


def _tell_unpaired(
    before: SuiteResults, after: SuiteResults, pairs: Sequence[tuple[PolicyResults, PolicyResults]]
) -> None:
    """Name the policies under test that only one side has, of a comparison that names none."""
    for side, policies, compared in (
        ("base", before.policies, [base.label for base, _ in pairs]),
        ("candidate", after.policies, [candidate.label for _, candidate in pairs]),
    ):
        if alone := [each.label for each in policies if each.role == "policy" and each.label not in compared]:
            print_wrapped(f"note: only in the {side}, and not compared: {', '.join(alone)}")


def show_comparison(base: Path, candidate: Path) -> None:
    """Print the tables for every policy that both have. Raises `UsageError`."""
    before, after = _read_both(base, candidate)
    for one, other in match_policies(before.policies, after.policies):
        _show(before, one, after, other)


def print_table(table: ComparisonTable, notes: Iterable[str]) -> None:
    """The table, its legend and notes, as wide as the terminal; a narrow one shows fewer columns."""
    print("\n".join(table.lines(terminal_width())))
    print()
    for line in [table.legend, *(f"note: {note}" for note in notes)]:
        print_wrapped(line)


def print_wrapped(text: str, indent: str = "") -> None:
    """One paragraph, wrapped to the terminal's width; what follows the first line stands two columns further in."""
    width, after = terminal_width(), f"{indent}  "
    print(textwrap.fill(text, width, initial_indent=indent, subsequent_indent=after, break_on_hyphens=False))


def terminal_width() -> int:
    """In characters; where output is piped, 100 or what COLUMNS says."""
    return max(NARROWEST, shutil.get_terminal_size((100, 24)).columns)


def _read_both(base: Path, candidate: Path) -> tuple[SuiteResults, SuiteResults]:
    before, after = read_source(base, "base"), read_source(candidate, "candidate")
    if before.rehearsal != after.rehearsal:
        raise UsageError(f"can't compare: {mixed_rehearsal(before, after)}")
    return before, after


def _show(before: SuiteResults, base: PolicyResults, after: SuiteResults, candidate: PolicyResults) -> None:
    print(f"\n{candidate.label} (new) against {base.label} (base), {title(after)}")
    comparison = _paired(before, base, after, candidate)
    notes = _notes(before, after, candidate)
    if comparison is not None:
        print(f"{comparison.pooled.n:,} pairs on the same scenarios and seeds\n")
        print_table(comparison_table(comparison), [*notes, *comparison_notes(comparison)])
        return
    print(f"NOT PAIRED: {_why_not_paired(before, after)}.")
    print("What follows compares rates on different episodes: far wider, and biased if the scenarios differ.\n")
    print_table(unpaired_table(compare_unpaired(base.episodes, candidate.episodes)), notes)


def _notes(before: SuiteResults, after: SuiteResults, candidate: PolicyResults) -> list[str]:
    stops = (stop.sentence for stop in early_stops(after, candidate.label))
    return [*rehearsal_notes(after), *side_notes(before, after), *stops]


def _paired(
    before: SuiteResults, base: PolicyResults, after: SuiteResults, candidate: PolicyResults
) -> Comparison | None:
    if before.suite_sha256 != after.suite_sha256:
        return None
    comparison = compare(base.episodes, candidate.episodes)
    return comparison if comparison.pooled.n else None


def _why_not_paired(before: SuiteResults, after: SuiteResults) -> str:
    if before.suite_sha256 != after.suite_sha256:
        return (
            f"the base is of {before.suite} {before.version} ({before.suite_sha256[:12]}), the candidate of "
            f"{after.suite} {after.version} ({after.suite_sha256[:12]})"
        )
    return "the runs have no (scenario, seed) in common that both scored"


def _as_json(
    before: SuiteResults, base: PolicyResults, after: SuiteResults, candidate: PolicyResults
) -> dict[str, object]:
    comparison = _paired(before, base, after, candidate)
    facts = {
        "base": base.label,
        "candidate": candidate.label,
        "suite": after.suite,
        "rehearsal": after.rehearsal,
        "paired": comparison is not None,
        "notes": [*_notes(before, after, candidate), *(comparison_notes(comparison) if comparison is not None else [])],
    }
    if comparison is None:
        unpaired = compare_unpaired(base.episodes, candidate.episodes)
        return {**facts, "tiers": {tier: [_facts_unpaired(each) for each in every] for tier, every in unpaired.items()}}
    tiers = {
        tier: [_facts(each, p) for each, p in zip(every, comparison.adjusted(tier, one_sided=False), strict=True)]
        for tier, every in comparison.pairs.items()
    }
    return {**facts, "tiers": tiers}


def _facts(difference: Difference, p_holm: float) -> dict[str, object]:
    interval = difference.interval()
    return {
        **difference.stratum._asdict(),
        "pairs": difference.n,
        "lost": difference.lost,
        "gained": difference.gained,
        "base": difference.base_rate,
        "candidate": difference.candidate_rate,
        "change": difference.value,
        "low": interval.low,
        "high": interval.high,
        "p": difference.p_changed,
        "p_holm": p_holm,
    }


def _facts_unpaired(difference: UnpairedDifference) -> dict[str, object]:
    interval = difference.interval()
    return {
        **difference.stratum._asdict(),
        "base": difference.base,
        "candidate": difference.candidate,
        "change": difference.value,
        "low": interval.low,
        "high": interval.high,
        "p": difference.p_changed,
    }
