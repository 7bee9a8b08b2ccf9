"""A simulator and a scenario as a gymnasium environment; success, limits and counters live here, once."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import gymnasium

from evalsuite.crossview.geometry import Pose, ground_distance
from evalsuite.crossview.simulator import Facts, GoalView, Simulator
from evalsuite.crossview.spaces import (
    BUTTONS,
    INTERACTIONS,
    Action,
    Observation,
    action_space,
    checked_action,
    observation_space,
)
from evalsuite.crossview.success import SUCCESS_RULES, is_wrong_target
from evalsuite.errors import GoalHidden, UsageError

if TYPE_CHECKING:
    from evalsuite.suite.scenario import Scenario


@dataclass(frozen=True)
class EpisodeSummary:
    """What an episode came to, so far.

    Args:
        steps: actions carried out.
        success: whether every goal was reached.
        reason: in a few words, why it ended; empty while it goes on.
        score: share of goals reached, in [0, 1].
        success_at_reset: the first goal's rule held before the first action: the scenario is invalid.
        wrong_targets: things broken, used or killed that were not meant.
        nearest_m: least ground distance to the current target, in metres; None when never known.
        path_m: length of the way gone, in metres.
        first_seen_step: first step at which the target was known to be in view (0 = at the start), or None.
        sight_unknown_steps: how often until then, the start included, the world could not tell whether it was.
        masked_actions: buttons pressed and camera axes moved that this world has not.
        prediction: how a policy's own belief of the target compares with the truth, or None without one:
            `steps` compared, `visible_correct` share, `point_error_px` mean over steps that gave a point.
    """

    steps: int = 0
    success: bool = False
    reason: str = ""
    score: float = 0.0
    success_at_reset: bool = False
    wrong_targets: int = 0
    nearest_m: float | None = None
    path_m: float = 0.0
    first_seen_step: int | None = None
    sight_unknown_steps: int = 0
    masked_actions: int = 0
    prediction: dict[str, float] | None = None


class CrossViewEnv(gymnasium.Env[Observation, Action]):
    """One scenario at a time on one simulator.

    Observations and actions are those of `evalsuite.crossview.spaces`. The reward is each goal's share of the
    score in the step in which it is reached. `terminated` is set when all goals are reached or the current
    target is gone, `truncated` at the scenario's step limit. `info` holds nothing privileged.

    Args:
        simulator: started, and closed by `close`.
        scenario: the first scenario; `reset(options={"scenario": other})` changes it.
        share_goal_view: hand out the very same read-only goal arrays at every step of an episode, which saves
            copying about a megabyte a step. By default every observation is fresh, as gymnasium asks.
    """

    metadata = {"render_modes": ["rgb_array"]}  # noqa: RUF012  (gymnasium's own attribute)
    render_mode = "rgb_array"

    def __init__(self, simulator: Simulator, scenario: Scenario, *, share_goal_view: bool = False) -> None:
        self.simulator = simulator
        self.scenario = scenario
        self.observation_space = observation_space(simulator.spec.width, simulator.spec.height)
        self.action_space = action_space()
        self._share_goal_view = share_goal_view
        self._goal_view: GoalView | None = None
        self._facts: Facts | None = None

    @property
    def facts(self) -> Facts:
        """The last step's ground truth: for the oracle and for tests, never for a policy."""
        if self._facts is None:
            raise UsageError("the environment has not been reset yet; call reset() first")
        return self._facts

    @property
    def goal_index(self) -> int:
        """Which of the scenario's goals is asked for now."""
        return self._goal_index

    @property
    def summary(self) -> EpisodeSummary:
        """The counters so far; complete once `terminated` or `truncated` was returned."""
        if not self._predictions:
            return self._summary
        prediction = {
            "steps": float(self._predictions),
            "visible_correct": self._visible_correct / self._predictions,
        }
        if self._points:
            prediction["point_error_px"] = self._point_error / self._points
        return replace(self._summary, prediction=prediction)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Start the episode (scenario, seed); without a seed, the same one as last time (0 at first).

        Raises `UsageError` when the world has no such interaction, `GoalHidden` when the goal view does not show
        the target.
        """
        super().reset(seed=seed)
        if options and "scenario" in options:
            self.scenario = options["scenario"]
        unable = [g.interaction for g in self.scenario.goals if g.interaction not in self.simulator.spec.interactions]
        if unable:
            raise UsageError(f"the world {self.simulator.spec.world!r} has no {unable[0]!r}; choose another scenario")
        self._seed = seed if seed is not None else getattr(self, "_seed", 0)
        self.simulator.reset(self.scenario, self._seed)
        self._goal_index = 0
        self._held = 0
        self._predictions = self._points = 0
        self._visible_correct = self._point_error = 0.0
        self._summary = EpisodeSummary()
        self._look_at_the_goal()
        self._observe_facts(None)
        rule = SUCCESS_RULES[self._goal.interaction]
        if rule.holds(self.facts, self._goal.target.name, self.simulator.spec):
            self._held = 1
            self._summary = replace(self._summary, success_at_reset=True)
        return self._observation(), {"goal": 0}

    def step(self, action: Action) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Carry out one action. Raises `PolicyFault` when it is not in the action space."""
        allowed, masked, prediction = self._allowed(checked_action(action))
        if prediction is not None:
            self._score_prediction(prediction)
        self.simulator.step(allowed)
        self._observe_facts(masked)
        reward, terminated = self._judge()
        truncated = not terminated and self._summary.steps >= self.scenario.max_steps
        if truncated:
            self._summary = replace(self._summary, reason=f"step limit of {self.scenario.max_steps} reached")
        return self._observation(), reward, terminated, truncated, {"goal": self._goal_index}

    def render(self) -> Any:
        """The agent's picture, RGB uint8 (height, width, 3)."""
        return self.simulator.frame()

    def close(self) -> None:
        self.simulator.close()

    @property
    def _goal(self) -> Any:
        return self.scenario.goals[self._goal_index]

    def _observation(self) -> Observation:
        assert self._goal_view is not None
        image, mask = self._goal_view.image, self._goal_view.mask
        return {
            "image": self.simulator.frame(),
            "goal_image": image if self._share_goal_view else image.copy(),
            "goal_mask": mask if self._share_goal_view else mask.copy(),
            "interaction": INTERACTIONS.index(self._goal.interaction),
        }

    def _look_at_the_goal(self) -> None:
        self._goal_view = self.simulator.goal_view()
        if not self._goal_view.mask.any():
            raise GoalHidden(f"the goal view does not show {self._goal.target.name}: its mask is empty")
        self._goal_view.image.flags.writeable = False
        self._goal_view.mask.flags.writeable = False

    def _allowed(self, action: Action) -> tuple[Action, int, dict[str, Any] | None]:
        prediction = action.pop("prediction", None)
        masked = 0
        for key in self.simulator.spec.masked_actions:
            if key in BUTTONS and action[key]:
                action[key] = 0
                masked += 1
            axis = {"camera.pitch": 0, "camera.yaw": 1}.get(key)
            if axis is not None and action["camera"][axis]:
                action["camera"][axis] = 0.0
                masked += 1
        return action, masked, prediction

    def _observe_facts(self, masked: int | None) -> None:
        """Count a step in which so many keys were masked; None at the start, before the first."""
        previous: Pose | None = None if masked is None else self.facts.agent
        self._facts = facts = self.simulator.facts()
        so_far = self._summary
        nearest, seen = so_far.nearest_m, so_far.first_seen_step
        if facts.target is not None:
            distance = ground_distance(facts.agent.position, facts.target)
            nearest = distance if nearest is None else min(nearest, distance)
        steps = 0 if masked is None else so_far.steps + 1
        if seen is None and facts.target_pixels:
            seen = steps
        unknown = int(seen is None and facts.target_pixels is None)
        gone = 0.0 if previous is None else ground_distance(previous.position, facts.agent.position)
        wrong = sum(is_wrong_target(event, self._goal.target.name) for event in facts.events)
        self._summary = replace(
            so_far,
            steps=steps,
            masked_actions=so_far.masked_actions + (masked or 0),
            nearest_m=nearest,
            first_seen_step=seen,
            sight_unknown_steps=so_far.sight_unknown_steps + unknown,
            path_m=so_far.path_m + gone,
            wrong_targets=so_far.wrong_targets + wrong,
        )

    def _judge(self) -> tuple[float, bool]:
        goal, rule = self._goal, SUCCESS_RULES[self._goal.interaction]
        if self.facts.verdict is not None:
            self._held = rule.held_steps if self.facts.verdict else 0
        elif rule.holds(self.facts, goal.target.name, self.simulator.spec):
            self._held += 1
        else:
            self._held = 0
        if self._held < rule.held_steps:
            if self.facts.target is None:
                self._summary = replace(self._summary, reason=f"{goal.target.name} is gone without {goal.interaction}")
                return 0.0, True
            return 0.0, False
        reached, wanted = self._goal_index + 1, len(self.scenario.goals)
        self._held = 0
        self._summary = replace(self._summary, score=reached / wanted)
        if reached < wanted:
            self._goal_index = reached
            self.simulator.next_goal()
            self._look_at_the_goal()
            self._facts = replace(self.simulator.facts(), events=())
            return 1.0 / wanted, False
        self._summary = replace(self._summary, success=True, reason=f"{goal.interaction} done")
        return 1.0 / wanted, True

    def _score_prediction(self, prediction: dict[str, Any]) -> None:
        truth = self.facts
        if truth.target_pixels is None:
            return
        self._predictions += 1
        self._visible_correct += (prediction["visible"] >= 0.5) == (truth.target_pixels > 0)
        if "point" in prediction and truth.target_centroid is not None:
            self._points += 1
            self._point_error += math.dist(prediction["point"], truth.target_centroid)
