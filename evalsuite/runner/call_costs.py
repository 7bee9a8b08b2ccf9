"""What a call of a policy costs, by how many episodes it answers: the fixed part and the part of each row.

Least squares on the calls seen so far, older ones counting less and less. The fixed part is what a fuller batch
saves.
"""

from __future__ import annotations

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
    """

    def __init__(self, batch: int | None = None) -> None:
        self._batch = batch
        self._weight = self._rows = self._seconds = self._rows_squared = self._products = 0.0
        self.calls = 0

    def add(self, rows: int, seconds: float) -> None:
        """Take in a call with `rows` rows."""
        fade = 1.0 - 1.0 / MEMORY_CALLS
        self._weight = fade * self._weight + 1.0
        self._rows = fade * self._rows + rows
        self._seconds = fade * self._seconds + seconds
        self._rows_squared = fade * self._rows_squared + rows * rows
        self._products = fade * self._products + rows * seconds
        self.calls += 1

    @property
    def mean_rows(self) -> float:
        """Rows a call, lately."""
        return self._rows / self._weight if self._weight else 0.0

    def cost(self) -> CallCost:
        """What is known by now; nothing before the first call."""
        if not self._weight:
            return CallCost()
        rows, seconds = self._rows / self._weight, self._seconds / self._weight
        if self._batch is not None and self._batch > 1:
            return CallCost(fixed=seconds)
        variance = self._rows_squared / self._weight - rows * rows
        if self._batch == 1 or variance < _LEAST_VARIANCE:
            return CallCost(row=seconds / rows)
        slope = (self._products / self._weight - rows * seconds) / variance
        row = min(max(slope, 0.0), seconds / rows)
        return CallCost(fixed=seconds - row * rows, row=row)
