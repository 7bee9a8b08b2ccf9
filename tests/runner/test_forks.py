"""Workers that are copies of one process: told from others by nothing but their parent."""

from __future__ import annotations

import os
import platform
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from evalsuite.policies.references import parse_reference
from evalsuite.records.reading import read_records, settled
from evalsuite.runner.processes import Forks
from evalsuite.runner.run import run_suite
from evalsuite.runner.scratch import Child, Scratch
from evalsuite.suite.files import save_suite
from tests.runner.command_line import start, wait_for_records
from tests.worlds.grid_world import grid_scenario, grid_suite
from tests.worlds.remains import Playground
from tests.worlds.stopping import stop

pytestmark = pytest.mark.skipif(not Forks.possible(), reason="this system hands out no handles of processes")

LIMIT_SECONDS = 60.0
SLOW = {"faults": [{"at_step": 1, "attempts": 1, "kind": "slow"}]}
SERVER, WORKER = b"evalsuite.runner.fork_server", b"evalsuite.runner.worker"


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def told_by(child: Child) -> str:
    """What a copy of `tests.runner.forked` says when it has begun."""
    message = child.channel.receive()
    return str(message["says"])


def copy(scratch: Scratch, *arguments: str, share: tuple[int, ...] = ()) -> Child:
    return scratch.start("tests.runner.forked", "copy", arguments, share=share, inside=True, forked=True)


def test_a_copy_has_its_own_folder_environment_session_and_arguments_and_is_listed_by_its_name() -> None:
    with Scratch() as scratch:
        scratch.prepare_forks("tests.runner.forked")
        one, two = copy(scratch, "--say", "cwd"), copy(scratch, "--say", "TMPDIR")
        assert parent_of(one.pid) == parent_of(two.pid) != os.getpid()
        assert told_by(one) == str(one.folder)
        assert told_by(two) == str(two.folder / "tmp")
        assert [os.getsid(each.pid) for each in (one, two)] == [one.pid, two.pid]
        assert b"-m\0tests.runner.forked\0" in Path(f"/proc/{one.pid}/cmdline").read_bytes()
        assert not one.has_exited()


def test_a_copy_gets_its_descriptors_under_the_numbers_that_the_driver_knows_them_by() -> None:
    with Scratch() as scratch:
        scratch.prepare_forks("tests.runner.forked")
        pipes = [os.pipe() for _ in range(4)]
        reading = tuple(pair[0] for pair in pipes)
        for number, (_, writing) in enumerate(pipes):
            os.write(writing, f"pipe {number}".encode())
        child = copy(scratch, "--say", "read", *(word for fd in reading for word in ("--fd", str(fd))), share=reading)
        assert told_by(child) == "pipe 0, pipe 1, pipe 2, pipe 3"
        for pair in pipes:
            os.close(pair[0])
            os.close(pair[1])


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the setting is glibc's")
@pytest.mark.parametrize("forked", [True, False])
def test_pictures_that_come_and_go_do_not_fetch_their_memory_anew_from_the_system(forked: bool) -> None:
    with Scratch() as scratch:
        scratch.prepare_forks("tests.runner.forked")
        child = scratch.start("tests.runner.forked", "copy", ("--say", "pages"), share=(), inside=True, forked=forked)
        assert int(told_by(child)) < 20 * 6 * 169


@pytest.mark.parametrize(
    ("say", "ending"), [("exit 7", "ended with code 7 (going)"), ("abort", "died of SIGABRT (going)")]
)
def test_how_a_copy_ended_is_told_as_of_any_process_with_its_last_words(say: str, ending: str) -> None:
    with Scratch() as scratch:
        scratch.prepare_forks("tests.runner.forked")
        child = copy(scratch, "--say", say)
        child.wait(time.monotonic() + LIMIT_SECONDS)
        assert child.has_exited()
        assert child.kill() == ending


@pytest.mark.parametrize("blow", [lambda pid: os.kill(pid, signal.SIGKILL), stop], ids=["killed", "stopped"])
def test_without_its_server_a_copy_goes_on_and_the_next_process_is_started_as_usual(
    blow: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evalsuite.runner.processes.FORK_LIMIT_SECONDS", 0.5)
    with Scratch() as scratch:
        scratch.prepare_forks("tests.runner.forked")
        orphan = copy(scratch, "--say", "TMPDIR")
        blow(parent_of(orphan.pid))
        other = copy(scratch, "--say", "TMPDIR")
        assert parent_of(other.pid) == os.getpid()
        assert told_by(orphan) == str(orphan.folder / "tmp")
        assert told_by(other) == str(other.folder / "tmp")
        assert not orphan.has_exited()
        assert orphan.kill() == "was killed"
        assert other.kill() == "was killed"


def test_nothing_is_left_of_a_server_whose_driver_was_killed(playground: Playground, tmp_path: Path) -> None:
    save_suite(grid_suite(*(grid_scenario(f"s{n}", level=SLOW, max_steps=6) for n in range(4))), tmp_path / "s.yaml")
    line = ("run", str(tmp_path / "s.yaml"), "--policy", "noop", "--out", str(tmp_path / "run"), "--workers", "2")
    driver = start([sys.executable, "-m", "evalsuite", *line], playground.environment)
    wait_for_records(tmp_path / "run", 1, seconds=LIMIT_SECONDS)
    commands = playground.processes()
    (server,) = [pid for pid, words in commands.items() if SERVER in words]
    workers = [pid for pid, words in commands.items() if WORKER in words]
    assert len(workers) == 2
    assert {parent_of(pid) for pid in workers} == {server}
    driver.kill()
    driver.communicate(timeout=LIMIT_SECONDS)
    assert playground.remains_after_a_while() == []


def test_a_run_whose_server_is_killed_settles_every_episode(playground: Playground, tmp_path: Path) -> None:
    save_suite(grid_suite(*(grid_scenario(f"s{n}", level=SLOW, max_steps=6) for n in range(6))), tmp_path / "s.yaml")
    line = ("run", str(tmp_path / "s.yaml"), "--policy", "noop", "--out", str(tmp_path / "run"), "--workers", "2")
    driver = start([sys.executable, "-m", "evalsuite", *line], playground.environment)
    wait_for_records(tmp_path / "run", 1, seconds=LIMIT_SECONDS)
    for pid, words in playground.processes().items():
        if SERVER in words or WORKER in words:
            os.kill(pid, signal.SIGKILL)
    assert driver.wait(timeout=LIMIT_SECONDS) == 0
    driver.communicate()
    assert len(settled(read_records(tmp_path / "run"))) == 6
    assert playground.remains_after_a_while() == []


@pytest.mark.usefixtures("playground")
def test_outcomes_are_the_same_where_no_copies_can_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    suite = grid_suite(*(grid_scenario(f"s{n}") for n in range(4)))
    policies = [parse_reference("random"), parse_reference("tests.runner.policies_on_trial:Recurrent")]

    def played(out: Path) -> set[tuple[object, ...]]:
        run_suite(suite, policies, out=out, workers=2)
        finals = settled(read_records(out)).values()
        return {(each.key, each.outcome, each.steps, each.final_frame_sha256) for each in finals}

    copied = played(tmp_path / "copied")
    monkeypatch.setattr(Forks, "possible", staticmethod(lambda: False))
    assert played(tmp_path / "started") == copied
    assert len(copied) == 8
