"""The success rules, by worked examples."""

from __future__ import annotations

from dataclasses import replace

import pytest

from evalsuite.crossview import Event, Facts, Pose, SimulatorSpec
from evalsuite.crossview.success import SUCCESS_RULES, is_wrong_target

SPEC = SimulatorSpec("test", 600, 300, 90.0, 60.0, 10.0, frozenset(SUCCESS_RULES))


def at(distance: float, column: float | None = 300.0) -> Facts:
    """Facts with the target `distance` m to the north, its pixels centred on `column`."""
    centroid = None if column is None else (column, 150.0)
    eye = Pose(x=0.0, y=0.0, z=1.6)
    return Facts(eye, (0.0, distance, 9.0), 0 if column is None else 50, centroid)


@pytest.mark.parametrize(
    ("facts", "holds"),
    [
        (at(1.0), True),
        (at(2.0), True),
        (at(2.01), False),
        (at(1.0, column=None), False),
        (at(1.0, column=200.0), True),
        (at(1.0, column=199.0), False),
        (at(1.0, column=400.0), True),
        (at(1.0, column=401.0), False),
        (Facts(Pose(x=0.0, y=0.0, z=1.6), None, 0, None), False),
    ],
)
def test_approach_needs_nearness_and_the_target_in_the_middle_third(facts: Facts, holds: bool) -> None:
    assert SUCCESS_RULES["approach"].holds(facts, "meant", SPEC) is holds


def test_a_world_may_declare_a_radius_of_its_own() -> None:
    small = replace(SPEC, approach_radius=0.5)
    assert [SUCCESS_RULES["approach"].holds(at(metres), "meant", small) for metres in (0.5, 0.51)] == [True, False]


def test_approach_is_held_for_five_steps_and_the_rest_for_one() -> None:
    assert {name: rule.held_steps for name, rule in SUCCESS_RULES.items()} == {
        "approach": 5,
        "break": 1,
        "interact": 1,
        "melee_hunt": 1,
        "archery": 1,
    }


EVENTS: list[tuple[Event, str | None]] = [
    (Event("broken", "meant", "melee"), "break"),
    (Event("broken", "meant", "projectile"), "break"),
    (Event("used", "meant", "hand"), "interact"),
    (Event("killed", "meant", "melee"), "melee_hunt"),
    (Event("killed", "meant", "projectile"), "archery"),
    (Event("killed", "meant", "other"), None),
    (Event("hit", "meant", "melee"), None),
    (Event("hit", "meant", "projectile"), None),
    (Event("broken", "other", "melee"), None),
    (Event("killed", "other", "projectile"), None),
    (Event("killed", "meant", "melee", by_agent=False), None),
    (Event("broken", "meant", "other", by_agent=False), None),
]


@pytest.mark.parametrize(("event", "won"), EVENTS)
def test_an_event_wins_the_one_interaction_that_it_carries_out(event: Event, won: str | None) -> None:
    facts = Facts(Pose(x=0.0, y=0.0, z=1.6), None, events=(event,))
    holding = [name for name, rule in SUCCESS_RULES.items() if rule.holds(facts, "meant", SPEC)]
    assert holding == ([won] if won else [])


@pytest.mark.parametrize(
    ("event", "wrong"),
    [
        (Event("broken", "other", "melee"), True),
        (Event("used", "other", "hand"), True),
        (Event("killed", "other", "projectile"), True),
        (Event("hit", "other", "melee"), False),
        (Event("killed", "other", "melee", by_agent=False), False),
        (Event("broken", "meant", "melee"), False),
    ],
)
def test_only_the_agents_own_deed_on_something_else_is_a_wrong_target(event: Event, wrong: bool) -> None:
    assert is_wrong_target(event, "meant") is wrong
