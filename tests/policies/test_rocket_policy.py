"""A network that speaks MineStudio's interface keeps the rules of a policy, and is shown what it was trained on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch

from evalsuite.crossview.spaces import BUTTONS, INTERACTIONS, Action, Observation, checked_action
from evalsuite.errors import PolicyFault, UsageError
from evalsuite.policies.guidance import Guidance
from evalsuite.policies.minestudio_actions import env_from_agent
from evalsuite.policies.minestudio_observations import PREVIOUS_KEYS, resized_goal_mask, resized_picture
from evalsuite.policies.policy import Policy
from evalsuite.policies.rocket_policy import MinePolicyWrapper
from evalsuite.testing import PolicyConformance
from evalsuite.testing.identity import identical
from tests.policies.cross_view_network import CrossViewNetwork, MergingNetwork, build

KIT = PolicyConformance()


class TestSampledOneByOne(PolicyConformance):
    def make_policy(self) -> Policy:
        return MinePolicyWrapper(build())


class TestDeterministicAndPaddedToFour(PolicyConformance):
    def make_policy(self) -> Policy:
        return MinePolicyWrapper(build(), deterministic=True, batch=4)


class TestWithMemoriesMergedByTheNetworkItself(PolicyConformance):
    def make_policy(self) -> Policy:
        return MinePolicyWrapper(build(MergingNetwork), batch=4)


class TestGuidedInBatches(PolicyConformance):
    def make_policy(self) -> Policy:
        return MinePolicyWrapper(Guidance(build(MergingNetwork), 1.5), batch=4)


class Recorder(CrossViewNetwork):
    """Keeps copies of its inputs and, when told to, chooses fixed actions."""

    def __init__(self) -> None:
        super().__init__()
        self.inputs: list[dict[str, Any]] = []
        self.fixed: list[tuple[int, int]] = []

    def forward(self, input: dict[str, Any], memory: Any = None) -> Any:
        self.inputs.append(_copied(input))
        latents, after = super().forward(input, memory)
        if self.fixed:
            for name, index in zip(("buttons", "camera"), self.fixed.pop(0), strict=True):
                latents["pi_logits"][name] = torch.full_like(latents["pi_logits"][name], -100.0)
                latents["pi_logits"][name][..., index] = 0.0
        return latents, after


def _copied(tree: Any) -> Any:
    return {key: _copied(value) for key, value in tree.items()} if isinstance(tree, dict) else tree.clone()


def recorded(**options: Any) -> tuple[Recorder, MinePolicyWrapper]:
    network = build(Recorder)
    assert isinstance(network, Recorder)
    policy = MinePolicyWrapper(network, **options)
    network.inputs.clear()
    return network, policy


def play(policy: Policy, observations: Sequence[Observation], seed: int = 0) -> list[Action]:
    state: Any = policy.initial_state(seed)  # type: ignore[call-arg]
    actions: list[Action] = []
    for seen in observations:
        (action,), (state,) = policy.act([seen], [state])
        actions.append(action)
    return actions


def test_each_interaction_reaches_the_network_under_its_published_id() -> None:
    network, policy = recorded()
    for index in range(len(INTERACTIONS)):
        play(policy, [{**KIT.observation(0, 0), "interaction": index}])
    ids = [int(each["cross_view"]["cross_view_obj_id"]) for each in network.inputs]
    assert dict(zip(INTERACTIONS, ids, strict=True)) == {
        "approach": 6,
        "break": 2,
        "interact": 3,
        "melee_hunt": 0,
        "archery": 0,
    }


def test_the_network_is_shown_what_mine_studio_would_show_it() -> None:
    network, policy = recorded(batch=4)
    play(policy, [KIT.observation(0, 0)])
    (given,) = network.inputs
    goal = given["cross_view"]
    assert (given["image"].shape, given["image"].dtype) == ((4, 1, 224, 224, 3), torch.uint8)
    assert (goal["cross_view_image"].shape, goal["cross_view_image"].dtype) == ((4, 1, 224, 224, 3), torch.uint8)
    assert (goal["cross_view_obj_mask"].shape, goal["cross_view_obj_mask"].dtype) == ((4, 1, 224, 224), torch.uint8)
    assert (goal["cross_view_obj_id"].shape, goal["cross_view_obj_id"].dtype) == ((4, 1), torch.int64)
    previous = given["env_prev_action"]
    assert set(previous) == {*PREVIOUS_KEYS, "camera"}
    assert len(PREVIOUS_KEYS) == 19
    assert all(previous[key].shape == (4, 1) for key in PREVIOUS_KEYS)
    assert previous["camera"].shape == (4, 1, 2)


def test_the_action_before_reaches_the_network_and_at_the_start_it_is_none() -> None:
    network, policy = recorded()
    network.fixed = [(288 + 2 + 1, 10 * 11), (0, 60)]  # forward, jump and the camera; then nothing
    actions = play(policy, [KIT.observation(0, step) for step in range(3)])
    told = [each["env_prev_action"] for each in network.inputs]
    for step, before in enumerate([None, actions[0], actions[1]]):
        for name in BUTTONS:
            assert int(told[step][name]) == (before[name] if before else 0)
        assert told[step]["camera"].flatten().tolist() == (before["camera"].tolist() if before else [0.0, 0.0])
    assert actions[0]["camera"].tolist() == [10.0, -10.0]


def test_the_action_before_changes_what_the_network_does() -> None:
    network, policy = recorded(deterministic=True)
    answers = []
    for first in ((0, 60), (5, 7)):
        network.fixed = [first]
        answers.append(play(policy, [KIT.observation(0, 0), KIT.observation(0, 1)])[1])
    assert not identical(answers[0]["prediction"], answers[1]["prediction"])


def test_a_key_that_our_actions_lack_is_dropped_and_counted_and_not_told_to_the_network() -> None:
    network, policy = recorded()
    inventory, hotbar_2_and_drop = 8640, 2 * 864 + 8
    network.fixed = [(inventory, 60), (hotbar_2_and_drop, 60), (0, 60)]
    state = policy.initial_state()
    dropped = []
    for step in range(3):
        (action,), (state,) = policy.act([KIT.observation(0, step)], [state])
        assert sum(action[name] for name in BUTTONS) == 0
        dropped.append(state.dropped)
    assert dropped == [1, 3, 3]
    assert all(int(each["env_prev_action"][key]) == 0 for each in network.inputs for key in PREVIOUS_KEYS)


def test_a_sampled_action_follows_the_seed_and_a_deterministic_one_does_not() -> None:
    seen = [KIT.observation(0, 0)]
    for deterministic in (False, True):
        policy = MinePolicyWrapper(build(), deterministic=deterministic)
        different = {str(play(policy, seen, seed)[0]) for seed in range(8)}
        assert (len(different) > 1) == (not deterministic)


def test_sampled_actions_come_with_the_probabilities_of_the_logits() -> None:
    class Lopsided(CrossViewNetwork):
        def forward(self, input: dict[str, Any], memory: Any = None) -> Any:
            latents, after = super().forward(input, memory)
            for name, tensor in latents["pi_logits"].items():
                latents["pi_logits"][name] = torch.full_like(tensor, -100.0)
            latents["pi_logits"]["buttons"][..., 1] = 0.0
            latents["pi_logits"]["camera"][..., [7, 70, 120]] = torch.tensor([0.2, 0.5, 0.3]).log()
            return latents, after

    policy, seen = MinePolicyWrapper(build(Lopsided)), [KIT.observation(0, 0)]
    turns = [tuple(play(policy, seen, seed)[0]["camera"].round(3).tolist()) for seed in range(250)]
    degrees = env_from_agent([1, 1, 1], [7, 70, 120])["camera"].astype(np.float32).round(3)
    shares = [turns.count(tuple(each.tolist())) / len(turns) for each in degrees]
    assert sum(shares) == 1.0
    assert np.abs(np.subtract(shares, [0.2, 0.5, 0.3])).max() < 0.1


def test_the_likeliest_action_is_the_one_that_the_network_names() -> None:
    network, policy = recorded(deterministic=True)
    (action,) = play(policy, [KIT.observation(0, 0)])
    with torch.inference_mode():
        latents, _ = build().forward(_copied(network.inputs[-1]))
    indices = [int(latents["pi_logits"][name].flatten().argmax()) for name in ("buttons", "camera")]
    env = env_from_agent([indices[0]], [indices[1]])
    assert [action[name] for name in BUTTONS] == [int(env[name][0]) for name in BUTTONS]
    assert action["camera"].tolist() == env["camera"][0].astype(np.float32).tolist()


@pytest.mark.parametrize(("width", "height"), [(640, 360), (160, 90)])
def test_a_prediction_is_in_pixels_of_the_native_picture_and_the_row_comes_first(width: int, height: int) -> None:
    class Points(Recorder):
        def forward(self, input: dict[str, Any], memory: Any = None) -> Any:
            latents, after = super().forward(input, memory)
            point = torch.tensor([[[0.25, 0.75]]])
            return {**latents, "exist": torch.full((1, 1, 1), 2.0), "point": point}, after

    seen = {
        **KIT.observation(0, 0),
        "image": np.zeros((height, width, 3), np.uint8),
        "goal_image": np.zeros((height, width, 3), np.uint8),
        "goal_mask": np.ones((height, width), np.uint8),
    }
    (action,) = play(MinePolicyWrapper(build(Points)), [seen])
    prediction = checked_action(action)["prediction"]
    assert prediction["visible"] == pytest.approx(1 / (1 + np.exp(-2.0)))
    assert prediction["point"] == (0.75 * width, 0.25 * height)


def test_a_network_without_auxiliary_outputs_predicts_nothing() -> None:
    class Plain(CrossViewNetwork):
        def forward(self, input: dict[str, Any], memory: Any = None) -> Any:
            latents, after = super().forward(input, memory)
            return {"pi_logits": latents["pi_logits"]}, after

    (action,) = play(MinePolicyWrapper(build(Plain)), [KIT.observation(0, 0)])
    assert "prediction" not in action


def test_its_memory_reaches_the_actions() -> None:
    policy = MinePolicyWrapper(build(), deterministic=True)
    for step in (1, 2):
        remembering = play(policy, [KIT.observation(0, each) for each in range(step + 1)])[-1]
        forgetful = play(policy, [KIT.observation(0, step)])[0]
        assert not identical(remembering["prediction"], forgetful["prediction"])


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda latents: latents["pi_logits"].pop("camera"), "'camera' is NoneType, expected 121 numbers"),
        (lambda latents: latents["pi_logits"].update(buttons=torch.zeros(1, 1, 9)), "expected 8641 numbers"),
        (lambda latents: latents.update(exist=torch.full((1, 1, 1), float("nan"))), "'exist' is not finite"),
        (lambda latents: latents.pop("pi_logits"), "the network failed: KeyError"),
        (lambda latents: latents.update(exist=torch.rand(1, 1, 1)), "differs between two calls"),
    ],
)
def test_a_network_that_breaks_the_interface_is_refused_when_it_is_loaded(change: Any, sentence: str) -> None:
    class Broken(CrossViewNetwork):
        def forward(self, input: dict[str, Any], memory: Any = None) -> Any:
            latents, after = super().forward(input, memory)
            change(latents)
            return latents, after

    with pytest.raises(UsageError, match=sentence):
        MinePolicyWrapper(build(Broken))


def test_a_network_that_fails_later_is_a_fault_of_the_policy() -> None:
    class Fails(CrossViewNetwork):
        def forward(self, input: dict[str, Any], memory: Any = None) -> Any:
            if input["image"].any():
                raise RuntimeError("out of\nmemory")
            return super().forward(input, memory)

    policy = MinePolicyWrapper(build(Fails))
    with pytest.raises(PolicyFault, match="the network failed: RuntimeError: memory"):
        policy.act([KIT.observation(0, 0)], [policy.initial_state()])


def test_a_resized_picture_is_bilinear_between_pixel_centres() -> None:
    ramp = np.broadcast_to(np.linspace(0, 255, 640, dtype=np.uint8)[None, :, None], (360, 640, 3)).copy()
    small = resized_picture(ramp).numpy()
    assert small.shape == (224, 224, 3)
    centres = (np.arange(224) + 0.5) * 640 / 224 - 0.5
    expected = np.interp(centres, np.arange(640), ramp[0, :, 0])
    assert np.abs(small[100, :, 1] - expected).max() <= 1.0
    assert (small == small[0]).all()


def test_a_resized_goal_mask_takes_the_nearest_pixel_and_never_vanishes() -> None:
    mask = np.zeros((360, 640), np.uint8)
    mask[100:140, 200:280] = 1
    small = resized_goal_mask(mask).numpy()
    assert small.dtype == np.uint8
    assert small.shape == (224, 224)
    for row, column in ((0, 0), (63, 71), (80, 97), (87, 98), (62, 70), (120, 80)):
        assert small[row, column] == mask[row * 360 // 224, column * 640 // 224]
    speck = np.zeros((360, 640), np.uint8)
    speck[101, 201] = 1
    assert resized_goal_mask(speck).sum() >= 1
    assert resized_goal_mask(np.zeros((360, 640), np.uint8)).sum() == 0


@pytest.mark.parametrize("size", [(640, 360), (320, 240), (160, 90), (224, 224)])
def test_resizing_agrees_with_open_cv(size: tuple[int, int]) -> None:
    cv2: Any = pytest.importorskip("cv2", reason="OpenCV comes with minestudio; without it there is nothing to compare")
    random = np.random.default_rng(3)
    picture = random.integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    theirs = cv2.resize(picture, (224, 224), interpolation=cv2.INTER_LINEAR)
    assert np.abs(resized_picture(picture).numpy().astype(int) - theirs).max() <= 1
    mask = random.integers(0, 2, (size[1], size[0]), dtype=np.uint8)
    theirs = cv2.resize(mask, (224, 224), interpolation=cv2.INTER_NEAREST)
    assert (resized_goal_mask(mask).numpy() == theirs).all()
