from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalsuite.statistics.holm import holm


def test_an_example_worked_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


@given(st.lists(st.floats(0.0, 1.0), max_size=40))
def test_it_agrees_with_statsmodels(p_values: list[float]) -> None:
    multitest = pytest.importorskip("statsmodels.stats.multitest")
    if p_values:
        assert holm(p_values) == pytest.approx(list(multitest.multipletests(p_values, method="holm")[1]))


@given(st.lists(st.floats(0.0, 1.0), max_size=40))
def test_it_never_makes_a_value_smaller_nor_changes_the_order(p_values: list[float]) -> None:
    adjusted = holm(p_values)
    assert all(after >= before for before, after in zip(p_values, adjusted, strict=True))
    order = sorted(range(len(p_values)), key=lambda each: p_values[each])
    assert [adjusted[each] for each in order] == sorted(adjusted)


def test_one_test_alone_stays_what_it_is() -> None:
    assert holm([0.2]) == [0.2]
    assert holm([]) == []


@pytest.mark.parametrize("wrong", [math.nan, -0.1, 1.1])
def test_what_is_no_probability_is_refused_rather_than_counted(wrong: float) -> None:
    with pytest.raises(ValueError, match="p-value"):
        holm([0.5, wrong])
