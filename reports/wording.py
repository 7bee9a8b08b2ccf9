"""The words and numbers that every table and figure writes alike."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import get_args

from evalsuite.crossview.difficulty import DIFFICULTIES
from evalsuite.crossview.goal import Interaction
from evalsuite.statistics.comparison import Stratum
from evalsuite.statistics.results import PolicyResults, SuiteResults, holding_cuts

POOLED = "all"
INTERACTION_ORDER: tuple[str, ...] = get_args(Interaction)
ROLE_ORDER = ("policy", "oracle", "control")
ROLE_REMARKS = {"policy": "", "oracle": "reference: the ceiling, privileged", "control": "reference: the floor"}
LONGEST_FILE_NAME = 100
MINUS = "−"
REHEARSAL_WARNING = "REHEARSAL with a stand-in"
REHEARSAL_MARK = " (REHEARSAL)"
"""Behind the heading of what was rehearsed, where it stands beside what was not."""


def title(results: SuiteResults) -> str:
    """`doom-quick 1.0`, and a rehearsal's word of warning."""
    return suite_name(results) + (f" ({REHEARSAL_WARNING})" if results.rehearsal else "")


def suite_name(results: SuiteResults) -> str:
    """`doom-quick 1.0`."""
    return f"{results.suite} {results.version}"


def facts(results: SuiteResults) -> str:
    """Hash, seeds and counts in a line."""
    seeds = "seed " if len(results.seeds) == 1 else "seeds "
    seeds += ", ".join(map(str, results.seeds))
    episodes = sum(len(policy.episodes) for policy in results.policies)
    by_budget = ", cut by budget" if any(map(holding_cuts, results.runs)) else ""
    return (
        f"sha256 {results.suite_sha256[:12]} · {seeds} · "
        f"{counted(episodes, 'episode')} of {counted(len(results.policies), 'policy', 'policies')}{by_budget}"
    )


def percent(share: float) -> str:
    """A share in whole percent; `<1%` and `>99%` where rounding would claim none or all."""
    whole = f"{100 * share:.0f}%"
    if whole == "0%" and share > 0.0:
        return "<1%"
    if whole == "100%" and share < 1.0:
        return ">99%"
    return whole


def points(difference: float) -> str:
    """A difference of shares in points, such as `+9.4` or `−3.1`; `0.0` without a sign."""
    text = f"{100 * difference:+.1f}"
    return "0.0" if float(text) == 0.0 else text.replace("-", MINUS)


def counted(number: int, one: str, many: str | None = None) -> str:
    """`1 episode`, `2 episodes`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def p_text(p: float) -> str:
    """A p-value to two digits; `<.0001` below that."""
    return "<.0001" if p < 0.0001 else f"{p:.4f}" if p < 0.01 else f"{p:.2f}"


def readable(name: str) -> str:
    """An interaction as a person writes it: `melee hunt`."""
    return name.replace("_", " ")


def file_name(*parts: str) -> str:
    """The parts joined by hyphens, fit for a file name and a link: short, in lower case letters and digits."""
    joined = "-".join(part for part in parts if part).lower()
    return re.sub(r"[^a-z0-9.]+", "-", joined)[:LONGEST_FILE_NAME].strip("-.")


def distinct(names: Iterable[str]) -> Iterator[str]:
    """The names, a second `success` as `success-2`, and so on: no two alike."""
    seen: set[str] = set()
    for name in names:
        fresh, number = name, 2
        while fresh in seen:
            fresh, number = f"{name}-{number}", number + 1
        seen.add(fresh)
        yield fresh


def in_order_of_reading(results: SuiteResults) -> list[PolicyResults]:
    """The policies as they were given, then the oracle, then the controls."""
    return sorted(results.policies, key=lambda policy: ROLE_ORDER.index(policy.role))


def strata(results: SuiteResults) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The interactions and the difficulties that occur, each in the order in which it is read."""
    keys = [key for policy in results.policies for key in policy.cells]
    interactions = {key.interaction for key in keys} - {None}
    difficulties = {key.difficulty for key in keys} - {None}
    return _ordered(interactions, INTERACTION_ORDER), _ordered(difficulties, DIFFICULTIES)


def reading_order(stratum: Stratum) -> tuple[str, int, int, str]:
    """Where a stratum stands among others: by world, then as interactions and difficulties are read."""
    interaction = _place(stratum.interaction, INTERACTION_ORDER)
    return stratum.world or "", interaction, _place(stratum.difficulty, DIFFICULTIES), stratum.name


def _place(name: str | None, known: Sequence[str]) -> int:
    return -1 if name is None else known.index(name) if name in known else len(known)


def _ordered(names: Iterable[str | None], known: Sequence[str]) -> tuple[str, ...]:
    present = [name for name in names if name is not None]
    return tuple(sorted(present, key=lambda name: (known.index(name) if name in known else len(known), name)))
