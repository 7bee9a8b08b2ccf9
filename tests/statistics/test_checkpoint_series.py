from __future__ import annotations

from pathlib import Path

from evalsuite.records.folder import RunFolder
from evalsuite.records.reading import read_header
from evalsuite.statistics.checkpoint_series import CheckpointSeries, checkpoint_series, series_in
from evalsuite.statistics.results import read_results
from tests.reports.run_folders import make_run, plausible


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


def told(folder: Path, steps: dict[str, float], *others: str) -> list[CheckpointSeries]:
    """The series of a run whose header tells these training steps of its policies."""
    run = make_run(folder, plausible, policies=[*steps, *others], per_cell=1)
    entries = [each.model_copy(update={"step": steps.get(each.label)}) for each in read_header(run).policies]
    RunFolder.note_steps_at(run, entries)
    (results,) = read_results([run])
    return series_in(results)


def test_steps_that_were_told_make_a_series_whatever_else_differs(tmp_path: Path) -> None:
    steps = {"epoch-0-step-500": 500.0, "epoch-1-step-1500": 1500.0, "epoch-0-step-1000": 1000.0}
    (series,) = told(tmp_path / "run", steps, "other", "random")
    assert (series.name, series.shown) == ("epoch-*-step-#", "epoch-*-step-…")
    assert series.labels == ("epoch-0-step-500", "epoch-0-step-1000", "epoch-1-step-1500")
    assert series.axis == "training step: the number in epoch-*-step-…"


def test_two_that_were_told_are_a_series_and_numbers_that_do_not_vary_stay(tmp_path: Path) -> None:
    (series,) = told(tmp_path / "run", {"rocket2-10": 10.0, "rocket2-2": 2.0})
    assert (series.name, series.steps, series.told) == ("rocket2-#", (2.0, 10.0), True)


def test_labels_alone_do_not_say_that_the_number_is_a_training_step(tmp_path: Path) -> None:
    (series,) = told(tmp_path / "run", {}, "history-1", "history-2", "history-4")
    assert (series.told, series.axis) == (False, "the number in history-…")
