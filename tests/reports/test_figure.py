from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread
from numpy.typing import NDArray

from evalsuite.errors import UsageError
from evalsuite.records.record import Outcome
from evalsuite.reports import figure
from evalsuite.reports.figures import bars
from evalsuite.reports.style import PAGE_WIDTH_INCHES, PIXELS_PER_INCH, POLICY_COLOURS
from evalsuite.statistics.results import read_results
from tests.reports.run_folders import make_run, plausible


def pixels(path: Path) -> NDArray[np.uint8]:
    """RGB (height, width, 3)."""
    return np.asarray(np.round(imread(path)[..., :3] * 255), dtype=np.uint8)


def bars_of(run: Path) -> Path:
    (results,) = read_results([run])
    return bars.draw(results, run / "success.png")


def amount_of(picture: NDArray[np.uint8], colour: str) -> int:
    wanted = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    return int((picture == wanted).all(axis=-1).sum())


def test_the_picture_is_a_page_wide_and_shows_every_policy(tmp_path: Path) -> None:
    run = make_run(tmp_path / "a", plausible, policies=["one", "two", "oracle", "random"], per_cell=8)
    path = figure.write([run], None)[0]
    assert path == run / "report" / "success.png"
    picture = pixels(path)
    assert picture.shape[1] == round(PAGE_WIDTH_INCHES * PIXELS_PER_INCH)
    assert picture.shape[0] > picture.shape[1] / 2
    assert all(amount_of(picture, colour) > 1000 for colour in POLICY_COLOURS[:2])


def test_a_bar_is_as_high_as_its_rate(tmp_path: Path) -> None:
    def half(policy: str, interaction: str, difficulty: str, number: int) -> Outcome:
        return "success" if number % 2 else "failure"

    def whole(policy: str, interaction: str, difficulty: str, number: int) -> Outcome:
        return "success"

    areas = []
    for name, judge in (("half", half), ("whole", whole)):
        run = make_run(tmp_path / name, judge, policies=["agent"], per_cell=1000)
        areas.append(amount_of(pixels(bars_of(run)), POLICY_COLOURS[0]))
    assert areas[0] / areas[1] == pytest.approx(0.5, abs=0.02)


def test_twelve_policies_with_odd_names_still_make_a_picture(tmp_path: Path) -> None:
    names = [f"checkpoint $x_{number}^2$ at ws://some-rather-long-host:80{number:02}" for number in range(12)]
    run = make_run(tmp_path / "a", plausible, policies=names, per_cell=1)
    assert pixels(figure.write([run], tmp_path)[0]).std() > 10


def test_each_suite_and_rehearsal_gets_a_picture_of_its_own(tmp_path: Path) -> None:
    runs = [
        make_run(tmp_path / "a", plausible, policies=["agent"]),
        make_run(tmp_path / "b", plausible, policies=["agent"], rehearsal=True),
        make_run(tmp_path / "c", plausible, policies=["agent"], suite="other"),
    ]
    names = [path.name for path in figure.write(runs, tmp_path / "out") if path.name.startswith("success")]
    assert names == ["success-small-suite.png", "success-small-suite-rehearsal.png", "success-other.png"]


def test_the_same_figure_comes_as_vectors(tmp_path: Path) -> None:
    paths = figure.write_pdf([make_run(tmp_path / "a", plausible)], None)
    assert {path.name for path in paths} >= {"success.pdf", "success-column.pdf"}
    assert all(path.read_bytes().startswith(b"%PDF") for path in paths)


def test_a_picture_that_cannot_be_written_leaves_no_half_of_one(tmp_path: Path) -> None:
    run = make_run(tmp_path / "a", plausible, policies=["agent"], per_cell=1)
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UsageError, match="can't write"):
        figure.write([run], tmp_path / "file")
    assert (tmp_path / "file").read_text() == "in the way"


def test_without_matplotlib_the_person_is_told_the_command_and_tables_still_work(tmp_path: Path) -> None:
    run = make_run(tmp_path / "a", plausible, policies=["agent"], per_cell=1)
    blocked = "import sys; sys.modules['matplotlib'] = None; from evalsuite.commands.main import main; sys.exit(main())"
    asked = [sys.executable, "-c", blocked, "report", str(run), "--to"]
    picture = subprocess.run([*asked, "png"], capture_output=True, text=True, timeout=60, check=False)
    assert picture.returncode == 2
    assert picture.stderr.count("\n") == 1
    assert '[reports]"' in picture.stderr
    tables = subprocess.run([*asked, "markdown,csv,terminal"], capture_output=True, timeout=60, check=False)
    assert tables.returncode == 0


def test_no_two_of_forty_policies_look_alike(tmp_path: Path) -> None:
    names = [f"agent-{number}" for number in range(40)]
    (results,) = read_results([make_run(tmp_path / "a", plausible, policies=[*names, "oracle", "random"], per_cell=1)])
    looks = bars.looks_of(results.policies)
    assert len({(look.colour, look.hatch, look.marker) for look in looks}) == 42


def test_a_cell_of_only_errors_says_so(tmp_path: Path) -> None:
    def broken(policy: str, interaction: str, difficulty: str, number: int) -> Outcome:
        return "error" if difficulty == "hard" else "success"

    (results,) = read_results([make_run(tmp_path / "a", broken, policies=["agent"])])
    assert bars.draw(results, tmp_path / "success.svg").read_text().count(">errors</text>") == 6


def test_a_figure_that_a_report_has_no_more_does_not_stay_beside_the_new_ones(tmp_path: Path) -> None:
    three, two = (make_run(tmp_path / name, plausible, policies=list(name), per_cell=4) for name in ("abc", "ab"))
    out = tmp_path / "out"
    first = figure.write([three], out)
    mine = out / "difference-mine.png"
    mine.write_bytes(b"mine")
    second = figure.write([two], out)
    assert {path.name for path in first} - {path.name for path in second}
    assert set(out.glob("*.png")) == {*second, mine}


def test_a_list_of_earlier_figures_can_not_delete_elsewhere(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", plausible, per_cell=2)
    elsewhere = tmp_path / "mine.png"
    elsewhere.write_bytes(b"mine")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / ".png.json").write_text('["../mine.png", 3, ".."]')
    figure.write([run], tmp_path / "out")
    assert elsewhere.exists()
