"""The plugin in a pytest of its own, as it is installed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from evalsuite.commands.main import main
from evalsuite.records.record import Outcome
from tests.reports.run_folders import make_run, plausible


def always(policy: str, interaction: str, difficulty: str, number: int) -> Outcome:
    return "success"


def worse(policy: str, interaction: str, difficulty: str, number: int) -> Outcome:
    return "failure" if interaction == "archery" else "success"


@pytest.fixture
def baseline(tmp_path: Path) -> Path:
    run = make_run(tmp_path / "base", always, policies=["agent"], per_cell=16)
    assert main(["baseline", str(run), "--out", str(tmp_path / "main.parquet")]) == 0
    return tmp_path / "main.parquet"


def run_pytest(folder: Path, *words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *map(str, words)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=folder,
        env={name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"},
    )


def test_each_stratum_is_an_item_and_only_what_got_worse_fails(baseline: Path, tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", worse, policies=["agent"], per_cell=16)
    done = run_pytest(tmp_path, "-v", "--evalsuite-run", run, "--evalsuite-baseline", baseline)
    assert done.returncode == 1
    assert "interaction[archery] FAILED" in done.stdout
    assert "interaction[break] PASSED" in done.stdout
    assert "archery fell by 100 points: 48 lost, 0 gained of 48 pairs" in done.stdout
    assert "5 failed, 16 passed" in done.stdout
    assert "Traceback" not in done.stdout


def test_too_few_pairs_fail_or_warn_as_set(baseline: Path, tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", always, policies=["agent"], per_cell=1)
    asked = ("--evalsuite-run", run, "--evalsuite-baseline", baseline)
    strict, lenient = run_pytest(tmp_path, *asked), run_pytest(tmp_path, *asked, "--evalsuite-inconclusive", "warn")
    assert strict.returncode == 1
    assert "inconclusive: all: 15 pairs can't rule out a drop of 3 points; needs about 73 more" in strict.stdout
    assert lenient.returncode == 0
    assert "InconclusiveWarning" in lenient.stdout


def test_what_cannot_be_judged_stops_pytest_with_a_line(baseline: Path, tmp_path: Path) -> None:
    done = run_pytest(tmp_path, "--evalsuite-run", "nowhere", "--evalsuite-baseline", baseline)
    assert done.returncode == 4
    assert "there is no candidate" in done.stderr
    half = run_pytest(tmp_path, "--evalsuite-run", "nowhere")
    assert half.returncode == 4
    assert "belong together" in half.stderr


def test_without_its_options_it_collects_nothing_and_imports_nothing(tmp_path: Path) -> None:
    looked = "import sys\ndef test_it() -> None:\n    assert [n for n in sys.modules if n.startswith('evalsuite.')] == "
    (tmp_path / "test_idle.py").write_text(looked + "['evalsuite.pytest_plugin']\n")
    done = run_pytest(tmp_path)
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout


def test_it_is_registered_where_pytest_looks_for_plugins() -> None:
    from importlib.metadata import entry_points

    (found,) = entry_points(group="pytest11", name="evalsuite")
    assert found.value == "evalsuite.pytest_plugin"


def test_items_can_be_chosen_by_name(baseline: Path, tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", plausible, policies=["agent"], per_cell=16)
    done = run_pytest(tmp_path, "-k", "archery and hard", "--evalsuite-run", run, "--evalsuite-baseline", baseline)
    assert "20 deselected" in done.stdout
