"""Interaction by difficulty: what changed between two policies, cell by cell, and what the gate says of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Literal

from evalsuite.errors import UsageError
from evalsuite.gate.settings import GateSettings
from evalsuite.gate.verdict import Verdict, judge
from evalsuite.reports.evaluation import Evaluation
from evalsuite.reports.figures.figure_request import FigureRequest, figure_slug
from evalsuite.reports.figures.frame import Frame
from evalsuite.reports.figures.squares import Square, draw_squares
from evalsuite.reports.style import DIVERGING
from evalsuite.reports.wording import MINUS, points, strata, title
from evalsuite.statistics.comparison import Difference, Stratum
from evalsuite.statistics.episodes import Episodes
from evalsuite.statistics.pairs import matching_pairs
from evalsuite.statistics.results import PolicyResults, SuiteResults

KIND = "difference"
MOST_FIGURES = 4
"""Of more policies than this only the last is held against the first."""

FULL_COLOUR = 0.5
"""The difference at which the colour is strongest; beyond it the number alone tells."""

CAPTION = (
    "Success rate of {candidate} less that of {base}, in points, with Tango's 95% interval and n, the pairs of "
    "episodes that both scored. {signs}"
)
SIGNS_NOTE = (
    "The gate, at its default settings: solid frame, a proven drop (one-sided McNemar, Holm); dashed frame, too few "
    "pairs to rule out the drop that it must not miss."
)

Status = Literal["regression", "open", "fine"]
SIGNS: dict[Status, tuple[str, str]] = {
    "regression": ("regression", "solid"),
    "open": ("open", "dashed"),
    "fine": ("", ""),
}


def make(evaluation: Evaluation) -> Iterator[FigureRequest]:
    """The first policy under test against the others, on suites with interactions and difficulties to tell apart."""
    for results in evaluation.results:
        tested = [policy for policy in results.policies if policy.role == "policy"]
        if min(map(len, strata(results))) < 2 or len(tested) < 2:
            continue
        others = tested[1:] if len(tested) <= MOST_FIGURES + 1 else tested[-1:]
        for policy in others:
            if len(matching_pairs(tested[0].episodes, policy.episodes)):
                yield FigureRequest(
                    slug=figure_slug(KIND, evaluation, results, policy.label if len(others) > 1 else ""),
                    title=f"Change from {tested[0].label} to {policy.label} on {title(results)}",
                    caption=CAPTION.format(candidate=policy.label, base=tested[0].label, signs=SIGNS_NOTE),
                    draw=partial(draw, results, tested[0], policy),
                )


def draw(results: SuiteResults, base: PolicyResults, candidate: PolicyResults, path: Path, width: float) -> Path:
    """Draw the map into `path`, `width` inches wide."""
    interactions, difficulties = strata(results)
    rows, columns = (*interactions, None), (*difficulties, None)
    statuses: Mapping[Stratum, Status] = {}
    try:
        verdict = judge((results, base), (results, candidate), GateSettings())
        statuses, said, foot = gate_statuses(verdict), f"gate: {verdict.decision}", SIGNS_NOTE
    except UsageError as error:
        said, foot = "gate: no verdict", f"The gate {error}."
    frame = Frame(
        width,
        f"Change from {base.label} to {candidate.label}",
        f"{title(results)}: success rate, in points, [Tango's 95% interval], n pairs; {said}",
        foot,
    )
    found = squares(base.episodes, candidate.episodes, rows, columns, statuses)
    return draw_squares(found, rows, columns, frame, DIVERGING, path)


def squares(
    base: Episodes,
    candidate: Episodes,
    rows: Sequence[str | None],
    columns: Sequence[str | None],
    statuses: Mapping[Stratum, Status],
) -> list[Square]:
    """The difference in each cell and margin, with what the gate says of it."""
    pairs = matching_pairs(base, candidate)
    found = []
    for row, interaction in enumerate(rows):
        for column, difficulty in enumerate(columns):
            stratum = Stratum(None, interaction, difficulty)
            difference = pairs.within(stratum).difference(stratum)
            found.append(_square(row, column, difference, statuses.get(stratum, "fine")))
    return found


def gate_statuses(verdict: Verdict) -> dict[Stratum, Status]:
    """The worst that any rule of the gate finds in each stratum."""
    order: tuple[Status, ...] = ("fine", "open", "regression")
    worst: dict[Stratum, Status] = {}
    for finding in verdict.findings:
        known = worst.get(finding.stratum, "fine")
        worst[finding.stratum] = max(known, finding.status, key=order.index)
    return worst


def _square(row: int, column: int, difference: Difference, status: Status) -> Square:
    if difference.value is None:
        return Square(row, column, None, "–")
    interval = difference.interval()
    shade = 0.5 + 0.5 * max(-1.0, min(1.0, difference.value / FULL_COLOUR)) * 0.92
    ends = f"[{_whole(interval.low)}, {_whole(interval.high)}]"
    sign, frame = SIGNS[status]
    return Square(row, column, shade, points(difference.value), (ends, f"n={difference.n}"), sign, frame)


def _whole(share: float) -> str:
    text = f"{100 * share:+.0f}"
    return "0" if float(text) == 0.0 else text.replace("-", MINUS)
