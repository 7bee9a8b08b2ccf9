"""The table of a suite as data: one block a policy, interactions down, difficulties across, margins over both."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import get_args

from evalsuite.crossview.difficulty import DIFFICULTIES
from evalsuite.crossview.goal import Interaction
from evalsuite.statistics.cells import Cell, CellKey, EpisodeReference
from evalsuite.statistics.results import PolicyResults, SuiteResults

POOLED = "all"
NOTHING = "–"
INTERACTION_ORDER: tuple[str, ...] = get_args(Interaction)
ROLE_ORDER = ("policy", "oracle", "control")
ROLE_REMARKS = {"policy": "", "oracle": "reference: the ceiling, privileged", "control": "reference: the floor"}


@dataclass(frozen=True)
class Entry:
    """One place in the table: its value, how it is shown, and the episodes behind it.

    `text` is like `62% [41, 79] n=16`: success rate, Wilson's 95% interval in percent, episodes scored.
    """

    cell: Cell | None
    above_chance: bool = True

    @property
    def value(self) -> float | None:
        """Success rate in [0, 1], or None where no episode was scored."""
        return self.cell.rate if self.cell else None

    @property
    def episodes(self) -> tuple[EpisodeReference, ...]:
        return self.cell.episodes if self.cell else ()

    @property
    def rate(self) -> str:
        return NOTHING if self.value is None else percent(self.value)

    @property
    def ends(self) -> tuple[str, str] | None:
        """The interval's ends in whole percent, or None where no episode was scored."""
        if self.cell is None or self.cell.n == 0:
            return None
        interval = self.cell.interval
        return f"{100 * interval.low:.0f}", f"{100 * interval.high:.0f}"

    @property
    def n(self) -> int:
        return self.cell.n if self.cell else 0

    @property
    def flagged(self) -> bool:
        """More than 5% of its episodes are errors."""
        return self.cell is not None and self.cell.too_many_errors

    @property
    def marks(self) -> str:
        """`!` where it is flagged, `*` where a control comes within the interval; empty elsewhere."""
        return "!" * self.flagged + "*" * (not self.above_chance)

    @property
    def text(self) -> str:
        interval = "" if self.ends is None else f" [{self.ends[0]}, {self.ends[1]}]"
        return f"{self.rate}{interval} n={self.n}" + (f" {self.marks}" if self.marks else "")


@dataclass(frozen=True)
class Row:
    name: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Block:
    """A policy's rows. `remark` says so when it is a reference that others are held against; else empty."""

    policy: str
    remark: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Table:
    """`columns` name a row's entries; `facts` say what was scored, `notes` what a reader must know.

    `interval` names the kind of interval in the cells, such as "Wilson 95% interval".
    """

    title: str
    facts: str
    interval: str
    columns: tuple[str, ...]
    blocks: tuple[Block, ...]
    notes: tuple[str, ...]


def interval_name(results: SuiteResults) -> str:
    """What the intervals of these results are: episodes of the same scenario are not independent."""
    several = any(policy.cells[CellKey(None, None)].several_seeds for policy in results.policies)
    return f"{'design-effect' if several else 'Wilson'} 95% interval"


def success_table(results: SuiteResults) -> Table:
    """Success rates by interaction and difficulty, policies first, then the references beside them."""
    interactions, difficulties = strata(results)
    policies = in_order_of_reading(results)
    blocks = tuple(
        Block(
            policy.label,
            ROLE_REMARKS[policy.role],
            tuple(
                Row(
                    interaction or POOLED,
                    tuple(_entry(results, policy, interaction, each) for each in (*difficulties, None)),
                )
                for interaction in (*interactions, None)
            ),
        )
        for policy in policies
    )
    errors = [remark for policy in policies for remark in _error_remarks(policy)]
    return Table(
        title=title(results),
        facts=facts(results),
        interval=interval_name(results),
        columns=(*difficulties, POOLED),
        blocks=blocks,
        notes=(
            *results.notes,
            *errors,
            *_chance_remarks(results, policies),
            *map(_prediction_remark, _predicting(policies)),
        ),
    )


