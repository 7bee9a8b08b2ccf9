"""Action chunking as a wrapper: a policy that plans several actions at a time, asked once for each chunk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, cast

from evalsuite.crossview.spaces import Action, Observation
from evalsuite.errors import PolicyFault
from evalsuite.policies.policy import Policy, State, initial_state


class ChunkPolicy(Protocol):
    """A policy whose answer to an observation is a chunk: this step's action, the next step's, and so on.

    Its state goes on from one call to the next: it does not see the steps in between.
    """

    def initial_state(self) -> State: ...

    def act(
        self, observations: Sequence[Observation], states: Sequence[State]
    ) -> tuple[Sequence[Sequence[Action]], Sequence[State]]: ...


@dataclass(frozen=True)
class _Plan:
    state: State
    ahead: tuple[Action, ...]


class ActionChunks:
    """A policy that hands out the chunks of `policy` one action a step.

    Episodes whose chunk is used up are answered together; the others cost nothing in that step.

    Args:
        steps: how many actions of each chunk are carried out before the policy is asked again; None for all.
    """

    def __init__(self, policy: ChunkPolicy, steps: int | None = None) -> None:
        if steps is not None and steps < 1:
            raise ValueError(f"at least one action of a chunk is carried out, not {steps}")
        self._policy = policy
        self._steps = steps

    def initial_state(self, seed: int = 0) -> State:
        return _Plan(initial_state(cast("Policy", self._policy), seed), ())

    def act(
        self, observations: Sequence[Observation], states: Sequence[State]
    ) -> tuple[Sequence[Action], Sequence[State]]:
        plans: list[_Plan] = list(states)
        out = [row for row, plan in enumerate(plans) if not plan.ahead]
        if out:
            chunks, after = self._policy.act([observations[row] for row in out], [plans[row].state for row in out])
            for row, chunk, state in zip(out, chunks, after, strict=True):
                if not len(chunk):
                    raise PolicyFault("the policy answered with an empty chunk of actions")
                plans[row] = _Plan(state, tuple(chunk)[: self._steps])
        return [dict(plan.ahead[0]) for plan in plans], [_Plan(plan.state, plan.ahead[1:]) for plan in plans]
