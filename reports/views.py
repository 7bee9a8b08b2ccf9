"""A gallery of what agents are asked: start view, goal view, and the goal view with the target's mask on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from evalsuite.crossview.difficulty import DIFFICULTIES
from evalsuite.crossview.spaces import INTERACTIONS
from evalsuite.records.reading import SUITE_FILE, read_header
from evalsuite.reports.drawing import new_figure, save_figure
from evalsuite.reports.files import report_folder
from evalsuite.reports.style import INK, PAGE_WIDTH_INCHES, QUIET
from evalsuite.reports.view_capture import capture_views
from evalsuite.statistics.intervals import IntervalKind
from evalsuite.suite.files import load_suite
from evalsuite.suite.scenario import Scenario

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FILE_NAME = "views.png"
MASK_COLOUR = "#FF00A8"
"""Not of the palette: told apart from grass, sand, snow, sky and stone."""

MASK_OPACITY = 0.38
SMALL_TARGET_SHARE = 0.14
"""A target narrower than this share of the picture is shown enlarged in a corner as well."""

ENLARGED_SHARE = 0.40
COLUMN_HEADINGS = ("Start: the agent sees", "Goal view", "Goal view, target masked")
GALLERY_PIXELS_PER_INCH = 150
LINE_INCHES = 0.24
GAP_INCHES = 0.05
MARGIN_INCHES = 0.08
DETAIL_LEFT_INCHES = 0.9
REHEARSAL = "REHEARSAL"
REHEARSAL_NOTE = "REHEARSAL: the pictures are a stand-in's, not the simulator's"


@dataclass(frozen=True)
class GalleryRow:
    """One scenario.

    Args:
        title: its interaction, as said in the suite.
        detail: difficulty and measured view difficulty, in a few words.
        start: the agent's first picture, RGB uint8 (height, width, 3).
        goal: the goal view, of the same kind.
        mask: 0/1 (height, width): the target in the goal view.
    """

    title: str
    detail: str
    start: NDArray[np.uint8]
    goal: NDArray[np.uint8]
    mask: NDArray[np.uint8]


def write(
    runs: Sequence[Path], out: Path | None, *, interval: IntervalKind = "wilson", view_bins: str | None = None
) -> list[Path]:
    """Write `views.png`: a scenario for each interaction of the first run's suite, as its world shows it."""
    header = read_header(runs[0])
    suite_file = runs[0] / SUITE_FILE
    scenarios = exemplars(load_suite(suite_file).scenarios)
    views = capture_views(suite_file, scenarios, rehearse=header.rehearsal)
    rows = [
        GalleryRow(scenario.interaction.replace("_", " "), view_in_words(scenario), view.start, view.goal, view.mask)
        for scenario, view in zip(scenarios, views, strict=True)
    ]
    return [gallery(rows, report_folder(runs, out) / FILE_NAME, rehearsal=header.rehearsal)]


def exemplars(scenarios: Sequence[Scenario]) -> list[Scenario]:
    """One scenario for each interaction that occurs, difficulties by turns, its target as large as can be."""
    chosen = []
    for place, interaction in enumerate(each for each in INTERACTIONS if any(s.interaction == each for s in scenarios)):
        wanted = DIFFICULTIES[place % len(DIFFICULTIES)]
        chosen.append(
            max(
                (scenario for scenario in scenarios if scenario.interaction == interaction),
                key=lambda scenario: (scenario.difficulty == wanted, scenario.view.goal_target_pixels or 0),
            )
        )
    return chosen


def view_in_words(scenario: Scenario) -> str:
    """Difficulty and what was measured of it, in a line; of a row of goals, they are the first one's."""
    view = scenario.view
    row = len(scenario.goals) > 1
    target = "" if row else "target "
    seen = {True: f"{target}in view at start", False: f"{target}hidden at start", None: ""}
    parts = [
        f"goal 1 of {len(scenario.goals)}" if row else "",
        scenario.difficulty,
        f"{view.manhattan_m:.0f} m away (Manhattan)",
        f"views {view.view_angle_deg:.0f}° apart",
        f"goal camera {view.goal_camera_height_m:.1f} m above target",
        seen[view.target_visible_at_start],
    ]
    return " · ".join(part for part in parts if part)


