from __future__ import annotations

from evalsuite.runner.plan import EpisodeQueue, plan_episodes
from tests.worlds.grid_world import grid_scenario, grid_suite

SUITE = grid_suite(grid_scenario("a"), grid_scenario("b").model_copy(update={"world": "other"}), grid_scenario("c"))


def drained(queue: EpisodeQueue, world: str | None) -> list[tuple[str, str, int]]:
    keys = []
    while (episode := queue.take(world)) is not None:
        keys.append(episode.key)
    return keys


def test_every_scenario_is_played_with_every_policy_and_seed() -> None:
    keys = [episode.key for episode in plan_episodes(SUITE, ["p", "q"], [0, 1], attempts={})]
    assert len(keys) == len(set(keys)) == 12
    assert keys[:3] == [("a", "p", 0), ("a", "q", 0), ("b", "p", 0)]


def test_settled_episodes_are_not_played_and_earlier_attempts_count() -> None:
    episodes = plan_episodes(SUITE, ["p"], [0], attempts={("c", "p", 0): 2})
    queue = EpisodeQueue(episodes, {("a", "p", 0), ("b", "p", 0)})
    episode = queue.take(None)
    assert episode is not None
    assert (episode.key, episode.attempts, len(queue)) == (("c", "p", 0), 2, 0)


def test_a_worker_keeps_to_its_world_as_long_as_there_is_work() -> None:
    queue = EpisodeQueue(plan_episodes(SUITE, ["p"], [0], attempts={}), ())
    assert [key[0] for key in drained(queue, "other")] == ["b", "a", "c"]


def test_an_episode_to_be_tried_again_comes_after_the_others() -> None:
    queue = EpisodeQueue(plan_episodes(SUITE, ["p"], [0], attempts={}), ())
    first = queue.take("grid")
    assert first is not None
    queue.put_back(first)
    assert [key[0] for key in drained(queue, "grid")] == ["c", "a", "b"]
