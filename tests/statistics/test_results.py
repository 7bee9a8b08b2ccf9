from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evalsuite.errors import UsageError
from evalsuite.records.reading import EPISODES_FOLDER
from evalsuite.records.record import Outcome
from evalsuite.statistics.cells import CellKey
from evalsuite.statistics.results import read_results
from tests.reports.run_folders import make_run, plausible, sha256_of

EVERYTHING = CellKey(None, None)


def always(*episode: object) -> Outcome:
    return "success"


def never(*episode: object) -> Outcome:
    return "failure"


def test_one_run_is_one_table_with_its_policies_in_the_order_given(tmp_path: Path) -> None:
    (results,) = read_results([make_run(tmp_path / "a", plausible, policies=["random", "agent", "oracle"])])
    assert [policy.label for policy in results.policies] == ["random", "agent", "oracle"]
    assert [policy.role for policy in results.policies] == ["control", "policy", "oracle"]
    assert (results.suite, results.version, results.seeds, results.notes) == ("small-suite", "1.0", (0,), ())


def test_a_renamed_reference_is_still_known_for_what_it_is(tmp_path: Path) -> None:
    (results,) = read_results([make_run(tmp_path / "a", always, policies=["best"], references={"best": "oracle"})])
    assert results.policies[0].role == "oracle"


def test_only_the_attempt_that_settles_an_episode_counts(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "a", always, policies=["agent"], per_cell=1)
    (file,) = (folder / EPISODES_FOLDER).iterdir()
    lines = file.read_text().splitlines(keepends=True)
    broken = lines[0].replace('"outcome":"success"', '"outcome":"error"').replace('"final":true', '"final":false')
    file.write_text(broken + lines[0].replace('"attempt":1', '"attempt":2') + "".join(lines[1:]))
    cell = read_results([folder])[0].policies[0].cells[EVERYTHING]
    assert (cell.n, cell.errors) == (15, 0)


def test_a_rehearsal_never_stands_in_the_table_of_the_real_thing(tmp_path: Path) -> None:
    real = make_run(tmp_path / "real", never, policies=["agent"])
    rehearsed = make_run(tmp_path / "rehearsed", always, policies=["agent"], rehearsal=True)
    results = read_results([real, rehearsed])
    assert [(each.rehearsal, each.policies[0].cells[EVERYTHING].rate) for each in results] == [(False, 0), (True, 1)]


def test_different_suites_never_share_a_table(tmp_path: Path) -> None:
    runs = [make_run(tmp_path / name, always, policies=["agent"], suite=name) for name in ("one", "two")]
    assert [each.suite for each in read_results(runs)] == ["one", "two"]


def test_a_label_that_stands_for_two_checkpoints_is_told_apart_by_their_hashes(tmp_path: Path) -> None:
    runs = [
        make_run(tmp_path / checkpoint, judge, policies=["agent"], checkpoint=checkpoint)
        for checkpoint, judge in (("1", never), ("2", always))
    ]
    (results,) = read_results(runs)
    assert {policy.label: policy.cells[EVERYTHING].rate for policy in results.policies} == {
        f"agent@{sha256_of('agent1')[:8]}": 0.0,
        f"agent@{sha256_of('agent2')[:8]}": 1.0,
    }


def test_an_episode_in_two_folders_is_counted_once_and_the_reader_is_told(tmp_path: Path) -> None:
    runs = [make_run(tmp_path / name, always, policies=["agent"], per_cell=2) for name in ("a", "b")]
    (results,) = read_results(runs)
    assert results.policies[0].cells[EVERYTHING].n == 30
    assert results.notes == (f"agent: 30 episodes in {runs[1]} are repetitions of ones already counted, and left out",)


def test_a_folder_named_twice_is_read_once(tmp_path: Path) -> None:
    run = make_run(tmp_path / "a", always, policies=["agent"])
    (results,) = read_results([run, tmp_path / "b" / ".." / "a"])
    assert results.notes == ()


def test_seeds_in_two_folders_come_together_with_a_word_on_the_interval(tmp_path: Path) -> None:
    runs = [make_run(tmp_path / str(s), always, policies=["agent"], per_cell=1, seeds=(s,)) for s in (1, 0)]
    (results,) = read_results(runs)
    assert results.seeds == (0, 1)
    assert results.policies[0].cells[EVERYTHING].n == 30
    assert any("several seeds" in note for note in results.notes)


def test_a_run_that_was_cut_short_says_so(tmp_path: Path) -> None:
    run = make_run(tmp_path / "a", always, policies=["agent", "random"], per_cell=1)
    (file,) = (run / EPISODES_FOLDER).iterdir()
    file.write_text("".join(file.read_text().splitlines(keepends=True)[:-5]))
    notes = read_results([run])[0].notes
    assert any("holds 10 of 15 episodes: its part is not complete" in note for note in notes)
    assert any("not scored on the same scenarios" in note for note in notes)


def without(run: Path, wanted: Callable[[dict[str, Any]], bool]) -> None:
    """Take the records that are `wanted` away."""
    (file,) = (run / EPISODES_FOLDER).iterdir()
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join(line for line in lines if not wanted(json.loads(line))))


def test_what_is_not_complete_is_told_of_the_policies_that_it_is_of(tmp_path: Path) -> None:
    run = make_run(tmp_path / "a", always, policies=["old", "new"], per_cell=1, seeds=(0, 1))
    without(run, lambda record: record["policy"] == "new" and record["seed"] == 1)
    notes = read_results([run])[0].notes
    assert f"{run}: new was not played with seed 1" in notes
    assert not any("not complete" in note for note in notes)
    without(run, lambda record: record["policy"] == "new" and record["difficulty"] == "hard")
    notes = read_results([run])[0].notes
    assert f"{run}: new holds 10 of 15 episodes: its part is not complete" in notes
    assert not any(": old " in note for note in notes)
    without(run, lambda record: record["difficulty"] == "hard")
    assert f"{run} holds 30 of 60 episodes (scenarios x policies x seeds): its run is not complete" in (
        read_results([run])[0].notes
    )


def test_a_run_without_a_settled_episode_is_refused_by_name(tmp_path: Path) -> None:
    run = make_run(tmp_path / "a", always, policies=["agent"], per_cell=0)
    with pytest.raises(UsageError, match="holds no settled episode"):
        read_results([run])


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is no run folder"):
        read_results([tmp_path])


@pytest.mark.parametrize(("seeds", "suffix"), [((0,), ""), ((0, 1), " with design effect")])
def test_the_kind_of_interval_asked_for_is_in_every_cell_and_in_the_name(
    tmp_path: Path, seeds: tuple[int, ...], suffix: str
) -> None:
    run = make_run(tmp_path / "a", plausible, policies=["agent"], per_cell=8, seeds=seeds)
    (wilsons,), (exact,) = read_results([run]), read_results([run], "clopper-pearson")
    assert wilsons.interval_name == f"Wilson 95% interval{suffix}"
    assert exact.interval_name == f"Clopper-Pearson 95% interval{suffix}"
    for key, cell in exact.policies[0].cells.items():
        other = wilsons.policies[0].cells[key]
        assert cell.interval == cell.exact_interval == other.exact_interval == other.interval_of("clopper-pearson")
        assert cell.interval_of("wilson") == other.interval
        assert cell.interval.high - cell.interval.low > other.interval.high - other.interval.low
