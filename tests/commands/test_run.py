from __future__ import annotations

import json
from pathlib import Path

import pytest

from evalsuite.suite.files import save_suite, write_lock
from tests.commands.conftest import CommandLine
from tests.worlds.grid_world import grid_scenario, grid_suite


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    path = tmp_path / "grid.yaml"
    save_suite(grid_suite(), path)
    write_lock(grid_suite(), path)
    return path


def test_json_is_exactly_one_object(evalsuite: CommandLine, suite: Path) -> None:
    policies = ("--policy", "oracle", "--policy", "still=noop")
    done = evalsuite("run", str(suite), *policies, "--seed", "3", "--out", "run", "--json")
    assert done.returncode == 0, done.stderr
    content = json.loads(done.stdout)
    assert content["episodes"] == 10
    assert content["outcomes"] == {"success": 5, "failure": 5, "error": 0}
    assert content["policies"]["still"] == {"success": 0, "failure": 5, "error": 0}
    assert (content["out"], content["interrupted"], content["suite"]) == ("run", False, "grid-test")
    assert content["steps"] > 300


def test_without_json_the_table_is_printed_and_the_folder_named(evalsuite: CommandLine, suite: Path) -> None:
    done = evalsuite("run", str(suite), "--policy", "oracle")
    assert done.returncode == 0, done.stderr
    assert "100%" in done.stdout
    assert "5 of 5 episodes in runs/grid-test-" in done.stdout.splitlines()[-1]


