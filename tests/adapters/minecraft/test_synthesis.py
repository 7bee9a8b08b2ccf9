from __future__ import annotations

from collections import Counter
from pathlib import Path

from evalsuite.adapters.minecraft.catalogue import BIOMES
from evalsuite.adapters.minecraft.synthesis import MIN_GOAL_PIXELS, make_scenarios, synthesize, visible_tasks
from evalsuite.suite.catalogue import find_suite
from tests.adapters.minecraft.conftest import needs_minestudio


@needs_minestudio
def test_the_shipped_suites_come_out_of_the_generator_again(tmp_path: Path) -> None:
    suite, _ = find_suite("minecraft-rocket3")
    made = list(synthesize(2, 2507, folder=tmp_path))
    for again, shipped in zip(made, suite.scenarios, strict=False):
        assert again.model_copy(update={"id": f"minecraft-rocket3/{again.id}"}) == shipped
    suite, _ = find_suite("minecraft-visible")
    (again,) = make_scenarios(visible_tasks()[:1], 2410, folder=tmp_path)
    assert again.model_copy(update={"id": f"minecraft-visible/{again.id}"}) == suite.scenarios[0]


def test_the_published_protocol_is_what_the_suite_holds() -> None:
    suite, _ = find_suite("minecraft-rocket3")
    cells = Counter((each.interaction, each.difficulty) for each in suite.scenarios)
    assert len(cells) == 15
    assert set(cells.values()) == {32}
    assert {each.max_steps for each in suite.scenarios} == {600}
    assert {each.level["biome"] for each in suite.scenarios} == set(BIOMES)
    assert {round(each.view.manhattan_m) for each in suite.scenarios} == {20, 40, 60}
    assert all((each.view.goal_target_pixels or 0) >= MIN_GOAL_PIXELS for each in suite.scenarios)


def test_every_target_of_the_visible_suite_is_in_sight_at_the_start() -> None:
    suite, _ = find_suite("minecraft-visible")
    assert len(suite.scenarios) == 48
    assert all(each.view.target_visible_at_start for each in suite.scenarios)
    groups = Counter(each.id.partition("/")[2].partition("-")[0] for each in suite.scenarios)
    assert groups == dict.fromkeys(("hunt", "mine", "interact", "navigate", "tool", "place"), 8)
