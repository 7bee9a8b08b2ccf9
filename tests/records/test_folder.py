from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from evalsuite.errors import UsageError
from evalsuite.records.folder import RunFolder, check_out
from evalsuite.records.header import PolicyEntry
from evalsuite.records.reading import Tries, read_header, read_records, settled, tries_made
from evalsuite.records.record import Outcome, Record
from evalsuite.suite.files import load_suite
from tests.worlds.grid_world import grid_scenario, grid_suite

SUITE = grid_suite()
NOOP = PolicyEntry(label="noop", reference="noop", sha256="a" * 64)
OTHER = PolicyEntry(label="other", reference="other:make", sha256="b" * 64)


def opened(path: Path, *policies: PolicyEntry, seeds: tuple[int, ...] = (0,)) -> RunFolder:
    return RunFolder.open(path, SUITE, policies or [NOOP], seeds, rehearsal=False)


def record(scenario: str, *, outcome: Outcome = "failure", final: bool = True, attempt: int = 1) -> Record:
    return Record(
        run="r",
        suite=SUITE.suite,
        suite_sha256=SUITE.sha256(),
        scenario=scenario,
        world="grid",
        interaction="approach",
        difficulty="easy",
        view={},
        policy="noop",
        policy_sha256="a" * 64,
        seed=0,
        attempt=attempt,
        final=final,
        outcome=outcome,
        reason="so it is",
        started="2026-01-01T00:00:00Z",
        finished="2026-01-01T00:00:01Z",
    )


def test_what_was_appended_is_read_back(tmp_path: Path) -> None:
    written = [record("a"), record("b", outcome="success")]
    with opened(tmp_path / "run") as folder:
        for each in written:
            folder.append(each)
        assert read_records(tmp_path / "run") == written
    assert [each.line() for each in read_records(tmp_path / "run")] == [each.line() for each in written]


def test_a_run_folder_holds_its_own_suite(tmp_path: Path) -> None:
    with opened(tmp_path / "run"):
        assert load_suite(tmp_path / "run" / "suite.jsonl").sha256() == SUITE.sha256()


def test_a_torn_tail_is_passed_over_by_readers_and_cut_by_the_next_writer(tmp_path: Path) -> None:
    with opened(tmp_path / "run") as folder:
        folder.append(record("a"))
    (file,) = (tmp_path / "run" / "episodes").iterdir()
    whole = file.read_bytes()
    file.write_bytes(whole + record("b").line()[:40])
    assert [each.scenario for each in read_records(tmp_path / "run")] == ["a"]
    with opened(tmp_path / "run") as folder:
        folder.append(record("c"))
    assert file.read_bytes() == whole
    assert [each.scenario for each in read_records(tmp_path / "run")] == ["a", "c"]


def test_a_corrupt_line_in_the_middle_is_named(tmp_path: Path) -> None:
    with opened(tmp_path / "run") as folder:
        folder.append(record("a"))
    (file,) = (tmp_path / "run" / "episodes").iterdir()
    file.write_bytes(file.read_bytes() + b'{"run": 1}\n' + record("b").line())
    with pytest.raises(UsageError, match=r"\.jsonl:2: not a record"):
        read_records(tmp_path / "run")


def test_an_episode_is_settled_once_and_what_was_played_stays() -> None:
    records = [
        record("a", outcome="error", final=False),
        record("a", outcome="success", attempt=2),
        record("a", attempt=3),
        record("b", outcome="error", final=False),
    ]
    assert {key[0]: each.outcome for key, each in settled(records).items()} == {"a": "success"}


def test_an_error_that_was_tried_again_counts_once_as_what_came_of_it_last() -> None:
    records = [
        record("mended", outcome="error"),
        record("mended", outcome="error", final=False, attempt=2),
        record("mended", attempt=3),
        record("hopeless", outcome="error"),
        record("hopeless", outcome="error", attempt=2),
        record("half done", outcome="error"),
        record("half done", outcome="error", final=False, attempt=2),
    ]
    outcomes = {key[0]: (each.outcome, each.attempt) for key, each in settled(records).items()}
    assert outcomes == {"mended": ("failure", 3), "hopeless": ("error", 2), "half done": ("error", 1)}


