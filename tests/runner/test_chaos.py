"""Runs whose every part is killed, stopped and cut off at random, again and again."""

from __future__ import annotations

import os
import random
import signal
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from evalsuite.commands.main import EXIT_INTERRUPTED
from evalsuite.errors import UsageError
from evalsuite.policies.references import parse_reference
from evalsuite.records.folder import RunFolder
from evalsuite.records.reading import read_header, read_records
from evalsuite.runner.run import run_suite
from evalsuite.runner.scratch import Scratch
from evalsuite.suite.catalogue import find_suite
from evalsuite.suite.files import save_suite
from evalsuite.suite.scenario import Suite
from tests.runner.chaos import FAULTS, LIMIT_SECONDS, Chaos, driver_command, full, outcomes, small_disk
from tests.runner.patient_run import POLICIES
from tests.worlds import FOLDER
from tests.worlds.grid_world import TOKEN, grid_scenario, grid_suite
from tests.worlds.remains import Playground

DISK_MEBIBYTES = 64
WORKERS = 4


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


def driven_suite() -> Suite:
    lengths = random.Random(9)
    scenarios = [grid_scenario(f"s{index}", max_steps=lengths.randrange(10, 60)) for index in range(50)]
    return grid_suite(*(each.model_copy(update={"world": "driven"}) for each in scenarios))


def play_in_peace(suite: Suite, out: Path, seeds: int) -> None:
    run_suite(suite, [parse_reference(each) for each in POLICIES], seeds=range(seeds), out=out, workers=WORKERS)


def play_under_fire(
    suite: Suite, seeds: int, faults: Mapping[str, int], arena: Playground, disk: Path | None, tmp_path: Path
) -> None:
    """What is left must be what was played in peace, each episode settled once."""
    episodes = len(suite.scenarios) * len(POLICIES) * seeds
    play_in_peace(suite, tmp_path / "peace", seeds)
    save_suite(suite, tmp_path / "suite.yaml")
    out = (disk or tmp_path) / "run"
    command = driver_command(str(tmp_path / "suite.yaml"), str(out), str(WORKERS), str(seeds))
    possible = {kind: times for kind, times in faults.items() if disk or kind != "full disk"}
    chaos = Chaos(command, arena, out, disk, tmp_path / "said", random.Random(30))
    chaos.play(possible, episodes)
    complaints = chaos.said.read_text().splitlines()
    assert [each for each in complaints if not any(why in each for why in ("disk is full", "No space left"))] == []
    chaos.assert_nothing_lost_or_left(arena.remains_after_a_while)
    finals = Counter(record.key for record in read_records(out) if record.final)
    assert (len(finals), set(finals.values())) == (episodes, {1})
    assert outcomes(out) == outcomes(tmp_path / "peace")


def test_200_episodes_under_30_faults_are_settled_once_each_as_in_peace_and_nothing_is_left(
    tmp_path: Path, arena: Playground, disk: Path | None
) -> None:
    play_under_fire(driven_suite(), 2, FAULTS, arena, disk, tmp_path)


@pytest.mark.slow
def test_200_episodes_of_doom_under_30_faults_are_settled_once_each_as_in_peace_and_nothing_is_left(
    tmp_path: Path, arena: Playground, disk: Path | None
) -> None:
    pytest.importorskip("vizdoom", reason="vizdoom is not installed: pip install 'evalsuite[doom]'")
    quick, _ = find_suite("doom-quick")
    scenarios = [each.model_copy(update={"max_steps": 20}) for each in quick.scenarios[:10]]
    suite = quick.model_copy(update={"scenarios": tuple(scenarios)})
    without_sockets = {kind: times for kind, times in FAULTS.items() if kind != "cut engine off"}
    faults = {**without_sockets, "kill engine": FAULTS["kill engine"] + FAULTS["cut engine off"]}
    play_under_fire(suite, 10, faults, arena, disk, tmp_path)


def test_a_shutdown_that_ends_the_workers_before_the_driver_uses_up_no_attempt(
    tmp_path: Path, arena: Playground
) -> None:
    save_suite(driven_suite(), tmp_path / "suite.yaml")
    command = driver_command(str(tmp_path / "suite.yaml"), str(tmp_path / "run"), str(WORKERS), "1")
    chaos = Chaos(command, arena, tmp_path / "run", None, tmp_path / "said", random.Random(0))
    driver = chaos.start_until(4)
    driver.send_signal(signal.SIGSTOP)
    for worker in chaos.processes("worker"):
        os.kill(worker, signal.SIGTERM)
    chaos.wait(lambda: not chaos.processes("worker"))
    driver.send_signal(signal.SIGTERM)
    driver.send_signal(signal.SIGCONT)
    assert driver.wait(LIMIT_SECONDS) == EXIT_INTERRUPTED
    assert {record.outcome for record in read_records(tmp_path / "run")} <= {"success", "failure"}
    assert arena.remains_after_a_while() == []


@pytest.fixture
def writable(disk: Path | None) -> Path:
    if disk is None:
        pytest.skip("nobody may mount a small disk here: no disk can be full")
    return disk


def test_a_disk_that_is_full_is_told_in_one_line_when_a_process_is_to_be_started(writable: Path) -> None:
    with Scratch() as scratch:
        scratch.folder = writable / "scratch"
        scratch.folder.mkdir()
        with full(writable), pytest.raises(UsageError, match=r"can't start a process in .*: No space left on device;"):
            scratch.start("evalsuite.runner.worker", "worker", [], share=[])


def test_a_disk_that_is_full_is_told_in_one_line_when_an_engine_is_to_be_noted(writable: Path) -> None:
    with RunFolder.open(writable / "run", grid_suite(), [], [0], rehearsal=False) as folder:
        with full(writable), pytest.raises(UsageError, match=r"can't record in .*: No space left on device; mend"):
            folder.note_engine("grid", {"grid": "1"})
        assert folder.header.engines == {}
        folder.note_engine("grid", {"grid": "1"})
    assert read_header(writable / "run").engines == {"grid": {"grid": "1"}}
    assert not list((writable / "run").glob(".run.json.*"))
