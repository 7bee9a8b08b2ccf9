"""How many scenarios a world is asked about before a run: all of them, or of a locked suite a sample."""

from __future__ import annotations

from pathlib import Path

import pytest

from evalsuite.adapters.doom.world import DoomWorld
from evalsuite.errors import UsageError
from evalsuite.runner.suite_worlds import SAMPLE_OF_LOCKED, check_worlds
from evalsuite.suite import Scenario, Suite, find_suite, lock_file, save_suite, write_lock

SCENARIOS = find_suite("doom-standard")[0].scenarios[:50]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    suite = Suite(suite="fifty", version="1", scenarios=SCENARIOS)
    save_suite(suite, tmp_path / "fifty.jsonl")
    write_lock(suite, tmp_path / "fifty.jsonl")
    return tmp_path / "fifty.jsonl"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The scenarios that Doom was asked about."""
    seen: list[str] = []
    check = DoomWorld.check

    def noted(self: DoomWorld, scenario: Scenario) -> None:
        seen.append(scenario.id)
        check(self, scenario)

    monkeypatch.setattr(DoomWorld, "check", noted)
    return seen


def test_of_a_locked_suite_a_sample_is_asked_about(file: Path, asked: list[str]) -> None:
    check_worlds(find_suite(str(file))[0], rehearse=False, file=file)
    assert len(asked) == SAMPLE_OF_LOCKED
    assert {SCENARIOS[0].id, SCENARIOS[46].id} <= set(asked)
    assert asked == sorted(asked, key=[each.id for each in SCENARIOS].index)


def test_without_its_lock_or_its_file_every_scenario_is(file: Path, asked: list[str]) -> None:
    suite = find_suite(str(file))[0]
    check_worlds(suite, rehearse=False)
    assert len(asked) == len(SCENARIOS)
    check_worlds(suite, rehearse=False, file=file, every_scenario=True)
    assert len(asked) == 2 * len(SCENARIOS)
    lock_file(file).unlink()
    check_worlds(suite, rehearse=False, file=file)
    assert len(asked) == 3 * len(SCENARIOS)


def test_a_suite_that_is_not_the_locked_one_is_checked_whole(file: Path) -> None:
    elsewhere = SCENARIOS[1].start.model_copy(update={"x": -5.0})
    unsound = SCENARIOS[1].model_copy(update={"start": elsewhere})
    suite = Suite(suite="fifty", version="1", scenarios=(SCENARIOS[0], unsound, *SCENARIOS[2:]))
    with pytest.raises(UsageError, match=rf"fifty.jsonl:3: {unsound.id}: start: there is no room"):
        check_worlds(suite, rehearse=False, file=file)


def test_levels_that_are_made_otherwise_today_are_found_in_a_locked_suite(tmp_path: Path) -> None:
    changed = [each.model_copy(update={"level": {**each.level, "sha256": "0" * 64}}) for each in SCENARIOS]
    suite = Suite(suite="fifty", version="1", scenarios=tuple(changed))
    file = tmp_path / "fifty.jsonl"
    save_suite(suite, file)
    write_lock(suite, file)
    with pytest.raises(UsageError, match="makes another level"):
        check_worlds(suite, rehearse=False, file=file)
