"""How far apart the start view and the goal view are, in bins that mean the same in every world.

The published 20 / 40 / 60 blocks say how far one has to walk, which is another thing in a maze than in a field. The
bins here follow from two quantities that every scenario and every record has had from the beginning: the angle between
the views, and whether the agent sees the target from its start.
"""

from __future__ import annotations

from dataclasses import dataclass

from evalsuite.crossview.difficulty import ViewDifficulty


@dataclass(frozen=True)
class ViewGap:
    """A bin of `VIEW_GAPS`.

    Args:
        angle_deg: (low, high) with low <= `ViewDifficulty.view_angle_deg` < high.
        in_view: what `target_visible_at_start` must be; None for either.
    """

    name: str
    angle_deg: tuple[float, float]
    in_view: bool | None = None


VIEW_GAPS_NAME = "view-gap.1"
"""Other bins get another name: numbers under one name stay comparable."""

VIEW_GAPS: tuple[ViewGap, ...] = (
    ViewGap("small", (0.0, 60.0), in_view=True),
    ViewGap("medium", (0.0, 120.0)),
    ViewGap("large", (120.0, 180.001)),
)
"""From the least to the greatest; a scenario is in the first that holds it.

Small: the agent sees the target, from much the same side as the goal shows it. Large: the goal camera looks against the
agent's own direction, so that of the same things the two show other sides. Medium: everything in between.
"""


def view_gap_of(angle_deg: float, in_view: bool | None) -> ViewGap | None:
    """The bin of a pair of views; None where it hangs on whether the target is in view, and that is not known."""
    for gap in VIEW_GAPS:
        low, high = gap.angle_deg
        if low <= angle_deg < high:
            if gap.in_view is not None and in_view is None:
                return None
            if gap.in_view in (None, in_view):
                return gap
    return None


def view_gap(view: ViewDifficulty) -> ViewGap | None:
    """The bin of a scenario or a record."""
    return view_gap_of(view.view_angle_deg, view.target_visible_at_start)
