from __future__ import annotations

import json
from pathlib import Path

import pytest

from evalsuite.errors import UsageError
from evalsuite.suite import Suite, find_suite, lock_file, save_suite, write_lock
from evalsuite.suite.catalogue import shipped_suites, shipped_suites_of_suites
from evalsuite.suite.suite_of_suites import SuiteOfSuites, find_suites, load_suite_of_suites, write_suites_lock
from tests.worlds.grid_world import grid_scenario, grid_suite

TWO = "schema: 1\nsuite: both\nversion: '1'\nsuites:\n  - one.yaml\n  - below/other.jsonl\n"


@pytest.fixture(name="both")
def two_suites_in_a_list(tmp_path: Path) -> Path:
    for name, file in (("one", "one.yaml"), ("other", "below/other.jsonl")):
        path = tmp_path / file
        path.parent.mkdir(exist_ok=True)
        save_suite(grid_suite(name=name), path)
        write_lock(grid_suite(name=name), path)
    path = tmp_path / "both.yaml"
    path.write_text(TWO)
    return path


def test_its_suites_are_files_beside_it_or_shipped_ones_in_the_order_of_the_list(both: Path) -> None:
    both.write_text(TWO + "  - doom-quick\n")
    every, path = find_suites(str(both))
    assert isinstance(every, SuiteOfSuites)
    assert path == both
    assert [member.name for member in every.members] == ["one", "other", "doom-quick"]
    assert every.members[2].path == shipped_suites()["doom-quick"]
    assert isinstance(find_suites("doom-quick")[0], Suite)


def test_its_hash_is_that_of_all_scenarios_and_not_of_their_order_or_layout(both: Path, tmp_path: Path) -> None:
    before = load_suite_of_suites(both).sha256()
    both.write_text(TWO.replace("  - one.yaml\n", "") + "  - one.yaml\n# the same, said otherwise\n")
    assert load_suite_of_suites(both).sha256() == before
    changed = grid_suite(grid_scenario("another"), name="one")
    save_suite(changed, tmp_path / "one.yaml")
    write_lock(changed, tmp_path / "one.yaml")
    assert load_suite_of_suites(both).sha256() != before


def test_a_lock_holds_every_suite_and_says_which_of_them_is_another(both: Path, tmp_path: Path) -> None:
    every = load_suite_of_suites(both)
    assert not every.locked
    lock = write_suites_lock(every)
    assert load_suite_of_suites(both).locked
    assert set(json.loads(lock.read_text())["suites"]) == {"one", "other"}
    changed = grid_suite(grid_scenario("another"), name="one")
    save_suite(changed, tmp_path / "one.yaml")
    write_lock(changed, tmp_path / "one.yaml")
    with pytest.raises(UsageError, match=r"both\.yaml is not what both\.yaml\.lock locks: one has another content"):
        load_suite_of_suites(both)
    both.write_text(TWO.replace("'1'", "'2'"))
    save_suite(grid_suite(name="one"), tmp_path / "one.yaml")
    write_lock(grid_suite(name="one"), tmp_path / "one.yaml")
    with pytest.raises(UsageError, match="its name or version; restore it, or raise the version"):
        load_suite_of_suites(both)


def test_a_mistake_in_the_list_is_named_with_its_line(both: Path, tmp_path: Path) -> None:
    (tmp_path / "again.yaml").write_text((tmp_path / "one.yaml").read_text())
    elsewhere = tmp_path.parent / f"{tmp_path.name}-elsewhere.yaml"
    elsewhere.write_text((tmp_path / "one.yaml").read_text())
    (tmp_path / "link.yaml").symlink_to(elsewhere)
    (tmp_path / "nested.yaml").write_text(TWO)
    save_suite(grid_suite(name="one-rehearsal"), tmp_path / "marked.yaml")
    for added, complaint in {
        "  - nowhere.yaml\n": r"both\.yaml:7: suites\[2\]: there is no suite '.*nowhere\.yaml'",
        f"  - ../{elsewhere.name}\n": r"both\.yaml:7: suites\[2\]: .* is not in the folder of the file that lists it",
        f"  - {elsewhere}\n": r"suites\[2\]: .* is not in the folder",
        "  - link.yaml\n": r"suites\[2\]: link\.yaml is not in the folder",
        "  - again.yaml\n": r"both\.yaml:7: suites\[2\]: there are two suites called 'one'",
        "  - nested.yaml\n": r"suites\[2\]: nested\.yaml is a suite of suites itself",
        "  - marked.yaml\n": r"suites\[2\]: a name that ends in -rehearsal",
        "  - 7\n": r"both\.yaml:7: suites\[2\]: should be text: put it in quotes",
        "sutes: []\n": r"both\.yaml:7: sutes: unknown field; did you mean 'suites'\?",
    }.items():
        both.write_text(TWO + added)
        with pytest.raises(UsageError, match=complaint):
            find_suites(str(both))


def test_where_one_suite_is_wanted_its_suites_are_named() -> None:
    with pytest.raises(UsageError, match=r"zero-shot is a suite of suites, and this takes one: .*doom-standard"):
        find_suite("zero-shot")
    assert "zero-shot" not in shipped_suites()


@pytest.mark.parametrize("name", sorted(shipped_suites_of_suites()))
def test_a_shipped_one_is_locked_and_holds_locked_suites(name: str) -> None:
    every, _ = find_suites(name)
    assert isinstance(every, SuiteOfSuites)
    assert every.locked
    assert (every.suite, every.path.stem) == (name, name)
    assert all(lock_file(member.path).exists() for member in every.members)


def test_zero_shot_is_of_all_five_kinds_of_worlds() -> None:
    every = load_suite_of_suites(shipped_suites_of_suites()["zero-shot"])
    worlds = {world for member in every.members for world in member.suite.worlds}
    assert worlds == {"doom", "minecraft", "dmlab", "unreal", "unrealcv", "robot"}
