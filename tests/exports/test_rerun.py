from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

from evalsuite.commands.export import export
from evalsuite.errors import UsageError
from evalsuite.exports.options import ExportOptions
from evalsuite.policies.references import parse_reference
from evalsuite.runner.run import run_suite
from tests.worlds.grid_world import grid_scenario, grid_suite

pytestmark = pytest.mark.usefixtures("playground")
THERE = importlib.util.find_spec("rerun") is not None


def recorded(tmp_path: Path) -> Path:
    run_suite(grid_suite(grid_scenario("one")), [parse_reference("oracle")], out=tmp_path / "run", workers=1)
    return tmp_path / "run"


@pytest.mark.skipif(not THERE, reason='rerun-sdk is not installed: pip install "evalsuite[rerun]"')
def test_an_episode_becomes_a_recording_that_rerun_itself_finds_sound(tmp_path: Path) -> None:
    (path,) = export([recorded(tmp_path)], ["rerun"], tmp_path / "out", ExportOptions())
    assert path == tmp_path / "out/rerun/oracle/one/0.rrd"
    command = [sys.executable, "-m", "rerun", "rrd", "print", str(path)]
    told = subprocess.run(command, capture_output=True, text=True, timeout=60.0)
    assert told.returncode == 0, told.stderr
    for entity in ("/view/agent", "/view/goal_mask", "/action/camera.yaw", "/reward"):
        assert entity in told.stdout


@pytest.mark.skipif(THERE, reason="rerun-sdk is installed")
def test_without_rerun_it_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="needs rerun"):
        export([recorded(tmp_path)], ["rerun"], tmp_path / "out", ExportOptions())
