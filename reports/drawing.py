"""Figures through matplotlib: imported only when one is drawn, without a display, changing nobody's settings."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalsuite.errors import UsageError
from evalsuite.extras import install_command
from evalsuite.reports.files import write_whole
from evalsuite.reports.style import PIXELS_PER_INCH, RC

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

UNDATED: dict[str, dict[str, Any]] = {"pdf": {"CreationDate": None}, "svg": {"Date": None}}
"""So that the same records give the same file, byte for byte."""


@contextmanager
def new_figure(width_inches: float, height_inches: float) -> Iterator[Figure]:
    """An empty figure in the house's style, to be drawn and saved inside the `with`.

    Raises `UsageError` when matplotlib is missing.
    """
    try:
        import matplotlib
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise UsageError(f"pictures need matplotlib ({error}): {install_command('reports')}") from error
    with matplotlib.rc_context(RC):
        figure = Figure(figsize=(width_inches, height_inches))
        FigureCanvasAgg(figure)
        yield figure


def save_figure(figure: Figure, path: Path, *, pixels_per_inch: int = PIXELS_PER_INCH) -> Path:
    """Write `figure` in the format of the path's ending, whole or not at all; returns `path`."""
    kind = path.suffix.lstrip(".")
    picture = io.BytesIO()
    figure.savefig(picture, format=kind, dpi=pixels_per_inch, metadata=UNDATED.get(kind))
    return write_whole(path, picture.getvalue())


def write_below(axes: Axes, place: float, points: float, text: str, **style: Any) -> None:
    """Write `text` centred at `place` on the x axis, its baseline `points` above (or, negative, below) that axis."""
    axes.annotate(
        text,
        (place, 0.0),
        xytext=(0.0, points),
        xycoords=("data", "axes fraction"),
        textcoords="offset points",
        ha="center",
        va="baseline",
        annotation_clip=False,
        **style,
    )
