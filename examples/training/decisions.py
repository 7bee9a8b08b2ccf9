"""What the policy decides, and how often: one decision lasts three steps of the world."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalsuite.crossview import Action, noop_action

STEPS_PER_DECISION = 3
"""A tenth to a sixth of a second: walking, one gets a metre far in it."""

TURNS_DEGREES: tuple[float, ...] = (-30.0, -18.0, -10.0, -5.0, -2.5, -1.0, 0.0, 1.0, 2.5, 5.0, 10.0, 18.0, 30.0)
"""Yaw in degrees a step; a decision turns three times as far."""

TILTS_DEGREES: tuple[float, ...] = (-8.0, -3.0, -1.0, 0.0, 1.0, 3.0, 8.0)
"""Pitch in degrees a step."""

PRESSED: tuple[str, ...] = ("forward", "sprint", "attack", "use")
"""The buttons that are learnt. `use` is let go in a decision's last step, so that each decision presses anew."""


@dataclass(frozen=True)
class Decision:
    """`turn` and `tilt` index `TURNS_DEGREES` and `TILTS_DEGREES`; `pressed` bool (4,) is in the order of `PRESSED`."""

    turn: int
    tilt: int
    pressed: NDArray[np.bool_]

    @property
    def action(self) -> Action:
        """The action of the decision's first step."""
        action = noop_action()
        action["camera"][:] = TILTS_DEGREES[self.tilt], TURNS_DEGREES[self.turn]
        return action | {name: int(down) for name, down in zip(PRESSED, self.pressed, strict=True)}


def decide(turn: float, tilt: float, *pressed: str) -> Decision:
    """The decision that comes nearest to turning and tilting by so many degrees in all."""
    return Decision(
        _nearest(turn, TURNS_DEGREES), _nearest(tilt, TILTS_DEGREES), np.array([name in pressed for name in PRESSED])
    )


def _nearest(degrees: float, choices: tuple[float, ...]) -> int:
    return min(range(len(choices)), key=lambda index: abs(choices[index] * STEPS_PER_DECISION - degrees))