def gallery(rows: Sequence[GalleryRow], path: Path, *, rehearsal: bool = False) -> Path:
    """Draw `rows` below one another into the picture `path` (its ending names the format).

    Those of a rehearsal say so at the top and in every picture, which may be cut out.

    Raises:
        ValueError: without rows.
        UsageError: when matplotlib is missing or `path` can't be written.
    """
    if not rows:
        raise ValueError("a gallery needs a row")
    width = (PAGE_WIDTH_INCHES - 2 * MARGIN_INCHES - 2 * GAP_INCHES) / 3
    heights = [width * row.start.shape[0] / row.start.shape[1] for row in rows]
    total = sum(heights) + (len(rows) + 1 + rehearsal) * LINE_INCHES + 2 * MARGIN_INCHES
    with new_figure(PAGE_WIDTH_INCHES, total) as figure:

        def write(left: float, top: float, text: str, **style: Any) -> None:
            height = 1.0 - (top + 0.6 * LINE_INCHES) / total
            figure.text(left / PAGE_WIDTH_INCHES, height, text, va="center", **style)

        top = MARGIN_INCHES
        if rehearsal:
            write(MARGIN_INCHES, top, REHEARSAL_NOTE, color=INK, fontsize=8.5, fontweight="bold")
            top += LINE_INCHES
        lefts = [MARGIN_INCHES + column * (width + GAP_INCHES) for column in range(3)]
        for left, heading in zip(lefts, COLUMN_HEADINGS, strict=True):
            write(left, top, heading, color=QUIET, fontsize=7.5)
        top += LINE_INCHES
        for row, height in zip(rows, heights, strict=True):
            write(MARGIN_INCHES, top, row.title, color=INK, fontsize=8.5, fontweight="bold")
            write(MARGIN_INCHES + DETAIL_LEFT_INCHES, top, row.detail, color=QUIET, fontsize=7.5)
            top += LINE_INCHES
            for column, picture in enumerate((row.start, row.goal, row.goal)):
                bottom = 1.0 - (top + height) / total
                box = (lefts[column] / PAGE_WIDTH_INCHES, bottom, width / PAGE_WIDTH_INCHES, height / total)
                axes = figure.add_axes(box)
                _show(axes, picture)
                if column == 2:
                    _draw_mask(axes, row.mask)
                    _enlarge(axes, row.goal, row.mask)
                if rehearsal:
                    _label(axes, 0.5, 0.93, REHEARSAL, ha="center", fontweight="bold", fontsize=4.5)
            top += height
        return save_figure(figure, path, pixels_per_inch=GALLERY_PIXELS_PER_INCH)


def _show(axes: Axes, picture: NDArray[np.uint8]) -> None:
    axes.imshow(picture, interpolation="lanczos", aspect="auto")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.grid(visible=False)
    for side in ("top", "right", "bottom", "left"):
        axes.spines[side].set_visible(False)


def _draw_mask(axes: Axes, mask: NDArray[np.uint8]) -> None:
    if not mask.any():
        return
    fill = np.zeros((*mask.shape, 4))
    fill[..., :3] = [int(MASK_COLOUR[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    fill[..., 3] = MASK_OPACITY * mask
    axes.imshow(fill, interpolation="nearest", aspect="auto")
    if mask.all():
        return
    for colour, width in (("white", 2.0), (MASK_COLOUR, 1.0)):
        axes.contour(mask, levels=[0.5], colors=colour, linewidths=width)


@dataclass(frozen=True)
class Zoom:
    """What is shown enlarged, in pixels, and the corner in which: its left and top as shares of the picture."""

    x: float
    y: float
    half_width: float
    left: float
    top: float


def zoom_on(mask: NDArray[np.uint8]) -> Zoom | None:
    """How to enlarge a small target, in a corner that leaves the target itself in view; None for a large one."""
    if not mask.any():
        return None
    rows, columns = np.nonzero(mask)
    height, width = mask.shape
    reach = max(np.ptp(columns) + 1, (np.ptp(rows) + 1) * width / height)
    if reach > SMALL_TARGET_SHARE * width:
        return None
    x, y = (columns.min() + columns.max()) / 2, (rows.min() + rows.max()) / 2
    far = 1.0 - ENLARGED_SHARE
    return Zoom(x, y, 0.9 * reach, 0.0 if x > width / 2 else far, 0.0 if y > height / 2 else far)


def _enlarge(axes: Axes, picture: NDArray[np.uint8], mask: NDArray[np.uint8]) -> None:
    zoom = zoom_on(mask)
    if zoom is None:
        return
    half_height = zoom.half_width * mask.shape[0] / mask.shape[1]
    inset = axes.inset_axes((zoom.left, 1.0 - ENLARGED_SHARE - zoom.top, ENLARGED_SHARE, ENLARGED_SHARE))
    _show(inset, picture)
    _draw_mask(inset, mask)
    inset.set_xlim(zoom.x - zoom.half_width, zoom.x + zoom.half_width)
    inset.set_ylim(zoom.y + half_height, zoom.y - half_height)
    _label(inset, 0.04, 0.05, "zoom")
    for side in ("top", "right", "bottom", "left"):
        inset.spines[side].set(visible=True, color="white", linewidth=1.2)


def _label(axes: Axes, x: float, y: float, text: str, **style: Any) -> None:
    """White on a dark ground, at a place in shares of the picture from its lower left corner."""
    ground = {"boxstyle": "square,pad=0.2", "facecolor": INK, "edgecolor": "none", "alpha": 0.7}
    plain = {"fontsize": 5.5, "color": "white"}
    axes.text(x, y, text, transform=axes.transAxes, bbox=ground, **{**plain, **style})
