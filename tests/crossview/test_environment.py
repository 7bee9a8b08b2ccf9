"""What an episode comes to, told by scripts of facts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from evalsuite.crossview import CrossViewEnv, Event, noop_action
from evalsuite.errors import PolicyFault, UsageError
from tests.crossview.scripted import ScriptedSimulator, gone, scenario, seen, started, steps_until_over

NEAR = seen(1.5, pixels=40)
FAR = seen(9.0)
BROKEN = Event("broken", "goal-0", "melee")


def test_approach_is_won_at_the_fifth_step_in_a_row() -> None:
    env = started([FAR, *[NEAR] * 9], "approach")
    assert steps_until_over(env) == [(0.0, False, False)] * 4 + [(1.0, True, False)]
    assert env.summary.success
    assert env.summary.steps == 5
    assert env.summary.reason == "approach done"


def test_passing_by_starts_the_count_again() -> None:
    env = started([FAR, *[NEAR] * 4, FAR, *[NEAR] * 9], "approach")
    assert len(steps_until_over(env)) == 10


def test_a_target_at_the_edge_of_the_picture_is_not_approached() -> None:
    env = started([seen(1.5, pixels=40, column=5.0)], "approach", max_steps=12)
    assert steps_until_over(env)[-1] == (0.0, False, True)


def test_a_persons_verdict_takes_the_place_of_the_rule() -> None:
    reached = started([FAR, FAR, replace(FAR, verdict=True)], "approach")
    assert steps_until_over(reached) == [(0.0, False, False), (1.0, True, False)]
    denied = started([FAR, *[replace(NEAR, verdict=False)] * 9], "approach", max_steps=8)
    assert steps_until_over(denied)[-1] == (0.0, False, True)


def test_the_target_broken_ends_the_episode_with_a_success() -> None:
    env = started([FAR, FAR, gone(BROKEN)], "break")
    assert steps_until_over(env)[-1] == (1.0, True, False)
    assert (env.summary.success, env.summary.score) == (True, 1.0)


def test_the_target_gone_by_other_means_ends_the_episode_as_a_failure() -> None:
    env = started([FAR, gone(Event("killed", "goal-0", "other", by_agent=False))], "melee_hunt")
    assert steps_until_over(env) == [(0.0, True, False)]
    assert not env.summary.success
    assert env.summary.reason == "goal-0 is gone without melee_hunt"


def test_a_kill_by_the_wrong_means_is_a_failure() -> None:
    env = started([FAR, gone(Event("killed", "goal-0", "projectile"))], "melee_hunt")
    steps_until_over(env)
    assert (env.summary.success, env.summary.wrong_targets) == (False, 0)


def test_a_wrong_object_is_counted_and_does_not_end_the_episode() -> None:
    wrong = seen(9.0, Event("broken", "a crate", "melee"), Event("killed", "a sheep", "projectile"))
    env = started([FAR, wrong, FAR, wrong, gone(BROKEN)], "break")
    assert len(steps_until_over(env)) == 4
    assert (env.summary.success, env.summary.wrong_targets) == (True, 4)


def test_the_step_limit_truncates_and_says_so() -> None:
    env = started([FAR], "break", max_steps=7)
    results = steps_until_over(env)
    assert len(results) == 7
    assert results[-1] == (0.0, False, True)
    assert env.summary.reason == "step limit of 7 reached"


def test_success_at_the_last_step_is_a_success_and_no_timeout() -> None:
    env = started([FAR, FAR, gone(BROKEN)], "break", max_steps=2)
    assert steps_until_over(env)[-1] == (1.0, True, False)
    assert env.summary.success


def test_goals_are_asked_one_after_the_other_and_share_the_score() -> None:
    used = seen(1.0, Event("used", "goal-1", "hand"))
    env = started([FAR, seen(2.0, BROKEN), FAR, used], "break", "interact")
    first, reward, terminated, _, info = env.step(noop_action())
    assert (reward, terminated, info["goal"], env.summary.score) == (0.5, False, 1, 0.5)
    assert first["interaction"] == 2
    assert first["goal_image"].max() == 2, "the second goal's view is shown as soon as the first is reached"
    assert steps_until_over(env)[-1] == (0.5, True, False)
    assert (env.summary.success, env.summary.score, env.summary.steps) == (True, 1.0, 3)


def test_one_deed_does_not_win_two_goals() -> None:
    both = seen(2.0, BROKEN, Event("broken", "goal-1", "melee"))
    env = started([FAR, both, FAR], "break", "break", max_steps=5)
    assert steps_until_over(env)[-1] == (0.0, False, True)
    assert env.summary.score == 0.5


def test_success_at_reset_is_reported() -> None:
    assert started([seen(1.0, pixels=9), FAR], "approach").summary.success_at_reset
    assert not started([FAR], "approach").summary.success_at_reset


def test_masked_actions_are_counted_and_do_not_reach_the_simulator() -> None:
    env = started([FAR], "break", max_steps=3)
    steps_until_over(env, sneak=1, forward=1, camera=np.array([4.0, 5.0], np.float32))
    assert env.summary.masked_actions == 6
    assert isinstance(env.simulator, ScriptedSimulator)
    for action in env.simulator.actions:
        assert (action["sneak"], action["forward"], action["camera"].tolist()) == (0, 1, [0.0, 5.0])


def test_an_action_outside_the_space_is_a_fault_of_the_policy_and_is_not_carried_out() -> None:
    env = started([FAR], "break")
    with pytest.raises(PolicyFault):
        env.step({**noop_action(), "fly": 1})
    assert env.summary.steps == 0


def test_the_first_sight_of_the_target_is_kept() -> None:
    assert started([seen(9.0, pixels=1)], "break").summary.first_seen_step == 0
    env = started([FAR, FAR, seen(9.0, pixels=3), FAR], "break", max_steps=5)
    assert env.summary.first_seen_step is None
    steps_until_over(env)
    assert env.summary.first_seen_step == 2


def test_steps_at_which_nobody_can_tell_whether_it_is_in_view_are_counted_until_it_is() -> None:
    unknown = seen(9.0, pixels=None)
    env = started([unknown, FAR, unknown, seen(9.0, pixels=3), unknown], "break", max_steps=6)
    assert env.summary.sight_unknown_steps == 1
    steps_until_over(env)
    assert (env.summary.first_seen_step, env.summary.sight_unknown_steps) == (3, 2)


def test_the_way_gone_and_the_nearest_distance_are_measured() -> None:
    env = started([seen(9.0), seen(5.0), seen(7.0), seen(8.0)], "break", max_steps=4)
    assert env.summary.nearest_m == 9.0
    steps_until_over(env)
    assert env.summary.path_m == pytest.approx(4.0 + 2.0 + 1.0)
    assert env.summary.nearest_m == 5.0


def test_a_prediction_is_scored_against_the_picture_that_it_was_made_from() -> None:
    env = started([seen(9.0, pixels=5, column=10.0), FAR, seen(9.0, pixels=None)], "break", max_steps=9)
    env.step({**noop_action(), "prediction": {"visible": 0.9, "point": [13.0, 19.0]}})
    env.step({**noop_action(), "prediction": {"visible": 0.9}})
    env.step({**noop_action(), "prediction": {"visible": 0.9}})
    assert env.summary.prediction == {"steps": 2.0, "visible_correct": 0.5, "point_error_px": 5.0}


def test_without_predictions_there_is_no_prediction_score() -> None:
    env = started([FAR], "break", max_steps=2)
    steps_until_over(env)
    assert env.summary.prediction is None


def test_nothing_privileged_is_in_the_observation_or_the_info() -> None:
    env = CrossViewEnv(ScriptedSimulator([FAR]), scenario("break"))
    seen_now, info = env.reset(seed=1)
    assert set(seen_now) == {"image", "goal_image", "goal_mask", "interaction"}
    assert set(info) == {"goal"}
    assert env.observation_space.contains(seen_now)


def test_an_observation_that_is_kept_is_not_changed_later() -> None:
    env = CrossViewEnv(ScriptedSimulator([FAR]), scenario("break"))
    kept, _ = env.reset(seed=1)
    later = env.step(noop_action())[0]
    later["goal_image"][:] = 0
    later["goal_mask"][:] = 0
    assert kept["goal_image"].max() == 1
    assert kept["goal_mask"].max() == 1
    assert env.step(noop_action())[0]["goal_mask"].max() == 1


def test_a_reset_starts_the_counters_again_and_may_change_the_scenario() -> None:
    env = started([FAR, seen(3.0, Event("broken", "a crate", "melee"))], "break", max_steps=3)
    steps_until_over(env)
    other = scenario("archery")
    observation, _ = env.reset(seed=5, options={"scenario": other})
    assert env.scenario is other
    assert observation["interaction"] == 4
    assert (env.summary.steps, env.summary.wrong_targets, env.summary.path_m) == (0, 0, 0.0)
    assert isinstance(env.simulator, ScriptedSimulator)
    assert env.simulator.seed == 5


def test_facts_before_the_first_reset_are_an_error_that_says_what_to_do() -> None:
    with pytest.raises(UsageError, match="call reset"):
        _ = CrossViewEnv(ScriptedSimulator([FAR]), scenario("break")).facts


def test_closing_closes_the_simulator() -> None:
    env = started([FAR], "break")
    env.close()
    assert isinstance(env.simulator, ScriptedSimulator)
    assert env.simulator.closed == 1
