"""When an interaction has succeeded: one rule a function, on ground truth alone, the same in every world.

The published code calls an episode won when the target block is gone while the agent is within 5 blocks
(CraftJarvis/ROCKET-3); the paper gives no radius for Approach. The rules here are stricter where that is
ambiguous: it must be the target itself, by the means that the interaction names, by the agent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from evalsuite.crossview.geometry import ground_distance
from evalsuite.crossview.simulator import Event, Facts, SimulatorSpec

APPROACH_MIDDLE = (1.0 / 3.0, 2.0 / 3.0)
"""The target's visible pixels must centre in this part of the picture's width. Ours."""

APPROACH_HELD_STEPS = 5
"""Steps in a row, so that running past is not arriving. Ours."""


@dataclass(frozen=True)
class SuccessRule:
    """A rule is met when `holds` has been true for `held_steps` steps in a row."""

    interaction: str
    holds: Callable[[Facts, str, SimulatorSpec], bool]
    held_steps: int = 1


def approached(facts: Facts, target: str, spec: SimulatorSpec) -> bool:
    """Within the world's radius of the target (2 m, unless it declares another), in view in the picture's middle third.

    Where a world can't know visible pixels there is no such view, and the rule does not hold.
    """
    if facts.target is None or facts.target_centroid is None:
        return False
    low, high = (edge * spec.width for edge in APPROACH_MIDDLE)
    near = ground_distance(facts.agent.position, facts.target) <= spec.approach_radius
    return near and low <= facts.target_centroid[0] <= high


def broke(facts: Facts, target: str, spec: SimulatorSpec) -> bool:
    """The target itself destroyed by the agent, by whatever means."""
    return _happened(facts, target, "broken", None)


def interacted(facts: Facts, target: str, spec: SimulatorSpec) -> bool:
    """The target itself used by the agent."""
    return _happened(facts, target, "used", None)


def hunted_by_melee(facts: Facts, target: str, spec: SimulatorSpec) -> bool:
    """The target killed by a melee blow of the agent."""
    return _happened(facts, target, "killed", "melee")


def shot(facts: Facts, target: str, spec: SimulatorSpec) -> bool:
    """The target killed by a projectile of the agent."""
    return _happened(facts, target, "killed", "projectile")


SUCCESS_RULES: dict[str, SuccessRule] = {
    "approach": SuccessRule("approach", approached, APPROACH_HELD_STEPS),
    "break": SuccessRule("break", broke),
    "interact": SuccessRule("interact", interacted),
    "melee_hunt": SuccessRule("melee_hunt", hunted_by_melee),
    "archery": SuccessRule("archery", shot),
}


def is_wrong_target(event: Event, target: str) -> bool:
    """Whether the agent broke, used or killed something that was not meant. A mere hit does not count."""
    return event.by_agent and event.object != target and event.kind in ("broken", "used", "killed")


def _happened(facts: Facts, target: str, kind: str, means: str | None) -> bool:
    return any(
        event.by_agent and event.object == target and event.kind == kind and means in (None, event.means)
        for event in facts.events
    )
