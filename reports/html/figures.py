"""The report's figures as pictures inside the page."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from evalsuite.errors import UsageError
from evalsuite.reports.evaluation import Evaluation
from evalsuite.reports.figures.registry import all_figures
from evalsuite.reports.html.media import data_url
from evalsuite.reports.style import PAGE_WIDTH_INCHES

PIXELS_PER_POINT = 5 / 3
"""A quarter larger than on paper, so that its small print can be read on a screen."""


@dataclass(frozen=True)
class PageFigure:
    """A figure as the template shows it; `width` and `height` in CSS pixels."""

    title: str
    caption: str
    url: str
    width: int
    height: int


def page_figures(evaluation: Evaluation) -> tuple[list[PageFigure], str]:
    """All figures as vectors, and a sentence on why there are none where matplotlib is missing."""
    figures = []
    with tempfile.TemporaryDirectory(prefix="evalsuite-figures-") as folder:
        for figure in all_figures(evaluation):
            path = Path(folder) / f"{figure.slug}.svg"
            try:
                figure.draw(path, PAGE_WIDTH_INCHES)
            except UsageError as error:
                return [], f"There are no figures: {error}."
            content = path.read_bytes()
            width, height = svg_size(content)
            url = data_url(content, "image/svg+xml")
            figures.append(PageFigure(figure.title, figure.caption, url, width, height))
    return figures, ""


def svg_size(content: bytes) -> tuple[int, int]:
    """Width and height on the page, in CSS pixels, of an SVG that states its own in points."""
    head = content[: content.index(b">", content.index(b"<svg"))]
    found = {name: re.search(rb"\s" + name + rb'="([\d.]+)pt"', head) for name in (b"width", b"height")}
    width, height = (float(each[1]) * PIXELS_PER_POINT if each else 0.0 for each in found.values())
    return round(width), round(height)
