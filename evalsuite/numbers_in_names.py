"""Numbers in the names of checkpoints, such as the training step in `agent-step-20k`."""

from __future__ import annotations

import re
from dataclasses import dataclass

NUMBER = re.compile(r"(\d+(?:\.\d+)?)([kKmMbB]?)(?![A-Za-z])")
FACTORS = {"": 1.0, "k": 1e3, "m": 1e6, "b": 1e9}


@dataclass(frozen=True)
class NumberInName:
    """A number and where it stands.

    Args:
        text: such as `20k`.
        value: of that, 20000.
        before, after: what the name has on either side of it.
    """

    text: str
    value: float
    before: str
    after: str


def numbers_in(name: str) -> list[NumberInName]:
    """The numbers in `name`, from left to right."""
    return [
        NumberInName(match[0], float(match[1]) * FACTORS[match[2].lower()], name[: match.start()], name[match.end() :])
        for match in NUMBER.finditer(name)
    ]
