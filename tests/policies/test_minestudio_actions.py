"""Agent actions, env actions and ours turn into one another, as MineStudio turns them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from evalsuite.crossview.spaces import BUTTONS, checked_action
from evalsuite.policies.minestudio_actions import (
    BUTTON_CHOICES,
    CAMERA_CHOICES,
    OTHER_KEYS,
    STILL_CAMERA,
    action_from_env,
    agent_from_env,
    camera_bins,
    camera_degrees,
    env_from_agent,
)

KEYS = (*BUTTONS, *OTHER_KEYS)


def grid() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Every pair of a `buttons` and a `camera` index."""
    return np.divmod(np.arange(BUTTON_CHOICES * CAMERA_CHOICES), CAMERA_CHOICES)


def env(**pressed: Any) -> dict[str, NDArray[Any]]:
    """One env action; the camera stands still unless it is given."""
    camera = np.array([pressed.pop("camera", [0.0, 0.0])])
    return {**{name.replace("_", "."): np.array([value]) for name, value in pressed.items()}, "camera": camera}


def test_there_are_as_many_choices_as_the_published_heads_have() -> None:
    assert (BUTTON_CHOICES, CAMERA_CHOICES, STILL_CAMERA) == (8641, 121, 60)
    assert len(KEYS) == len(set(KEYS)) == 20


def test_the_camera_turns_by_the_published_degrees() -> None:
    published = np.array([0.0, 0.615, 1.609, 3.215, 5.810, 10.0])
    assert np.abs(camera_degrees(np.arange(5, 11)) - published).max() < 1e-3
    assert np.abs(camera_degrees(np.arange(5, -1, -1)) + published).max() < 1e-3
    assert camera_bins(camera_degrees(np.arange(11))).tolist() == list(range(11))
    assert camera_bins([-400.0, 400.0]).tolist() == [0, 10]


@pytest.mark.parametrize(
    ("pressed", "buttons", "camera"),
    [
        ({}, 0, 60),
        ({"camera": [10.0, 0.0]}, 1, 115),
        ({"camera": [0.0, 10.0]}, 1, 65),
        ({"jump": 1}, 2, 60),
        ({"attack": 1}, 4, 60),
        ({"drop": 1}, 8, 60),
        ({"use": 1}, 16, 60),
        ({"sprint": 1}, 32, 60),
        ({"sneak": 1}, 64, 60),
        ({"left": 1}, 96, 60),
        ({"right": 1}, 192, 60),
        ({"forward": 1}, 288, 60),
        ({"back": 1}, 576, 60),
        ({"hotbar_1": 1}, 864, 60),
        ({"hotbar_9": 1, "forward": 1, "camera": [-10.0, -10.0]}, 8065, 0),
        ({"inventory": 1}, 8640, 60),
    ],
)
def test_each_key_has_its_place_in_the_joint_index(pressed: dict[str, Any], buttons: int, camera: int) -> None:
    given_action = env(**pressed)
    assert [each.tolist() for each in agent_from_env(given_action)] == [[buttons], [camera]]
    back = env_from_agent([buttons], [camera])
    for name in KEYS:
        assert back[name].tolist() == given_action.get(name, np.array([0])).tolist()
    assert back["camera"].round(9).tolist() == given_action["camera"].tolist()


@pytest.mark.parametrize(
    ("pressed", "same_as"),
    [
        ({"forward": 1, "back": 1, "jump": 1}, {"jump": 1}),
        ({"left": 1, "right": 1}, {}),
        ({"sprint": 1, "sneak": 1}, {"sneak": 1}),
        ({"hotbar_3": 1, "hotbar_7": 1}, {"hotbar_7": 1}),
        ({"inventory": 1, "forward": 1, "camera": [5.0, 5.0]}, {"inventory": 1}),
        ({"camera": [0.2, -0.2]}, {}),
        ({"camera": [77.0, 0.0]}, {"camera": [10.0, 0.0]}),
    ],
)
def test_what_the_agent_can_not_say_becomes_what_it_can(pressed: dict[str, Any], same_as: dict[str, Any]) -> None:
    one, other = (agent_from_env(env(**each)) for each in (pressed, same_as))
    assert [each.tolist() for each in one] == [each.tolist() for each in other]


def test_every_agent_action_comes_back_from_the_env_action_that_it_stands_for() -> None:
    buttons, camera = grid()
    again_buttons, again_camera = agent_from_env(env_from_agent(buttons, camera))
    moves = (buttons % 2 == 1) & (buttons != BUTTON_CHOICES - 1)
    said = np.where(moves & (camera != STILL_CAMERA), buttons, buttons - moves)
    assert (again_buttons == said).all(), "a camera that moves by nothing does not move"
    assert (again_camera == np.where(moves, camera, STILL_CAMERA)).all()


@given(st.integers(0, BUTTON_CHOICES - 1), st.integers(0, CAMERA_CHOICES - 1))
def test_our_action_is_valid_and_counts_what_it_leaves_out(buttons: int, camera: int) -> None:
    action = env_from_agent([buttons], [camera])
    ours, dropped = action_from_env(action, 0)
    assert checked_action(ours).keys() == {*BUTTONS, "camera"}
    assert sum(ours[name] for name in BUTTONS) + dropped == sum(int(action[name][0]) for name in KEYS)


class TestAgainstMineStudio:
    """Both of MineStudio's converters, on a grid."""

    @pytest.fixture(autouse=True)
    def _converters(self) -> None:
        reason = "minestudio is not installed: there is nothing to compare with"
        mapping = pytest.importorskip("minestudio.utils.vpt_lib.action_mapping", reason=reason)
        actions = pytest.importorskip("minestudio.utils.vpt_lib.actions", reason=reason)
        self.mapper = mapping.CameraHierarchicalMapping(n_camera_bins=11)
        self.transformer = actions.ActionTransformer(
            camera_maxval=10, camera_binsize=2, camera_quantization_scheme="mu_law", camera_mu=10.0
        )

    def test_every_agent_action_becomes_the_same_env_action(self) -> None:
        buttons, camera = grid()
        theirs = self.transformer.policy2env(
            self.mapper.to_factored({"buttons": buttons[:, None], "camera": camera[:, None]})
        )
        ours = env_from_agent(buttons, camera)
        assert set(theirs) == {*KEYS, "camera"}
        for name in KEYS:
            assert (ours[name] == theirs[name]).all(), name
        assert np.abs(ours["camera"] - theirs["camera"]).max() < 1e-9

    def test_env_actions_with_any_keys_and_turns_become_the_same_agent_action(self) -> None:
        random = np.random.default_rng(5)
        count = 20_000
        pressed = {name: (random.random(count) < 0.25).astype(np.int64) for name in KEYS}
        pressed["inventory"] = (random.random(count) < 0.02).astype(np.int64)
        turns = random.uniform(-12, 12, (count, 2)) * (random.random((count, 1)) < 0.8)
        theirs = self.mapper.from_factored(self.transformer.env2policy({**pressed, "camera": turns}))
        buttons, camera = agent_from_env({**pressed, "camera": turns})
        assert (buttons == theirs["buttons"][:, 0]).all()
        assert (camera == theirs["camera"][:, 0]).all()

    def test_the_degrees_at_which_a_bin_ends_are_the_same(self) -> None:
        degrees = np.linspace(-11.0, 11.0, 44_001)
        assert (camera_bins(degrees) == self.transformer.discretize_camera(degrees)).all()
