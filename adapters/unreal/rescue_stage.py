"""The published rescue: find the injured person, pick it up, lay it down at the stretcher.

UnrealZoo's ATEC challenge gives 0.5 for picking up and 0.5 for laying down within 200 Unreal units of the stretcher,
not carried any more. Here these are two goals in a row, each half of the score.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from evalsuite.adapters.unreal.actions import ActionMapping, Deed, acts
from evalsuite.adapters.unreal.backend import Backend, Prop, View
from evalsuite.adapters.unreal.nearness import in_reach
from evalsuite.adapters.unreal.rescue_level import (
    CRATE_METRES,
    PLACE_TOLERANCE_METRES,
    check_map,
    rescue_level,
)
from evalsuite.adapters.unreal.unrealcv_backend import UnrealCvBackend
from evalsuite.adapters.unreal.unrealcv_map import CASUALTY, CRATE, STRETCHER, SceneMap
from evalsuite.crossview.floor_plan import FloorPlan
from evalsuite.crossview.geometry import Point, Pose, ground_distance
from evalsuite.crossview.simulator import Event
from evalsuite.crossview.spaces import Action
from evalsuite.errors import SimulatorFault
from evalsuite.suite.scenario import Scenario

LAID_DOWN_METRES = 2.0
"""200 Unreal units, from the person laid down to the stretcher: the published rescue's."""

BESIDE_METRES = 0.9
"""How far from the stretcher's middle, on the agent's side, the person comes to lie: it has to lie on the floor."""

STRETCHER_HALF_METRES = 1.0

REACH: Mapping[str, float] = {"approach": 1.5, "interact": 1.7, "break": 1.7}
INTERACTIONS = frozenset(REACH)


@dataclass
class RescueStage:
    """One rescue after the other in one map.

    Args:
        scene_map: whose.
        actions: which buttons act.
        by_verbs: pick up and lay down by UnrealZoo's `carry_body` and `drop_body`, and believe what it says of it;
            else the person is hidden while it is carried, and put down again.
    """

    scene_map: SceneMap
    actions: ActionMapping = "table4"
    by_verbs: bool = False
    carried: bool = field(default=False, init=False)

    def check(self, scenario: Scenario) -> None:
        check_map(scenario, rescue_level(scenario), self.scene_map)

    def build(self, scenario: Scenario, seed: int, backend: Backend) -> None:
        if not isinstance(backend, UnrealCvBackend):
            raise SimulatorFault("a rescue is played through UnrealCV")
        self._backend, self._level = backend, rescue_level(scenario)
        if self.carried:
            self._put_down()
        backend.clear()
        backend.pause()
        self._middles = {
            name: backend.stand(name, place.x, place.y, place.yaw)
            for name, (kind, place) in self._level.things().items()
            if kind != CRATE
        }
        size = (CRATE_METRES, CRATE_METRES, CRATE_METRES)
        backend.spawn([Prop(each.name, CRATE, each.middle, size, each.yaw) for each in self._level.crates])
        self._middles.update({each.name: each.middle for each in self._level.crates})
        self._plan = self.floor_plan()
        for goal in scenario.goals:
            off = ground_distance(self._middles[goal.target.name], goal.target.position)
            if off > PLACE_TOLERANCE_METRES:
                raise SimulatorFault(f"{goal.target.name} stands {off:.2f} m from where {scenario.id} has it")

    def act(self, action: Action, agent: Pose, target: str, view: View) -> tuple[Event, ...]:
        """The nearest thing in reach that something can be done with; `target` and what is seen make no difference.

        UnrealZoo's human tries a door where there is nothing else.
        """
        if self.carried and not self.by_verbs:
            self._middles[CASUALTY] = agent.position
        elif self.by_verbs:
            self._middles[CASUALTY] = self._backend.middle(CASUALTY) or self._middles[CASUALTY]
        near = sorted(
            (ground_distance(agent.position, middle), name)
            for name, middle in self._middles.items()
            if self._is_meant(name, action) and in_reach(agent, middle) and self._is_open(agent, middle)
        )
        if not near:
            if self.by_verbs and acts(action, self.actions, "use"):
                self._backend.verb("set_open_door")
            return ()
        name = near[0][1]
        if name == CASUALTY:
            return self._pick_up()
        if name == STRETCHER:
            return self._lay_down(agent)
        self._backend.destroy(name)
        del self._middles[name]
        return (Event("broken", name, "melee"),)

    def position(self, name: str) -> Point | None:
        return self._middles.get(name)

    def floor_plan(self) -> FloorPlan:
        """The map's obstacles, crates and the stretcher stand in the way; who lies on the floor is stepped over."""
        boxes = [each.box for each in self._level.crates]
        x, y, half = self._level.stretcher.x, self._level.stretcher.y, STRETCHER_HALF_METRES
        return self.scene_map.floor_plan((*boxes, ((x - half, y - half, 0.0), (x + half, y + half, 1.0))))

    def reach(self) -> Mapping[str, float]:
        return REACH

    def _is_meant(self, name: str, action: Action) -> bool:
        """Whether the action does what can be done with it now: the stretcher is for who carries, the rest is not."""
        deed: Deed = "use" if name in (CASUALTY, STRETCHER) else "break"
        return (name == STRETCHER) == self.carried and acts(action, self.actions, deed)

    def _is_open(self, agent: Pose, middle: Point) -> bool:
        """Whether no wall stands between."""
        return self._plan.clear_line((agent.x, agent.y), middle[:2], self._plan.see_through)

    def _pick_up(self) -> tuple[Event, ...]:
        if self.by_verbs:
            self._backend.verb("carry_body")
            self.carried = self._backend.is_carried(CASUALTY)
        else:
            self._backend.hide(CASUALTY)
            self.carried = True
        return (Event("used", CASUALTY, "hand"),) if self.carried else ()

    def _lay_down(self, agent: Pose) -> tuple[Event, ...]:
        stretcher = self._middles[STRETCHER]
        if self.by_verbs:
            self._backend.verb("drop_body")
            self.carried = self._backend.is_carried(CASUALTY)
            self._middles[CASUALTY] = self._backend.middle(CASUALTY) or self._middles[CASUALTY]
        else:
            x, y = _beside(stretcher, agent)
            self._put_down()
            self._middles[CASUALTY] = self._backend.stand(CASUALTY, x, y, agent.yaw + 90.0)
        near = ground_distance(self._middles[CASUALTY], stretcher) < LAID_DOWN_METRES
        return (Event("used", STRETCHER, "hand"),) if near and not self.carried else ()

    def _put_down(self) -> None:
        if self.by_verbs:
            self._backend.verb("drop_body")
        else:
            self._backend.show(CASUALTY)
        self.carried = False


def _beside(stretcher: Point, agent: Pose) -> tuple[float, float]:
    """A place near the stretcher, on the straight line to the agent."""
    distance = ground_distance(stretcher, agent.position)
    share = min(BESIDE_METRES, distance / 2) / distance if distance else 0.0
    return (stretcher[0] + (agent.x - stretcher[0]) * share, stretcher[1] + (agent.y - stretcher[1]) * share)
