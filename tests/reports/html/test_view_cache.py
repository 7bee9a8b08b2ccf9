"""Views are taken from the simulator once, and a page does without where that fails."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from evalsuite.records.reading import SUITE_FILE
from evalsuite.reports.html import view_cache
from evalsuite.reports.html.view_cache import TIME_IS_UP, VIEWS_FOLDER, views_of
from evalsuite.reports.html.view_pictures import ViewPictures, encode
from evalsuite.reports.view_capture import CapturedView
from evalsuite.suite.files import save_suite
from evalsuite.suite.scenario import Suite
from tests.reports.flat_door import TROUBLE
from tests.testing.flat_world import scenario

WANTED = {"flat/approach-1", "flat/break-1"}


@pytest.fixture(name="packages")
def folder_of_installed_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    package = tmp_path / "packages" / "flatworld-1.0.dist-info"
    package.mkdir(parents=True)
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: flatworld\nVersion: 1.0\n")
    install(package.parent, "WORLD")
    monkeypatch.syspath_prepend(str(package.parent))
    return package.parent


def install(packages: Path, world: str) -> None:
    entry = f"[evalsuite.worlds]\nflat = tests.reports.flat_door:{world}\n"
    (packages / "flatworld-1.0.dist-info" / "entry_points.txt").write_text(entry)


@pytest.fixture(name="run")
def run_in_an_installed_flat_world(tmp_path: Path, packages: Path) -> Path:
    run = tmp_path / "run"
    run.mkdir()
    scenarios = (scenario("approach"), scenario("break"))
    save_suite(Suite(suite="flat-suite", version="1.0", scenarios=scenarios), run / SUITE_FILE)
    return run


def test_views_are_taken_once_and_kept_in_the_run_folder(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = views_of([run], WANTED, rehearse=False)
    assert taken.missing == ""
    assert set(taken.pictures) == WANTED
    assert (run / VIEWS_FOLDER / "flat" / "break-1.mask.png").is_file()
    monkeypatch.setenv(TROUBLE, "fault")
    assert views_of([run], WANTED, rehearse=False) == taken


def test_only_the_scenarios_that_were_run_are_pictured(run: Path) -> None:
    assert set(views_of([run], {"flat/break-1"}, rehearse=False).pictures) == {"flat/break-1"}


def test_a_simulator_that_is_not_ours_alone_is_left_in_peace(run: Path, packages: Path) -> None:
    install(packages, "OUTDOOR_WORLD")
    found = views_of([run], WANTED, rehearse=False)
    assert found.pictures == {}
    assert "a report does not start the simulator of flat" in found.missing
    assert set(views_of([run], WANTED, rehearse=True).pictures) == WANTED


def test_a_world_that_fails_leaves_no_view_and_its_reason(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TROUBLE, "fault")
    found = views_of([run], WANTED, rehearse=False)
    assert found.pictures == {}
    assert found.missing.startswith("The views of 2 of 2 scenarios are not shown:")
    assert "the plain is flooded" in found.missing


def test_a_world_that_hangs_is_ended_in_time(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TROUBLE, "hang")
    begun = time.monotonic()
    found = views_of([run], WANTED, rehearse=False, deadline=begun + 2.0)
    assert time.monotonic() - begun < 20
    assert "was killed" in found.missing


def test_a_world_that_is_not_installed_is_named(tmp_path: Path) -> None:
    save_suite(Suite(suite="flat-suite", version="1.0", scenarios=(scenario("break"),)), tmp_path / SUITE_FILE)
    found = views_of([tmp_path], {"flat/break-1"}, rehearse=False)
    assert found.pictures == {}
    assert "flat" in found.missing


def test_when_time_is_up_what_was_taken_stays(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    views_of([run], {"flat/break-1"}, rehearse=False)
    found = views_of([run], WANTED, rehearse=False, deadline=time.monotonic())
    assert set(found.pictures) == {"flat/break-1"}
    assert TIME_IS_UP in found.missing


def test_a_simulator_is_stopped_when_its_time_is_over(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scenarios = tuple(scenario("break").model_copy(update={"id": f"flat/{number}"}) for number in range(400))
    save_suite(Suite(suite="flat-suite", version="1.0", scenarios=scenarios), run / SUITE_FILE)
    monkeypatch.setattr(view_cache, "encode", slow_encode)
    begun = time.monotonic()
    found = views_of([run], {each.id for each in scenarios}, rehearse=False, deadline=begun + 4.0)
    assert time.monotonic() - begun < 30
    assert TIME_IS_UP in found.missing
    assert len(found.pictures) < 400


def slow_encode(view: CapturedView) -> ViewPictures:
    time.sleep(0.5)
    return encode(view)


def test_a_folder_that_cannot_be_written_keeps_nothing_and_still_shows_the_views(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (run / VIEWS_FOLDER).write_text("in the way")
    assert set(views_of([run], WANTED, rehearse=False).pictures) == WANTED
