"""MineStudio's two action formats and ours, and the way between them, for n actions at once.

Agent action, what VPT's and ROCKET's heads choose: `buttons`, an index below 8641, and `camera`, an index below
121. Env action, what the game is sent: keys that are 0 or 1 and `camera` = [pitch, yaw] in degrees.

`buttons` counts through the choices of nine groups of keys that exclude one another, the last group fastest, and
its last value is the inventory key alone (the hierarchical action space of VPT, arXiv 2206.11795).
The ninth group says whether the camera moves at all; where it does not, `camera` is not looked at. `camera` is
11 * pitch bin + yaw bin, each bin in mu-law steps (ITU-T G.711's formula with mu = 10) up to 10 degrees.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evalsuite.crossview.spaces import BUTTONS, Action

HOTBAR = tuple(f"hotbar.{slot}" for slot in range(1, 10))
OTHER_KEYS = ("inventory", "drop", *HOTBAR)
"""Keys of an env action that our action space lacks."""

CAMERA_LIMIT = 10.0
CAMERA_MU = 10.0
CAMERA_BINS = 11

_NO_BIN = CAMERA_BINS // 2
_CAMERA_MOVES = "camera moves"
_GROUPS: tuple[tuple[str, ...], ...] = (
    HOTBAR,
    ("forward", "back"),
    ("left", "right"),
    ("sprint", "sneak"),
    ("use",),
    ("drop",),
    ("attack",),
    ("jump",),
    (_CAMERA_MOVES,),
)
_OPPOSITES = (("forward", "back"), ("left", "right"))
_INVENTORY = int(np.prod([len(group) + 1 for group in _GROUPS]))

BUTTON_CHOICES = _INVENTORY + 1
CAMERA_CHOICES = CAMERA_BINS**2
STILL_CAMERA = _NO_BIN * CAMERA_BINS + _NO_BIN

EnvActions = Mapping[str, NDArray[Any]]
"""The 20 keys, int64 (n,) of 0 and 1, and `camera`, float64 (n, 2) in degrees."""


def env_from_agent(buttons: ArrayLike, camera: ArrayLike) -> dict[str, NDArray[Any]]:
    """The keys and the camera's turn that agent actions stand for; `buttons` and `camera` are indices (n,)."""
    rest, joint = np.array(buttons, np.int64), np.array(camera, np.int64)
    inventory = rest == _INVENTORY
    rest[inventory] = 0
    pressed: dict[str, NDArray[Any]] = {}
    for group in reversed(_GROUPS):
        rest, choice = np.divmod(rest, len(group) + 1)
        pressed |= {key: (choice == place).astype(np.int64) for place, key in enumerate(group, 1)}
    moves = (pressed.pop(_CAMERA_MOVES) == 1) | inventory
    bins = np.stack(np.divmod(np.where(moves, joint, STILL_CAMERA), CAMERA_BINS), axis=-1)
    return {**pressed, "inventory": inventory.astype(np.int64), "camera": camera_degrees(bins)}


def agent_from_env(actions: EnvActions) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The nearest agent actions: `buttons` and `camera` indices (n,). A key that is absent is up.

    Of opposite keys pressed at once neither counts; of other keys of a group the later one does; the inventory
    key excludes everything else, the camera included.
    """
    bins = camera_bins(actions["camera"])
    inventory = _key(actions, "inventory", len(bins))
    keys = {key: _key(actions, key, len(bins)) for group in _GROUPS[:-1] for key in group}
    for one, other in _OPPOSITES:
        both = keys[one] & keys[other]
        keys[one], keys[other] = keys[one] & ~both, keys[other] & ~both
    keys[_CAMERA_MOVES] = (bins != _NO_BIN).any(axis=-1)
    joint = np.zeros(len(bins), np.int64)
    for group in _GROUPS:
        choice = np.zeros(len(bins), np.int64)
        for place, key in enumerate(group, 1):
            choice[keys[key]] = place
        joint = joint * (len(group) + 1) + choice
    camera = bins[:, 0] * CAMERA_BINS + bins[:, 1]
    return np.where(inventory, _INVENTORY, joint), np.where(inventory, STILL_CAMERA, camera)


def camera_degrees(bins: ArrayLike) -> NDArray[np.float64]:
    """Bins in [0, 11) -> degrees: 0, +-0.615, +-1.609, +-3.215, +-5.810, +-10."""
    share = np.asarray(bins, np.float64) / _NO_BIN - 1.0
    return np.sign(share) * ((1.0 + CAMERA_MU) ** np.abs(share) - 1.0) / CAMERA_MU * CAMERA_LIMIT


def camera_bins(degrees: ArrayLike) -> NDArray[np.int64]:
    """Degrees -> the nearest bin on the mu-law scale; beyond 10 degrees the last one."""
    share = np.clip(np.asarray(degrees, np.float64), -CAMERA_LIMIT, CAMERA_LIMIT) / CAMERA_LIMIT
    encoded = np.sign(share) * np.log1p(CAMERA_MU * np.abs(share)) / np.log1p(CAMERA_MU)
    bins: NDArray[np.int64] = np.rint((encoded + 1.0) * _NO_BIN).astype(np.int64)
    return bins


def action_from_env(actions: EnvActions, row: int) -> tuple[Action, int]:
    """Our action for one of the env actions, and how many pressed keys (`OTHER_KEYS`) it had to leave out.

    Leaving them out is what the published evaluations do too: their configurations force the hotbar keys to 0.
    """
    action: Action = {name: int(actions[name][row]) for name in BUTTONS}
    action["camera"] = actions["camera"][row].astype(np.float32)
    return action, sum(int(actions[key][row]) for key in OTHER_KEYS)


def _key(actions: EnvActions, name: str, count: int) -> NDArray[np.bool_]:
    return np.asarray(actions[name]) == 1 if name in actions else np.zeros(count, np.bool_)
