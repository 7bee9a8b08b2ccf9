"""What every policy must keep. Inherit, say how to make one, and pytest does the rest."""

from __future__ import annotations

import copy

import numpy as np

from evalsuite.crossview.spaces import INTERACTIONS, Action, Observation, checked_action
from evalsuite.errors import PolicyFault
from evalsuite.policies.policy import Policy, State, initial_state
from evalsuite.testing.identity import identical


class PolicyConformance:
    """Tests of the `Policy` protocol.

    >>> class TestMyPolicy(PolicyConformance):
    ...     def make_policy(self) -> Policy:
    ...         return MyPolicy()

    Pictures are `width` x `height` noise; each of `episodes` episodes lasts `steps` steps.
    """

    width = 160
    height = 90
    episodes = 5
    steps = 4

    def make_policy(self) -> Policy:
        """A fresh policy."""
        raise NotImplementedError("override make_policy to return the policy under test")

    def observation(self, episode: int, step: int) -> Observation:
        """What the policy is shown; the goal view stays the same within an episode."""
        now, goal = np.random.default_rng([1, episode, step]), np.random.default_rng([2, episode])
        mask = np.zeros((self.height, self.width), np.uint8)
        top, left = goal.integers(0, self.height - 10), goal.integers(0, self.width - 10)
        mask[top : top + 10, left : left + 10] = 1
        return {
            "image": now.integers(0, 256, (self.height, self.width, 3), dtype=np.uint8),
            "goal_image": goal.integers(0, 256, (self.height, self.width, 3), dtype=np.uint8),
            "goal_mask": mask,
            "interaction": episode % len(INTERACTIONS),
        }

    def test_it_has_the_methods_of_a_policy(self) -> None:
        assert isinstance(self.make_policy(), Policy), "a policy has initial_state() and act(observations, states)"

    def test_an_empty_batch_is_answered_with_empty_lists(self) -> None:
        actions, states = self.make_policy().act([], [])
        assert (len(actions), len(states)) == (0, 0), "no observations in, no actions and no states out"

    def test_actions_are_complete_finite_and_in_range(self) -> None:
        policy = self.make_policy()
        for episode in range(self.episodes):
            for step, action in enumerate(self._alone(policy, episode)):
                try:
                    checked_action(action)
                except PolicyFault as fault:
                    raise AssertionError(f"episode {episode}, step {step}: {fault}") from fault

    def test_each_observation_gets_one_action_and_one_state(self) -> None:
        policy = self.make_policy()
        observations = [self.observation(episode, 0) for episode in range(self.episodes)]
        actions, states = policy.act(observations, self._starts(policy))
        assert len(actions) == self.episodes, "as many actions as observations"
        assert len(states) == self.episodes, "as many states as observations"

    def test_a_batch_of_n_equals_n_batches_of_one(self) -> None:
        policy = self.make_policy()
        alone = [self._alone(policy, episode) for episode in range(self.episodes)]
        states = self._starts(policy)
        for step in range(self.steps):
            observations = [self.observation(episode, step) for episode in range(self.episodes)]
            actions, next_states = policy.act(observations, states)
            states = list(next_states)
            for episode in range(self.episodes):
                assert identical(actions[episode], alone[episode][step]), (
                    f"in a batch of {self.episodes}, episode {episode} acts otherwise at step {step} than alone: "
                    f"{actions[episode]} against {alone[episode][step]}; an action may depend on its own row only"
                )

    def test_state_does_not_leak_between_interleaved_episodes(self) -> None:
        policy = self.make_policy()
        alone = [self._alone(policy, episode) for episode in range(self.episodes)]
        states = self._starts(policy)
        done = [0] * self.episodes
        turn = 0
        while min(done) < self.steps:
            turn += 1
            waiting = [each for each in range(self.episodes) if done[each] < self.steps]
            batch = [each for each in waiting if (each + turn) % 3][::-1] or waiting[:1]
            seen = [self.observation(episode, done[episode]) for episode in batch]
            actions, next_states = policy.act(seen, [states[episode] for episode in batch])
            for row, episode in enumerate(batch):
                assert identical(actions[row], alone[episode][done[episode]]), (
                    f"episode {episode} acts otherwise at step {done[episode]} when others run beside it, in another "
                    f"order, dropping out and coming back: all memory belongs in the state"
                )
                states[episode] = next_states[row]
                done[episode] += 1

    def test_an_episode_begun_after_another_is_not_changed_by_it(self) -> None:
        fresh = self._alone(self.make_policy(), 1)
        policy = self.make_policy()
        self._alone(policy, 0)
        assert identical(self._alone(policy, 1), fresh), "an episode must not depend on the episodes before it"

    def test_the_same_seed_gives_the_same_actions(self) -> None:
        assert identical(self._alone(self.make_policy(), 0), self._alone(self.make_policy(), 0)), (
            "two fresh policies with the same seed and observations must act the same"
        )

    def test_observations_and_states_are_left_as_they_were(self) -> None:
        policy = self.make_policy()
        states = self._starts(policy)
        for step in range(self.steps):
            observations = [self.observation(episode, step) for episode in range(self.episodes)]
            kept_states, kept_observations = copy.deepcopy(states), copy.deepcopy(observations)
            _, next_states = policy.act(observations, states)
            assert identical(observations, kept_observations), "act changed an observation in place"
            assert identical(states, kept_states), "act changed a state in place; return a new one"
            states = list(next_states)

    def test_a_state_can_be_used_twice(self) -> None:
        policy = self.make_policy()
        _, states = policy.act([self.observation(0, 0)], [initial_state(policy, 0)])
        seen = self.observation(0, 1)
        first, _ = policy.act([seen], list(states))
        second, _ = policy.act([seen], list(states))
        assert identical(list(first), list(second)), "the same state and observation must give the same action"

    def _starts(self, policy: Policy) -> list[State]:
        return [initial_state(policy, episode) for episode in range(self.episodes)]

    def _alone(self, policy: Policy, episode: int) -> list[Action]:
        state, actions = initial_state(policy, episode), []
        for step in range(self.steps):
            batch, states = policy.act([self.observation(episode, step)], [state])
            actions.append(batch[0])
            state = states[0]
        return actions
