from __future__ import annotations

from evalsuite.statistics.checkpoint_series import checkpoint_series


def test_labels_that_differ_in_one_number_are_a_series_in_its_order() -> None:
    (series,) = checkpoint_series(["agent-step-20k", "agent-step-5k", "agent-step-1M", "baseline"])
    assert series.name == "agent-step-#"
    assert series.steps == (5e3, 2e4, 1e6)
    assert series.labels == ("agent-step-5k", "agent-step-20k", "agent-step-1M")


def test_the_number_that_varies_is_taken_where_there_are_several() -> None:
    (series,) = checkpoint_series(["rocket2-v1-10", "rocket2-v1-20", "rocket2-v1-30"])
    assert (series.name, series.steps) == ("rocket2-v1-#", (10, 20, 30))


def test_two_are_no_series_and_neither_are_strangers() -> None:
    assert checkpoint_series(["rocket2", "rocket3"]) == []
    assert checkpoint_series(["a1", "b2", "c3"]) == []


def test_two_series_stand_apart() -> None:
    labels = [f"{name}-{step}" for name in ("small", "large") for step in (1, 2, 3)]
    assert [series.name for series in checkpoint_series(labels)] == ["small-#", "large-#"]
