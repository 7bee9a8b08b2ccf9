from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalsuite.statistics.busy_time import busy_seconds


@pytest.mark.parametrize(
    ("spans", "seconds"),
    [
        ([], 0),
        ([(0, 2), (5, 6)], 3),
        ([(0, 4), (1, 2)], 4),
        ([(1, 3), (0, 2)], 3),
        ([(0, 10), (1, 2), (3, 12)], 12),
        ([(float("nan"), 5), (0, 1)], 1),
    ],
)
def test_overlaps_count_once_and_gaps_not_at_all(spans: list[tuple[float, float]], seconds: float) -> None:
    started, finished = (np.array([span[end] for span in spans], np.float64) for end in (0, 1))
    assert busy_seconds(started, finished) == seconds


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 10)), max_size=12))
def test_it_is_the_number_of_seconds_in_which_something_ran(spans: list[tuple[int, int]]) -> None:
    covered = {second for begin, length in spans for second in range(begin, begin + length)}
    started = np.array([begin for begin, _ in spans], np.float64)
    finished = np.array([begin + length for begin, length in spans], np.float64)
    assert busy_seconds(started, finished) == len(covered)
