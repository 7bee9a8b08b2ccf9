"""Torch models as policies: exact whatever runs beside them, and refused when they break the contract."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from evalsuite.crossview import BUTTONS, checked_action
from evalsuite.errors import PolicyFault, UsageError
from evalsuite.policies.policy import Policy
from evalsuite.policies.references import load_policy, parse_reference
from evalsuite.policies.small_network import CONTRACT, build
from evalsuite.policies.torch_policy import ModelContract, StateTensor, TorchPolicy, resized_mask, resized_picture
from evalsuite.testing import PolicyConformance
from evalsuite.testing.identity import identical

FACTORY = "evalsuite.policies.small_network:untrained"


class TestUntrainedNetworkByFactory(PolicyConformance):
    def make_policy(self) -> Policy:
        policy = load_policy(parse_reference(FACTORY))
        assert isinstance(policy, Policy)
        return policy


class TestPaddedToEight(PolicyConformance):
    def make_policy(self) -> Policy:
        return TorchPolicy(build(), CONTRACT.model_copy(update={"batch": 8}))


class TestPaddedToFourWithoutSampling(PolicyConformance):
    def make_policy(self) -> Policy:
        return TorchPolicy(build(), CONTRACT.model_copy(update={"batch": 4, "sample": False}))


class _ByReference(PolicyConformance):
    reference: ClassVar[str]

    def make_policy(self) -> Policy:
        policy = load_policy(parse_reference(self.reference))
        assert isinstance(policy, Policy)
        return policy


class TestTorchScript(_ByReference):
    @pytest.fixture(autouse=True)
    def _archive(self, torchscript_file: Path) -> None:
        type(self).reference = f"torchscript:{torchscript_file}"


class TestExport(_ByReference):
    @pytest.fixture(autouse=True)
    def _archive(self, export_file: Path) -> None:
        type(self).reference = f"export:{export_file}"


def test_the_same_weights_act_the_same_as_module_torchscript_and_export(
    torchscript_file: Path, export_file: Path
) -> None:
    kit = TestUntrainedNetworkByFactory()
    seen = [kit.observation(0, step) for step in range(4)]
    results = []
    for reference in (FACTORY, f"torchscript:{torchscript_file}", f"export:{export_file}"):
        policy = load_policy(parse_reference(reference))
        assert isinstance(policy, TorchPolicy)
        state, actions = policy.initial_state(5), []
        for each in seen:
            (action,), (state,) = policy.act([each], [state])
            actions.append([action[name] for name in BUTTONS] + action["camera"].round(4).tolist())
        results.append(actions)
    assert results[0] == results[1] == results[2]


def test_its_memory_and_its_sight_reach_the_actions() -> None:
    policy = TorchPolicy(build(), CONTRACT)
    kit = PolicyConformance()
    (first,), (state,) = policy.act([kit.observation(0, 0)], [policy.initial_state(0)])
    (remembering,), _ = policy.act([kit.observation(0, 1)], [state])
    (forgetful,), _ = policy.act([kit.observation(0, 1)], [policy.initial_state(0)])
    assert not identical(remembering["camera"], forgetful["camera"]), "the state must matter"
    assert not identical(first["camera"], forgetful["camera"]), "the picture must matter"


@pytest.mark.parametrize("batch", [0, 2, 3, 6, 257])
def test_a_batch_at_which_a_row_depends_on_its_place_is_no_contract(batch: int) -> None:
    with pytest.raises(ValidationError):
        ModelContract(image_size=(8, 8), batch=batch)


def test_a_sampled_button_depends_on_the_seed_and_a_threshold_does_not() -> None:
    seen = PolicyConformance().observation(0, 0)
    for sample in (True, False):
        policy = TorchPolicy(build(), CONTRACT.model_copy(update={"sample": sample}))
        pressed = {
            tuple(policy.act([seen], [policy.initial_state(seed)])[0][0][name] for name in BUTTONS)
            for seed in range(12)
        }
        assert (len(pressed) > 1) == sample, f"sample={sample} gave {len(pressed)} different answers"


def test_a_predicted_point_is_in_pixels_of_the_native_picture() -> None:
    policy = TorchPolicy(build(), CONTRACT)
    (action,), _ = policy.act([PolicyConformance().observation(0, 0)], [policy.initial_state(0)])
    x, y = checked_action(action)["prediction"]["point"]
    assert 0 < x < 160
    assert 0 < y < 90
    assert max(x, y) > 1, "pixels, not shares"


def test_a_goal_view_that_is_known_already_changes_nothing_and_another_one_is_seen() -> None:
    policy = TorchPolicy(build(), CONTRACT)
    kit = PolicyConformance()
    first, other = kit.observation(0, 0), kit.observation(1, 0)
    fixed = {**first, "goal_image": first["goal_image"].copy(), "goal_mask": first["goal_mask"].copy()}
    fixed["goal_image"].flags.writeable = fixed["goal_mask"].flags.writeable = False
    _, (state,) = policy.act([fixed], [policy.initial_state(0)])
    (known,), _ = policy.act([fixed], [state])
    (seen_anew,), _ = policy.act([first], [state])
    (changed,), _ = policy.act([{**fixed, "goal_image": other["goal_image"]}], [state])
    assert identical(known, seen_anew)
    assert not identical(known["camera"], changed["camera"])


def test_a_goal_view_that_may_have_been_written_to_is_looked_at_again() -> None:
    policy = TorchPolicy(build(), CONTRACT)
    seen = PolicyConformance().observation(0, 0)
    _, (state,) = policy.act([seen], [policy.initial_state(0)])
    (before,), _ = policy.act([seen], [state])
    seen["goal_image"][:] = 255 - seen["goal_image"]
    (after,), _ = policy.act([seen], [state])
    assert not identical(before["camera"], after["camera"])


def test_a_resized_mask_never_vanishes() -> None:
    mask = np.zeros((360, 640), np.uint8)
    mask[123, 457] = 1
    small = resized_mask(mask, (112, 112))
    assert small.dtype == torch.uint8
    assert small.sum() >= 1
    assert set(small.flatten().tolist()) == {0, 1}


def test_a_resized_picture_keeps_its_colours_in_their_places() -> None:
    picture = np.zeros((360, 640, 3), np.uint8)
    picture[:180, :320] = (250, 10, 20)
    small = resized_picture(picture, (112, 112)).numpy()
    assert small.shape == (112, 112, 3)
    assert small[20, 20].tolist() == [250, 10, 20]
    assert small[90, 90].tolist() == [0, 0, 0]


TINY = ModelContract(image_size=(8, 8), state=(StateTensor(shape=(2,)),))


def answer(batch: int, **changes: Any) -> dict[str, Any]:
    """A right answer to `TINY`, with changes; None removes an output."""
    right: dict[str, Any] = {
        "buttons": torch.zeros(batch, 9),
        "camera": torch.zeros(batch, 2),
        "state_0": torch.zeros(batch, 2),
    }
    return {name: value for name, value in {**right, **changes}.items() if value is not None}


@pytest.mark.parametrize(
    ("reply", "sentence"),
    [
        (lambda: torch.zeros(1, 9), "returned a Tensor, expected a dict"),
        (lambda: answer(1, camera=None), "no tensor 'camera'"),
        (lambda: answer(1, buttons=torch.zeros(1, 8)), r"'buttons' has shape \(1, 8\), expected \(1, 9\)"),
        (lambda: answer(2), r"has shape \(2, 9\), expected \(1, 9\)"),
        (lambda: answer(1, state_0=torch.zeros(1, 2, dtype=torch.float64)), "expected torch.float32"),
        (lambda: answer(1, gaze=torch.zeros(1)), "unknown output 'gaze'"),
        (lambda: answer(1, camera=torch.full((1, 2), float("nan"))), "'camera' is not finite"),
        (lambda: answer(1, buttons=torch.full((1, 9), float("nan"))), "'buttons' is not finite"),
        (lambda: torch.zeros(3) @ torch.zeros(4), "the model failed: RuntimeError"),
        (lambda: answer(1, camera=torch.rand(1, 2)), "differs between two calls"),
    ],
)
def test_a_model_that_breaks_the_contract_is_refused_when_it_is_loaded(reply: Callable[[], Any], sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        TorchPolicy(lambda *_: reply(), TINY)


def test_a_model_that_fails_later_is_a_fault_of_the_policy() -> None:
    def model(image: torch.Tensor, *_: torch.Tensor) -> dict[str, Any]:
        return answer(1, camera=torch.full((1, 2), float("nan") if image.any() else 0.0))

    policy = TorchPolicy(model, TINY)
    with pytest.raises(PolicyFault, match="not finite"):
        policy.act([PolicyConformance().observation(0, 0)], [policy.initial_state(0)])
