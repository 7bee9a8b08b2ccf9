"""The actions of an episode in few bytes, so that it can be played again exactly: 10 bytes a step."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from evalsuite.crossview.spaces import BUTTONS, Action

_STEP = np.dtype([("buttons", "<u2"), ("camera", "<f4", (2,))])


def pack_actions(actions: Iterable[Action]) -> bytes:
    """Checked `actions`: a bit for each of `BUTTONS` and two float32 for the camera; predictions are lost."""
    packed = [
        (sum(int(action[name]) << place for place, name in enumerate(BUTTONS)), tuple(action["camera"]))
        for action in actions
    ]
    return np.array(packed, _STEP).tobytes()


def unpack_actions(packed: bytes) -> Iterator[Action]:
    """The actions again, to the bit. Raises `ValueError` when `packed` is torn."""
    for buttons, camera in np.frombuffer(packed, _STEP):
        pressed = {name: int(buttons) >> place & 1 for place, name in enumerate(BUTTONS)}
        yield {**pressed, "camera": np.array(camera, np.float32)}
