"""What the two sides say is typed: anything else is malformed, whatever it is."""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("websockets", reason="needs the extra `serve`")
pytest.importorskip("msgpack", reason="needs the extra `serve`")

from evalsuite.crossview.spaces import action_space, observation_space
from evalsuite.serving.codec import Malformed, decode, encode
from evalsuite.serving.messages import Act, Hello, checked_observation, read, spoken_spaces
from evalsuite.serving.server import Client
from tests.serving.server_process import observation

ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 9) | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
PICTURES = st.sampled_from([np.ones((4, 4, 3), np.uint8), np.ones((4, 4), np.uint8), np.ones(3, np.float32)])
PARTS = st.fixed_dictionaries({}, optional=dict.fromkeys(observation(0, 0), PICTURES | st.integers(-1, 5) | ANYTHING))
NUMBERS = st.integers(0, 4)
ROWS = st.fixed_dictionaries(
    {"then": NUMBERS, "observation": PARTS},
    optional={
        "seed": NUMBERS,
        "state": NUMBERS,
        "kept": st.dictionaries(st.sampled_from(["image", "goal_image", "goal_mask"]), NUMBERS),
        "other": ANYTHING,
    },
)
KEPT = st.fixed_dictionaries({"number": NUMBERS, "array": PICTURES | ANYTHING})
ACTS = st.fixed_dictionaries(
    {"type": st.just("act") | ANYTHING, "rows": st.lists(ROWS, max_size=3) | ANYTHING},
    optional={"keep": st.lists(KEPT, max_size=3) | ANYTHING, "forget": st.lists(NUMBERS, max_size=3) | ANYTHING},
)


@given(st.lists(ACTS | ANYTHING, max_size=3))
def test_whatever_a_client_says_is_a_question_or_malformed(said: list[Any]) -> None:
    client = Client()
    with contextlib.suppress(Malformed):
        for each in said:
            for question in client.questions(read(Act, encode(each))):
                assert observation_space(4, 4).contains(question.observation)


def test_the_two_spaces_are_stated_as_gymnasium_has_them() -> None:
    spoken = decode(encode(spoken_spaces()))
    assert spoken == spoken_spaces()
    assert set(spoken["observation"]) == set(observation_space(1, 1).spaces)
    assert set(spoken["action"]) == set(action_space().spaces)
    assert spoken["observation"]["image"]["shape"] == [None, None, 3]
    assert spoken["action"]["camera"] == {"kind": "box", "dtype": "float32", "shape": [2], "low": -180.0, "high": 180.0}


def test_an_observation_of_any_size_is_one() -> None:
    for side in (5, 31):
        assert set(checked_observation(observation(0, 0, side))) == set(observation(0, 0, side))


def test_a_hello_of_another_version_is_told_by_its_version_not_by_its_fields() -> None:
    with pytest.raises(Malformed, match="version 7 of the protocol"):
        read(Hello, encode({"type": "hello", "protocol": 7}))
