"""The two trained checkpoints that come with the package."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evalsuite.gate.sources import read_source
from evalsuite.policies.policy import Policy
from evalsuite.policies.references import TRAINED, load_policy, parse_reference
from evalsuite.statistics.comparison import compare
from evalsuite.suite.catalogue import find_suite
from evalsuite.testing import PolicyConformance

MOST_BYTES = 8_000_000
SCORED = Path(__file__).parent / "doom-standard.parquet"
"""What `evalsuite baseline` made of both on doom-standard, beside the random control."""


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


def test_both_are_far_from_chance_on_doom_standard_and_the_suite_tells_them_apart() -> None:
    scored = read_source(SCORED, "base")
    assert scored.suite_sha256 == find_suite("doom-standard")[0].sha256()
    policies = {each.label: each for each in scored.policies}
    for name in TRAINED:
        assert policies[name].sha256 == parse_reference(name).sha256, f"{name} has changed since it was scored"
        against_chance = compare(policies["random"].episodes, policies[name].episodes).pooled
        assert against_chance.gained > against_chance.lost
        assert against_chance.p_changed < 0.001
    pooled = compare(policies["doom-pretrained"].episodes, policies["doom-finetuned"].episodes).pooled
    assert pooled.n == 480
    assert pooled.gained > pooled.lost
    assert pooled.lost + pooled.both >= 0.25 * pooled.n
    assert pooled.gained + pooled.both >= 0.45 * pooled.n
    assert pooled.p_changed < 0.001
