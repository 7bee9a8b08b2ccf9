"""All figures of a report: which are drawn follows from what the runs hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from evalsuite.reports.evaluation import Evaluation
from evalsuite.reports.figures import bars, forest, heat_map, learning_curve, rate_map, view_curves, worlds
from evalsuite.reports.figures.figure_request import FigureRequest
from evalsuite.reports.wording import distinct

Maker = Callable[[Evaluation], Iterator[FigureRequest]]

MAKERS: tuple[Maker, ...] = (
    worlds.make,
    learning_curve.make,
    bars.make,
    heat_map.make,
    rate_map.make,
    forest.make,
    view_curves.make,
)


def all_figures(evaluation: Evaluation) -> list[FigureRequest]:
    """Every figure that these runs give, in the order in which they are read; nothing is drawn yet."""
    made = [figure for make in MAKERS for figure in make(evaluation)]
    slugs = distinct(figure.slug for figure in made)
    return [replace(figure, slug=slug) for figure, slug in zip(made, slugs, strict=True)]
