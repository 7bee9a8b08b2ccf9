"""Runs whose every part is killed, stopped and cut off at random, again and again."""

from __future__ import annotations

import random
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from evalsuite.policies.references import parse_reference
from evalsuite.records.reading import read_records
from evalsuite.runner.run import run_suite
from evalsuite.suite.files import save_suite
from evalsuite.suite.scenario import Suite
from tests.runner.chaos import FAULTS, LIMIT_SECONDS, Chaos, driver_command, outcomes, small_disk
from tests.runner.patient_run import POLICIES
from tests.worlds import FOLDER
from tests.worlds.grid_world import TOKEN, grid_scenario, grid_suite
from tests.worlds.remains import Playground

DISK_MEBIBYTES = 32


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path | None]:
    with small_disk(tmp_path / "disk", DISK_MEBIBYTES) as disk:
        yield disk


@pytest.fixture
def arena(tmp_path: Path, disk: Path | None, monkeypatch: pytest.MonkeyPatch) -> Playground:
    """Where runs play; on the small disk, if there is one."""
    playground = Playground(disk or tmp_path)
    monkeypatch.syspath_prepend(str(FOLDER))
    monkeypatch.setenv(TOKEN, playground.token)
    monkeypatch.setattr(tempfile, "tempdir", str(playground.temporary))
    return playground


def play_in_peace(suite: Suite, out: Path, seeds: int) -> None:
    run_suite(suite, [parse_reference(each) for each in POLICIES], seeds=range(seeds), out=out, workers=4)


def test_200_episodes_under_30_faults_are_settled_once_each_as_in_peace_and_nothing_is_left(
    tmp_path: Path, arena: Playground, disk: Path | None
) -> None:
    lengths = random.Random(9)
    scenarios = [grid_scenario(f"s{index}", max_steps=lengths.randrange(10, 60)) for index in range(50)]
    suite = grid_suite(*(each.model_copy(update={"world": "driven"}) for each in scenarios))
    play_in_peace(suite, tmp_path / "peace", seeds=2)
    save_suite(suite, tmp_path / "suite.yaml")
    out = (disk or tmp_path) / "run"
    command = driver_command(str(tmp_path / "suite.yaml"), str(out), "4", "2")
    faults = {kind: times for kind, times in FAULTS.items() if disk or kind != "full disk"}
    chaos = Chaos(command, arena, out, disk, tmp_path / "said", random.Random(30))
    chaos.play(faults, 200)
    chaos.assert_nothing_lost_or_left()
    finals = Counter(record.key for record in read_records(out) if record.final)
    assert (len(finals), set(finals.values())) == (200, {1})
    assert outcomes(out) == outcomes(tmp_path / "peace")
    assert subprocess.run(command, env=arena.environment, timeout=LIMIT_SECONDS).returncode == 0
    assert outcomes(out) == outcomes(tmp_path / "peace")
