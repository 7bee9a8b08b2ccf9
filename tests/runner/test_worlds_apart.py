"""Worlds of which only so many simulators can be up, and those that need a Python of their own."""

from __future__ import annotations

import argparse
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from evalsuite.commands.interpreters import world_and_python
from evalsuite.errors import UsageError
from evalsuite.policies.references import parse_reference
from evalsuite.records.reading import read_header, read_records
from evalsuite.records.record import Record
from evalsuite.records.videos import video_file
from evalsuite.runner.phases import RunLimits
from evalsuite.runner.placement import Placement
from evalsuite.runner.plan import EpisodeQueue, in_random_order, plan_episodes
from evalsuite.runner.run import run_suite
from evalsuite.runner.worker_seat import WorkerSeat
from evalsuite.suite.files import save_suite
from evalsuite.suite.scenario import Scenario, Suite
from evalsuite.worlds import CappedWorld, find_world
from tests.commands.conftest import CommandLine
from tests.worlds import CHECKOUT, FOLDER
from tests.worlds.frail_grid import MOST_WORKERS, frail_scenario, report_of
from tests.worlds.grid_world import grid_scenario, grid_suite

APART = """
from tests.worlds.frail_grid import FrailWorld


class ApartWorld(FrailWorld):
    name = "apart"


WORLD = ApartWorld()
"""


@pytest.fixture(scope="module")
def other_python(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A Python of its own with what this one has, and the world `apart` besides, which this one has not."""
    folder = tmp_path_factory.mktemp("other-python")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], check=True, timeout=60)
    world = folder / "world"
    (world / "apart-0.dist-info").mkdir(parents=True)
    (world / "apart-0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: apart\nVersion: 0\n")
    (world / "apart-0.dist-info" / "entry_points.txt").write_text("[evalsuite.worlds]\napart = apart_world:WORLD\n")
    (world / "apart_world.py").write_text(APART)
    (packages,) = (folder / "venv" / "lib").glob("python*/site-packages")
    ours = sysconfig.get_path("purelib")
    (packages / "ours.pth").write_text(f"{world}\n{FOLDER}\n{CHECKOUT}\nimport site; site.addsitedir({ours!r})\n")
    return str(folder / "venv" / "bin" / "python")


@pytest.fixture(scope="module")
def bare_python(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A Python with nothing but the standard library."""
    folder = tmp_path_factory.mktemp("bare-python")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True, timeout=60)
    return str(folder / "bin" / "python")


def apart_scenario(name: str) -> Scenario:
    return grid_scenario(name, max_steps=5).model_copy(update={"world": "apart"})


def played(out: Path, world: str) -> list[Record]:
    return [record for record in read_records(out) if record.world == world]


def one_after_the_other(records: Sequence[Record]) -> bool:
    spans = sorted((record.started, record.finished) for record in records)
    return all(before[1] <= after[0] for before, after in pairwise(spans))


@pytest.mark.usefixtures("playground")
def test_a_world_with_a_cap_has_no_more_workers_while_the_other_worlds_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(MOST_WORKERS, "1")
    slow = {"faults": [{"at_step": 0, "attempts": 1, "kind": "slow"}]}
    frail = [frail_scenario(f"frail-{index}", max_steps=5, level=slow) for index in range(6)]
    suite = grid_suite(*frail, *(grid_scenario(f"grid-{index}", max_steps=10, level=slow) for index in range(8)))
    result = run_suite(suite, [parse_reference("noop")], out=tmp_path / "run", workers=3)
    assert result.outcomes == {"success": 0, "failure": 14, "error": 0}
    assert one_after_the_other(played(tmp_path / "run", "frail"))
    assert not one_after_the_other(played(tmp_path / "run", "grid"))


def test_a_server_of_unreal_takes_one_worker_and_a_rehearsal_any_number() -> None:
    for name in ("unreal", "unrealcv"):
        world = find_world(name)
        assert isinstance(world, CappedWorld)
        assert (world.most_workers(rehearse=False), world.most_workers(rehearse=True)) == (1, None)


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.usefixtures("playground")
def test_a_world_that_only_another_python_has_is_played_under_it_and_the_others_under_this_one(
    tmp_path: Path, other_python: str, workers: int
) -> None:
    suite = Suite(
        suite="two-pythons",
        version="1",
        scenarios=(
            *(apart_scenario(f"apart-{index}") for index in range(4)),
            *(frail_scenario(f"here-{index}", max_steps=5) for index in range(4)),
        ),
    )
    policies = [parse_reference(text) for text in ("noop", "tests.runner.policies_on_trial:Recurrent")]
    out = tmp_path / "run"
    result = run_suite(suite, policies, out=out, workers=workers, pythons={"apart": other_python})
    assert result.outcomes == {"success": 0, "failure": 16, "error": 0}
    prefixes = {world: {report_of(record)["python"] for record in played(out, world)} for world in ("apart", "frail")}
    assert prefixes == {"apart": {str(Path(other_python).parent.parent)}, "frail": {sys.prefix}}
    assert read_header(out).engines["apart"]["interpreter"] == other_python
    assert not any(record.attempt > 1 for record in read_records(out))


