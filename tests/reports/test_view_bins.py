"""The bins of a report agree with those of the scenarios, and a file of other bins is taken or refused in one line."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalsuite.crossview.difficulty import DIFFICULTY_METRES, DIFFICULTY_NAME
from evalsuite.crossview.view_gap import VIEW_GAPS, VIEW_GAPS_NAME, view_gap_of
from evalsuite.errors import UsageError
from evalsuite.reports import csv_table
from evalsuite.reports.evaluation import read_evaluation
from evalsuite.reports.tables import view_difficulty
from evalsuite.reports.view_bins import MEASURES, Floats, ViewBinning, find_view_bins
from tests.reports.detailed_runs import detailed_run

STANDARD = {binning.name: binning for binning in find_view_bins(None).binnings}

OWN = """
name: lab-bins.2
binnings:
  - name: two-distances.1
    heading: near or far
    measure: straight_m
    unit: " m"
    edges: [0, 15, .inf]
  - name: lab-gap.3
    heading: our gap
    about: as in our paper
    first_of:
      - {name: same side, view_angle_deg: [0, 90], target_visible_at_start: true}
      - {name: other, view_angle_deg: [0, 180]}
"""


def names(binning: ViewBinning, **measures: list[float]) -> list[str]:
    count = len(next(iter(measures.values())))

    def measured(name: str) -> Floats:
        return np.array(measures.get(name, [np.nan] * count), np.float64)

    return binning.bin_names(measured)


@given(st.lists(st.tuples(st.floats(0.0, 180.0), st.sampled_from([True, False, None])), min_size=1))
def test_the_view_gap_is_the_scenarios_own(views: list[tuple[float, bool | None]]) -> None:
    seen = [np.nan if each is None else float(each) for _, each in views]
    binning = STANDARD[VIEW_GAPS_NAME]
    assert [each.name for each in binning.bins] == [gap.name for gap in VIEW_GAPS]
    found = names(binning, view_angle_deg=[angle for angle, _ in views], target_visible_at_start=seen)
    gaps = [view_gap_of(angle, in_view) for angle, in_view in views]
    assert found == [gap.name if gap else "" for gap in gaps]


def test_the_published_distances_are_in_the_published_bins() -> None:
    distances = list(DIFFICULTY_METRES.values())
    found = names(STANDARD[DIFFICULTY_NAME], manhattan_m=[*distances, 5.0, 90.0, float("nan")])
    assert found == ["20 m (easy)", "40 m (medium)", "60 m (hard)", "nearer", "farther", ""]


@given(st.floats(0.0, 1.0))
def test_every_share_is_in_one_bin(share: float) -> None:
    assert all(names(STANDARD["covisibility.1"], covisibility=[share]))


def test_bins_are_named_by_percent_and_unit_and_hold_their_lower_edge_and_the_last_of_all() -> None:
    assert [each.name for each in STANDARD["covisibility.1"].bins] == ["0–2%", "2–10%", "10–30%", "from 30%"]
    pixels = STANDARD["target-pixels.1"].bins
    assert (pixels[3].name, pixels[3].short, pixels[-1].short) == ("1000–2000 px", "1k–2k", "≥4k")
    found = names(STANDARD["view-angle.1"], view_angle_deg=[0.0, 30.0, 179.9, 180.0])
    assert found == ["0–30°", "30–60°", "150–180°", "150–180°"]


def test_every_measure_of_the_issue_is_cut() -> None:
    cut = {
        condition.measure for each in STANDARD.values() for view_bin in each.bins for condition in view_bin.conditions
    }
    assert set(MEASURES) - cut == {"start_target_pixels"}


@pytest.fixture(name="run", scope="module")
def run_with_views(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return detailed_run(tmp_path_factory.mktemp("views") / "run", {"agent": 0.8, "random": 0.0}, suite="dmlab-fruit")


def test_a_report_takes_a_file_of_other_bins_and_names_them(run: Path, tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(OWN, encoding="utf-8")
    (table,) = view_difficulty.make(read_evaluation([run], view_bins=str(tmp_path / "own.yaml")))
    assert [group.name for group in table.rows] == ["near or far (two-distances.1)", "our gap (lab-gap.3)"]
    assert "bins: lab-bins.2" in table.legend
    assert "our gap (lab-gap.3): as in our paper" in table.notes
    paths = {path.name: path for path in csv_table.write([run], tmp_path, view_bins=str(tmp_path / "own.yaml"))}
    with paths["view-difficulty.csv"].open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["policy"] == "agent"]
    assert [(row["bins"], row["measure"], row["bin"]) for row in rows] == [
        ("two-distances.1", "straight_m", "0–15 m"),
        ("two-distances.1", "straight_m", "from 15 m"),
        ("lab-gap.3", "", "same side"),
        ("lab-gap.3", "", "other"),
    ]
    assert sum(int(row["n"]) + int(row["errors"]) for row in rows[:2]) == 120
    for row in rows:
        assert float(row["low"]) <= float(row["rate"]) <= float(row["high"])
    with paths["episodes.csv"].open(newline="", encoding="utf-8") as file:
        episodes = list(csv.DictReader(file))
    assert {each["lab_gap_bin"] for each in episodes} == {"same side", "other"}


def test_measures_that_say_nothing_are_named(tmp_path: Path) -> None:
    run = detailed_run(tmp_path / "run", {"agent": 0.8}, suite="minecraft-visible")
    (table,) = view_difficulty.make(read_evaluation([run]))
    (same,) = [note for note in table.notes if note.startswith("the same bin for all of them: ")]
    assert "Manhattan distance" in same


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("edges: [0, 15, .inf]", "edges: [0, 15, 10]"), "two-distances.1: `edges` ascend"),
        (("measure: straight_m", "measure: length"), "is of 'length', which is not measured; known: manhattan_m"),
        (("name: two-distances.1", "name: two distances"), "binnings.0.name"),
        (("[0, 90]", "[0]"), "the bin 'same side' has [0] for view_angle_deg; write [low, high], true or false"),
        (("name: lab-gap.3", "name: straight-m.1"), "two binnings would be the column 'straight_m_bin'"),
        (("first_of:", "last_of:"), "binnings.1"),
        (("binnings:", "binnings: ["), "is not YAML"),
    ],
)
def test_a_file_of_bins_that_makes_no_sense_is_refused_in_one_line(
    change: tuple[str, str], complaint: str, tmp_path: Path
) -> None:
    (tmp_path / "own.yaml").write_text(OWN.replace(*change), encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        find_view_bins(str(tmp_path / "own.yaml"))
    assert complaint in str(caught.value)
    assert "\n" not in str(caught.value)


def test_bins_that_are_nowhere_are_refused_with_those_there_are() -> None:
    with pytest.raises(UsageError, match=r"no view bins 'mine'; shipped: standard\.1; or name a file"):
        find_view_bins("mine")
