"""Scenarios of unreal-blocks, episodes of the oracle, and marks for what needs a client that may not be there."""

from __future__ import annotations

import pytest

from evalsuite.adapters.unreal.airsim_client import DIALECTS, Dialect
from evalsuite.crossview.environment import CrossViewEnv
from evalsuite.crossview.simulator import PlannableSimulator
from evalsuite.policies.oracle import Oracle
from evalsuite.suite.catalogue import find_suite
from evalsuite.suite.scenario import Scenario

needs_a_client = pytest.mark.skipif(
    not any(each.installed for each in DIALECTS), reason="no AirSim client is here: cosysairsim or airsim"
)


def needs(dialect: Dialect) -> pytest.MarkDecorator:
    """Skip where the dialect's client is not installed."""
    return pytest.mark.skipif(not dialect.installed, reason=f"{dialect.module} is not here: {dialect.install}")


def shipped(identity: str) -> Scenario:
    """A scenario of unreal-blocks by the end of its id."""
    suite, _ = find_suite("unreal-blocks")
    return next(each for each in suite.scenarios if each.id.endswith(identity))


def solve(simulator: PlannableSimulator, scenario: Scenario) -> CrossViewEnv:
    """The oracle's episode; returns the environment at its end."""
    env = CrossViewEnv(simulator, scenario)
    seen, _ = env.reset(seed=0)
    oracle = Oracle().attach(env)
    states = [oracle.initial_state()]
    over = False
    while not over:
        actions, new = oracle.act([seen], states)
        states = list(new)
        seen, _, terminated, truncated, _ = env.step(actions[0])
        over = terminated or truncated
    return env
