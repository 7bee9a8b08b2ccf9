"""How often the same (scenario, seed) comes out differently when nothing changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from evalsuite.statistics.comparison import compare
from evalsuite.statistics.episodes import ERROR, Episodes


@dataclass(frozen=True)
class NoiseFloor:
    """Over all pairs of repeats.

    Args:
        repeats: of the same run.
        pairs: pairs of episodes compared.
        changed: of those, how many came out differently.
        scenarios: ids of the scenarios that ever changed, sorted.
    """

    repeats: int
    pairs: int
    changed: int
    scenarios: tuple[str, ...]

    @property
    def share(self) -> float:
        """Chance that an episode changes outcome between two runs, in [0, 1]."""
        return self.changed / self.pairs if self.pairs else 0.0


def noise_floor(repeats: Sequence[Episodes]) -> NoiseFloor:
    """Compare every repeat of one policy with every other. Errors are left out, as they are everywhere."""
    pooled = [compare(one, other).pooled for one, other in combinations(repeats, 2)]
    return NoiseFloor(
        len(repeats),
        sum(each.n for each in pooled),
        sum(each.lost + each.gained for each in pooled),
        _unsteady(repeats),
    )


def _unsteady(repeats: Sequence[Episodes]) -> tuple[str, ...]:
    scenarios: dict[str, int] = {}
    keys = np.concatenate([each.keys(scenarios) for each in repeats])
    outcomes = np.concatenate([each.outcome for each in repeats])
    scored = outcomes != ERROR
    seen = np.unique(np.stack([keys[scored], outcomes[scored]], axis=1), axis=0)
    _, counts = np.unique(seen[:, 0], return_counts=True)
    changed = np.unique(seen[:, 0])[counts > 1] >> 32
    names = list(scenarios)
    return tuple(sorted({names[place] for place in changed}))
