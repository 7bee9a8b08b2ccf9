"""A suite of suites, played by real command lines."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evalsuite.commands.main import main
from evalsuite.records.reading import read_header, read_records, settled
from evalsuite.suite.files import save_locked
from evalsuite.suite.scenario import Scenario
from evalsuite.suite.suite_of_suites import read_suite_of_suites, write_suites_lock
from tests.commands.conftest import LIMIT_SECONDS, CommandLine
from tests.runner.command_line import start, wait_for_records
from tests.worlds import FOLDER
from tests.worlds.frail_grid import DOWN
from tests.worlds.grid_world import grid_scenario, grid_suite
from tests.worlds.rehearsed_grid import STATE
from tests.worlds.remains import Playground

POLICIES = ("--policy", "oracle", "--policy", "random")


def scenarios(world: str, count: int, **changed: object) -> list[Scenario]:
    made = [grid_scenario(f"{world}-{number}", **changed) for number in range(count)]  # type: ignore[arg-type]
    return [each.model_copy(update={"world": world}) for each in made]


def several(folder: Path, **worlds: list[Scenario]) -> Path:
    """A locked suite of suites in `folder`, of one suite a world that is called as its world."""
    for name, made in worlds.items():
        save_locked(grid_suite(*made, name=name), folder / f"{name}.yaml")
    path = folder / "all.yaml"
    listed = "".join(f"  - {name}.yaml\n" for name in worlds)
    path.write_text(f"schema: 1\nsuite: all\nversion: '1'\nsuites:\n{listed}")
    write_suites_lock(read_suite_of_suites(path))
    return path


@pytest.fixture
def in_this_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worlds of the tests are installed here, and the command lines are given in `tmp_path`."""
    monkeypatch.syspath_prepend(str(FOLDER))
    monkeypatch.chdir(tmp_path)


