from __future__ import annotations

import json
from pathlib import Path

from evalsuite.suite.files import lock_file, save_suite
from tests.commands.conftest import CommandLine
from tests.worlds.grid_world import grid_scenario, grid_suite

WALLED_IN = {
    "walls": [[9.0, 11.0, 15.0, 12.0], [9.0, 16.0, 15.0, 17.0], [9.0, 11.0, 10.0, 17.0], [14.0, 11.0, 15.0, 17.0]]
}


def test_a_sound_suite_can_be_locked_and_a_changed_one_is_refused(evalsuite: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "grid.yaml"
    save_suite(grid_suite(), path)
    done = evalsuite("validate", "grid.yaml", "--oracle", "--write-lock")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "grid-test 1: 5 scenarios, all sound; locked\n"
    save_suite(grid_suite(grid_scenario("changed")), path)
    done = evalsuite("validate", "grid.yaml")
    assert done.returncode == 2
    assert "is not what grid.yaml.lock locks" in done.stderr


def test_each_unsound_scenario_is_named_with_its_reason_and_nothing_is_locked(
    evalsuite: CommandLine, tmp_path: Path
) -> None:
    scenarios = [
        grid_scenario("sound"),
        grid_scenario("hidden", level={"goal_hidden": True}),
        grid_scenario("arrived", target=(4.0, 5.0)),
        grid_scenario("broken", level={"faults": [{"at_step": 0, "attempts": 9, "kind": "raise"}]}),
        grid_scenario("unsolvable", level=WALLED_IN),
    ]
    save_suite(grid_suite(*scenarios), tmp_path / "grid.yaml")
    done = evalsuite("validate", "grid.yaml", "--oracle", "--write-lock", "--json")
    assert done.returncode == 1, done.stderr
    content = json.loads(done.stdout)
    assert list(content["unsound"]) == ["hidden", "arrived", "broken", "unsolvable"]
    assert "mask is empty" in content["unsound"]["hidden"]
    assert content["unsound"]["arrived"] == "a success at reset"
    assert "the engine said no" in content["unsound"]["broken"]
    assert "the oracle does not solve it" in content["unsound"]["unsolvable"]
    assert not lock_file(tmp_path / "grid.yaml").exists()


def test_every_goal_of_a_row_has_to_be_in_its_view(evalsuite: CommandLine, tmp_path: Path) -> None:
    (first,) = grid_scenario("row").goals
    goals = [
        first.model_copy(update={"target": first.target.model_copy(update={"name": f"crate-{number}"})})
        for number in (1, 2, 3)
    ]
    rows = [
        grid_scenario(name, level={"goal_hidden": hidden}).model_copy(update={"goals": tuple(goals)})
        for name, hidden in (("sound", []), ("turned-away", ["crate-3"]))
    ]
    save_suite(grid_suite(*rows), tmp_path / "grid.yaml")
    done = evalsuite("validate", "grid.yaml")
    assert done.returncode == 1, done.stderr
    assert done.stdout.splitlines() == [
        "turned-away: goal 3 of 3: the goal view does not show crate-3: its mask is empty",
        "grid-test 1: 2 scenarios, 1 unsound; not locked",
    ]


def test_a_scenario_that_solves_itself_while_nothing_is_done_is_unsound(evalsuite: CommandLine, tmp_path: Path) -> None:
    level = {"walls": [[0.0, 0.0, 1.0, 1.0]]}
    save_suite(grid_suite(grid_scenario("near", target=(4.0, 5.9), level=level)), tmp_path / "grid.yaml")
    done = evalsuite("validate", "grid.yaml")
    assert done.returncode == 1
    assert done.stdout.startswith("near: a success")
    assert "grid-test 1: 1 scenario, 1 unsound" in done.stdout


def test_a_view_that_is_not_what_measuring_gives_is_unsound(evalsuite: CommandLine, tmp_path: Path) -> None:
    scenario = grid_scenario("wrong")
    view = scenario.view.model_copy(update={"view_angle_deg": scenario.view.view_angle_deg + 5.0})
    save_suite(grid_suite(scenario.model_copy(update={"view": view})), tmp_path / "grid.yaml")
    done = evalsuite("validate", "grid.yaml")
    assert done.returncode == 1
    assert done.stdout.startswith("wrong: view.view_angle_deg says")


def test_an_unsound_suite_is_not_offered_a_lock(evalsuite: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "grid.yaml"
    save_suite(grid_suite(grid_scenario("sound")), path)
    assert evalsuite("validate", "grid.yaml").stdout.endswith(
        "1 scenario, all sound; not locked (`evalsuite validate grid.yaml --write-lock` locks it)\n"
    )
    save_suite(grid_suite(grid_scenario("arrived", target=(4.0, 5.0))), path)
    assert evalsuite("validate", "grid.yaml").stdout.endswith("1 scenario, 1 unsound; not locked\n")


def test_what_this_machine_lacks_is_not_held_against_a_scenario(evalsuite: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "grid.yaml"
    save_suite(grid_suite(grid_scenario("sound"), grid_scenario("demanding", level={"needs": "a compass"})), path)
    done = evalsuite("validate", "grid.yaml")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "demanding: can't be judged here: the level needs a compass",
        "grid-test 1: 2 scenarios, 1 that can't be judged here; not locked",
    ]
    assert evalsuite("validate", "grid.yaml", "--write-lock").returncode == 1
    assert not lock_file(path).exists()


def test_a_rehearsal_is_named_and_its_pictures_are_not_the_worlds(evalsuite: CommandLine, tmp_path: Path) -> None:
    scenario = grid_scenario("seen")
    view = scenario.view.model_copy(update={"target_visible_at_start": False})
    turned = scenario.view.model_copy(update={"target_visible_at_start": True})
    scenarios = [scenario.model_copy(update={"id": name, "view": each}) for name, each in (("a", view), ("b", turned))]
    save_suite(grid_suite(*scenarios), tmp_path / "grid.yaml")
    (real,) = evalsuite("validate", "grid.yaml").stdout.splitlines()[:-1]
    name = real.partition(":")[0]
    assert "view.target_visible_at_start says" in real
    done = evalsuite("validate", "grid.yaml", "--rehearse", "--write-lock")
    assert done.returncode == 0, done.stdout
    remark, verdict = done.stdout.splitlines()
    assert remark.startswith(f"{name}: view.target_visible_at_start says")
    assert remark.endswith("in the stand-in's picture; that says nothing about the world")
    assert verdict == "grid-test 1: 2 scenarios, all sound; judged in rehearsal, by a stand-in; locked"
    assert json.loads(evalsuite("validate", "grid.yaml", "--rehearse", "--json").stdout)["rehearsal"] is True
