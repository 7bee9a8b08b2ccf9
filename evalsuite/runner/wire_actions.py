"""One action between a policy's process and a worker, as short as JSON allows: it is sent at every step."""

from __future__ import annotations

from typing import Any

import numpy as np

from evalsuite.crossview.spaces import BUTTONS, Action


def to_wire(action: Action) -> list[Any]:
    """[the buttons as bits in the order of `BUTTONS`, pitch, yaw], and the prediction as a fourth if there is one."""
    pressed = sum(1 << bit for bit, name in enumerate(BUTTONS) if action[name])
    packed = [pressed, *action["camera"].tolist()]
    return [*packed, action["prediction"]] if "prediction" in action else packed


def from_wire(packed: list[Any]) -> Action:
    """The action that `to_wire` was given."""
    pressed, pitch, yaw = packed[:3]
    action: Action = {name: pressed >> bit & 1 for bit, name in enumerate(BUTTONS)}
    action["camera"] = np.array([pitch, yaw], np.float32)
    if len(packed) > 3:
        action["prediction"] = packed[3]
    return action
