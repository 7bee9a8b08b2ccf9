"""`evalsuite synthesize` in several processes: the same bytes whatever their number, and after any death."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from evalsuite.suite.files import load_suite, lock_file
from evalsuite.synthesis.journal import journal_file
from tests.worlds.remains import Playground

LIMIT_SECONDS = 120.0


class Bench:
    """Runs `evalsuite synthesize grid` in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.playground = Playground(folder)

    def start(self, *more: str, look_seconds: float | None = None) -> subprocess.Popen[str]:
        slow = {} if look_seconds is None else {"GRID_WORLD_SYNTHESIS": str(look_seconds)}
        return subprocess.Popen(
            [sys.executable, "-m", "evalsuite", "synthesize", "grid", *more],
            env={**self.playground.environment, **slow},
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *more: str) -> subprocess.CompletedProcess[str]:
        process = self.start(*more)
        out, err = process.communicate(timeout=LIMIT_SECONDS)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def workers(self) -> list[int]:
        """Process numbers of the workers that are at it now."""
        remains = [each.partition(" ") for each in self.playground.remains()]
        return [int(number) for number, _, line in remains if "evalsuite.synthesis.worker" in line]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    assert bench.playground.remains_after_a_while() == []


def made(folder: Path, name: str) -> tuple[bytes, bytes, bytes]:
    out = folder / name
    return out.read_bytes(), lock_file(out).read_bytes(), (folder / f"{name}.synthesis.json").read_bytes()


def test_the_number_of_workers_makes_no_difference(bench: Bench, tmp_path: Path) -> None:
    for workers in (1, 2, 3):
        done = bench.run(
            *("--count", "100", "--seed", "7", "--name", "same"), "--out", f"{workers}.jsonl", "--workers", str(workers)
        )
        assert done.returncode == 0, done.stderr
    first, *others = (made(tmp_path, f"{workers}.jsonl") for workers in (1, 2, 3))
    assert others == [first, first]
    suite = load_suite(tmp_path / "1.jsonl")
    assert len(suite.scenarios) == 100
    assert [each.id for each in suite.scenarios] == sorted(each.id for each in suite.scenarios)
    assert not journal_file(tmp_path / "1.jsonl").exists()


def test_what_is_killed_at_any_moment_goes_on_where_it_was_and_ends_the_same(bench: Bench, tmp_path: Path) -> None:
    asked = ("--count", "60", "--seed", "2", "--name", "same", "--workers", "2")
    assert bench.run(*asked, "--out", "whole.jsonl").returncode == 0
    journal = journal_file(tmp_path / "cut.jsonl")
    sizes = []
    for grown in (2_000, 4_000):
        process = bench.start(*asked, "--out", "cut.jsonl", look_seconds=0.3)
        start, deadline = journal.stat().st_size if journal.exists() else 0, time.monotonic() + LIMIT_SECONDS
        while (journal.stat().st_size if journal.exists() else 0) < start + grown:
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        sizes.append(journal.stat().st_size)
        assert bench.playground.remains_after_a_while() == []
    assert sizes[1] > sizes[0]
    with journal.open("ab") as file:
        file.write(b'{"shard": 99, "dra')
    done = bench.run(*asked, "--out", "cut.jsonl")
    assert done.returncode == 0, done.stderr
    assert "going on with cut.jsonl.partial" in done.stderr
    assert made(tmp_path, "cut.jsonl") == made(tmp_path, "whole.jsonl")


def test_a_worker_that_dies_is_replaced_and_nothing_is_lost(bench: Bench, tmp_path: Path) -> None:
    asked = ("--count", "40", "--seed", "2", "--name", "same", "--workers", "2")
    assert bench.run(*asked, "--out", "whole.jsonl").returncode == 0
    process = bench.start(*asked, "--out", "bereaved.jsonl", look_seconds=0.3)
    deadline = time.monotonic() + LIMIT_SECONDS
    while not (workers := bench.workers()):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.kill(workers[0], signal.SIGKILL)
    _, err = process.communicate(timeout=LIMIT_SECONDS)
    assert process.returncode == 0, err
    assert made(tmp_path, "bereaved.jsonl") == made(tmp_path, "whole.jsonl")


def test_an_interruption_is_told_and_leaves_what_was_made_and_nobody_else_writes_there(
    bench: Bench, tmp_path: Path
) -> None:
    process = bench.start("--count", "4000", "--seed", "2", "--out", "a.jsonl", look_seconds=0.5)
    journal, deadline = journal_file(tmp_path / "a.jsonl"), time.monotonic() + LIMIT_SECONDS
    while not journal.exists() or journal.read_bytes().count(b"\n") < 5:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    again = bench.run("--count", "4000", "--seed", "2", "--out", "a.jsonl")
    assert again.returncode == 2
    assert "a.jsonl.partial is being written by another command" in again.stderr
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=LIMIT_SECONDS)
    assert process.returncode == 130
    assert err == "interrupted; the same command goes on with a.jsonl.partial\n"
    assert not (tmp_path / "a.jsonl").exists()


def test_part_of_another_suite_is_not_gone_on_with(bench: Bench, tmp_path: Path) -> None:
    journal = journal_file(tmp_path / "a.jsonl")
    for content, why in ((b'{"world":"grid","seed":1}\n', " (seed 1, not 2);"), (b"notes of somebody", ";")):
        journal.write_bytes(content)
        done = bench.run("--count", "5", "--seed", "2", "--out", "a.jsonl")
        assert done.returncode == 2
        assert f"is part of another suite than the one asked for now{why}" in done.stderr
        assert len(done.stderr.splitlines()) == 1
        assert journal.read_bytes() == content
    assert bench.run("--count", "5", "--seed", "2", "--out", "a.jsonl", "--force").returncode == 0


def test_a_damaged_part_is_told_and_left_as_it_is(bench: Bench, tmp_path: Path) -> None:
    asked = ("--count", "400", "--seed", "2", "--out", "a.jsonl", "--workers", "1")
    process = bench.start(*asked, look_seconds=0.5)
    journal, deadline = journal_file(tmp_path / "a.jsonl"), time.monotonic() + LIMIT_SECONDS
    while not journal.exists() or journal.read_bytes().count(b"\n") < 5:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.kill()
    process.communicate()
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join([lines[0], lines[1], b'{"not": "a scenario"}\n', *lines[3:]]))
    before = journal.read_bytes()
    done = bench.run(*asked)
    assert done.returncode == 2
    assert "a.jsonl.partial is damaged at byte" in done.stderr
    assert journal.read_bytes() == before


def test_the_refusals_are_told_by_reason(bench: Bench, tmp_path: Path) -> None:
    done = bench.run("--count", "30", "--seed", "4", "--out", "a.yaml")
    assert done.returncode == 0, done.stderr
    assert "refused because" in done.stdout
    assert "the start is not free" in done.stdout
    summary = json.loads((tmp_path / "a.yaml.synthesis.json").read_text())
    assert summary["scenarios"] == 30
    assert summary["drafts"] == 30 + sum(summary["refused"].values())
    assert sum(each["made"] for each in summary["strata"]) == 30
    assert summary["bins"] == {"difficulty": "published-distance.1", "view_gap": "view-gap.1"}


def test_no_worker_at_all_is_a_mistake(bench: Bench) -> None:
    done = bench.run("--count", "1", "--seed", "4", "--out", "a.yaml", "--workers", "0")
    assert done.returncode == 2
    assert "at least 1" in done.stderr
