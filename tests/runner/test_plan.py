from __future__ import annotations

from evalsuite.records.reading import Tries
from evalsuite.runner.expected_length import ExpectedLength
from evalsuite.runner.plan import Episode, EpisodeQueue, in_random_order, plan_episodes
from tests.worlds.grid_world import grid_scenario, grid_suite

SUITE = grid_suite(grid_scenario("a"), grid_scenario("b").model_copy(update={"world": "other"}), grid_scenario("c"))
GRID = [scenario.id for scenario in in_random_order(SUITE) if scenario.world == "grid"]


def drained(queue: EpisodeQueue, world: str | None) -> list[tuple[str, str, int]]:
    keys = []
    while (episode := queue.take(world)) is not None:
        keys.append(episode.key)
    return keys


def test_every_scenario_is_played_with_every_policy_and_seed() -> None:
    keys = [episode.key for episode in plan_episodes(SUITE, ["p", "q"], [0, 1], tries={})]
    assert len(keys) == len(set(keys)) == 12
    order = [scenario.id for scenario in in_random_order(SUITE)]
    assert [key[0] for key in keys] == [name for name in order for _ in "pq"] * 2
    assert [key[1:] for key in keys[:6]] == [("p", 0), ("q", 0)] * 3


def test_the_order_of_scenarios_is_random_but_depends_on_the_content_of_the_suite_alone() -> None:
    many = [grid_scenario(f"s{number}") for number in range(30)]
    orders = [[each.id for each in in_random_order(grid_suite(*scenarios))] for scenarios in (many, many[::-1])]
    assert orders[0] == orders[1]
    assert orders[0] != sorted(orders[0])
    assert sorted(orders[0]) == sorted(each.id for each in many)


def test_a_queue_in_order_ignores_worlds() -> None:
    episodes = list(plan_episodes(SUITE, ["p"], [0], tries={}))
    queue = EpisodeQueue(iter(episodes), (), in_order=True)
    assert drained(queue, "other") == [episode.key for episode in episodes]


def test_dropping_a_policy_leaves_the_others_and_what_has_been_tried() -> None:
    queue = EpisodeQueue(plan_episodes(SUITE, ["p", "q"], [0], tries={("c", "p", 0): Tries(1, 1)}), ())
    assert queue.drop("p") == 2
    left = drained(queue, None)
    assert ("c", "p", 0) in left
    assert {key[1] for key in left if key[0] != "c"} == {"q"}


def test_settled_episodes_are_not_played_and_earlier_attempts_count() -> None:
    episodes = plan_episodes(SUITE, ["p"], [0], tries={("c", "p", 0): Tries(2, 2)})
    queue = EpisodeQueue(episodes, {("a", "p", 0), ("b", "p", 0)})
    episode = queue.take(None)
    assert episode is not None
    assert (episode.key, episode.attempts, len(queue)) == (("c", "p", 0), 2, 0)


def test_a_worker_keeps_to_its_world_as_long_as_there_is_work() -> None:
    queue = EpisodeQueue(plan_episodes(SUITE, ["p"], [0], tries={}), ())
    assert [key[0] for key in drained(queue, "other")] == ["b", *GRID]


def test_an_episode_to_be_tried_again_comes_after_the_others() -> None:
    queue = EpisodeQueue(plan_episodes(SUITE, ["p"], [0], tries={}), ())
    first = queue.take("grid")
    assert first is not None
    queue.put_back(first)
    assert [key[0] for key in drained(queue, "grid")] == [GRID[1], GRID[0], "b"]


def lengths_taken(tail: int, *, in_order: bool = False) -> list[int]:
    suite = grid_suite(*(grid_scenario(f"s{number}", max_steps=number) for number in range(1, 31)))
    queue = EpisodeQueue(plan_episodes(suite, ["p"], [0], tries={}), (), in_order=in_order)
    queue.longest_first(ExpectedLength().of, lambda: tail)
    return [int(name.removeprefix("s")) for name, _, _ in drained(queue, "grid")]


def test_of_the_last_episodes_the_longest_are_taken_first_and_of_the_others_none() -> None:
    taken, planned = lengths_taken(8), lengths_taken(0)
    assert taken[:22] == planned[:22]
    assert taken[22:] == sorted(planned[22:], reverse=True)


def test_a_queue_in_order_takes_no_episode_before_its_turn() -> None:
    assert lengths_taken(30, in_order=True) == lengths_taken(0)


def test_what_waits_for_another_try_comes_last_however_long_it_is() -> None:
    queue = EpisodeQueue(plan_episodes(SUITE, ["p"], [0], tries={("a", "p", 0): Tries(1, 1)}), ())
    queue.longest_first(lambda episode: 1000.0 if episode.attempts else 1.0, lambda: 10)
    assert drained(queue, "grid")[1][0] == "a"


def test_an_expected_length_is_learnt_by_policy_and_cell() -> None:
    lengths = ExpectedLength()
    quick, slow = (
        Episode(grid_scenario(name, interaction=name, max_steps=100), "p", 0) for name in ("approach", "break")
    )
    assert lengths.of(quick) == 100.0
    for _ in range(20):
        lengths.played(quick, 10)
        lengths.played(slow, 90)
    assert lengths.of(quick) < 30.0 < 70.0 < lengths.of(slow)
    assert lengths.of(Episode(quick.scenario, "another", 0)) == 100.0
