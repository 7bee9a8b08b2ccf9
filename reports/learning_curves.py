"""How success changed over a series of checkpoints: what the figure of it draws and its table of numbers holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evalsuite.reports.wording import in_order_of_reading, strata
from evalsuite.statistics.cells import Cell, CellKey
from evalsuite.statistics.checkpoint_series import CheckpointSeries, series_in
from evalsuite.statistics.results import PolicyResults, SuiteResults


@dataclass(frozen=True)
class Curve:
    """Success over the checkpoints of a series, in one part of a suite.

    Args:
        key: the part; all episodes, those of an interaction, or those of a difficulty.
        cells: of the checkpoints, in their order; None where one has no episode in that part.
        beside: label -> cell of what the checkpoints are held against.
    """

    key: CellKey
    cells: tuple[Cell | None, ...]
    beside: Mapping[str, Cell]

    @property
    def name(self) -> str:
        """The interaction or the difficulty; empty for all episodes."""
        return self.key.interaction or self.key.difficulty or ""


def learning_curves(results: SuiteResults, series: CheckpointSeries) -> list[Curve]:
    """That of all episodes, then of each interaction and of each difficulty where there are several."""
    interactions, difficulties = strata(results)
    keys = [CellKey(None, None)]
    keys += [CellKey(each, None) for each in interactions if len(interactions) > 1]
    keys += [CellKey(None, each) for each in difficulties if len(difficulties) > 1]
    checkpoints = checkpoints_of(results, series)
    others = beside(results, series)
    return [
        Curve(
            key,
            tuple(policy.cells.get(key) for policy in checkpoints),
            {policy.label: policy.cells[key] for policy in others if key in policy.cells},
        )
        for key in keys
    ]


def checkpoints_of(results: SuiteResults, series: CheckpointSeries) -> Sequence[PolicyResults]:
    """The policies of `series`, in its order."""
    by_label = {policy.label: policy for policy in results.policies}
    return [by_label[label] for label in series.labels]


def beside(results: SuiteResults, series: CheckpointSeries) -> list[PolicyResults]:
    """What `series` is held against: the oracle, the controls, and where it was told to be one, the other policies."""
    in_series = {label for each in series_in(results) for label in each.labels}
    return [
        policy
        for policy in in_order_of_reading(results)
        if policy.role != "policy" or (series.told and policy.label not in in_series)
    ]