def test_bad_input_gets_one_line_and_leaves_nothing(evalsuite: CommandLine, suite: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.pt").write_bytes(b"PK\x03\x04 and no more")
    before = sorted(tmp_path.iterdir())
    for policy, message in [
        ("torchscript:missing.pt", "missing.pt"),
        ("torchscript:broken.pt", "broken.pt"),
        ("tests.runner.policies_on_trial:nothing", "has no 'nothing'"),
        ("no_such_module:make", "no_such_module"),
    ]:
        done = evalsuite("run", str(suite), "--policy", "noop", "--policy", policy, "--out", "run")
        assert done.returncode == 2
        assert done.stdout == ""
        assert message in done.stderr
        assert len(done.stderr.splitlines()) == 1
    assert sorted(path for path in tmp_path.iterdir() if path.name != "__pycache__") == before


def test_an_out_that_holds_another_run_is_refused_and_not_harmed(
    evalsuite: CommandLine, suite: Path, tmp_path: Path
) -> None:
    assert evalsuite("run", str(suite), "--policy", "noop", "--out", "run", "--json").returncode == 0
    before = {path: path.read_bytes() for path in (tmp_path / "run").rglob("*") if path.is_file()}
    save_suite(grid_suite(grid_scenario("else")), tmp_path / "other.yaml")
    done = evalsuite("run", "other.yaml", "--policy", "noop", "--out", "run")
    assert done.returncode == 2
    assert "holds a run of grid-test" in done.stderr.splitlines()[-1]
    assert {path: path.read_bytes() for path in (tmp_path / "run").rglob("*") if path.is_file()} == before


BAD_POLICIES = """
import os
import sys
class Bad:
    def initial_state(self):
        return None
    def act(self, observations, states):
        raise ValueError("my message")
def leaving():
    sys.exit(3)
def vanishing():
    os._exit(4)
"""


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    """A module of policies in the folder that the command runs in."""
    path = tmp_path / "bad.py"
    path.write_text(BAD_POLICIES.lstrip())
    return path


def test_a_policy_of_nothing_but_errors_says_why_and_ends_with_1(
    evalsuite: CommandLine, suite: Path, bad: Path
) -> None:
    line = ("run", str(suite), "--policy", "bad=bad:Bad", "--policy", "noop", "--out", "run")
    reason = f"act: ValueError: my message ({bad.name}:7)"
    for resumed in (False, True):
        done = evalsuite(*line)
        assert done.returncode == 1, f"resumed: {resumed}"
        said, _, log = done.stderr.splitlines()[-1].partition(" (log: ")
        assert said == f"bad: 5 of 5 episodes are errors, most often: {reason}"
        assert "my message" in (suite.parent / log.rstrip(")")).read_text()
    content = json.loads(evalsuite(*line, "--json").stdout)
    assert content["errors"] == {"bad": {"count": 5, "most_common": reason, "log": log.rstrip(")")[len("run/") :]}}


def test_a_policy_with_some_episodes_scored_ends_with_0_and_still_says_what_went_wrong(
    evalsuite: CommandLine, suite: Path
) -> None:
    done = evalsuite("run", str(suite), "--policy", "tests.runner.policies_on_trial:raising", "--out", "run")
    assert done.returncode == 0
    assert "raising: 1 of 5 episodes is an error, most often: act: RuntimeError: out of ideas (" in done.stderr


def test_a_policy_process_that_ends_itself_while_it_is_loaded_says_where_to_look(
    evalsuite: CommandLine, suite: Path, bad: Path
) -> None:
    for factory, code in (("leaving", 3), ("vanishing", 4)):
        done = evalsuite("run", str(suite), "--policy", f"bad:{factory}", "--out", "run")
        assert done.returncode == 2
        said = done.stderr.splitlines()[-1]
        assert f"ended with code {code}" in said
        assert "it ended itself while it was loaded: look at what the factory calls" in said


def test_a_policy_that_can_not_be_loaded_is_named_once(evalsuite: CommandLine, suite: Path, bad: Path) -> None:
    done = evalsuite("run", str(suite), "--policy", "bad:Nope", "--out", "run")
    assert done.stderr.splitlines()[-1].startswith("evalsuite: error: policy bad:Nope: ")


def test_what_a_world_refuses_is_told_with_file_and_line_and_without_a_note(
    evalsuite: CommandLine, tmp_path: Path
) -> None:
    for name, scenario, mistake in (
        ("typo.yaml", grid_scenario("typo", level={"wals": []}), "typo: level.wals is unknown"),
        ("mars.jsonl", grid_scenario("far").model_copy(update={"world": "mars"}), "there is no world 'mars'"),
    ):
        save_suite(grid_suite(grid_scenario("right"), scenario), tmp_path / name)
        text = (tmp_path / name).read_text()
        line = 3 if name.endswith(".jsonl") else text[: text.index("id: typo")].count("\n") + 1
        for command in (("run", name, "--policy", "noop"), ("validate", name)):
            done = evalsuite(*command)
            assert done.returncode == 2
            assert done.stderr.startswith(f"evalsuite: error: {name}:{line}: "), done.stderr
            assert mistake in done.stderr
            assert len(done.stderr.splitlines()) == 1


def test_an_empty_out_is_refused(evalsuite: CommandLine, suite: Path) -> None:
    done = evalsuite("run", str(suite), "--policy", "noop", "--out", "")
    assert done.returncode == 2
    assert "argument --out: it is empty; name a folder" in done.stderr


def test_help_says_what_its_words_mean(evalsuite: CommandLine) -> None:
    said = " ".join(evalsuite("run", "--help").stdout.split())
    for words in ("runs/<suite>-<date>-<time>", "name of a suite that is shipped", "a stand-in plays", "exit code: 0"):
        assert words in said
    assert "a name that `evalsuite worlds` lists" in " ".join(evalsuite("synthesize", "--help").stdout.split())
    assert "exit code: 0 done; 1" in " ".join(evalsuite("--help").stdout.split())


def test_a_resumed_run_says_how_much_was_there_already(evalsuite: CommandLine, suite: Path) -> None:
    first = evalsuite("run", str(suite), "--policy", "noop", "--out", "run")
    assert "already" not in first.stderr
    done = evalsuite("run", str(suite), "--policy", "noop", "--seed", "0", "--seed", "1", "--out", "run")
    assert "5 of 10 episodes were already in run" in done.stderr.splitlines()
    assert "10 of 10 episodes in run" in done.stdout


def test_a_simulator_that_hangs_is_cut_at_the_limit_asked_for_and_the_retry_is_told(
    evalsuite: CommandLine, tmp_path: Path
) -> None:
    level = {"faults": [{"at_step": 3, "attempts": 1, "kind": "hang"}], "tally": str(tmp_path / "tally")}
    save_suite(grid_suite(grid_scenario("hanging", level=level)), tmp_path / "hang.yaml")
    line = ("run", "hang.yaml", "--policy", "noop", "--out", "run", "--time-limit", "reset=20,step=3")
    reason = "simulator hangs: step took more than 3 s"
    for resumed in (False, True):
        done = evalsuite(*line)
        assert done.returncode == 0, done.stderr
        last = done.stderr.splitlines()[-1]
        assert last == f"1 episode needed more than one attempt, most often: {reason}", f"resumed: {resumed}"
    assert json.loads(evalsuite(*line, "--json").stdout)["retried"] == {"count": 1, "most_common": reason}


def test_a_policy_that_hangs_is_cut_at_the_limit_asked_for(evalsuite: CommandLine, suite: Path, tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text(BAD_POLICIES.replace('raise ValueError("my message")', "sleep(3600)"))
    with (tmp_path / "slow.py").open("a") as file:
        file.write("from time import sleep\n")
    done = evalsuite("run", str(suite), "--policy", "slow:Bad", "--out", "run", "--time-limit", "policy=0.5", "--json")
    assert done.returncode == 1, done.stderr
    reason = json.loads(done.stdout)["errors"]["Bad"]["most_common"]
    assert "the policy did not answer within 0.5 s" in reason


@pytest.mark.parametrize(
    ("limit", "message"),
    [
        ("rest=5", "there is no phase 'rest'; the phases: start, reset,"),
        ("reset", "'reset' should be PHASE=SECONDS"),
        ("reset=0", "more than 0"),
        ("step=nan", "more than 0"),
    ],
)
def test_a_wrong_time_limit_gets_one_line(evalsuite: CommandLine, suite: Path, limit: str, message: str) -> None:
    done = evalsuite("run", str(suite), "--policy", "noop", "--time-limit", limit)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_world_without_a_stand_in_is_played_for_real_and_marked_so(evalsuite: CommandLine, tmp_path: Path) -> None:
    pytest.importorskip("vizdoom", reason="vizdoom is not installed: pip install 'evalsuite[doom]'")
    line = ("run", "doom-quick", "--policy", "noop", "--rehearse", "--budget-episodes", "1", "--video", "none")
    done = evalsuite(*line, "--out", "run")
    assert done.returncode == 0, done.stderr
    assert "note: doom has no stand-in: doom-quick is played for real" in done.stderr
    assert "REHEARSAL" not in done.stdout
    assert json.loads((tmp_path / "run" / "run.json").read_text())["rehearsal"] is False
