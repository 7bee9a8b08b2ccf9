"""Checkpoints of one training run, told by the numbers in their labels."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

NUMBER = re.compile(r"(\d+(?:\.\d+)?)([kKmMbB]?)(?![A-Za-z])")
FACTORS = {"": 1.0, "k": 1e3, "m": 1e6, "b": 1e9}
FEWEST = 3


@dataclass(frozen=True)
class CheckpointSeries:
    """Labels that differ in one number alone.

    Args:
        name: what they share, with `#` in the number's place: `agent-step-#`.
        steps: the numbers, ascending; `20k` is 20000.
        labels: in that order.
    """

    name: str
    steps: tuple[float, ...]
    labels: tuple[str, ...]


def checkpoint_series(labels: Sequence[str]) -> list[CheckpointSeries]:
    """The series among `labels`, of at least three checkpoints each, in the order in which they first occur.

    Where labels hold several numbers, the one that varies is taken; where several vary, they are no series.
    """
    groups: dict[str, dict[float, str]] = defaultdict(dict)
    for label in labels:
        for match in NUMBER.finditer(label):
            name = f"{label[: match.start()]}#{label[match.end() :]}"
            step = float(match[1]) * FACTORS[match[2].lower()]
            groups[name].setdefault(step, label)
    found = []
    taken: set[str] = set()
    for name, members in groups.items():
        fresh = {step: label for step, label in sorted(members.items()) if label not in taken}
        if len(fresh) >= FEWEST:
            found.append(CheckpointSeries(name, tuple(fresh), tuple(fresh.values())))
            taken.update(fresh.values())
    return found
