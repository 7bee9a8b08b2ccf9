"""The thread in which a served policy acts: on all that waits, whoever asked."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from evalsuite.crossview.spaces import Observation
from evalsuite.errors import PolicyFault, SimulatorFault, UsageError
from evalsuite.policies.policy import Policy, State
from evalsuite.runner.policy_faults import Answer, answer, begin

WAIT_SECONDS = 0.002
LAST_CALL_SECONDS = 1.0
"""For the thread to end: an interpreter that ends before a thread that was in a numerical library may be aborted."""


@dataclass(frozen=True)
class Question:
    """An observation and the state to act from; a `seed` in place of the state for an episode that begins."""

    observation: Observation
    state: State = None
    seed: int | None = None


@dataclass(frozen=True)
class _Request:
    client: Hashable
    questions: Sequence[Question]
    answers: Future[list[Answer]] = field(default_factory=Future)


class Batches:
    """Answers questions in as few calls of the policy as the moment allows.

    The thread loads the policy, too: how many threads a numerical library uses may be a setting of each thread. What
    loading raises is raised here.

    Args:
        load: makes the policy.
        rows: the most observations in one call.
        wait: seconds that a question waits for those of other clients. Nobody waits longer, nor when every client
            that is connected has asked.
    """

    def __init__(
        self,
        load: Callable[[], Policy],
        *,
        rows: int,
        wait: float = WAIT_SECONDS,
    ) -> None:
        self._load = load
        self._rows = rows
        self._wait = wait
        self._requests: queue.SimpleQueue[_Request | None] = queue.SimpleQueue()
        self._loaded: Future[Policy] = Future()
        self.clients = 0
        """How many there are that might ask."""

        self.broke_down: Callable[[BaseException], None] = lambda error: None
        """Called from the thread when the policy ends it, as by `sys.exit`."""

        self.calls = 0
        """Of the policy, so far."""

        self.answered = 0
        """Questions, so far."""

        self._thread = threading.Thread(target=self._work, name="policy", daemon=True)
        self._thread.start()
        self.fixed_batch = _fixed_batch(self._loaded.result())
        """The one number of rows that the policy's model is run with, if it has one."""

    def ask(self, client: Hashable, questions: Sequence[Question]) -> Future[list[Answer]]:
        """One answer for each question, in their order, when they are there."""
        request = _Request(client, questions)
        self._requests.put(request)
        return request.answers

    def close(self) -> None:
        """Take no more questions. A call that is going on is waited for no longer than a second."""
        self._requests.put(None)
        self._thread.join(LAST_CALL_SECONDS)

    def _work(self) -> None:
        try:
            policy = self._load()
        except BaseException as error:  # noqa: BLE001  (raised again in the thread that waits for it)
            self._loaded.set_exception(error)
            return
        self._loaded.set_result(policy)
        while (first := self._requests.get()) is not None:
            requests, closing = self._gathered(first)
            try:
                self._answer(policy, requests)
            except BaseException as error:  # noqa: BLE001  (the policy's own exit; told to whoever runs the server)
                self.broke_down(error)
                return
            if closing:
                return

    def _gathered(self, first: _Request) -> tuple[list[_Request], bool]:
        """Those that are answered together with `first`, and whether it was the last time."""
        requests, until = [first], time.monotonic() + self._wait
        while sum(len(each.questions) for each in requests) < self._rows:
            everybody = len({each.client for each in requests}) >= self.clients
            try:
                more = self._requests.get(timeout=0.0 if everybody else max(0.0, until - time.monotonic()))
            except queue.Empty:
                break
            if more is None:
                return requests, True
            requests.append(more)
        return requests, False

    def _answer(self, policy: Policy, requests: Sequence[_Request]) -> None:
        requests = [each for each in requests if each.answers.set_running_or_notify_cancel()]
        questions = [question for each in requests for question in each.questions]
        answers: list[Answer] = []
        for first in range(0, len(questions), self._rows):
            answers += self._together(policy, questions[first : first + self._rows])
        for request in requests:
            mine, answers = answers[: len(request.questions)], answers[len(request.questions) :]
            request.answers.set_result(mine)

    def _together(self, policy: Policy, questions: Sequence[Question]) -> list[Answer]:
        self.calls += 1
        self.answered += len(questions)
        begun = [_begun(policy, question) for question in questions]
        sound = [row for row, state in enumerate(begun) if not isinstance(state, PolicyFault)]
        acted = _acted(policy, [questions[row] for row in sound], [begun[row] for row in sound])
        by_row = dict(zip(sound, acted, strict=True))
        return [by_row.get(row, state) for row, state in enumerate(begun)]


def _fixed_batch(policy: Policy) -> int | None:
    batch = getattr(policy, "batch", None)
    return batch if isinstance(batch, int) else None


def _acted(policy: Policy, questions: Sequence[Question], states: Sequence[State]) -> list[Answer]:
    if not questions:
        return []
    try:
        return answer(policy, [question.observation for question in questions], states)
    except (UsageError, SimulatorFault) as error:
        return [PolicyFault(f"act: {error}")] * len(questions)


def _begun(policy: Policy, question: Question) -> State | PolicyFault:
    if question.seed is None:
        return question.state
    try:
        return begin(policy, question.seed)
    except PolicyFault as fault:
        return fault
    except (UsageError, SimulatorFault) as error:
        return PolicyFault(f"initial_state: {error}")
