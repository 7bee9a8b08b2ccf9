"""What a call of a policy costs, by how many episodes it answers: the fixed part and the part of each row.

Least squares on the calls seen so far, older ones counting less and less. The fixed part is what a fuller batch
saves.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass

MEMORY_CALLS = 200
"""After so many calls one counts for a third."""

_LEAST_VARIANCE = 0.05
"""Of the number of rows, below which the two parts can't be told apart."""


@dataclass(frozen=True)
class CallCost:
    """Seconds of a call with `k` rows: fixed + k * row."""

    fixed: float = 0.0
    row: float = 0.0

    def seconds(self, rows: float) -> float:
        return self.fixed + self.row * rows


class CallCosts:
    """The calls of one policy.

    Args:
        batch: the number of rows that it always computes, or None if it computes those that it is given: with one, a
            call of up to so many rows costs the same, however few they are.

    `sums` are of the calls, their rows, their seconds, the squares of their rows, and rows times seconds.
    """

    def __init__(self, batch: int | None = None) -> None:
        self._batch = batch
        self.sums = array("d", [0.0] * 5)
        self.calls = 0

    def add(self, rows: int, seconds: float) -> None:
        """Take in a call with `rows` rows."""
        fade = 1.0 - 1.0 / MEMORY_CALLS
        for place, term in enumerate((1.0, rows, seconds, rows * rows, rows * seconds)):
            self.sums[place] = fade * self.sums[place] + term
        self.calls += 1

    def take_in(self, sums: Iterable[float], calls: int) -> None:
        """Add what another has seen of the same policy."""
        for place, term in enumerate(sums):
            self.sums[place] += term
        self.calls += calls

    def cost(self) -> CallCost:
        """What is known by now; nothing before the first call."""
        weight, *totals = self.sums
        if not weight:
            return CallCost()
        rows, seconds, rows_squared, products = (total / weight for total in totals)
        if self._batch is not None and self._batch > 1:
            return CallCost(fixed=seconds)
        variance = rows_squared - rows * rows
        if self._batch == 1 or variance < _LEAST_VARIANCE:
            return CallCost(row=seconds / rows)
        slope = (products - rows * seconds) / variance
        row = min(max(slope, 0.0), seconds / rows)
        return CallCost(fixed=seconds - row * rows, row=row)
