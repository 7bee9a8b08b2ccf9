"""The one observation space and the one action space, in gymnasium's terms.

Observation: what ROCKET-2 and ROCKET-3 are given (arXiv 2507.23698, sec. 3): the agent's own view, the goal
view, the target's mask in it, the interaction. Action: the Minecraft vocabulary of MineRL and MineStudio.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import gymnasium
import numpy as np

from evalsuite.errors import PolicyFault

INTERACTIONS: tuple[str, ...] = ("approach", "break", "interact", "melee_hunt", "archery")
BUTTONS: tuple[str, ...] = ("forward", "back", "left", "right", "jump", "sneak", "sprint", "attack", "use")
CAMERA_LIMIT_DEGREES = 180.0

Observation: TypeAlias = dict[str, Any]
Action: TypeAlias = dict[str, Any]


def observation_space(width: int, height: int) -> gymnasium.spaces.Dict:
    """`image` and `goal_image` uint8 (height, width, 3) RGB, `goal_mask` uint8 0/1, `interaction` an index."""
    picture = (height, width, 3)
    return gymnasium.spaces.Dict(
        {
            "image": gymnasium.spaces.Box(0, 255, picture, np.uint8),
            "goal_image": gymnasium.spaces.Box(0, 255, picture, np.uint8),
            "goal_mask": gymnasium.spaces.Box(0, 1, (height, width), np.uint8),
            "interaction": gymnasium.spaces.Discrete(len(INTERACTIONS)),
        }
    )


def action_space() -> gymnasium.spaces.Dict:
    """Nine 0/1 buttons and `camera` float32 (2,) = [pitch, yaw] degrees per step, + down and + right."""
    limit = CAMERA_LIMIT_DEGREES
    buttons = {name: gymnasium.spaces.Discrete(2) for name in BUTTONS}
    return gymnasium.spaces.Dict({**buttons, "camera": gymnasium.spaces.Box(-limit, limit, (2,), np.float32)})


def noop_action() -> Action:
    """All buttons up, camera still."""
    return {**dict.fromkeys(BUTTONS, 0), "camera": np.zeros(2, np.float32)}


def checked_action(action: object) -> Action:
    """`action` with plain integers and a float32 camera, or a `PolicyFault` that names the key at fault.

    An optional `prediction` (see `checked_prediction`) is handed through untouched.
    """
    if not isinstance(action, Mapping):
        raise PolicyFault(f"an action is a dict, not {type(action).__name__}")
    unknown = [str(key) for key in action if key not in BUTTONS and key not in ("camera", "prediction")]
    if unknown:
        raise PolicyFault(f"action has the unknown key {unknown[0]!r}; known: {', '.join(BUTTONS)}, camera")
    missing = [key for key in (*BUTTONS, "camera") if key not in action]
    if missing:
        raise PolicyFault(f"action lacks the key {missing[0]!r}")
    result: Action = {name: _button(name, action[name]) for name in BUTTONS}
    result["camera"] = _camera(action["camera"])
    if action.get("prediction") is not None:
        result["prediction"] = checked_prediction(action["prediction"])
    return result


def checked_prediction(prediction: object) -> dict[str, Any]:
    """What a policy believes of the target: `visible` in [0, 1] and, if it likes, `point` = [x, y] pixels."""
    if not isinstance(prediction, Mapping) or "visible" not in prediction:
        raise PolicyFault("a prediction is a dict with `visible` in [0, 1] and, optionally, `point` [x, y]")
    visible = _numbers("prediction.visible", prediction["visible"], ())
    if not 0.0 <= float(visible) <= 1.0:
        raise PolicyFault(f"prediction.visible is {float(visible):g}, outside [0, 1]")
    result: dict[str, Any] = {"visible": float(visible)}
    if prediction.get("point") is not None:
        result["point"] = tuple(float(v) for v in _numbers("prediction.point", prediction["point"], (2,)))
    return result


def _button(name: str, value: object) -> int:
    if type(value) is int and value in (0, 1):
        return value
    number = _numbers(f"action[{name!r}]", value, ())
    if number not in (0.0, 1.0):
        raise PolicyFault(f"action[{name!r}] is {float(number):g}; a button is 0 or 1")
    return int(number)


def _camera(value: object) -> np.ndarray[Any, np.dtype[np.float32]]:
    # What nearly every action has, told in a tenth of the time: an action is checked twice at each step.
    if isinstance(value, np.ndarray) and value.dtype == np.float32 and value.shape == (2,):
        usual: np.ndarray[Any, np.dtype[np.float32]] = value.copy()
        if all(-CAMERA_LIMIT_DEGREES <= angle <= CAMERA_LIMIT_DEGREES for angle in usual.tolist()):
            return usual
    camera = _numbers("action['camera']", value, (2,)).astype(np.float32)
    worst = max(camera.tolist(), key=abs)
    if abs(worst) > CAMERA_LIMIT_DEGREES:
        raise PolicyFault(f"action['camera'] turns {worst:g} degrees in a step; the limit is +-180")
    return camera


def _numbers(name: str, value: object, shape: tuple[int, ...]) -> np.ndarray[Any, np.dtype[np.float64]]:
    try:
        given = np.asarray(value)
    except (TypeError, ValueError) as error:
        raise PolicyFault(f"{name} is not a number: {value!r:.60}") from error
    if given.dtype.kind not in "biuf":
        raise PolicyFault(f"{name} is not a number: {value!r:.60}")
    numbers = given.astype(np.float64)
    if numbers.shape != shape:
        raise PolicyFault(f"{name} has shape {numbers.shape}, expected {shape}")
    if not np.isfinite(numbers).all():
        raise PolicyFault(f"{name} is not finite: {numbers.tolist()}")
    return numbers
