"""All tables of a report, in the order in which they are read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from evalsuite.reports.evaluation import Evaluation
from evalsuite.reports.tables import change, cost, interactions, overview, predictions, score, view_difficulty
from evalsuite.reports.tables.table import Table
from evalsuite.reports.wording import distinct

Maker = Callable[[Evaluation], Iterator[Table]]

MAKERS: tuple[Maker, ...] = (
    overview.make,
    interactions.make,
    score.make,
    change.make,
    view_difficulty.make,
    predictions.make,
    cost.make,
)
"""Each makes as many tables as the evaluation has matter for, and none where there is nothing to tell."""


def all_tables(evaluation: Evaluation) -> list[Table]:
    """Every table that these runs give; no two have the same slug."""
    made = [table for make in MAKERS for table in make(evaluation)]
    slugs = distinct(table.slug for table in made)
    return [replace(table, slug=slug) for table, slug in zip(made, slugs, strict=True)]
