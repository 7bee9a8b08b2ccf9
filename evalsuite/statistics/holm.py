"""Several tests, one promise: Holm's step-down correction."""

from __future__ import annotations

from collections.abc import Sequence


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjusted p-values in the order given: rejecting those <= alpha keeps the chance of any false alarm <= alpha.

    The i-th smallest of m, counted from 1, becomes the greatest (m - j + 1) p_(j) over j <= i, at most 1.

    Raises:
        ValueError: for a value outside [0, 1], NaN included.

    Source: S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics
    6 (1979) 65-70.
    """
    if not all(0.0 <= p <= 1.0 for p in p_values):
        raise ValueError("a p-value lies in [0, 1]")
    adjusted = [0.0] * len(p_values)
    greatest = 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=lambda each: p_values[each])):
        greatest = max(greatest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = greatest
    return adjusted
