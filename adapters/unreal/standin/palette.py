"""Which colour a segmentation id has in each dialect: the few that are published, and others that are none of them."""

from __future__ import annotations

from functools import cache

from evalsuite.seeding import Dice

Colour = tuple[int, int, int]

MICROSOFT: dict[int, Colour] = {0: (0, 0, 0), 1: (153, 108, 6), 2: (112, 105, 191), 42: (92, 31, 106)}
"""microsoft/AirSim, docs/seg_rgbs.txt."""

COSYS: dict[int, Colour] = {0: (255, 255, 255), 42: (191, 95, 255), 255: (255, 79, 95)}
"""cosysairsim 3.5.0, simGetSegmentationColorMap()."""

NOT_SEGMENTED: Colour = (0, 0, 0)


@cache
def colour_of(identity: int, dialect: str) -> Colour:
    """RGB of an id."""
    known = MICROSOFT if dialect == "microsoft" else COSYS
    if identity in known:
        return known[identity]
    dice = Dice("segmentation colour", dialect, identity)
    while (colour := (dice.below(256), dice.below(256), dice.below(256))) in known.values():
        continue
    return colour
