from __future__ import annotations

import json
import time
from collections import Counter
from pathlib import Path

import pytest

from evalsuite.policies.references import parse_reference
from evalsuite.records.reading import read_records, settled
from evalsuite.runner.phases import RunLimits
from evalsuite.runner.run import RunResult, run_suite
from evalsuite.runner.world_health import WorldHealth
from evalsuite.suite.files import save_suite
from evalsuite.suite.scenario import Suite
from tests.commands.conftest import CommandLine
from tests.worlds.frail_grid import DOWN, frail_scenario
from tests.worlds.grid_world import grid_scenario, grid_suite


@pytest.fixture
def down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that keeps simulators of `frail` from coming up; it is there."""
    path = tmp_path / "down"
    path.touch()
    monkeypatch.setenv(DOWN, str(path))
    return path


def two_worlds(count: int = 6) -> Suite:
    frail = [frail_scenario(f"frail-{index}") for index in range(count)]
    return grid_suite(*frail, *(grid_scenario(f"sound-{index}") for index in range(3)))


def run(suite: Suite, out: Path, *, workers: int = 2, limits: RunLimits | None = None) -> RunResult:
    return run_suite(suite, [parse_reference("noop")], out=out, workers=workers, limits=limits)


@pytest.mark.usefixtures("playground")
def test_a_world_whose_simulators_do_not_come_up_is_given_up_and_the_others_are_played(
    tmp_path: Path, down: Path
) -> None:
    result = run(two_worlds(), tmp_path / "run")
    assert result.policies["noop"] == {"success": 0, "failure": 3, "error": 0}
    (given_up,) = result.given_up
    assert (given_up.world, given_up.episodes_left) == ("frail", 6)
    assert given_up.reason == "simulator fault: nothing listens on port 41451"
    failed = [each for each in read_records(tmp_path / "run") if each.world == "frail"]
    assert 5 <= len(failed) <= 5 * 2
    assert not any(each.final for each in failed)
    assert all(each.excused for each in failed)


@pytest.mark.usefixtures("playground")
def test_once_the_world_is_mended_the_same_call_plays_what_is_left_and_nothing_is_an_error(
    tmp_path: Path, down: Path
) -> None:
    suite = grid_suite(frail_scenario("only"))
    for _ in range(2):
        result = run(suite, tmp_path / "run")
        assert (result.episodes, [each.episodes_left for each in result.given_up]) == (0, [1])
    down.unlink()
    result = run(suite, tmp_path / "run")
    assert (result.outcomes, result.given_up) == ({"success": 0, "failure": 1, "error": 0}, ())
    assert [each.attempt for each in read_records(tmp_path / "run")] == list(range(1, 12))


@pytest.mark.usefixtures("playground")
def test_a_world_that_breaks_down_in_every_reset_is_given_up_too(tmp_path: Path) -> None:
    fault = {"faults": [{"at_step": 0, "attempts": 99, "kind": "die"}], "tally": str(tmp_path / "tally")}
    suite = grid_suite(*(frail_scenario(f"frail-{index}", level=fault) for index in range(9)), *grid_suite().scenarios)
    result = run(suite, tmp_path / "run")
    assert result.outcomes == {"success": 0, "failure": 5, "error": 0}
    assert [(each.world, each.episodes_left) for each in result.given_up] == [("frail", 9)]


@pytest.mark.usefixtures("playground")
def test_episodes_that_cannot_be_played_do_not_bring_a_sound_world_down(tmp_path: Path) -> None:
    broken = [
        grid_scenario(f"broken-{index}", level={"faults": [{"at_step": 1, "attempts": 99, "kind": "raise"}]})
        for index in range(4)
    ]
    suite = grid_suite(*broken, *(grid_scenario(f"sound-{index}") for index in range(4)))
    result = run(suite, tmp_path / "run", workers=1)
    assert (result.outcomes, result.given_up) == ({"success": 0, "failure": 4, "error": 4}, ())


def test_the_command_says_which_world_was_given_up_why_and_how_to_go_on(
    tmp_path: Path, down: Path, evalsuite: CommandLine
) -> None:
    save_suite(two_worlds(), tmp_path / "suite.yaml")
    command = ("run", "suite.yaml", "--policy", "noop", "--out", "run", "--workers", "2")
    done = evalsuite(*command, "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["given_up"]["frail"]["episodes_left"] == 6
    *_, why, how = done.stderr.splitlines()
    assert "the world 'frail' was given up, 6 episodes left" in why
    assert "nothing listens on port 41451" in why
    assert how == "mend that, then go on with: evalsuite run suite.yaml --policy noop --workers 2 --out run"
    down.unlink()
    mended = evalsuite(*command, "--json")
    assert (mended.returncode, json.loads(mended.stdout)["given_up"]) == (0, {})
    finals = Counter(each.key for each in read_records(tmp_path / "run") if each.final)
    assert set(finals.values()) == {1}
    assert len(finals) == len(settled(read_records(tmp_path / "run"))) == 9


def failed(health: WorldHealth, *names: str, world: str = "w", at_start: bool = False) -> list[bool]:
    """What `health` says of attempts at these episodes that fail one after the other."""
    return [
        health.failed(world, (name, "p", 0), f"{name} failed", began_at=time.monotonic(), at_start=at_start)
        for name in names
    ]


def test_what_many_workers_lose_at_once_counts_once() -> None:
    health = WorldHealth(most=2)
    together = time.monotonic()
    for name in "abcdef":
        assert not health.failed("w", (name, "p", 0), "the server restarts", began_at=together, at_start=False)
    assert failed(health, "g") == [True]


def test_a_played_episode_ends_a_row_of_failures_and_after_it_an_episode_speaks_once() -> None:
    health = WorldHealth(most=3)
    assert failed(health, "a", "b") == [False, False]
    health.played("w")
    assert failed(health, "a", "c", "c", "d") == [False] * 4
    assert failed(health, "e", world="another") == [False]
    assert failed(health, "d", at_start=True) == [True]
    assert health.given_up == {"w": "d failed"}


def test_in_a_world_that_was_never_seen_to_work_every_failure_counts() -> None:
    assert failed(WorldHealth(most=5), *"aaaaa") == [False] * 4 + [True]
