"""`--executor` on the command line; the runs themselves are in tests/runner/on_ray."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.worlds import environment_with_grid_world

WITHOUT_RAY = "import sys; sys.modules['ray'] = None; from evalsuite.__main__ import main; sys.exit(main())"


def refused(tmp_path: Path, *options: str) -> str:
    """What is said of a command line that is a mistake."""
    line = ["run", "doom-quick", "--policy", "noop", "--out", str(tmp_path / "run"), *options]
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_RAY, *line],
        env=environment_with_grid_world(),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert not (tmp_path / "run").exists()
    return done.stderr


def test_without_ray_one_line_says_how_to_get_it(tmp_path: Path) -> None:
    (line,) = refused(tmp_path, "--executor", "ray").splitlines()
    assert "needs Ray" in line
    assert "pip install" in line
    assert "[ray]" in line


@pytest.mark.parametrize("option", [("--address", "auto"), ("--per-actor", "2")])
def test_options_of_a_cluster_are_refused_without_one(tmp_path: Path, option: tuple[str, str]) -> None:
    assert f"{option[0]} is for a Ray cluster: add --executor ray" in refused(tmp_path, *option)
