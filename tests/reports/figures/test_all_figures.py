from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

from evalsuite.records.folder import RunFolder
from evalsuite.records.reading import read_header
from evalsuite.records.record import Outcome
from evalsuite.reports.evaluation import Evaluation, read_evaluation
from evalsuite.reports.figures.figure_request import FigureRequest
from evalsuite.reports.figures.forest import FIGURE_SPACE, Line, limits
from evalsuite.reports.figures.frame import Frame
from evalsuite.reports.figures.registry import all_figures
from evalsuite.reports.style import COLUMN_WIDTH_INCHES, PAGE_WIDTH_INCHES, PIXELS_PER_INCH
from evalsuite.reports.tables.view_difficulty import view_strata
from evalsuite.statistics.comparison import compare
from evalsuite.statistics.results import SuiteResults
from tests.reports.detailed_runs import detailed_run
from tests.reports.run_folders import make_run, plausible

WIDTHS = (PAGE_WIDTH_INCHES, COLUMN_WIDTH_INCHES)


def figures(*runs: Path) -> dict[str, FigureRequest]:
    return {figure.slug: figure for figure in all_figures(read_evaluation(runs))}


def words(figure: FigureRequest, folder: Path, width: float = PAGE_WIDTH_INCHES) -> list[str]:
    """Every text in the figure, in the order in which it is drawn."""
    svg = figure.draw(folder / f"{figure.slug}.svg", width).read_text(encoding="utf-8")
    return [unescape(text) for text in re.findall(r"<text[^>]*>([^<]*)</text>", svg)]


@pytest.fixture(name="pair", scope="module")
def two_checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pair") / "run"
    return detailed_run(folder, {"before": 1.0, "after": 0.2, "random": 0.0}, suite="dmlab-fruit")


@pytest.fixture(name="series", scope="module")
def five_checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Path:
    skills = {f"step-{1000 * number}": number / 5 for number in range(1, 6)}
    return detailed_run(tmp_path_factory.mktemp("series") / "run", skills, suite="dmlab-fruit")


