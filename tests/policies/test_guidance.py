"""Guidance runs the network with its goal and without one, and acts on the difference."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from evalsuite.policies.guidance import Guidance
from evalsuite.policies.mine_policy import fresh_state, merge_states, split_states
from evalsuite.policies.minestudio_observations import batched, network_input
from evalsuite.policies.rocket_policy import MinePolicyWrapper
from evalsuite.testing import PolicyConformance
from evalsuite.testing.identity import identical
from tests.policies.cross_view_network import CrossViewNetwork, MergingNetwork, build

KIT = PolicyConformance()


def network_inputs() -> dict[str, Any]:
    seen = KIT.observation(0, 0)
    previous = {"forward": 1, "camera": np.array([1.0, 2.0], np.float32)}
    return batched([network_input(seen, previous)], torch.device("cpu"))


def test_strength_0_is_the_network_itself() -> None:
    plain, guided = (MinePolicyWrapper(model) for model in (build(), Guidance(build(), 0.0)))
    states = [plain.initial_state(7)], [guided.initial_state(7)]
    for step in range(4):
        answers = []
        for policy, held in zip((plain, guided), states, strict=True):
            actions, held[:] = policy.act([KIT.observation(0, step)], held)
            answers.append(actions[0])
        assert identical(answers[0], answers[1])


def test_the_logits_move_away_from_those_without_a_goal() -> None:
    network = build()
    without = network_inputs()
    for tensor in without["cross_view"].values():
        tensor.zero_()
    without["cross_view"]["cross_view_obj_id"] -= 1
    with torch.inference_mode():
        with_goal, _ = network.forward(network_inputs(), network.initial_state(1))
        without_goal, _ = network.forward(without, network.initial_state(1))
        model = Guidance(network, 1.5)
        guided, _ = model.forward(network_inputs(), list(model.initial_state(1)))
    for name in ("buttons", "camera"):
        expected = 2.5 * with_goal["pi_logits"][name] - 1.5 * without_goal["pi_logits"][name]
        assert torch.equal(guided["pi_logits"][name], expected)
        assert not torch.equal(with_goal["pi_logits"][name], without_goal["pi_logits"][name])
    assert torch.equal(guided["exist"], with_goal["exist"]), "what it says of the target, it says with the goal"


class SeenBy(CrossViewNetwork):
    """Keeps the sums of what it was given, before it spoils it."""

    def __init__(self) -> None:
        super().__init__()
        self.sums: list[dict[str, int]] = []

    def forward(self, input: dict[str, Any], memory: Any = None) -> Any:
        goal = input["cross_view"]
        self.sums.append({"image": int(input["image"].sum()), **{key: int(goal[key].sum()) for key in goal}})
        return super().forward(input, memory)


def test_a_network_that_spoils_its_input_spoils_neither_run() -> None:
    network = build(SeenBy)
    assert isinstance(network, SeenBy)
    policy = MinePolicyWrapper(Guidance(network, 1.0))
    network.sums.clear()
    state = policy.initial_state()
    for _ in range(2):
        _, (state,) = policy.act([KIT.observation(0, 0)], [state])
    first, without, second, _ = network.sums
    assert first == second
    assert without["image"] == first["image"] > 0
    assert (without["cross_view_image"], without["cross_view_obj_mask"], without["cross_view_obj_id"]) == (0, 0, -1)


@pytest.mark.parametrize("kind", [CrossViewNetwork, MergingNetwork])
def test_memories_split_and_merged_again_are_the_same(kind: type[CrossViewNetwork]) -> None:
    for model in (build(kind), Guidance(build(kind), 1.0)):
        state = [
            torch.randn(each.shape) if each.dtype == torch.float32 else torch.rand(each.shape) > 0.5
            for each in model.initial_state(3)
        ]
        again = merge_states(model, split_states(model, state, 3))
        assert all(torch.equal(one, other) for one, other in zip(state, again, strict=True))
        assert len(fresh_state(model)) == len(state)
