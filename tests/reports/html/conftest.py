"""A real browser, where there is one: Debian's chromium, driven by Playwright's package without its own downloads."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from evalsuite.records.record import Outcome
from evalsuite.reports.html import page
from tests.reports.html.small_runs import edit, full_run, video_name, write_video
from tests.reports.run_folders import plausible

FILMED = "approach-easy-0"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session", name="chromium")
def chromium_browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api", reason="needs Playwright: pip install playwright")
    executable = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if executable is None:
        pytest.skip("needs a browser: apt-get install chromium")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session", name="report")
def report_of_a_run_with_videos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of 180 episodes; the agent's and the random control's first scenario has videos."""
    return _report(tmp_path_factory.mktemp("report") / "run", [("agent", FILMED), ("random", FILMED)])


@pytest.fixture(scope="session", name="small_report")
def report_of_a_small_rehearsal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of 40 rehearsed episodes, errors among them, with a video."""
    options: dict[str, Any] = {"policies": ["agent", "after"], "per_cell": 1, "rehearsal": True}

    def judge(policy: str, interaction: str, difficulty: str, number: int) -> Outcome:
        return "error" if difficulty == "hard" else plausible(policy, interaction, difficulty, number)

    return _report(tmp_path_factory.mktemp("small-report") / "run", [("agent", FILMED)], judge=judge, **options)


@pytest.fixture(scope="session", name="pair_report")
def report_of_two_checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a checkpoint before and after: some pairs lost, some gained, some with an error."""

    def judge(policy: str, interaction: str, difficulty: str, number: int) -> Outcome:
        if policy == "after":
            return "failure" if number % 3 == 0 else "error" if number == 10 else "success"
        return plausible("agent", interaction, difficulty, number)

    folder = tmp_path_factory.mktemp("pair-report") / "run"
    return _report(folder, [], judge=judge, policies=["before", "after"], per_cell=12)


def _report(folder: Path, filmed: list[tuple[str, str]], **options: Any) -> Path:
    pytest.importorskip("jinja2", reason="needs jinja2: pip install 'evalsuite[reports]'")

    def film(row: dict[str, Any]) -> None:
        if (row["policy"], row["scenario"]) in filmed:
            row["video"] = video_name(row)
            write_video(folder / row["video"])

    (path,) = page.write([edit(full_run(folder, **options), film)], None)
    return path


@pytest.fixture(name="faults")
def faults_told_by_the_browser() -> list[str]:
    return []


@pytest.fixture(name="tab")
def tab_of_a_browser(chromium: Any, faults: list[str]) -> Iterator[Any]:
    """An empty tab of 1440 x 900; the test fails when the browser tells a fault that it has not taken off the list."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    context.set_default_timeout(10_000)
    tab = context.new_page()
    tab.on("pageerror", lambda fault: faults.append(str(fault)))
    tab.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    yield tab
    context.close()
    assert not faults


@pytest.fixture(name="opened")
def report_in_a_tab(tab: Any, report: Path) -> Any:
    tab.goto(report.as_uri())
    return tab
