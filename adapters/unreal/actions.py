"""Which of the common actions an Unreal world carries out: table 4 of the paper, or everything that it can do."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Literal, cast

from evalsuite.crossview.spaces import Action
from evalsuite.errors import UsageError

ActionMapping = Literal["table4", "minecraft"]
Deed = Literal["nothing", "use", "break"]

ACTIONS_VARIABLE = "EVALSUITE_UNREAL_ACTIONS"

MASKED_ACTIONS: Mapping[ActionMapping, frozenset[str]] = {
    "table4": frozenset({"left", "right", "jump", "sneak", "sprint", "use"}),
    "minecraft": frozenset({"jump"}),
}
"""Table 4 (arXiv 2507.23698): forward and back are velocity +100 and -100, attack is pick, the camera angular and
viewport; left, right, use and jump are "/", sneak and sprint are not in its column."""


def action_mapping(environment: Mapping[str, str] = os.environ) -> ActionMapping:
    """The mapping that EVALSUITE_UNREAL_ACTIONS names; table4 without it. Raises `UsageError` for another."""
    name = environment.get(ACTIONS_VARIABLE, "table4")
    if name not in MASKED_ACTIONS:
        raise UsageError(f"{ACTIONS_VARIABLE} is {name!r}; it is one of {', '.join(MASKED_ACTIONS)}")
    return cast(ActionMapping, name)


def acts(action: Action, mapping: ActionMapping, deed: Deed) -> bool:
    """Whether the action does the deed: table 4's pick does any; in Minecraft's keys `use` uses and `attack` breaks."""
    if deed == "nothing":
        return False
    key = "attack" if mapping == "table4" or deed == "break" else "use"
    return bool(action[key])