def test_one_policy_gets_a_map_of_its_rates(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", plausible, policies=["agent", "oracle"], per_cell=8)
    assert list(figures(run)) == ["success", "rates"]


def test_two_policies_get_a_map_of_the_difference_and_a_forest(pair: Path) -> None:
    assert [each for each in figures(pair) if "view" not in each] == ["success", "difference", "forest"]


def test_success_is_drawn_against_each_measure_of_view_difficulty(pair: Path, tmp_path: Path) -> None:
    drawn = [figure for slug, figure in figures(pair).items() if slug.startswith("view-difficulty")]
    said = [text for figure in drawn for text in words(figure, tmp_path)]
    shown = {stratum.binning for stratum in view_strata(*_read(pair))}
    assert len(shown) >= 10
    assert all(any(text.startswith(binning.heading) for text in said) for binning in shown)


def _read(run: Path) -> tuple[Evaluation, SuiteResults]:
    evaluation = read_evaluation([run])
    return evaluation, evaluation.results[0]


def test_a_series_of_checkpoints_gets_a_learning_curve(series: Path) -> None:
    assert "learning-curve" in figures(series)


@pytest.mark.parametrize("width", WIDTHS)
def test_a_learning_curve_has_a_panel_a_part_and_the_controls_beside_it(tmp_path: Path, width: float) -> None:
    skills = {"step-1000": 0.2, "step-2000": 0.9, "oracle": 0.0, "random": 0.0}
    run = detailed_run(tmp_path / "run", skills, suite="dmlab-rocket3")
    steps = {"step-1000": 1000.0, "step-2000": 2000.0}
    entries = [each.model_copy(update={"step": steps.get(each.label)}) for each in read_header(run).policies]
    RunFolder.note_steps_at(run, entries)
    said = words(figures(run)["learning-curve"], tmp_path, width)
    assert {"all episodes", "easy", "medium", "oracle 100%", "random 0%", "training step: the number in step-…"} <= {
        *said
    }


def test_too_many_policies_for_bars_get_a_line_each(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", plausible, policies=[f"agent-{'abcdefghijklmnopqrst'[n]}" for n in range(20)])
    drawn = figures(run)
    assert "success" not in drawn
    assert [text for text in words(drawn["rates"], tmp_path) if text.startswith("agent")][-1] == "agent-t"


@pytest.mark.parametrize("width", WIDTHS)
def test_the_map_holds_every_difference_in_numbers_and_the_gates_word(pair: Path, tmp_path: Path, width: float) -> None:
    said = words(figures(pair)["difference"], tmp_path, width)
    (results,) = read_evaluation([pair]).results
    before, after = results.policies[:2]
    comparison = compare(before.episodes, after.episodes)
    for difference in (comparison.pooled, *comparison.pairs["interaction"], *comparison.pairs["cell"]):
        assert difference.value is not None
        assert f"{100 * difference.value:+.1f}".replace("-", "−").replace("+0.0", "0.0") in said
        assert f"n={difference.n}" in said
    assert "gate: FAIL" in " ".join(said)
    assert "regression" in said


@pytest.mark.parametrize("width", WIDTHS)
def test_the_forest_holds_the_numbers_beside_its_lines(pair: Path, tmp_path: Path, width: float) -> None:
    said = [text.replace(FIGURE_SPACE, "") for text in words(figures(pair)["forest"], tmp_path, width)]
    (results,) = read_evaluation([pair]).results
    pooled = compare(results.policies[0].episodes, results.policies[1].episodes).pooled
    assert pooled.value is not None
    interval = pooled.interval()
    ends = ", ".join(f"{100 * end:+.1f}" for end in (interval.low, interval.high))
    assert f"{100 * pooled.value:+.1f} [{ends}] n={pooled.n}".replace("-", "−") in said
    assert {"after", "melee hunt", "archery"} <= set(said)


@pytest.fixture(name="worlds", scope="module")
def a_rehearsed_world_and_a_real_one(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("worlds")
    unreal, doom = folder / "unreal", folder / "doom"
    return (
        make_run(
            unreal, plausible, policies=["agent", "oracle"], per_cell=2, suite="blocks", world="unreal", rehearsal=True
        ),
        make_run(doom, plausible, policies=["agent", "random"], per_cell=4),
    )


@pytest.mark.parametrize("width", WIDTHS)
def test_worlds_stand_one_below_the_other_the_real_ones_first(
    worlds: tuple[Path, Path], tmp_path: Path, width: float
) -> None:
    said = words(figures(*worlds)["worlds"], tmp_path, width)
    assert [text for text in said if text in ("doom", "unreal")] == ["doom", "unreal"]
    assert {"small-suite 1.0", "blocks 1.0 (REHEARSAL)", "n=60", "n=30"} <= {*said}
    assert {"agent", "oracle (ceiling)", "random (floor)"} <= {*said}
    assert "worlds" not in figures(worlds[1])


@pytest.mark.parametrize("width", WIDTHS)
def test_axes_of_rates_run_from_0_to_100_percent(series: Path, tmp_path: Path, width: float) -> None:
    drawn = figures(series)
    for name in ("success", "learning-curve", "view-difficulty"):
        said = words(drawn[name], tmp_path, width)
        assert {"0", "25", "50", "75", "100%"} <= set(said)


def test_nothing_is_drawn_beyond_the_edges(pair: Path, series: Path, worlds: tuple[Path, Path], tmp_path: Path) -> None:
    for runs, names in (
        ((pair,), ("success", "difference", "forest")),
        ((series,), ("learning-curve", "view-difficulty")),
        (worlds, ("worlds",)),
    ):
        for figure in (figures(*runs)[name] for name in names):
            for width in WIDTHS:
                picture = imread(figure.draw(tmp_path / "figure.png", width))[..., :3]
                assert picture.shape[1] == round(width * PIXELS_PER_INCH)
                for edge in (picture[:4], picture[-4:], picture[:, :4], picture[:, -4:]):
                    assert np.all(edge > 0.99), (figure.slug, width)


def test_the_same_records_give_the_same_picture_byte_for_byte(pair: Path, tmp_path: Path) -> None:
    for kind in ("png", "pdf", "svg"):
        for figure in (figures(pair)[name] for name in ("difference", "view-difficulty")):
            one, other = (figure.draw(tmp_path / name / f"x.{kind}", PAGE_WIDTH_INCHES) for name in ("one", "other"))
            assert one.read_bytes() == other.read_bytes(), (figure.slug, kind)


def test_a_rehearsal_says_so_in_every_figure(tmp_path: Path) -> None:
    run = detailed_run(tmp_path / "run", {"one": 0.5, "two": 1.0}, suite="dmlab-fruit", rehearsal=True)
    for figure in figures(run).values():
        assert "rehearsal" in figure.slug
        assert "REHEARSAL" in " ".join(words(figure, tmp_path))


def test_a_gate_that_cannot_judge_says_why(tmp_path: Path) -> None:
    def judge(policy: str, interaction: str, difficulty: str, number: int) -> Outcome:
        return "error" if policy == "two" and number % 2 else "success"

    run = make_run(tmp_path / "run", judge, policies=["one", "two"], per_cell=6)
    said = " ".join(words(figures(run)["difference"], tmp_path))
    assert "no verdict" in said
    assert "are errors" in said


def test_the_axis_of_changes_is_even_about_zero_and_cuts_no_interval() -> None:
    line = Line("a", -0.1, -0.34, 0.05, "", 1.0)
    assert limits([line]) == (-0.4, 0.4)
    assert limits([Line("a", 1.0, 0.9, 1.0, "", 1.0)]) == (-1.0, 1.0)


@pytest.mark.parametrize("width", WIDTHS)
def test_long_titles_are_wrapped_into_the_width(width: float) -> None:
    frame = Frame(width, "a title of many words " * 8, "", "")
    assert frame.head_inches > 3 * frame.title_size / 72
