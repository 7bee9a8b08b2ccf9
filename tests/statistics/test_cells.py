from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalsuite.records.reading import read_records
from evalsuite.records.record import Outcome, Record
from evalsuite.statistics.cells import CellKey, EpisodeReference, count_cells
from tests.reports.run_folders import MOMENT, make_run

OUTCOMES: tuple[Outcome, ...] = ("success", "failure", "error")


def record(number: int, interaction: str, difficulty: str, outcome: Outcome) -> Record:
    return Record(
        run="r",
        suite="s",
        suite_sha256="0" * 64,
        scenario=f"scenario-{number}",
        world="doom",
        interaction=interaction,
        difficulty=difficulty,
        view={},
        policy="agent",
        policy_sha256="1" * 64,
        seed=0,
        attempt=1,
        final=True,
        outcome=outcome,
        reason="",
        started=MOMENT,
        finished=MOMENT,
    )


def test_an_error_is_in_no_denominator_and_is_still_counted() -> None:
    outcomes: list[Outcome] = ["success", "failure", "failure", "error"]
    cell = count_cells([record(i, "break", "easy", each) for i, each in enumerate(outcomes)])[CellKey("break", "easy")]
    assert (cell.successes, cell.n, cell.errors, len(cell.episodes)) == (1, 3, 1, 4)
    assert cell.rate == pytest.approx(1 / 3)
    assert cell.error_share == 0.25


def test_a_cell_of_errors_alone_has_no_rate() -> None:
    cell = count_cells([record(0, "break", "easy", "error")])[CellKey(None, None)]
    assert cell.rate is None
    assert (cell.interval.low, cell.interval.high) == (0.0, 1.0)


@pytest.mark.parametrize(("errors", "flagged"), [(0, False), (5, False), (6, True)])
def test_more_than_five_percent_of_errors_flag_a_cell(errors: int, flagged: bool) -> None:
    records = [record(i, "break", "easy", "error" if i < errors else "success") for i in range(100)]
    assert count_cells(records)[CellKey(None, None)].too_many_errors is flagged


def test_no_record_at_all_makes_an_empty_total() -> None:
    cell = count_cells([])[CellKey(None, None)]
    assert (cell.n, cell.errors, cell.rate, cell.error_share, cell.too_many_errors) == (0, 0, None, 0.0, False)


@given(
    st.lists(
        st.tuples(st.sampled_from(("break", "archery")), st.sampled_from(("easy", "hard")), st.sampled_from(OUTCOMES)),
        max_size=60,
    )
)
def test_margins_add_up_and_every_episode_is_behind_its_cells(drawn: list[tuple[str, str, Outcome]]) -> None:
    records = [record(number, *each) for number, each in enumerate(drawn)]
    cells = count_cells(records)
    for key, cell in cells.items():
        inside = [
            each
            for each in records
            if key.interaction in (None, each.interaction) and key.difficulty in (None, each.difficulty)
        ]
        counted = Counter(each.outcome for each in inside)
        assert (cell.successes, cell.errors) == (counted["success"], counted["error"])
        assert cell.n == counted["success"] + counted["failure"]
        assert cell.episodes == tuple(EpisodeReference("r", *each.key) for each in inside)
    assert len(cells[CellKey(None, None)].episodes) == len(records)


def test_a_cell_leads_back_to_the_records_it_was_counted_from(tmp_path: Path) -> None:
    folder = make_run(tmp_path / "run", lambda *episode: "success", policies=["agent"], per_cell=3)
    records = {(each.run, *each.key): each for each in read_records(folder)}
    cell = count_cells(records.values())[CellKey("archery", "hard")]
    assert len(cell.episodes) == 3
    assert {(records[each].interaction, records[each].difficulty) for each in cell.episodes} == {("archery", "hard")}
