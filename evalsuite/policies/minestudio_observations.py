"""Our observation as MineStudio shows it to a cross-view network: 224 x 224, its own ids, the action before.

Pictures are resized the way that MineStudio's simulator, its training data and ROCKET's own scripts do it
(cv2.INTER_LINEAR; masks cv2.INTER_NEAREST), although a better filter exists: a network is shown what it knows.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from evalsuite.crossview.spaces import BUTTONS, INTERACTIONS, Action, Observation
from evalsuite.policies.minestudio_actions import HOTBAR
from evalsuite.policies.torch_policy import resized_mask

SIZE = 224
"""Side of the square pictures, in pixels (arXiv 2507.23698, appendix D)."""

INTERACTION_IDS = {"approach": 6, "break": 2, "interact": 3, "melee_hunt": 0, "archery": 0}
"""`cross_view_obj_id` of each of our interactions (ROCKET-2, launch.py): both ways to hunt are one there."""

NO_INTERACTION = -1

PREVIOUS_KEYS = (*BUTTONS, "inventory", *HOTBAR)
"""The 19 keys of the action before that the networks look at."""

Tree = dict[str, Any]
"""Tensors in nested dicts."""


def network_input(seen: Observation, previous: Action) -> Tree:
    """One episode's input, without batch and time: `image`, `env_prev_action` and `cross_view`."""
    keys = {key: torch.tensor(int(previous.get(key, 0))) for key in PREVIOUS_KEYS}
    interaction = INTERACTION_IDS[INTERACTIONS[int(seen["interaction"])]]
    return {
        "image": resized_picture(seen["image"]),
        "env_prev_action": {**keys, "camera": torch.tensor(previous["camera"], dtype=torch.float32)},
        "cross_view": {
            "cross_view_image": resized_picture(seen["goal_image"]),
            "cross_view_obj_id": torch.tensor(interaction),
            "cross_view_obj_mask": resized_goal_mask(seen["goal_mask"]),
        },
    }


def batched(rows: list[Tree], device: torch.device) -> Tree:
    """Rows side by side, as (batch, 1, ...): one moment of each episode. Shares no memory with the rows."""
    return {
        key: batched([row[key] for row in rows], device)
        if isinstance(value, dict)
        else torch.stack([row[key] for row in rows])[:, None].to(device)
        for key, value in rows[0].items()
    }


def zeros_like(tree: Tree) -> Tree:
    return {
        key: zeros_like(value) if isinstance(value, dict) else torch.zeros_like(value) for key, value in tree.items()
    }


def resized_picture(picture: NDArray[np.uint8]) -> torch.Tensor:
    """uint8 (height, width, 3) -> uint8 (224, 224, 3), bilinear between pixel centres, without antialiasing.

    Equal to cv2.resize(..., interpolation=cv2.INTER_LINEAR) up to one level, by rounding.
    """
    if picture.shape[:2] == (SIZE, SIZE):
        return torch.tensor(picture)
    channels_first = torch.tensor(picture).permute(2, 0, 1)[None]
    small = torch.nn.functional.interpolate(channels_first, size=(SIZE, SIZE), mode="bilinear", align_corners=False)
    return small[0].permute(1, 2, 0).contiguous()


def resized_goal_mask(mask: NDArray[np.uint8]) -> torch.Tensor:
    """uint8 0/1 (height, width) -> uint8 0/1 (224, 224), the nearest pixel up and left as cv2.INTER_NEAREST.

    A target that falls between the pixels so taken is kept by taking each cell's maximum instead.
    """
    height, width = mask.shape
    rows, columns = np.arange(SIZE) * height // SIZE, np.arange(SIZE) * width // SIZE
    small = mask[rows[:, None], columns]
    if mask.any() and not small.any():
        return resized_mask(mask, (SIZE, SIZE))
    return torch.tensor(small)