def test_a_python_that_will_not_do_is_told_in_one_line_before_anything_is_written(
    tmp_path: Path, evalsuite: CommandLine, bare_python: str, other_python: str
) -> None:
    save_suite(grid_suite(grid_scenario("one")), tmp_path / "grid.yaml")
    older = tmp_path / "older"
    older.write_text("""#!/bin/sh\necho '{"evalsuite": "0.0.1"}'\n""")
    no_python = tmp_path / "no-python"
    no_python.write_text("#!/bin/sh\necho sorry >&2\nexit 3\n")
    for script in (older, no_python):
        script.chmod(0o755)
    done = evalsuite("run", "grid.yaml", "--policy", "noop", "--out", "run", "--python", f"grid={bare_python}")
    assert (done.returncode, done.stdout) == (2, "")
    assert "has no evalsuite (No module named 'evalsuite'); install this one there" in done.stderr.splitlines()[-1]
    suite = grid_suite(grid_scenario("one"))
    for world, python, complaint in [
        ("grid", older, "it has evalsuite 0.0.1, and this is"),
        ("grid", no_python, "it said: sorry"),
        ("grid", tmp_path / "missing", "it can't be run: No such file"),
        ("gird", other_python, "the suite has no world 'gird'; it has grid"),
    ]:
        with pytest.raises(UsageError, match=complaint):
            run_suite(suite, [parse_reference("noop")], out=tmp_path / "run", pythons={world: str(python)})
    for asked, complaint in [(f"grid={tmp_path}/missing", "there is no program"), ("grid", "should be WORLD=PYTHON")]:
        with pytest.raises(argparse.ArgumentTypeError, match=complaint):
            world_and_python(asked)
    assert not (tmp_path / "run").exists()


def test_a_scenario_that_the_other_python_refuses_is_named_with_its_line(
    tmp_path: Path, evalsuite: CommandLine, other_python: str
) -> None:
    typo = apart_scenario("typo").model_copy(update={"level": {"wals": []}})
    save_suite(grid_suite(apart_scenario("fine"), typo), tmp_path / "apart.yaml")
    command = ("run", "apart.yaml", "--policy", "noop", "--out", "run")
    done = evalsuite(*command, "--python", f"apart={other_python}")
    assert done.returncode == 2
    assert "level.wals is unknown" in done.stderr
    assert "apart.yaml:" in done.stderr
    assert "there is no world 'apart'" in evalsuite(*command).stderr


@pytest.mark.usefixtures("playground")
def test_where_the_order_counts_one_worker_changes_its_python_as_the_order_has_it(
    tmp_path: Path, other_python: str
) -> None:
    scenarios = [apart_scenario("apart"), frail_scenario("here", max_steps=5)]
    queue = EpisodeQueue(plan_episodes(grid_suite(*scenarios), ["p"], [0, 1], tries={}), (), in_order=True)
    placement = Placement(pythons={"apart": other_python})
    seat = WorkerSeat(0, RunLimits())
    taken = []
    try:
        while (python := placement.next_python(queue, seat, [seat])) is not None:
            seat.python = python
            episode = placement.next_episode(queue, seat, [seat])
            assert episode is not None
            taken.append((episode.scenario.world, python == other_python))
    finally:
        seat.close()
    first, second = (scenario.world for scenario in in_random_order(grid_suite(*scenarios)))
    assert taken == [(world, world == "apart") for world in (first, second, first, second)]


def test_what_was_played_under_another_python_can_be_played_again_under_it_and_is_filmed_while_it_is_played(
    tmp_path: Path, evalsuite: CommandLine, other_python: str
) -> None:
    save_suite(grid_suite(apart_scenario("one")), tmp_path / "apart.yaml")
    there = ("--python", f"apart={other_python}")
    done = evalsuite("run", "apart.yaml", "--policy", "noop", "--out", "run", "--video", "all", *there)
    assert done.returncode == 0, done.stderr
    (record,) = read_records(tmp_path / "run")
    assert video_file(tmp_path / "run", record) is not None
    again = evalsuite("replay", "run", "one", *there)
    assert (again.returncode, again.stdout.split(":")[0]) == (0, "the same"), again.stderr
