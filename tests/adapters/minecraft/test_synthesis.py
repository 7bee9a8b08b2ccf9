from __future__ import annotations

from collections import Counter
from pathlib import Path

from evalsuite.adapters.minecraft.catalogue import BIOMES
from evalsuite.adapters.minecraft.simulator import check_scenario
from evalsuite.adapters.minecraft.synthesis import RULES, VISIBLE_TASKS, MinecraftSource
from evalsuite.suite.catalogue import find_suite
from evalsuite.synthesis import sampled
from tests.adapters.minecraft.conftest import needs_minestudio


@needs_minestudio
def test_what_is_made_is_played_and_spread_over_interactions_and_difficulties(tmp_path: Path) -> None:
    made = list(sampled(MinecraftSource(tmp_path), 2, 5))
    assert [(each.interaction, each.difficulty) for each in made] == [
        ("approach", "easy"),
        ("approach", "medium"),
    ]
    for each in made:
        check_scenario(each)
        assert (each.view.goal_target_pixels or 0) >= RULES.min_goal_pixels
        assert each.view.covisibility is not None


@needs_minestudio
def test_the_tasks_of_the_visible_suite_are_made_in_sight(tmp_path: Path) -> None:
    (first,) = sampled(MinecraftSource(tmp_path, VISIBLE_TASKS), 1, 5)
    assert first.id == "hunt-sheep-0000"
    assert first.view.target_visible_at_start


def test_the_published_protocol_is_what_the_suite_holds() -> None:
    suite, _ = find_suite("minecraft-rocket3")
    cells = Counter((each.interaction, each.difficulty) for each in suite.scenarios)
    assert len(cells) == 15
    assert set(cells.values()) == {32}
    assert {each.max_steps for each in suite.scenarios} == {600}
    assert {each.level["biome"] for each in suite.scenarios} == set(BIOMES)
    assert {round(each.view.manhattan_m) for each in suite.scenarios} == {20, 40, 60}
    assert all((each.view.goal_target_pixels or 0) >= RULES.min_goal_pixels for each in suite.scenarios)


def test_every_target_of_the_visible_suite_is_in_sight_at_the_start() -> None:
    suite, _ = find_suite("minecraft-visible")
    assert len(suite.scenarios) == 48
    assert all(each.view.target_visible_at_start for each in suite.scenarios)
    groups = Counter(each.id.partition("/")[2].partition("-")[0] for each in suite.scenarios)
    assert groups == dict.fromkeys(("hunt", "mine", "interact", "navigate", "tool", "place"), 8)