def strata(results: SuiteResults) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The interactions and the difficulties that occur, each in the order in which it is read."""
    keys = [key for policy in results.policies for key in policy.cells]
    interactions = {key.interaction for key in keys} - {None}
    difficulties = {key.difficulty for key in keys} - {None}
    return _ordered(interactions, INTERACTION_ORDER), _ordered(difficulties, DIFFICULTIES)


def in_order_of_reading(results: SuiteResults) -> list[PolicyResults]:
    """The policies as they were given, then the oracle, then the controls."""
    return sorted(results.policies, key=lambda policy: ROLE_ORDER.index(policy.role))


def title(results: SuiteResults) -> str:
    """`doom-quick 1.0`, and a rehearsal's word of warning."""
    warning = " (REHEARSAL with a stand-in)" if results.rehearsal else ""
    return f"{results.suite} {results.version}{warning}"


def facts(results: SuiteResults) -> str:
    """Hash, seeds and counts in a line."""
    seeds = "seed " if len(results.seeds) == 1 else "seeds "
    seeds += ", ".join(map(str, results.seeds))
    episodes = sum(len(policy.episodes) for policy in results.policies)
    return (
        f"sha256 {results.suite_sha256[:12]} · {seeds} · "
        f"{counted(episodes, 'episode')} of {counted(len(results.policies), 'policy', 'policies')}"
    )


def percent(share: float) -> str:
    """A share in whole percent; `<1%` and `>99%` where rounding would claim none or all."""
    whole = f"{100 * share:.0f}%"
    if whole == "0%" and share > 0.0:
        return "<1%"
    if whole == "100%" and share < 1.0:
        return ">99%"
    return whole


def counted(number: int, one: str, many: str | None = None) -> str:
    """`1 episode`, `2 episodes`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def _entry(results: SuiteResults, policy: PolicyResults, interaction: str | None, difficulty: str | None) -> Entry:
    key = CellKey(interaction, difficulty)
    return Entry(policy.cells.get(key), results.above_chance(policy, key))


def _chance_remarks(results: SuiteResults, policies: Sequence[PolicyResults]) -> list[str]:
    controls = " or ".join(control.label for control in results.controls)
    return [
        f"* {policy.label}: not above chance, for {controls} comes within the cell's interval"
        for policy in policies
        if not all(results.above_chance(policy, key) for key in policy.cells)
    ]


def _predicting(policies: Sequence[PolicyResults]) -> list[PolicyResults]:
    return [policy for policy in policies if policy.cells[CellKey(None, None)].predictions]


def _prediction_remark(policy: PolicyResults) -> str:
    summary = policy.cells[CellKey(None, None)].predictions
    assert summary is not None
    error = summary.centroid_error_px
    place = "" if error is None else f", and where with a mean error of {error:.1f} px"
    return (
        f"{policy.label}: tells whether it sees the target in {percent(summary.visibility_accuracy)} of the steps"
        f"{place} ({counted(summary.episodes, 'episode')})"
    )


def _error_remarks(policy: PolicyResults) -> Sequence[str]:
    total = policy.cells[CellKey(None, None)]
    if not total.errors:
        return []
    remarks = [
        f"{policy.label}: {counted(total.errors, 'error')} in {counted(total.total, 'episode')} "
        f"({percent(total.error_share)}), counted neither as success nor as failure"
    ]
    if any(cell.too_many_errors for cell in policy.cells.values()):
        remarks.append(f"! {policy.label}: more than 5% of the cell's episodes are errors; its rate may mislead")
    return remarks


def _ordered(names: Iterable[str | None], known: Sequence[str]) -> tuple[str, ...]:
    present = [name for name in names if name is not None]
    return tuple(sorted(present, key=lambda name: (known.index(name) if name in known else len(known), name)))
