"""Workers that are replaced though nothing has failed, or because they hold too much memory."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from evalsuite.commands.worker_memory import size
from evalsuite.policies.references import parse_reference
from evalsuite.records.reading import read_records
from evalsuite.runner.families import MARK, Family, members_of, memory_of, start_time
from evalsuite.runner.phases import RunLimits
from evalsuite.runner.run import run_suite
from tests.worlds.frail_grid import HOARD, RESTART_AFTER, frail_scenario, report_of
from tests.worlds.grid_world import grid_suite

MEBIBYTE = 2**20


@pytest.mark.usefixtures("playground")
def test_a_world_that_leaks_gets_a_new_simulator_in_a_new_process_after_as_many_episodes_as_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(RESTART_AFTER, "2")
    suite = grid_suite(*(frail_scenario(f"frail-{index}", max_steps=3) for index in range(6)))
    result = run_suite(suite, [parse_reference("noop")], out=tmp_path / "run", workers=1)
    assert result.outcomes == {"success": 0, "failure": 6, "error": 0}
    reports = [report_of(record) for record in read_records(tmp_path / "run")]
    assert list(Counter(each["engine"] for each in reports).values()) == [2, 2, 2]
    assert list(Counter(each["pid"] for each in reports).values()) == [2, 2, 2]


@pytest.mark.usefixtures("playground")
def test_an_engine_deals_with_its_memory_as_it_likes(tmp_path: Path) -> None:
    run_suite(
        grid_suite(frail_scenario("one", max_steps=3)), [parse_reference("noop")], out=tmp_path / "run", workers=1
    )
    (record,) = read_records(tmp_path / "run")
    assert report_of(record)["inherited"] == []


@pytest.mark.usefixtures("playground")
def test_a_worker_whose_processes_hold_too_much_is_ended_with_a_reason_and_its_episode_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(HOARD, f"300 {tmp_path / 'hoarded'}")
    slow = {"faults": [{"at_step": 0, "attempts": 1, "kind": "slow"}]}
    suite = grid_suite(frail_scenario("one", level=slow, max_steps=60))
    limits = RunLimits(worker_memory=256 * MEBIBYTE)
    result = run_suite(suite, [parse_reference("noop")], out=tmp_path / "run", workers=1, limits=limits)
    assert result.outcomes == {"success": 0, "failure": 1, "error": 0}
    first, second = read_records(tmp_path / "run")
    assert "of memory, over the limit of 0.25 GiB" in first.reason
    assert (first.final, second.attempt, second.outcome) == (False, 2, "failure")


def test_memory_is_that_of_a_process_and_all_that_it_started_with_shared_pages_counted_once() -> None:
    fork = f"import os, time; held = b'x' * {100 * MEBIBYTE}; os.fork(); print(flush=True); time.sleep(60)"
    mark = f"evaltest-{os.getpid()}/"
    process = subprocess.Popen(
        [sys.executable, "-c", fork],
        env={**os.environ, MARK: mark},
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == process.stdout.readline() == b"\n"
        for family in (
            Family(mark, process.pid, start_time(process.pid)),
            Family("by its session alone", process.pid, start_time(process.pid)),
            Family(mark, 1, "by its mark alone"),
        ):
            (pids,) = members_of({"ours": family}).values()
            assert len(pids) == 2
            assert 100 * MEBIBYTE < memory_of(pids, 0) < 160 * MEBIBYTE < memory_of(pids, 10**12)
        assert members_of({"another": Family("not this", process.pid, "0")}) == {"another": []}
    finally:
        os.killpg(process.pid, 9)
        process.wait()
        process.stdout.close()


def test_a_look_at_the_memory_of_the_workers_is_quick() -> None:
    begun = time.process_time()
    members_of({"ours": Family("nobody/", os.getpid(), start_time(os.getpid()))})
    assert time.process_time() - begun < 0.25


def test_sizes_are_read_as_people_write_them() -> None:
    assert [size(text) for text in ("4G", "1.5g", "800M", "800MiB", "104857600")] == [
        4 * 2**30,
        3 * 2**29,
        800 * MEBIBYTE,
        800 * MEBIBYTE,
        100 * MEBIBYTE,
    ]
    for text in ("", "4 bytes", "12", "-4G", "many"):
        with pytest.raises(argparse.ArgumentTypeError, match="is no size of at least 64M"):
            size(text)
