"""The privileged, scripted control: the ceiling of a table, and the proof that a scenario can be solved.

It is shown the ground truth (poses, floor plan) and uses the very actions that a policy has: walk the shortest
way to where the interaction can be carried out, turn to the target, carry it out. It knows no world by name.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from evalsuite.crossview.environment import CrossViewEnv
from evalsuite.crossview.floor_plan import FloorPlan, Place
from evalsuite.crossview.geometry import Point, Pose, ground_distance, pitch_towards, wrap_degrees, yaw_towards
from evalsuite.crossview.simulator import PlannableSimulator
from evalsuite.crossview.spaces import Action, Observation, noop_action
from evalsuite.errors import UsageError
from evalsuite.policies.policy import State

MAX_TURN_DEGREES = 20.0
WAYPOINT_METRES = 0.5
REPLAN_METRES = 1.0
"""A target that moved this far from where the way leads gets a new way."""

STUCK_STEPS = 12
STUCK_METRES = 0.15
AIM_DEGREES = 4.0
NEAR_METRES = 1.6
NEARER_METRES = 0.9
BLOWS_AT_REACH = 20
"""Blows that come to nothing before the oracle steps nearer: the blow may reach less far than the world says."""

SHOTS_AT_REACH = 60
"""Steps of shooting that come to nothing before the oracle goes nearer: a corner may stand between."""

NEARER_SHARE = 0.75
"""Of the distance at which it shot in vain."""

DRAW_STEPS = 9
RELEASE_STEPS = 6
ARROW_METRES_PER_SECOND = 49.0


@dataclass(frozen=True)
class OracleState:
    """What the oracle remembers between steps."""

    way: tuple[Place, ...] = ()
    way_ends_at: Point | None = None
    goal: int = -1
    plan: FloorPlan | None = field(default=None, compare=False)
    last_place: Place | None = None
    still_steps: int = 0
    escape_steps: int = 0
    drawn_steps: int = 0
    rest_steps: int = 0
    pressed: bool = False
    blows: int = 0
    last_target: Point | None = None


class Oracle:
    """Attach it to an environment whose simulator can show its floor plan."""

    def attach(self, env: CrossViewEnv) -> AttachedOracle:
        """The oracle bound to `env`. Raises `UsageError` when the world can't be planned in."""
        if not isinstance(env.simulator, PlannableSimulator):
            raise UsageError(f"the oracle can't play in {env.simulator.spec.world!r}: that world shows no floor plan")
        return AttachedOracle(env, env.simulator)


