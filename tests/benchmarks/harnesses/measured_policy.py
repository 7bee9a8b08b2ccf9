"""A torch policy that keeps account of the processor time inside it."""

from __future__ import annotations

import os
from collections.abc import Sequence

from evalsuite.crossview.spaces import Action, Observation
from evalsuite.policies.policy import Policy, State
from evalsuite.policies.references import load_policy, parse_reference
from tests.benchmarks.harnesses.ledger import Ledger

MODEL = "EVALSUITE_BENCHMARK_MODEL"
"""Environment variable: the TorchScript archive."""


class MeasuredPolicy:
    """Hands every call on to `policy`, which always computes `batch` rows."""

    def __init__(self, policy: Policy, batch: int) -> None:
        self._policy = policy
        self._ledger = Ledger("policy")
        self.batch = batch

    def initial_state(self) -> State:
        return self._policy.initial_state()

    def act(
        self, observations: Sequence[Observation], states: Sequence[State]
    ) -> tuple[Sequence[Action], Sequence[State]]:
        with self._ledger.span():
            return self._policy.act(observations, states)


def measured() -> MeasuredPolicy:
    """Factory of the policy in the archive."""
    from evalsuite.policies.torch_policy import TorchPolicy

    policy = load_policy(parse_reference(f"torchscript:{os.environ[MODEL]}"))
    assert isinstance(policy, TorchPolicy)
    return MeasuredPolicy(policy, policy.batch)
