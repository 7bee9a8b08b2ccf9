"""The two trained checkpoints that come with the package."""

from __future__ import annotations

import json

import pytest

from evalsuite.policies.policy import Policy
from evalsuite.policies.references import TRAINED, load_policy, parse_reference
from evalsuite.suite.catalogue import find_suite
from evalsuite.testing import PolicyConformance

MOST_BYTES = 8_000_000


class TestPretrained(PolicyConformance):
    def make_policy(self) -> Policy:
        return loaded("doom-pretrained")


class TestFinetuned(PolicyConformance):
    def make_policy(self) -> Policy:
        return loaded("doom-finetuned")


def loaded(name: str) -> Policy:
    policy = load_policy(parse_reference(name))
    assert isinstance(policy, Policy)
    return policy


@pytest.mark.parametrize("name", ["doom-pretrained", "doom-finetuned"])
def test_a_trained_checkpoint_is_small_and_named_by_a_word(name: str) -> None:
    reference = parse_reference(name)
    assert reference.kind == "trained"
    assert reference.label == name
    assert TRAINED[name].stat().st_size < MOST_BYTES


def test_no_level_that_was_trained_on_is_in_a_shipped_suite() -> None:
    trained_on = set(json.loads((TRAINED["doom-pretrained"].parent / "record.json").read_text())["layouts"])
    assert len(trained_on) > 1000
    for suite in ("doom-quick", "doom-standard"):
        levels = [scenario.level for scenario in find_suite(suite)[0].scenarios]
        assert not trained_on & {f"{level['theme']} {level['layout']}" for level in levels}
