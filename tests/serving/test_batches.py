"""What waits together is answered together, and each answer is its own."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest

from evalsuite.crossview.spaces import Action, Observation, noop_action
from evalsuite.errors import PolicyFault, UsageError
from evalsuite.policies.policy import Policy, State
from evalsuite.serving.batches import Batches, Question
from tests.serving.policies_to_serve import Leaves, Stumbles
from tests.serving.server_process import observation

LIMIT_SECONDS = 30.0


class Gated:
    """Acts when it is let, and remembers how many it was asked for."""

    def __init__(self) -> None:
        self.gate = threading.Semaphore(0)
        self.entered = threading.Semaphore(0)
        self.calls: list[int] = []

    def initial_state(self, seed: int = 0) -> State:
        return seed

    def act(
        self, observations: Sequence[Observation], states: Sequence[State]
    ) -> tuple[Sequence[Action], Sequence[State]]:
        self.calls.append(len(states))
        self.entered.release()
        assert self.gate.acquire(timeout=LIMIT_SECONDS)
        return [noop_action() for _ in states], [state + 1 for state in states]


def beginning(*seeds: int) -> list[Question]:
    return [Question(observation(0, 0), seed=seed) for seed in seeds]


def test_who_asks_while_the_policy_is_busy_is_answered_in_the_next_call_with_the_others() -> None:
    policy = Gated()
    batches = Batches(lambda: policy, rows=8, wait=0.0)
    batches.clients = 3
    first = batches.ask("a", beginning(10))
    assert policy.entered.acquire(timeout=LIMIT_SECONDS)
    second, third = batches.ask("b", beginning(20, 30)), batches.ask("c", beginning(40))
    policy.gate.release(2)
    states = [
        [answer[1] for answer in each.result(LIMIT_SECONDS) if isinstance(answer, tuple)]
        for each in (first, second, third)
    ]
    assert states == [[11], [21, 31], [41]]
    assert policy.calls == [1, 3]


def test_one_waits_for_another_client_but_not_when_all_have_asked() -> None:
    policy = Gated()
    policy.gate.release(2)
    batches = Batches(lambda: policy, rows=8, wait=LIMIT_SECONDS)
    batches.clients = 2
    asked = [batches.ask("a", beginning(1)), batches.ask("b", beginning(2))]
    for each in asked:
        assert len(each.result(LIMIT_SECONDS / 2)) == 1
    assert policy.calls == [2]


def test_no_call_is_for_more_rows_than_allowed() -> None:
    policy = Gated()
    policy.gate.release(9)
    batches = Batches(lambda: policy, rows=2, wait=0.0)
    assert len(batches.ask("a", beginning(*range(5))).result(LIMIT_SECONDS)) == 5
    assert policy.calls == [2, 2, 1]


def test_a_policy_that_fails_for_one_episode_fails_that_one_alone() -> None:
    batches = Batches(Stumbles, rows=8)
    questions = [Question(observation(episode, 0), seed=12 + episode) for episode in range(3)]
    unlucky, stumbling, sound = batches.ask("a", questions).result(LIMIT_SECONDS)
    assert isinstance(unlucky, tuple)
    assert isinstance(stumbling, PolicyFault)
    assert "an unlucky number" in str(stumbling)
    assert isinstance(sound, tuple)
    (out_of_ideas,) = batches.ask("a", [Question(observation(1, 0), state=0)]).result(LIMIT_SECONDS)
    assert "out of ideas (policies_to_serve.py:" in str(out_of_ideas)


def test_an_answer_that_nobody_waits_for_any_more_holds_nobody_up() -> None:
    policy = Gated()
    batches = Batches(lambda: policy, rows=1, wait=0.0)
    going_on, given_up = batches.ask("a", beginning(1)), batches.ask("b", beginning(2))
    assert policy.entered.acquire(timeout=LIMIT_SECONDS)
    assert given_up.cancel()
    policy.gate.release(2)
    assert len(going_on.result(LIMIT_SECONDS)) == 1
    assert len(batches.ask("c", beginning(3)).result(LIMIT_SECONDS)) == 1


def test_what_loading_raises_is_raised_to_who_wants_to_serve() -> None:
    def load() -> Policy:
        raise UsageError("the weights are gone")

    with pytest.raises(UsageError, match="the weights are gone"):
        Batches(load, rows=1)


def test_a_policy_that_ends_its_thread_is_told_of() -> None:
    batches = Batches(Leaves, rows=1)
    told, heard = threading.Event(), []

    def broke_down(error: BaseException) -> None:
        heard.append(error)
        told.set()

    batches.broke_down = broke_down
    batches.ask("a", beginning(1))
    assert told.wait(LIMIT_SECONDS)
    assert isinstance(heard[0], SystemExit)
