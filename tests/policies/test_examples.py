"""The example policy without a network keeps the rules too."""

from __future__ import annotations

from pathlib import Path

import pytest

from evalsuite.policies.policy import Policy
from evalsuite.policies.references import load_policy, parse_reference
from evalsuite.testing import PolicyConformance


class TestTurnAndWalk(PolicyConformance):
    @pytest.fixture(autouse=True)
    def _from_the_checkout(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.syspath_prepend(str(Path(__file__).resolve().parents[2]))

    def make_policy(self) -> Policy:
        policy = load_policy(parse_reference("examples.turn_and_walk:TurnAndWalk"))
        assert isinstance(policy, Policy)
        return policy