@pytest.fixture(name="refused")
def refused_without_starting_anything(in_this_process: None, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Runs `evalsuite ARGUMENTS` in this process, which must refuse them in one line; returns it."""

    def complaint(*arguments: str) -> str:
        assert main(arguments) == 2
        said = capsys.readouterr()
        assert (said.out, len(said.err.splitlines())) == ("", 1)
        return said.err

    return complaint


@pytest.fixture(name="three")
def one_real_one_rehearsed_one_either(tmp_path: Path) -> Path:
    return three_suites(tmp_path)


def three_suites(folder: Path) -> Path:
    return several(
        folder,
        everywhere=scenarios("everywhere", 3),
        rehearsed=scenarios("rehearsed", 3),
        grid=scenarios("grid", 4),
    )


@pytest.fixture(name="rehearsed", scope="module")
def two_of_three_rehearsed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A folder with a finished run of two suites of three, one for real and one rehearsed; and what it printed."""
    folder = tmp_path_factory.mktemp("rehearsed")
    three_suites(folder)
    playground = Playground(folder)
    line = ("run", "all.yaml", *POLICIES, "--rehearse", "--without", "grid", "--out", "run", "--json")
    command = [sys.executable, "-m", "evalsuite", *line]
    done = subprocess.run(
        command, env=playground.environment, cwd=folder, capture_output=True, text=True, timeout=LIMIT_SECONDS
    )
    assert done.returncode == 0, done.stderr
    assert playground.remains_after_a_while() == []
    return folder / "run", json.loads(done.stdout)


def test_each_suite_lands_in_a_run_folder_of_its_own_marked_if_it_was_rehearsed(
    rehearsed: tuple[Path, dict[str, Any]],
) -> None:
    run, content = rehearsed
    assert [each["out"] for each in content["suites"].values()] == ["run/everywhere", "run/rehearsed-rehearsal"]
    assert [each["rehearsal"] for each in content["suites"].values()] == [False, True]
    assert (content["suite"], content["interrupted"], content["not_begun"]) == ("all", False, [])
    assert content["left_out"] == ["grid"]
    for name, rehearsal in (("everywhere", False), ("rehearsed-rehearsal", True)):
        assert read_header(run / name).rehearsal is rehearsal
        assert {record.rehearsal for record in read_records(run / name)} == {rehearsal}


def test_status_tells_of_all_of_them(
    rehearsed: tuple[Path, dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    run, _ = rehearsed
    assert main(["status", str(run), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [each["settled"] for each in told["runs"]] == [6, 6]
    assert (told["not_begun"], told["alive"]) == (["grid"], False)
    assert main(["status", str(run)]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == f"{run}: all 1: 12 of 12 episodes settled in what was begun"
    assert said[-1] == "not begun: grid"


def test_the_report_of_all_of_them_lies_beside_them(
    rehearsed: tuple[Path, dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    run, _ = rehearsed
    assert main(["report", str(run), "--to", "markdown,csv,latex"]) == 0
    written = capsys.readouterr().out.splitlines()
    assert written
    assert all(line.startswith(f"{run}/report/") for line in written)
    assert "not in this table: grid" in (run / "report" / "table.md").read_text()


def test_what_can_be_real_is_and_the_rest_is_rehearsed_when_that_is_asked_for(
    evalsuite: CommandLine, three: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    done = evalsuite("run", "all.yaml", *POLICIES, "--rehearse-missing", "--out", "run")
    assert done.returncode == 0, done.stderr
    assert "note: for real: everywhere, grid; in rehearsal: rehearsed" in done.stderr
    assert "rehearsed (REHEARSAL)" in done.stdout
    monkeypatch.setenv(STATE, "ready")
    assert evalsuite("run", "all.yaml", *POLICIES, "--out", "run").returncode == 0
    names = {path.name for path in (tmp_path / "run").iterdir() if not path.name.startswith(".")}
    assert names == {"suites.json", "everywhere", "grid", "rehearsed", "rehearsed-rehearsal"}


def test_a_suite_that_can_only_be_rehearsed_or_not_at_all_is_told_of_before_anything_starts(
    refused: Callable[..., str], three: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    line = ("run", "all.yaml", *POLICIES, "--out", "run")
    said = refused(*line)
    assert "rehearsed can only be rehearsed here" in said
    assert "add --rehearse-missing; or leave out what can't be played: --without rehearsed" in said
    monkeypatch.setenv(STATE, "missing")
    for asked in ((), ("--rehearse",), ("--rehearse-missing",)):
        said = refused(*line, *asked)
        assert "the world 'rehearsed' can't run here: the client is not installed; pip install the-client" in said
    assert not (tmp_path / "run").exists()


def test_what_is_left_out_is_named(evalsuite: CommandLine, three: Path) -> None:
    done = evalsuite("run", "all.yaml", "--policy", "noop", "--without", "rehearsed", "--out", "run")
    assert done.returncode == 0, done.stderr
    assert "note: left out: rehearsed" in done.stderr
    assert "not in this table: rehearsed" in done.stdout


def test_suites_are_named_by_themselves_or_by_their_worlds(
    evalsuite: CommandLine, refused: Callable[..., str], tmp_path: Path
) -> None:
    several(tmp_path, easy=scenarios("grid", 1), rehearsed=scenarios("rehearsed", 1))
    done = evalsuite("run", "all.yaml", "--policy", "noop", "--only", "grid", "--out", "run", "--json")
    assert list(json.loads(done.stdout)["suites"]) == ["easy"]
    for wrong, complaint in {
        ("--only", "gird"): "--only gird: all has no such suite or world; did you mean 'grid'?",
        ("--without", "easy,rehearsed"): "--without easy,rehearsed leaves nothing of all",
        ("--rehearse", "--rehearse-missing"): "leave one of them out",
        ("--compare-to", "run"): "--compare-to is for one suite",
        ("--python", f"doom={sys.prefix}/bin/python3"): "all has no world 'doom'; it has grid, rehearsed",
        ("--budget-episodes", "1", "--rehearse"): "can't be spread: 2 suites",
        ("--rehearse", "--out", "run/easy"): "--out run/easy holds a run of one suite, and all is several",
    }.items():
        assert complaint in refused("run", "all.yaml", "--policy", "noop", "--out", "run", *wrong)
    said = refused("run", "easy.yaml", "--policy", "noop", "--only", "grid")
    assert "--only is for a suite of suites such as zero-shot; easy is a single suite" in said


def test_what_the_first_suite_refuses_leaves_nothing(
    in_this_process: None, three: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = ("run", "all.yaml", "--policy", "noop", "--policy", "noop", "--without", "rehearsed", "--out", "run")
    assert main(line) == 2
    assert "two policies have the label 'noop'" in capsys.readouterr().err.splitlines()[-1]
    assert not (tmp_path / "run").exists()


def test_another_suite_of_suites_does_not_go_into_the_same_folder(
    evalsuite: CommandLine, refused: Callable[..., str], tmp_path: Path
) -> None:
    several(tmp_path, one=scenarios("grid", 1))
    assert evalsuite("run", "all.yaml", "--policy", "noop", "--out", "run", "--json").returncode == 0
    several(tmp_path, one=scenarios("grid", 1), other=scenarios("grid", 2))
    assert "--out run holds all 1 (" in refused("run", "all.yaml", "--policy", "noop", "--out", "run")


def test_a_budget_is_spread_over_the_suites(evalsuite: CommandLine, three: Path) -> None:
    done = evalsuite("run", "all.yaml", *POLICIES, "--rehearse", "--budget-episodes", "14", "--out", "run", "--json")
    assert done.returncode == 0, done.stderr
    suites = json.loads(done.stdout)["suites"]
    assert [each["episodes"] for each in suites.values()] == [6, 4, 4]
    assert "its share of 14 episodes" in suites["grid"]["budget"]["words"]


def test_a_world_that_is_given_up_does_not_stop_the_others_and_the_same_command_goes_on_with_it(
    evalsuite: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    several(tmp_path, frail=scenarios("frail", 8), grid=scenarios("grid", 2))
    (tmp_path / "down").touch()
    monkeypatch.setenv(DOWN, str(tmp_path / "down"))
    line = ("run", "all.yaml", "--policy", "oracle", "--workers", "1", "--out", "run", "--json")
    done = evalsuite(*line)
    assert done.returncode == 1, done.stderr
    content = json.loads(done.stdout)["suites"]
    assert content["frail"]["given_up"]["frail"]["episodes_left"] > 0
    assert content["grid"]["outcomes"]["success"] == 2
    assert "not done: frail; mend that, then go on with: evalsuite run all.yaml" in done.stderr.splitlines()[-1]
    assert "\nfrail was given up: " in evalsuite("status", "run").stdout
    (tmp_path / "down").unlink()
    done = evalsuite(*line, "--retry-errors")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["suites"]["frail"]["outcomes"]["success"] == 8


def test_what_a_person_sets_up_is_played_for_real_only_when_it_is_named_and_then_first(
    evalsuite: CommandLine, refused: Callable[..., str], tmp_path: Path
) -> None:
    several(tmp_path, grid=scenarios("grid", 1), attended=scenarios("attended", 2))
    line = ("run", "all.yaml", "--policy", "noop", "--json", "--out", "run")
    said = refused(*line)
    assert "attended: a person sets up each episode: name it with --only when somebody is there" in said
    (tmp_path / "series").mkdir()
    (tmp_path / "series" / "step-100.pt").write_bytes(b"no model yet")
    said = refused("run", "all.yaml", "--policy-series", "series", "--rehearse", "--out", "run")
    assert "must not know which checkpoint is playing" in said
    done = evalsuite(*line, "--rehearse-missing")
    rehearsed = {name: each["rehearsal"] for name, each in json.loads(done.stdout)["suites"].items()}
    assert rehearsed == {"grid": False, "attended": True}
    done = evalsuite(*line, "--only", "grid,attended", "--workers", "2")
    assert done.returncode == 0, done.stderr
    assert list(json.loads(done.stdout)["suites"]) == ["attended", "grid"]


SLOW = {"faults": [{"at_step": 1, "attempts": 1, "kind": "slow"}]}


@pytest.fixture(name="slow")
def two_slow_suites(tmp_path: Path) -> list[str]:
    slow = {"level": SLOW, "max_steps": 8}
    several(tmp_path, everywhere=scenarios("everywhere", 4, **slow), rehearsed=scenarios("rehearsed", 4, **slow))
    line = ("run", str(tmp_path / "all.yaml"), "--policy", "noop", "--rehearse", "--workers", "1")
    return [sys.executable, "-m", "evalsuite", *line, "--out", str(tmp_path / "run")]


def assert_each_episode_once(out: Path) -> None:
    for name in ("everywhere", "rehearsed-rehearsal"):
        records = read_records(out / name)
        finals = Counter(record.key for record in records if record.final)
        assert len(finals) == len(settled(records)) == 4
        assert set(finals.values()) == {1}


@pytest.mark.parametrize(
    ("number", "within"), [(signal.SIGINT, "rehearsed-rehearsal"), (signal.SIGTERM, "everywhere")], ids=["INT", "TERM"]
)
def test_an_interruption_stops_all_of_it_and_prints_the_one_command_that_goes_on(
    slow: list[str], tmp_path: Path, number: signal.Signals, within: str
) -> None:
    playground = Playground(tmp_path)
    driver = start(slow, playground.environment)
    wait_for_records(tmp_path / "run" / within, 1, seconds=LIMIT_SECONDS)
    driver.send_signal(number)
    _, said = driver.communicate(timeout=LIMIT_SECONDS)
    assert driver.returncode == 130, said
    assert (tmp_path / "run" / "rehearsed-rehearsal").exists() is (within != "everywhere")
    done_with, _, again = said.splitlines()[-1].partition("; go on with: ")
    assert done_with.startswith("interrupted with ")
    command = [sys.executable, "-m", *again.split()]
    done = subprocess.run(command, env=playground.environment, capture_output=True, text=True, timeout=LIMIT_SECONDS)
    assert done.returncode == 0, done.stderr
    assert_each_episode_once(tmp_path / "run")
    assert playground.remains_after_a_while() == []


def test_kill_9_loses_nothing_and_the_same_command_goes_on(slow: list[str], tmp_path: Path) -> None:
    playground = Playground(tmp_path)
    acknowledged: set[str] = set()
    for folder in ("everywhere", "rehearsed-rehearsal"):
        driver = start(slow, playground.environment)
        wait_for_records(tmp_path / "run" / folder, 2, seconds=LIMIT_SECONDS)
        os.kill(driver.pid, signal.SIGKILL)
        driver.communicate(timeout=LIMIT_SECONDS)
        assert playground.remains_after_a_while() == []
        acknowledged |= {record.line().decode() for record in read_records(tmp_path / "run" / folder)}
    done = subprocess.run(slow, env=playground.environment, capture_output=True, text=True, timeout=LIMIT_SECONDS)
    assert done.returncode == 0, done.stderr
    assert_each_episode_once(tmp_path / "run")
    lines = {record.line().decode() for path in (tmp_path / "run").glob("e*") for record in read_records(path)}
    lines |= {record.line().decode() for path in (tmp_path / "run").glob("r*") for record in read_records(path)}
    assert acknowledged <= lines


def test_all_suites_are_validated_and_locked_together(evalsuite: CommandLine, three: Path, tmp_path: Path) -> None:
    lock = tmp_path / "all.yaml.lock"
    lock.unlink()
    done = evalsuite("validate", "all.yaml", "--rehearse", "--without", "grid", "--write-lock")
    assert (done.returncode, lock.exists()) == (1, False)
    done = evalsuite("validate", "all.yaml", "--rehearse", "--write-lock")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0] == "everywhere 1: 3 scenarios, all sound; locked"
    assert done.stdout.splitlines()[-1] == "all 1: 3 of 3 suites, all sound; locked"
    assert lock.exists()
