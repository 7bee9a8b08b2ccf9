"""Whatever lies in a run folder is read, passed over as unacknowledged, or refused with its file and line."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evalsuite.errors import UsageError
from evalsuite.records.reading import EPISODES_FOLDER, read_records, settled
from evalsuite.statistics.attempts import read_episodes
from evalsuite.statistics.episodes import OUTCOME_NAMES, Episodes, from_records
from evalsuite.statistics.results import combine, read_run
from tests.reports.run_folders import make_run, plausible
from tests.statistics.test_cells import record

GOOD = json.loads(record(0, "break", "easy", "success").line())

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
changes = st.dictionaries(st.sampled_from([*GOOD, "unknown", "ünïcode ☃"]), json_values, max_size=3)
sane = st.fixed_dictionaries(
    {},
    optional={
        "seed": st.integers(0, 3),
        "scenario": st.sampled_from(["a", "b", "ζ/☃", "x" * 300]),
        "attempt": st.integers(1, 4),
        "final": st.booleans(),
        "outcome": st.sampled_from(OUTCOME_NAMES),
        "reason": st.text(max_size=50),
        "seconds": st.just({"step": float("nan"), "reset": float("inf")}),
        "new_field": json_values,
        "prediction": st.just({"steps": 3.0, "visible_correct": float("nan")}),
        "success_at_reset": st.booleans(),
    },
)


def folder_of(path: Path, content: bytes) -> Path:
    run = path / "run"
    (run / EPISODES_FOLDER).mkdir(parents=True, exist_ok=True)
    (run / EPISODES_FOLDER / "0-writer.jsonl").write_bytes(content)
    return run


def line(change: dict[str, Any]) -> bytes:
    return json.dumps({**GOOD, **change}).encode() + b"\n"


def as_rows(episodes: Episodes) -> list[tuple[str, int, str, bool]]:
    return [
        (episodes.scenarios[scenario], int(seed), OUTCOME_NAMES[outcome], bool(void))
        for scenario, seed, outcome, void in zip(
            episodes.scenario, episodes.seed, episodes.outcome, episodes.solved_at_reset, strict=True
        )
    ]


fuzzing = settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])


@fuzzing
@given(st.lists(sane, max_size=8), st.integers(0, 40))
def test_it_sees_the_same_episodes_as_the_reader_of_whole_records(
    tmp_path: Path, drawn: list[dict[str, Any]], torn: int
) -> None:
    """Duplicate attempts, unknown fields, NaN and infinite latencies, unicode, and a torn last line among them."""
    run = folder_of(tmp_path, b"".join(map(line, drawn)) + line({})[:torn])
    whole = settled(read_records(run)).values()
    expected = [(each.scenario, each.seed, each.outcome, each.success_at_reset) for each in whole]
    assert as_rows(read_episodes(run)) == expected
    assert as_rows(from_records(read_records(run))) == expected


@fuzzing
@given(st.lists(changes, min_size=1, max_size=4))
def test_a_wrong_type_anywhere_is_refused_with_file_and_line_or_read(
    tmp_path: Path, drawn: list[dict[str, Any]]
) -> None:
    run = folder_of(tmp_path, b"".join(map(line, drawn)))
    for read in (read_episodes, read_records):
        try:
            read(run)
        except UsageError as error:
            (number,) = re.findall(r"0-writer\.jsonl:(\d+): ", str(error))
            assert 1 <= int(number) <= len(drawn)


@fuzzing
@given(st.binary(max_size=200), st.integers(0, 3))
def test_bytes_that_are_no_record_are_refused_with_file_and_line(tmp_path: Path, noise: bytes, before: int) -> None:
    noise = noise.replace(b"\n", b" ")
    run = folder_of(tmp_path, line({}) * before + noise + b"\n")
    with pytest.raises(UsageError, match=rf"0-writer\.jsonl:{before + 1}: not a record"):
        read_episodes(run)


def test_a_million_characters_of_reason_are_no_trouble(tmp_path: Path) -> None:
    run = folder_of(tmp_path, line({"reason": "☃" * 1_000_000, "scenario": "long"}) + line({}))
    assert [row[0] for row in as_rows(read_episodes(run))] == ["long", "scenario-0"]


def test_another_schema_among_the_lines_is_named(tmp_path: Path) -> None:
    run = folder_of(tmp_path, line({}) + line({"schema": 2, "scenario": "later"}))
    with pytest.raises(UsageError, match=r"0-writer\.jsonl:2: schema 2; this version reads 1"):
        read_episodes(run)


def test_a_line_without_a_schema_is_of_the_first(tmp_path: Path) -> None:
    old = {name: value for name, value in GOOD.items() if name != "schema"}
    run = folder_of(tmp_path, json.dumps(old).encode() + b"\n")
    assert len(read_episodes(run)) == 1


def test_half_a_surrogate_pair_is_refused(tmp_path: Path) -> None:
    run = folder_of(tmp_path, line({}).replace(b"scenario-0", b"scenario-\\ud800"))
    with pytest.raises(UsageError, match=r"jsonl:1: not a record"):
        read_episodes(run)


def test_a_seed_of_another_size_is_refused_rather_than_wrapped(tmp_path: Path) -> None:
    for seed in (-1, 2**31, 2**70):
        with pytest.raises(UsageError, match=r"jsonl:1: not a record: seed"):
            read_episodes(folder_of(tmp_path, line({"seed": seed})))


def test_several_writers_are_read_in_the_order_of_their_start(tmp_path: Path) -> None:
    run = folder_of(tmp_path, line({"outcome": "failure"}))
    (run / EPISODES_FOLDER / "1-writer.jsonl").write_bytes(line({"outcome": "success"}))
    assert as_rows(read_episodes(run)) == [("scenario-0", 0, "failure", False)]


def test_what_is_not_yet_a_run_is_refused_by_name(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", plausible, per_cell=1)
    (file,) = (run / EPISODES_FOLDER).iterdir()
    file.write_bytes(b"")
    with pytest.raises(UsageError, match="holds no settled episode"):
        combine([read_run(run)])


@pytest.mark.parametrize("piece_bytes", [100, 700, 10_000])
def test_pieces_read_by_several_processes_are_the_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, piece_bytes: int
) -> None:
    attempts = [{"scenario": f"s{number % 40}", "seed": number % 3, "outcome": "failure"} for number in range(150)]
    run = folder_of(tmp_path, b"".join(map(line, attempts)) + line({})[:30])
    (run / EPISODES_FOLDER / "1-writer.jsonl").write_bytes(line({"scenario": "s1", "seed": 7}))
    alone = as_rows(read_episodes(run))
    monkeypatch.setattr("evalsuite.statistics.attempts.PIECE_BYTES", piece_bytes)
    assert as_rows(read_episodes(run)) == alone
    assert len(alone) == 121


def test_a_mistake_in_a_later_piece_is_told_with_its_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = folder_of(tmp_path, line({}) * 30 + line({"seed": -1}) + line({}) * 30)
    monkeypatch.setattr("evalsuite.statistics.attempts.PIECE_BYTES", 1500)
    with pytest.raises(UsageError, match=r"0-writer\.jsonl:31: not a record: seed"):
        read_episodes(run)
