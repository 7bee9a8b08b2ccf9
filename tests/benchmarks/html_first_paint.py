"""The HTML report of 20,000 episodes in headless Chromium: first paint, and what a filter and an order take.

    python -m tests.benchmarks.html_first_paint [--episodes 20000] [--pictures 480] [--rounds 5] [--folder DIR]

Needs chromium, and Playwright's package. The goal is a first paint in under 2 s, with and without pictures inside.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from evalsuite.records.reading import SUITE_FILE
from evalsuite.reports.html import page
from evalsuite.reports.html.view_cache import VIEWS_FOLDER
from evalsuite.reports.html.view_pictures import encode
from evalsuite.reports.view_capture import CapturedView
from evalsuite.suite.files import save_suite
from evalsuite.suite.scenario import Suite
from tests.reports.html.small_runs import edit, rows_of, with_measures
from tests.reports.run_folders import DIFFICULTIES, INTERACTIONS, make_run, plausible
from tests.testing.flat_world import scenario

GOAL_SECONDS = 2.0
POLICIES = ("before", "after", "oracle", "random")
TIMED = {
    "a filter": "const box = document.querySelector('[name=q]'); box.value = 'hard-1'; "
    "box.dispatchEvent(new Event('input', {bubbles: true}))",
    "no filter": "document.getElementById('clear').click()",
    "an order": "document.querySelector('[data-key=scenario] button').click()",
}


def add_pictures(run: Path, count: int) -> None:
    """Views of the first `count` scenarios, 640 x 360 of coarse noise: about as large as a world's."""
    names = list(dict.fromkeys(row["scenario"] for row in rows_of(run)))
    base = scenario("approach")
    every = tuple(base.model_copy(update={"id": name}) for name in names[:count])
    save_suite(Suite(suite="small-suite", version="1.0", scenarios=every), run / SUITE_FILE)
    dice = np.random.default_rng(0)
    mask = np.zeros((360, 640), np.uint8)
    mask[100:130, 200:230] = 1
    noise = [dice.integers(0, 256, (36, 64, 3), np.uint8).repeat(10, 0).repeat(10, 1) for _ in range(2)]
    view = encode(CapturedView(noise[0], noise[1], mask))
    (run / VIEWS_FOLDER).mkdir()
    for name in names[:count]:
        for ending, content in ((".start.webp", view.start), (".goal.webp", view.goal), (".mask.png", view.mask)):
            (run / VIEWS_FOLDER / f"{name}{ending}").write_bytes(content)


def paint_seconds(browser: Any, path: Path) -> tuple[float, float]:
    """Until the first contentful paint, and until the list of episodes stands."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    tab = context.new_page()
    tab.goto(path.as_uri(), wait_until="commit")
    while not tab.evaluate("document.querySelector('#episode-table tbody tr') !== null"):
        time.sleep(0.005)
    listed = float(tab.evaluate("performance.now()")) / 1000
    paints: list[float] = []
    while not paints:
        paints = tab.evaluate(
            "performance.getEntriesByName('first-contentful-paint').map((each) => each.startTime / 1000)"
        )
    context.close()
    return paints[0], listed


def action_seconds(browser: Any, path: Path) -> dict[str, float]:
    """From an action to the list redrawn and laid out."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    tab = context.new_page()
    tab.goto(path.as_uri())
    taken = {}
    for name, code in TIMED.items():
        measured = (
            f"() => {{ const begun = performance.now(); {code}; document.body.offsetHeight; "
            + "return performance.now() - begun; }"
        )
        taken[name] = float(tab.evaluate(measured)) / 1000
    context.close()
    return taken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--episodes", type=int, default=20_000)
    parser.add_argument("--pictures", type=int, default=480)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=Path)
    arguments = parser.parse_args()
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as driver:
        folder = arguments.folder or Path(temporary)
        cells = len(INTERACTIONS) * len(DIFFICULTIES) * len(POLICIES)
        run = make_run(folder / "run", plausible, policies=POLICIES, per_cell=-(-arguments.episodes // cells))
        edit(run, with_measures)
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for pictures in (0, arguments.pictures):
            if pictures:
                add_pictures(run, pictures)
            begun = time.monotonic()
            path = page.write([run], folder / f"report-{pictures}")[0]
            made = time.monotonic() - begun
            rounds = [paint_seconds(browser, path) for _ in range(arguments.rounds)]
            first, listed = (statistics.median(each) for each in zip(*rounds, strict=True))
            actions = ", ".join(f"{name} {1000 * each:.0f} ms" for name, each in action_seconds(browser, path).items())
            print(
                f"{len(rows_of(run)):,} episodes, {pictures} scenarios pictured: {path.stat().st_size / 1e6:.1f} MB, "
                f"made in {made:.1f} s; first paint {first:.2f} s "
                f"(goal {GOAL_SECONDS}), list {listed:.2f} s; {actions}; "
                f"load {os.getloadavg()[0]:.1f}"
            )
        browser.close()


if __name__ == "__main__":
    main()
