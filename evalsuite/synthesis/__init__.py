"""Making scenarios: one sampler for every world; a world gives its places, its targets, and what its pixels show."""

from __future__ import annotations

from evalsuite.synthesis.sampler import sampled
from evalsuite.synthesis.source import Ask, Cell, Measured, Place, Refused, Rules, ScenarioSource, grid_of_cells

__all__ = [
    "Ask",
    "Cell",
    "Measured",
    "Place",
    "Refused",
    "Rules",
    "ScenarioSource",
    "grid_of_cells",
    "sampled",
]
