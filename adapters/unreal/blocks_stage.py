"""The stage of unreal-blocks: an arena is spawned at every reset, and its things are used or broken from near by."""

from __future__ import annotations

from collections.abc import Mapping

from evalsuite.adapters.unreal.actions import ActionMapping, acts
from evalsuite.adapters.unreal.backend import Backend, Prop, View
from evalsuite.adapters.unreal.blocks_level import DEED_OF_INTERACTION, HALF, BlocksSpec, level_of
from evalsuite.adapters.unreal.clearance import EYE_METRES
from evalsuite.adapters.unreal.nearness import in_reach, off_heading
from evalsuite.crossview.floor_plan import FloorPlan
from evalsuite.crossview.geometry import Point, Pose
from evalsuite.crossview.simulator import Event
from evalsuite.crossview.spaces import Action
from evalsuite.errors import UsageError
from evalsuite.suite.scenario import Scenario

INTERACTIONS = frozenset(DEED_OF_INTERACTION)

REACH_METRES: Mapping[str, float] = {"approach": 1.7, "interact": 1.8, "break": 1.8}
"""Eye to target along the ground at which the oracle acts: within reach of what is wide, too."""


class BlocksStage:
    """An arena of `blocks_level` on a backend that can spawn."""

    def __init__(self, actions: ActionMapping) -> None:
        self._actions = actions
        self._gone: set[str] = set()

    def check(self, scenario: Scenario) -> None:
        check_scenario(scenario)

    def build(self, scenario: Scenario, seed: int, backend: Backend) -> None:
        """Nothing in it is random: the arena follows from the scenario alone, whatever the seed."""
        self._spec, self._arena = level_of(scenario)
        self._backend, self._gone = backend, set()
        backend.clear()
        backend.spawn(self._arena.props)

    def act(self, action: Action, agent: Pose, target: str, view: View) -> tuple[Event, ...]:
        """What is nearest to the middle of the view, of what is in reach and in sight, is used or broken."""
        if not acts(action, self._actions, self._spec.deed):
            return ()
        found = [each for each in self._arena.things if self._may_be_meant(each, agent, target, view)]
        if not found:
            return ()
        thing = min(found, key=lambda each: off_heading(agent, each.middle))
        if self._spec.deed == "use":
            return (Event("used", thing.name, "hand"),)
        self._backend.destroy(thing.name)
        self._gone.add(thing.name)
        return (Event("broken", thing.name, "hand"),)

    def position(self, name: str) -> Point | None:
        return None if name in self._gone else self._arena.thing(name).middle

    def floor_plan(self) -> FloorPlan:
        return self._arena.floor_plan()

    def reach(self) -> Mapping[str, float]:
        return REACH_METRES

    def _may_be_meant(self, thing: Prop, agent: Pose, target: str, view: View) -> bool:
        if thing.name in self._gone or not in_reach(agent, thing.middle):
            return False
        if thing.name == target:
            return bool(view.mask.any())
        return not self._arena.hides(agent.position, thing.middle, but=thing.name)


def check_scenario(scenario: Scenario) -> BlocksSpec:
    """The scenario's level. Raises `UsageError` when scenario and level do not fit together; starts nothing."""
    spec, arena = level_of(scenario)
    names = {thing.name: thing for thing in arena.things}
    if abs(scenario.start.z - EYE_METRES) > 0.01:
        raise UsageError(f"{scenario.id}: start.z is the eye's height above the arena's floor, {EYE_METRES} m")
    if not (abs(scenario.start.x) < HALF and abs(scenario.start.y) < HALF):
        raise UsageError(f"{scenario.id}: start: the arena reaches from -{HALF:g} to {HALF:g}")
    for number, goal in enumerate(scenario.goals):
        where = f"{scenario.id}: goals[{number}]"
        thing = names.get(goal.target.name)
        if thing is None or thing.kind != goal.target.kind:
            raise UsageError(f"{where}.target: the level has no {goal.target.kind} named {goal.target.name!r}")
        if max(abs(a - b) for a, b in zip(thing.middle, goal.target.position, strict=True)) > 0.01:
            raise UsageError(f"{where}.target.position: {goal.target.name} stands at {thing.middle}")
        if goal.interaction not in INTERACTIONS:
            raise UsageError(
                f"{where}: {goal.interaction} can't be done here; one of {', '.join(sorted(INTERACTIONS))}"
            )
        if spec.deed != DEED_OF_INTERACTION[goal.interaction]:
            raise UsageError(f"{where}: {goal.interaction} can't be done where acting does {spec.deed!r} (level.deed)")
    return spec
