"""Suites on disk: one schema in two formats, a lock, and one line for every mistake."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from evalsuite.crossview.difficulty import measure_view_difficulty
from evalsuite.errors import UsageError
from evalsuite.suite import Suite, find_suite, load_suite, lock_file, save_suite, shipped_suites, write_lock
from evalsuite.suite.files import save_locked
from evalsuite.suite.scenario import content_sha256
from tests.suite.examples import made_up_suite, scenario_fields, suite_fields


def refusal(path: Path) -> str:
    """The one line that loading `path` answers with."""
    with pytest.raises(UsageError) as caught:
        load_suite(path)
    message = str(caught.value)
    assert "\n" not in message
    return message


def written(folder: Path, content: Any, name: str = "suite.yaml") -> Path:
    path = folder / name
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return path


@pytest.mark.parametrize("name", ["suite.yaml", "suite.yml", "suite.jsonl"])
def test_a_suite_comes_back_as_it_was_saved(name: str, tmp_path: Path) -> None:
    suite = made_up_suite()
    save_suite(suite, tmp_path / name)
    again = load_suite(tmp_path / name)
    assert again == suite
    assert again.sha256() == suite.sha256()


def test_yaml_and_json_lines_have_the_same_hash_whatever_the_order_of_the_keys(tmp_path: Path) -> None:
    fields = suite_fields()
    turned = {key: fields[key] for key in reversed(fields)}
    turned["scenarios"] = [dict(reversed(each.items())) for each in reversed(fields["scenarios"])]
    save_suite(made_up_suite(), tmp_path / "suite.jsonl")
    hashes = {load_suite(written(tmp_path, turned)).sha256(), load_suite(tmp_path / "suite.jsonl").sha256()}
    assert hashes == {made_up_suite().sha256()}


def test_a_suite_is_hashed_once_and_is_still_equal_to_one_that_was_not() -> None:
    suite, other = made_up_suite(), made_up_suite()
    with mock.patch("evalsuite.suite.scenario.content_sha256", wraps=content_sha256) as hashing:
        assert suite.sha256() == suite.sha256()
        assert hashing.call_count == 1
    assert suite == other
    assert suite.model_dump() == other.model_dump()


def test_the_hash_covers_the_scenarios_the_name_and_the_version_but_not_the_description() -> None:
    suite = made_up_suite()
    changes: list[dict[str, Any]] = [{"version": "1.1"}, {"suite": "other"}, {"scenarios": suite.scenarios[:1]}]
    assert len({suite.sha256(), *(suite.model_copy(update=change).sha256() for change in changes)}) == 4
    assert suite.model_copy(update={"description": "other"}).sha256() == suite.sha256()


def test_a_negative_zero_does_not_change_the_hash() -> None:
    def hashed(zero: float) -> str:
        return made_up_suite(scenario_fields(start={"x": zero, "y": 0.0, "z": 1.0})).sha256()

    assert hashed(-0.0) == hashed(0.0)


def test_a_lock_that_fits_is_silent_and_one_that_does_not_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "suite.jsonl"
    save_suite(made_up_suite(), path)
    assert write_lock(made_up_suite(), path) == lock_file(path)
    load_suite(path)
    save_suite(made_up_suite(scenario_fields("first", seed=99)), path)
    assert "is not what suite.jsonl.lock locks" in refusal(path)


@pytest.mark.parametrize("lock", ["", "{}", "[]", "3", '{"sha256": 3}', "not json"])
def test_an_unreadable_lock_is_refused(lock: str, tmp_path: Path) -> None:
    path = tmp_path / "suite.yaml"
    save_suite(made_up_suite(), path)
    lock_file(path).write_text(lock)
    assert "lock" in refusal(path)


def with_line(text: str, old: str, new: str) -> tuple[str, int]:
    """`text` with `old` replaced once, and the number of the line that holds `new`."""
    assert text.count(old) >= 1
    changed = text.replace(old, new, 1)
    return changed, changed[: changed.index(new)].count("\n") + 1


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("max_steps: 100", "max_steps: many", "scenarios[0].max_steps"),
        ("max_steps: 100", "max_steps: 0", "scenarios[0].max_steps"),
        ("interaction: break", "interaction: smash", "scenarios[0].goals[0].interaction"),
        ("seed: 8", "seed: -8", "scenarios[1].seed"),
        ("yaw: 30.0", "yaw: .nan", "scenarios[0].start.yaw"),
        ("x: 0.0", "x: .inf", "scenarios[0].start.x"),
        ("id: made-up/first", "id: ../first", "scenarios[0].id"),
        ("id: made-up/first", "id: made-up/../../first", "scenarios[0].id"),
        ("id: made-up/first", "id: made-up//first", "scenarios[0].id"),
        ("difficulty: easy", "difficulty: trivial", "scenarios[0].difficulty"),
        ("version: '1.0'", "version: one", "version"),
        ("schema: 1", "schema: 2", "schema"),
        ("suite: made-up", "suite: Made Up", "suite"),
    ],
)
def test_a_mistake_in_yaml_names_file_line_and_field(old: str, new: str, field: str, tmp_path: Path) -> None:
    text, line = with_line(yaml.safe_dump(suite_fields(), sort_keys=False), old, new)
    path = written(tmp_path, text)
    assert refusal(path).startswith(f"{path}:{line}: {field}: ")


def test_a_mistake_in_json_lines_names_file_line_and_field(tmp_path: Path) -> None:
    path = tmp_path / "suite.jsonl"
    save_suite(made_up_suite(), path)
    text, line = with_line(path.read_text(), '"seed":8', '"seed":"x"')
    path.write_text("\n" + text)
    assert line == 3
    assert refusal(path).startswith(f"{path}:4: scenarios[1].seed: ")
    path.write_text(text + "{half a line\n")
    assert refusal(path).startswith(f"{path}:4: not JSON")


def test_an_unknown_field_is_refused(tmp_path: Path) -> None:
    for level, fields in {
        "scenarios[0].colour": suite_fields(scenario_fields(colour="red")),
        "author": suite_fields() | {"author": "me"},
    }.items():
        assert level in refusal(written(tmp_path, fields))


def test_two_scenarios_with_one_id_are_refused_at_the_second_one(tmp_path: Path) -> None:
    fields = suite_fields(scenario_fields("same"), scenario_fields("same", seed=9))
    path = written(tmp_path, fields)
    second = path.read_text().rindex("id: made-up/same")
    line = path.read_text()[:second].count("\n") + 1
    assert refusal(path) == f"{path}:{line}: scenarios[1].id: two scenarios have the id 'made-up/same'"


def test_only_real_mistakes_are_counted(tmp_path: Path) -> None:
    goals = [{**scenario_fields()["goals"][0], "interaction": "smash"}]
    one = refusal(written(tmp_path, suite_fields(scenario_fields(goals=goals))))
    assert one.endswith("(got 'smash')")
    two = refusal(written(tmp_path, suite_fields(scenario_fields(goals=goals, seed=-1))))
    assert two.endswith("(+1 more)")
    assert "goals: needs at least one item" in refusal(written(tmp_path, suite_fields(scenario_fields(goals=[]))))
    assert "scenarios: needs at least one item" in refusal(written(tmp_path, {**suite_fields(), "scenarios": []}))


def test_a_key_that_stands_twice_is_refused_with_its_line(tmp_path: Path) -> None:
    text, line = with_line(yaml.safe_dump(suite_fields(), sort_keys=False), "  max_steps: 100", "  seed: 99")
    path = written(tmp_path, text)
    assert refusal(path).startswith(f"{path}:{line}: the key 'seed' stands twice")
    path = tmp_path / "suite.jsonl"
    save_suite(made_up_suite(), path)
    path.write_text(path.read_text().replace('"seed":8', '"seed":8,"seed":9'))
    assert refusal(path).startswith(f"{path}:3: the key 'seed' stands twice")


def test_a_merged_mapping_may_be_overridden(tmp_path: Path) -> None:
    first, second = (yaml.safe_dump(scenario_fields(name), sort_keys=False) for name in ("first", "second"))
    merged = f"- &first\n{_indented(first)}- <<: *first\n{_indented(second)}"
    path = written(tmp_path, f"suite: made-up\nversion: '1'\nscenarios:\n{merged}")
    assert [each.id for each in load_suite(path).scenarios] == ["made-up/first", "made-up/second"]


def _indented(text: str) -> str:
    return "".join(f"  {line}\n" for line in text.splitlines())


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("version: '1.0'", "version: 1.0", "version: should be text: put it in quotes (got 1.0)"),
        ("  difficulty: easy\n", "", "scenarios[0].difficulty: is missing"),
        ("difficulty: easy", "dificulty: easy", "scenarios[0].dificulty: unknown field; did you mean 'difficulty'?"),
        ("difficulty: easy", "difficulty: esay", "scenarios[0].difficulty: should be 'easy', 'medium' or 'hard'; did"),
        ("yaw: ", "yam: ", "yam: unknown field; did you mean 'yaw'?"),
        ("version:", "vesion:", ":3: vesion: unknown field; did you mean 'version'?"),
        ("scenarios:", "scenario:", "scenario: unknown field; did you mean 'scenarios'?"),
        ("schema: 1", "shema: 1", ":1: shema: unknown field; did you mean 'schema'?"),
        ("schema: 1", "schema: '1'", ":1: schema: should be the number 1: take the quotes away"),
        ("schema: 1", "schema: 2", ":1: schema: should be 1 (got 2)"),
        ("seed: 8", "seed: 8\n  colour: red", "scenarios[1].colour: unknown field (got 'red')"),
        ("  - interaction: break", "    interaction: break", "scenarios[0].goals: should be a list"),
        ("start:\n    x: 0.0", "start: here\n  s:\n    x: 0.0", "scenarios[0].start: should be a mapping (got 'here')"),
    ],
)
def test_mistakes_are_told_in_plain_words(old: str, new: str, sentence: str, tmp_path: Path) -> None:
    text, _ = with_line(yaml.safe_dump(suite_fields(), sort_keys=False), old, new)
    assert sentence in refusal(written(tmp_path, text))


def test_a_suite_and_its_lock_are_written_both_or_neither(tmp_path: Path) -> None:
    path = tmp_path / "suite.yaml"
    save_locked(made_up_suite(), path)
    before = {each: each.read_bytes() for each in tmp_path.iterdir()}
    assert set(before) == {path, lock_file(path)}
    path.unlink()
    (path / "in the way").mkdir(parents=True)
    changed = made_up_suite(scenario_fields("first", seed=99))
    with pytest.raises(UsageError, match="can't write"):
        save_locked(changed, path)
    assert lock_file(path).read_bytes() == before[lock_file(path)]
    lock_file(path).unlink()
    with pytest.raises(UsageError, match="can't write"):
        save_locked(changed, path)
    assert list(tmp_path.iterdir()) == [path]
    (path / "in the way").rmdir()
    path.rmdir()
    path.write_bytes(before[path])
    lock_file(path).mkdir()
    with pytest.raises(UsageError, match="can't write"):
        save_locked(changed, path)
    assert path.read_bytes() == before[path]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), [1.0, float("-inf")], {"deep": [float("nan")]}])
def test_a_level_holds_no_number_that_is_not_finite(value: Any, tmp_path: Path) -> None:
    assert "is not finite" in refusal(written(tmp_path, suite_fields(scenario_fields(level={"size": value}))))


def test_a_level_holds_plain_data_only(tmp_path: Path) -> None:
    fields = yaml.safe_dump(suite_fields(), sort_keys=False)
    dated, _ = with_line(fields, "theme: meadow", "theme: 2026-01-01")
    assert "write it as text or a number" in refusal(written(tmp_path, dated))
    numbered, _ = with_line(fields, "theme: meadow", "theme: {3: meadow}")
    assert "keys are text" in refusal(written(tmp_path, numbered))


@pytest.mark.parametrize(
    "tag",
    ["!!python/object/apply:os.mkdir [it-ran]", "!!python/name:os.system", "!!python/object/new:os.mkdir [[it-ran]]"],
)
def test_yaml_that_would_run_python_is_refused_and_does_not(
    tag: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    message = refusal(written(tmp_path, f"suite: made-up\nversion: {tag}\n"))
    assert "suite.yaml:2: not YAML" in message
    assert not (tmp_path / "it-ran").exists()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("suite.yaml", ""),
        ("suite.yaml", "- a\n- b\n"),
        ("suite.yaml", "a: [1, 2"),
        ("suite.yaml", "\x00"),
        ("suite.yaml", "[" * 2000),
        ("suite.yaml", "suite: &a [*a]\n"),
        ("suite.yaml", "{[1]: 2}"),
        ("suite.jsonl", ""),
        ("suite.jsonl", "[1]\n"),
        ("suite.jsonl", "3\n"),
        ("suite.jsonl", "[" * 100_000),
        ("suite.jsonl", '{"suite": "a", "version": "1", "scenarios": []}\n'),
        ("suite.jsonl", '{"suite": "a", "version": "1"}\n'),
        ("suite.jsonl", '{"suite": "a", "version": "1"}\n3\n'),
    ],
)
def test_what_is_no_suite_at_all_gets_one_line(name: str, text: str, tmp_path: Path) -> None:
    assert "suite." in refusal(written(tmp_path, text, name))


def test_a_file_that_is_no_text_gets_one_line(tmp_path: Path) -> None:
    path = tmp_path / "suite.yaml"
    path.write_bytes(b"\xff\xfe\x00bad")
    assert "can't read the suite" in refusal(path)
    assert "is not UTF-8 text" in refusal(path)


def test_an_alias_bomb_is_refused_quickly(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    refusal(written(tmp_path, "\n".join(lines)))


YAML_PIECES = st.one_of(
    st.sampled_from(["suite: made-up\n", "version: '1'\n", "schema: 1\n", "scenarios:\n", "- id: a\n", "  start: "]),
    st.sampled_from(["{x: 1}\n", "~\n", "&a ", "*a", "!!binary ", "!!set ", "? ", ": ", "\t", "---\n", "...\n"]),
    st.sampled_from(["%YAML 9\n", "2026-13-45\n", "0x_ ", "1e999 "]),
)


@settings(deadline=None, max_examples=150)
@given(
    st.one_of(st.text(max_size=60), st.lists(st.one_of(YAML_PIECES, st.text(max_size=4)), max_size=12).map("".join)),
    st.sampled_from([".yaml", ".jsonl"]),
)
def test_any_text_is_a_suite_or_a_usage_error(text: str, ending: str) -> None:
    _load_or_refuse(text.encode("utf-8", "surrogatepass"), ending)


@settings(deadline=None, max_examples=100)
@given(
    st.sampled_from(["max_steps", "seed", "id", "start", "goals", "level", "view", "difficulty", "world"]),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
        max_leaves=5,
    ),
)
def test_any_value_of_any_field_is_taken_or_refused(field: str, value: Any) -> None:
    fields = suite_fields(scenario_fields(**{field: value}))
    _load_or_refuse(json.dumps(fields).encode(), ".yaml")
    head = {key: each for key, each in fields.items() if key != "scenarios"}
    lines = "".join(json.dumps(each) + "\n" for each in (head, *fields["scenarios"]))
    _load_or_refuse(lines.encode(), ".jsonl")


def _load_or_refuse(content: bytes, ending: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"suite{ending}"
        path.write_bytes(content)
        with contextlib.suppress(UsageError):
            suite = load_suite(path)
            assert isinstance(suite, Suite)
            save_suite(suite, path)
            assert load_suite(path).sha256() == suite.sha256()


def test_a_suite_is_found_by_name_by_file_and_by_folder(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    save_suite(made_up_suite(), path)
    assert find_suite(str(path)) == find_suite(str(tmp_path)) == (made_up_suite(), path)
    for name, shipped in shipped_suites().items():
        assert find_suite(name)[1] == shipped


def test_what_is_no_suite_reference_gets_one_line(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    for reference, sentence in {
        "no-such-suite": "there is no suite 'no-such-suite'; shipped:",
        str(tmp_path / "notes.txt"): "ends in .yaml, .yml, .jsonl",
        str(tmp_path): "holds 0 suite files",
        "a\x00b": "there is no suite",
    }.items():
        with pytest.raises(UsageError, match=sentence):
            find_suite(reference)


def test_a_suite_that_can_not_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "suite.yaml"
    save_suite(made_up_suite(), path)
    before = path.read_bytes()
    with pytest.raises(UsageError, match="can't write"):
        save_suite(made_up_suite(), path / "below.yaml")
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["suite.yaml"]


def test_a_view_left_out_is_measured_from_start_and_goal(tmp_path: Path) -> None:
    suite = made_up_suite()
    path = tmp_path / "suite.yaml"
    save_suite(suite, path)
    content = yaml.safe_load(path.read_text())
    for scenario in content["scenarios"]:
        del scenario["view"]
    path.write_text(yaml.safe_dump(content))
    for scenario in load_suite(path).scenarios:
        assert scenario.view == measure_view_difficulty(scenario.start, scenario.goals[0])
