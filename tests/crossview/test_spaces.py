"""An action is in the space, or the key at fault is named."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from evalsuite.crossview import BUTTONS, INTERACTIONS, action_space, checked_action, noop_action, observation_space
from evalsuite.crossview.spaces import checked_prediction
from evalsuite.errors import PolicyFault


def test_the_noop_action_is_in_the_action_space() -> None:
    assert action_space().contains(noop_action())


def test_the_action_space_has_nine_buttons_and_a_camera_of_two() -> None:
    space = action_space()
    assert set(space.keys()) == {*BUTTONS, "camera"}
    assert len(BUTTONS) == 9
    assert space["camera"].shape == (2,)
    assert space["camera"].dtype == np.float32


def test_pictures_are_height_by_width() -> None:
    space = observation_space(width=640, height=360)
    assert space["image"].shape == space["goal_image"].shape == (360, 640, 3)
    assert space["goal_mask"].shape == (360, 640)
    assert space["interaction"].n == len(INTERACTIONS) == 5  # type: ignore[attr-defined]


@given(st.integers(0, 2**32 - 1))
def test_any_sample_of_the_action_space_passes(seed: int) -> None:
    space = action_space()
    space.seed(seed)
    checked = checked_action(space.sample())
    assert space.contains(checked)


@pytest.mark.parametrize("one", [1, 1.0, True, np.int64(1), np.float32(1), np.bool_(True), np.array(1)])
def test_a_button_may_be_any_kind_of_one(one: Any) -> None:
    checked = checked_action({**noop_action(), "attack": one})
    assert checked["attack"] == 1
    assert type(checked["attack"]) is int


@pytest.mark.parametrize("camera", [[3, -4], (3.0, -4.0), np.array([3, -4], np.float64), np.array([3, -4], np.int8)])
def test_a_camera_may_be_any_two_numbers(camera: Any) -> None:
    checked = checked_action({**noop_action(), "camera": camera})["camera"]
    assert checked.dtype == np.float32
    assert checked.tolist() == [3.0, -4.0]


@pytest.mark.parametrize(
    ("action", "sentence"),
    [
        ([0] * 9, "an action is a dict, not list"),
        (None, "an action is a dict, not NoneType"),
        ({**noop_action(), "fire": 1}, "unknown key 'fire'"),
        ({3: 1}, "unknown key '3'"),
        ({"camera": [0, 0]}, "lacks the key 'forward'"),
        (dict.fromkeys(BUTTONS, 0), "lacks the key 'camera'"),
        ({**noop_action(), "jump": 2}, r"action\['jump'\] is 2; a button is 0 or 1"),
        ({**noop_action(), "jump": 0.5}, "a button is 0 or 1"),
        ({**noop_action(), "jump": [1]}, r"has shape \(1,\), expected \(\)"),
        ({**noop_action(), "jump": "yes"}, "is not a number: 'yes'"),
        ({**noop_action(), "jump": None}, "is not a number: None"),
        ({**noop_action(), "jump": "1"}, "is not a number: '1'"),
        ({**noop_action(), "jump": 1 + 1j}, "is not a number"),
        ({**noop_action(), "jump": 10**400}, "is not a number"),
        ({**noop_action(), "camera": [[0], [0, 1]]}, "is not a number"),
        ({**noop_action(), "camera": [0, float("nan")]}, "is not finite"),
        ({**noop_action(), "camera": [float("inf"), 0]}, "is not finite"),
        ({**noop_action(), "camera": [0, 0, 0]}, r"has shape \(3,\), expected \(2,\)"),
        ({**noop_action(), "camera": [0, -180.1]}, "turns -180.1 degrees"),
        ({**noop_action(), "prediction": 0.4}, "a prediction is a dict"),
        ({**noop_action(), "prediction": {"visible": 1.2}}, "outside"),
        ({**noop_action(), "prediction": {"visible": 1, "point": [1]}}, "prediction.point has shape"),
    ],
)
def test_a_wrong_action_names_the_key_at_fault(action: Any, sentence: str) -> None:
    with pytest.raises(PolicyFault, match=sentence):
        checked_action(action)


ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.complex_numbers(),
    st.text(max_size=5),
    st.binary(max_size=5),
    st.lists(st.floats(), max_size=3),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
    arrays.arrays(st.sampled_from([np.float32, np.int64, np.bool_, np.complex64]), arrays.array_shapes(max_side=3)),
)


@given(st.sampled_from([*BUTTONS, "camera", "prediction", "other"]), ANYTHING)
def test_whatever_a_value_is_the_answer_is_an_action_or_a_fault_of_the_policy(key: str, value: Any) -> None:
    try:
        checked = checked_action({**noop_action(), key: value})
    except PolicyFault:
        return
    checked.pop("prediction", None)
    assert action_space().contains(checked)


@given(ANYTHING)
def test_whatever_an_action_is_the_answer_is_an_action_or_a_fault_of_the_policy(action: Any) -> None:
    with pytest.raises(PolicyFault):
        checked_action(action)


@given(ANYTHING, ANYTHING)
def test_whatever_a_prediction_holds_it_is_checked(visible: Any, point: Any) -> None:
    try:
        checked = checked_prediction({"visible": visible, "point": point})
    except PolicyFault:
        return
    assert 0.0 <= checked["visible"] <= 1.0


def test_an_action_is_not_changed_by_being_checked() -> None:
    camera = np.array([1.0, 2.0], np.float32)
    action = {**noop_action(), "camera": camera}
    checked_action(action)["camera"][0] = 99.0
    assert camera.tolist() == [1.0, 2.0]
