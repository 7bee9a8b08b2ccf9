"""p-values of a comparison that was ended by what it showed: those of a fixed number of pairs would be too small."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

from evalsuite.statistics.e_value import e_value
from evalsuite.statistics.o_brien_fleming import LOOKS, crossing_probability

SMALLEST = 1e-15
"""Of p-values as the quadrature behind `sequential_p` can tell them from 0."""


@dataclass(frozen=True)
class EarlyEnd:
    """How a comparison was ended.

    Args:
        rule: `evalue`, or `obf` for looks at equal steps.
        share: of the pairs that the whole comparison has, in (0, 1].
    """

    rule: str
    share: float

    def p_worse(self, p: float, lost: int, gained: int) -> float:
        """In place of the one-sided p-value `p` against "no worse"."""
        if self.rule == "evalue":
            return 1.0 / max(1.0, e_value(lost, gained))
        return sequential_p(p, self.share)

    def p_inferior(self, p: float) -> float:
        """In place of the one-sided p-value `p` against "worse by a margin".

        The e-value ends a comparison for a drop only, which never makes a drop easier to rule out: `p` stays.
        """
        return p if self.rule == "evalue" else sequential_p(p, self.share)


def sequential_p(p: float, share: float, looks: int = LOOKS) -> float:
    """The least significance at which O'Brien and Fleming's bound is reached by `p` at a `share` of the pairs.

    With z the normal deviate of p it is the chance that a Brownian motion exceeds z sqrt(share) at one of the looks.
    When nothing changed it is below alpha at any of them with probability at most alpha, so that it does not matter
    at which one the comparison ended, or why.

    Source: Q. Liu and K. M. Anderson, "On adaptive extensions of group sequential trials for clinical
    investigations", JASA 103 (2008) 1621-1630 (sequential p-values).
    """
    z = -NormalDist().inv_cdf(min(max(p, SMALLEST), 1.0 - SMALLEST))
    return min(1.0, max(p, crossing_probability(z * share**0.5, looks)))
