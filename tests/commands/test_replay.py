from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from evalsuite.records.reading import EPISODES_FOLDER, HEADER_FILE, SUITE_FILE, read_records
from evalsuite.suite.files import save_suite
from tests.commands.conftest import CommandLine
from tests.video.moving_pictures import pictures_of
from tests.worlds.grid_world import grid_scenario, grid_suite

AGENT = """
from tests.runner.policies_on_trial import Recurrent
class Agent(Recurrent):
    pass
"""


@pytest.fixture
def recorded(evalsuite: CommandLine, tmp_path: Path) -> Path:
    """A run of three scenarios with the oracle and a factory's policy, in the folder `run`."""
    (tmp_path / "agent.py").write_text(AGENT)
    scenarios = [grid_scenario(f"{name}-0", interaction=name) for name in ("approach", "break", "interact")]
    save_suite(grid_suite(*scenarios), tmp_path / "grid.jsonl")
    done = evalsuite(
        *("run", "grid.jsonl", "--policy", "oracle", "--policy", "agent:Agent"),
        *("--seed", "3", "--out", "run", "--video", "none", "--json"),
    )
    assert done.returncode == 0, done.stderr
    return tmp_path / "run"


def content_of(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def change_line(run: Path, wanted: Callable[[dict[str, object]], bool], **changes: object) -> None:
    (file,) = (run / EPISODES_FOLDER).glob("*.jsonl")
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    file.write_text("".join(json.dumps({**line, **(changes if wanted(line) else {})}) + "\n" for line in lines))


def test_an_episode_comes_out_the_same_and_the_run_is_left_as_it_was(evalsuite: CommandLine, recorded: Path) -> None:
    before = content_of(recorded)
    for policy, name in (("oracle", "oracle/approach-0/3"), ("Agent", "Agent/break-0/3")):
        (record,) = [each for each in read_records(recorded) if each.policy == policy and each.scenario in name]
        done = evalsuite("replay", "run", name)
        assert done.returncode == 0, done.stderr
        assert done.stdout == (
            f"the same: {name}: {record.outcome} after {record.steps} steps, "
            f"last picture {record.final_frame_sha256[:12]}\n"
        )
    assert content_of(recorded) == before


def test_it_is_filmed_when_asked(evalsuite: CommandLine, recorded: Path, tmp_path: Path) -> None:
    before = content_of(recorded)
    done = evalsuite("replay", "run", "oracle/approach-0/3", "--video")
    assert done.returncode == 0, done.stderr
    path = tmp_path / "oracle-approach-0-3.mp4"
    assert done.stdout.splitlines()[-1] == str(path)
    (record,) = [each for each in read_records(recorded) if (each.policy, each.scenario) == ("oracle", "approach-0")]
    assert len(pictures_of(path)) == record.steps + 1
    assert content_of(recorded) == before
    assert not [each for each in tmp_path.iterdir() if each.name.startswith(".")]


def test_what_comes_out_differently_is_told_with_both_and_exit_1(evalsuite: CommandLine, recorded: Path) -> None:
    change_line(recorded, lambda line: line["policy"] == "oracle", final_frame_sha256="0" * 64, steps=7)
    done = evalsuite("replay", "run", "oracle/break-0/3")
    assert done.returncode == 1
    was, now = done.stdout.splitlines()
    assert "was success after 7 steps, last picture 000000000000 (break done)" in was
    assert now.startswith("now success after ")


def test_a_changed_suite_and_a_changed_policy_are_refused_in_one_line(
    evalsuite: CommandLine, recorded: Path, tmp_path: Path
) -> None:
    (tmp_path / "agent.py").write_text(AGENT + "# changed\n")
    done = evalsuite("replay", "run", "Agent/break-0/3")
    assert done.returncode == 2
    assert "the policy 'Agent' can't be played again: agent:Agent is " in done.stderr
    assert len(done.stderr.splitlines()) == 1
    suite = recorded / SUITE_FILE
    suite.write_text(suite.read_text().replace('"max_steps":60', '"max_steps":61', 1))
    done = evalsuite("replay", "run", "oracle/break-0/3")
    assert done.returncode == 2
    assert "it was changed since" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_another_engine_than_the_recorded_one_is_told(evalsuite: CommandLine, recorded: Path) -> None:
    header = json.loads((recorded / HEADER_FILE).read_text())
    header["engines"]["grid"]["grid"] = "0.9"
    (recorded / HEADER_FILE).write_text(json.dumps(header))
    done = evalsuite("replay", "run", "oracle/break-0/3")
    assert done.returncode == 0
    assert done.stderr == "note: recorded with grid 0.9, now 1\n"


def test_a_part_of_a_name_is_enough_if_it_is_of_one_episode_only(evalsuite: CommandLine, recorded: Path) -> None:
    assert evalsuite("replay", "run", "oracle/interact-0").stdout.startswith("the same: oracle/interact-0/3")
    done = evalsuite("replay", "run", "interact-0")
    assert done.returncode == 2
    assert "'interact-0' means 2 episodes" in done.stderr
    assert "oracle/interact-0/3" in done.stderr
    done = evalsuite("replay", "run", "oracle/aproach-0/3")
    assert done.returncode == 2
    assert "has no episode 'oracle/aproach-0/3'; close: oracle/approach-0/3" in done.stderr


def test_a_rehearsal_is_replayed_as_one(evalsuite: CommandLine, recorded: Path) -> None:
    header = json.loads((recorded / HEADER_FILE).read_text())
    assert header["rehearsal"] is False
    assert evalsuite("run", "grid.jsonl", "--policy", "noop", "--rehearse", "--out", "rehearsed").returncode == 0
    assert evalsuite("replay", "rehearsed", "noop/break-0/0").returncode == 0


def test_json_is_one_object(evalsuite: CommandLine, recorded: Path) -> None:
    (record,) = [each for each in read_records(recorded) if each.policy == "oracle" and each.scenario == "break-0"]
    done = evalsuite("replay", "run", "oracle/break-0", "--json")
    assert done.returncode == 0, done.stderr
    content = json.loads(done.stdout)
    assert (content["episode"], content["same"], content["video"]) == ("oracle/break-0/3", True, None)
    assert content["was"] == content["now"]
    assert (content["now"]["outcome"], content["now"]["steps"]) == (record.outcome, record.steps)


def test_a_folder_that_can_not_be_written_is_told_before_anything_is_played(
    evalsuite: CommandLine, recorded: Path
) -> None:
    pytest.importorskip("av", reason="needs PyAV")
    done = evalsuite("replay", "run", "oracle/break-0", "--video", "--out", "/proc/self/film.mp4")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("evalsuite: error: --out /proc/self/film.mp4 can't be written: ")
    assert done.stderr.endswith("; name another folder\n")
    assert len(done.stderr.splitlines()) == 1
