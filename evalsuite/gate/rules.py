"""The gate's rules: each a small object with a name, a test, and a sentence for every stratum that it looked at."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal, Protocol

from evalsuite.gate.settings import GateSettings
from evalsuite.statistics.comparison import TIERS, Comparison, Difference, Stratum, Tier
from evalsuite.statistics.tango import tango_z

Status = Literal["fine", "open", "regression"]

MOST_PAIRS = 10_000_000
"""Beyond this many pairs a question counts as one that no number of them settles."""


@dataclass(frozen=True)
class Finding:
    """What a rule found in one stratum.

    Args:
        status: fine; open, when too few pairs decide nothing; or a proven regression.
        sentence: for people.
        p: the p-value that it was decided by, corrected within the tier.
        more_pairs: how many more pairs of this stratum would settle an open one, if the shares seen so far hold;
            None when it is not open, has fallen already, or no number would.
    """

    rule: str
    tier: Tier
    stratum: Stratum
    status: Status
    sentence: str
    p: float
    more_pairs: int | None = None


class Rule(Protocol):
    """What the gate asks of a comparison."""

    @property
    def name(self) -> str: ...

    def judge(self, comparison: Comparison, settings: GateSettings) -> Sequence[Finding]:
        """A finding for each stratum of the rule's tier."""


@dataclass(frozen=True)
class NoRegression:
    """No stratum of the tier got worse: one-sided McNemar at a third of alpha, Holm's correction within the tier."""

    tier: Tier

    @property
    def name(self) -> str:
        return f"no regression ({self.tier})"

    def judge(self, comparison: Comparison, settings: GateSettings) -> Sequence[Finding]:
        adjusted = comparison.adjusted(self.tier, one_sided=True)
        return [self._finding(*each, settings) for each in zip(comparison.pairs[self.tier], adjusted, strict=True)]

    def _finding(self, difference: Difference, p: float, settings: GateSettings) -> Finding:
        name, value = difference.stratum.name, difference.value or 0.0
        proven = p <= settings.alpha / len(TIERS)
        status: Status = "regression" if proven and -value >= settings.minimum_effect else "fine"
        counts = f"{difference.lost} lost, {difference.gained} gained of {_pairs(difference.n)}"
        if status == "regression":
            sentence = f"{name} fell by {points(-value)}: {counts}, p = {p:.2g}"
        elif proven:
            sentence = f"{name} fell by {points(-value)}, less than the {points(settings.minimum_effect)} that count"
        else:
            sentence = f"{name} did not provably fall: {counts}, p = {p:.2g}"
        return Finding(self.name, self.tier, difference.stratum, status, sentence, p)


@dataclass(frozen=True)
class NotInferior:
    """Every stratum of the tier is shown not to be worse by the tier's margin: Tango's score test at alpha."""

    tier: Literal["pooled", "interaction"]

    @property
    def name(self) -> str:
        return f"not inferior ({self.tier})"

    def margin(self, settings: GateSettings) -> float:
        return settings.margin_pooled if self.tier == "pooled" else settings.margin_interaction

    def judge(self, comparison: Comparison, settings: GateSettings) -> Sequence[Finding]:
        return [self._finding(comparison, each, settings) for each in comparison.pairs[self.tier]]

    def _finding(self, comparison: Comparison, difference: Difference, settings: GateSettings) -> Finding:
        margin, name = self.margin(settings), difference.stratum.name
        p = comparison.p_inferior(difference, margin)
        if p <= settings.alpha:
            sentence = f"{name}: a drop of {points(margin)} is ruled out by {_pairs(difference.n)} (p = {p:.2g})"
            return Finding(self.name, self.tier, difference.stratum, "fine", sentence, p)
        fell = comparison.p_worse(difference) <= settings.alpha / len(TIERS)
        more = None if fell else more_pairs(difference, margin, settings)
        need = f"needs about {more:,} more" if more is not None else "it did fall" if fell else "more will not do"
        sentence = f"{name}: {_pairs(difference.n)} can't rule out a drop of {points(margin)}; {need}"
        return Finding(self.name, self.tier, difference.stratum, "open", sentence, p, more)


RULES: tuple[Rule, ...] = (
    *(NoRegression(tier) for tier in TIERS),
    NotInferior("pooled"),
    NotInferior("interaction"),
)


def more_pairs(difference: Difference, margin: float, settings: GateSettings) -> int | None:
    """Pairs still missing until the margin is ruled out, or a regression proven, whichever comes first.

    That is if the shares of lost and gained pairs stay as they are: an estimate, not a promise. None when more
    than `MOST_PAIRS` would be needed.
    """
    n = max(1, difference.n)
    needed = min(_until_ruled_out(difference, margin, settings.alpha), _until_proven(difference, settings))
    inflation = n / difference.effective_n if difference.n else 1.0
    if needed * inflation > MOST_PAIRS:
        return None
    return max(1, math.ceil(needed * inflation) - difference.n)


def _until_ruled_out(difference: Difference, margin: float, alpha: float) -> float:
    z = NormalDist().inv_cdf(1.0 - alpha)

    def ruled_out(n: int) -> bool:
        return tango_z(*difference.scaled(float(n)), -margin) >= z

    return _smallest(ruled_out)


def _until_proven(difference: Difference, settings: GateSettings) -> float:
    if difference.lost <= difference.gained or -(difference.value or 0.0) < settings.minimum_effect:
        return math.inf
    z = NormalDist().inv_cdf(1.0 - settings.alpha / len(TIERS))
    lost, gained, _ = difference.scaled(1.0)
    return z**2 * (lost + gained) / (lost - gained) ** 2


def _smallest(holds_for: Callable[[int], bool]) -> float:
    high = 1
    while not holds_for(high):
        high *= 2
        if high > MOST_PAIRS:
            return math.inf
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds_for(middle) else (middle, high)
    return float(high)


def points(share: float) -> str:
    """A share as points: `3 points`, `0.5 points`."""
    return f"{100 * share:.3g} point{'' if f'{100 * share:.3g}' == '1' else 's'}"


def _pairs(n: int) -> str:
    return f"{n:,} pair{'' if n == 1 else 's'}"