def test_tries_are_numbered_through_and_counted_since_the_episode_was_last_settled() -> None:
    failed = record("a", outcome="error", final=False)
    excused = failed.model_copy(update={"excused": True, "attempt": 2})
    assert tries_made([failed, excused]) == {("a", "noop", 0): Tries(2, 1, 1)}
    assert tries_made([failed, excused, record("a", outcome="error", attempt=3)]) == {("a", "noop", 0): Tries(3, 0, 0)}


def test_continuing_keeps_the_run_and_adds_policies_seeds_and_a_session(tmp_path: Path) -> None:
    with opened(tmp_path / "run") as folder:
        run = folder.header.run
    with opened(tmp_path / "run", NOOP, OTHER, seeds=(0, 3)):
        header = read_header(tmp_path / "run")
    assert header.run == run
    assert [each.label for each in header.policies] == ["noop", "other"]
    assert header.seeds == (0, 3)
    assert len(header.sessions) == 2


def test_the_header_tells_what_a_result_may_depend_on(tmp_path: Path) -> None:
    with opened(tmp_path / "run") as folder:
        folder.note_engine("grid", {"grid": "1"})
    header = json.loads((tmp_path / "run" / "run.json").read_text())
    session = header["sessions"][0]
    assert {"evalsuite", "python", "numpy"} <= set(session["versions"])
    assert session["hardware"]["cores"] >= 1
    assert header["engines"] == {"grid": {"grid": "1"}}


def test_another_suite_another_checkpoint_or_a_rehearsal_needs_another_folder(tmp_path: Path) -> None:
    out = tmp_path / "run"
    with opened(out):
        pass
    before = (out / "run.json").read_bytes()
    changed = NOOP.model_copy(update={"sha256": "c" * 64})
    with pytest.raises(UsageError, match="holds a run of grid-test"):
        check_out(out, grid_suite(grid_scenario("else")), [NOOP], rehearsal=False)
    with pytest.raises(UsageError, match="another policy under the label 'noop'"):
        check_out(out, SUITE, [changed], rehearsal=False)
    with pytest.raises(UsageError, match="no rehearsal"):
        check_out(out, SUITE, [NOOP], rehearsal=True)
    assert (out / "run.json").read_bytes() == before


def test_a_folder_with_something_else_in_it_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(UsageError, match=r"thesis\.tex"):
        check_out(tmp_path, SUITE, [NOOP], rehearsal=False)


def test_an_out_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for out in (tmp_path / "file", tmp_path / "file" / "run"):
        with pytest.raises(UsageError, match="--out"):
            check_out(out, SUITE, [NOOP], rehearsal=False)
        with pytest.raises(UsageError, match="--out"):
            opened(out)


def test_a_second_driver_is_kept_out_until_the_first_has_left(tmp_path: Path) -> None:
    with opened(tmp_path / "run"), pytest.raises(UsageError, match="another evalsuite is running"):
        opened(tmp_path / "run")
    with opened(tmp_path / "run"):
        pass


def test_a_folder_whose_first_driver_died_before_the_header_can_be_used(tmp_path: Path) -> None:
    with opened(tmp_path / "run"):
        pass
    (tmp_path / "run" / "run.json").rename(tmp_path / "run" / ".run.json.half")
    check_out(tmp_path / "run", SUITE, [NOOP], rehearsal=False)
    with opened(tmp_path / "run"):
        assert sorted(each.name for each in (tmp_path / "run").iterdir()) == [
            ".lock",
            "episodes",
            "run.json",
            "suite.jsonl",
        ]


def test_a_run_folder_that_is_removed_while_it_is_written_is_noticed_at_once(tmp_path: Path) -> None:
    with opened(tmp_path / "run") as folder:
        folder.append(record("a"))
        shutil.rmtree(tmp_path / "run")
        with pytest.raises(UsageError, match="run was removed while it was written"):
            folder.append(record("b"))


def test_training_steps_that_are_told_later_are_put_into_the_header(tmp_path: Path) -> None:
    checkpoint = PolicyEntry(label="step-5", reference="torchscript:step-5.pt", sha256="c" * 64)
    with opened(tmp_path / "run", NOOP, checkpoint):
        pass
    told = checkpoint.model_copy(update={"step": 5.0})
    RunFolder.note_steps_at(tmp_path / "run", [told, OTHER.model_copy(update={"step": 6.0})])
    assert read_header(tmp_path / "run").policies == (NOOP, told)
    with opened(tmp_path / "run", checkpoint):
        pass
    assert read_header(tmp_path / "run").policies == (NOOP, told)