class AttachedOracle:
    """A policy for the one environment that it is bound to; observations are not looked at."""

    def __init__(self, env: CrossViewEnv, simulator: PlannableSimulator) -> None:
        self._env = env
        self._simulator = simulator

    def initial_state(self) -> State:
        return OracleState()

    def act(
        self, observations: Sequence[Observation], states: Sequence[State]
    ) -> tuple[Sequence[Action], Sequence[State]]:
        if len(observations) > 1:
            raise UsageError("the oracle plays one episode at a time")
        pairs = [self._decide(state) for state in states]
        return [action for action, _ in pairs], [state for _, state in pairs]

    def _decide(self, state: OracleState) -> tuple[Action, OracleState]:
        facts, goal = self._env.facts, self._env.scenario.goals[self._env.goal_index]
        if facts.target is None:
            return noop_action(), state
        state = self._oriented(state, facts.agent, facts.target)
        near = self._simulator.reach()[goal.interaction]
        if goal.interaction == "archery":
            near *= NEARER_SHARE ** (state.blows // SHOTS_AT_REACH)
        distance = ground_distance(facts.agent.position, facts.target)
        here = (facts.agent.x, facts.agent.y)
        assert state.plan is not None
        clear = state.plan.clear_line(here, _short_of(here, facts.target, 1.0), state.plan.see_through)
        if distance <= near and (clear or distance < 2.0):
            return self._interact(goal.interaction, facts.agent, facts.target, facts.target_pixels, state)
        blows = state.blows if goal.interaction == "archery" else 0
        return self._walk(facts.agent, facts.target, near, replace(state, blows=blows))

    def _oriented(self, state: OracleState, agent: Pose, target: Point) -> OracleState:
        """Bring the memory up to date: a new goal, a target that wandered off, an agent that is stuck."""
        here = (agent.x, agent.y)
        if state.goal != self._env.goal_index:
            state = OracleState(goal=self._env.goal_index, plan=state.plan or self._simulator.floor_plan())
        assert state.plan is not None
        moved = state.way_ends_at is None or math.dist(state.way_ends_at[:2], target[:2]) > REPLAN_METRES
        still = state.last_place is not None and math.dist(here, state.last_place) < STUCK_METRES
        still_steps = state.still_steps + 1 if still else 0
        stuck = still_steps > STUCK_STEPS
        if moved or stuck or not state.way:
            way = state.plan.path(here, target[:2]) or [target[:2]]
            state = replace(state, way=tuple(way), way_ends_at=target)
        return replace(
            state,
            last_place=state.last_place if still else here,
            still_steps=0 if stuck else still_steps,
            escape_steps=8 if stuck else max(0, state.escape_steps - 1),
        )

    def _walk(self, agent: Pose, target: Point, near: float, state: OracleState) -> tuple[Action, OracleState]:
        here = (agent.x, agent.y)
        way = list(state.way)
        while len(way) > 1 and math.dist(here, way[0]) < WAYPOINT_METRES:
            way.pop(0)
        aim = way[0]
        turn = wrap_degrees(yaw_towards(agent.position, (*aim, agent.z)) - agent.yaw)
        action = _looking(turn, -agent.pitch)
        left = ground_distance(agent.position, target) - near
        if abs(turn) < 30.0:
            action["forward"] = 1
            action["sprint"] = int(abs(turn) < 15.0 and left > 1.5 and math.dist(here, aim) > 1.5)
        if state.escape_steps:
            action["jump"] = int(state.escape_steps == 8)
            action["left" if state.goal % 2 == 0 else "right"] = 1
        return action, replace(state, way=tuple(way), drawn_steps=0, pressed=False, last_target=target)

    def _interact(
        self, interaction: str, agent: Pose, target: Point, pixels: int | None, state: OracleState
    ) -> tuple[Action, OracleState]:
        aim = target
        if interaction == "archery":
            aim = _led(agent, target, state.last_target, self._simulator.spec.steps_per_second)
        turn = wrap_degrees(yaw_towards(agent.position, aim) - agent.yaw)
        tilt = pitch_towards(agent.position, aim) - agent.pitch
        action = _looking(turn, tilt)
        aimed = abs(turn) < AIM_DEGREES
        state = replace(state, last_target=target, still_steps=0)
        if interaction == "approach":
            return action, state
        if interaction == "archery" and "use" not in self._simulator.spec.masked_actions:
            return self._shoot(action, aimed, state)
        if interaction == "interact":
            press = aimed and not state.pressed
            # Table 4 knows one button to act with.
            action["attack" if "use" in self._simulator.spec.masked_actions else "use"] = int(press)
            return action, replace(state, pressed=press)
        # A blow takes a fresh press in Minecraft; digging takes a held one.
        action["attack"] = int(aimed and not (interaction == "melee_hunt" and state.pressed))
        near = NEARER_METRES if interaction == "melee_hunt" and state.blows >= BLOWS_AT_REACH else NEAR_METRES
        action["forward"] = int(interaction != "archery" and ground_distance(agent.position, target) > near)
        return action, replace(state, pressed=bool(action["attack"]), blows=state.blows + action["attack"])

    def _shoot(self, action: Action, aimed: bool, state: OracleState) -> tuple[Action, OracleState]:
        """Draw the bow, let go once it is drawn and aimed, and wait for the next arrow to be laid on."""
        if state.rest_steps:
            return action, replace(state, rest_steps=state.rest_steps - 1)
        if state.drawn_steps >= DRAW_STEPS and aimed:
            return action, replace(state, drawn_steps=0, rest_steps=RELEASE_STEPS)
        action["use"] = 1
        return action, replace(state, drawn_steps=state.drawn_steps + 1)


def _looking(turn: float, tilt: float) -> Action:
    action = noop_action()
    limits = (-MAX_TURN_DEGREES, MAX_TURN_DEGREES)
    action["camera"] = np.array([np.clip(tilt, *limits), np.clip(turn, *limits)], np.float32)
    return action


def _short_of(here: Place, target: Point, gap: float) -> Place:
    distance = math.dist(here, target[:2])
    share = max(0.0, 1.0 - gap / distance) if distance > 0 else 0.0
    return (here[0] + (target[0] - here[0]) * share, here[1] + (target[1] - here[1]) * share)


def _led(agent: Pose, target: Point, before: Point | None, steps_per_second: float) -> Point:
    """Where the target will be when an arrow arrives, if it goes on as in the last step."""
    if before is None:
        return target
    steps = ground_distance(agent.position, target) / ARROW_METRES_PER_SECOND * steps_per_second + 1
    return (target[0] + (target[0] - before[0]) * steps, target[1] + (target[1] - before[1]) * steps, target[2])
