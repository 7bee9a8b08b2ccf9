"""A whole session by the command line, in rehearsal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("cv2", reason="the robot needs opencv-python-headless")
pytest.importorskip("cyclonedds", reason="the rehearsal needs cyclonedds")

from evalsuite.adapters.robot.verdicts import agreement
from evalsuite.records.reading import read_records
from evalsuite.suite.files import save_suite
from evalsuite.suite.scenario import Suite
from tests.adapters.robot.session.rehearsed import easy_and_hard, quick_robot

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("execution", ["blocking", "continuous"])
def test_the_oracle_reaches_the_ball(execution: str, tmp_path: Path) -> None:
    easy, _ = easy_and_hard()
    suite = Suite(suite="one", version="1", scenarios=(easy.model_copy(update={"max_steps": 90}),))
    save_suite(suite, tmp_path / "one.yaml")
    command = [sys.executable, "-m", "evalsuite", "run", str(tmp_path / "one.yaml"), "--rehearse", "--json"]
    command += ["--policy", "oracle", "--video", "none", "--out", str(tmp_path / "run")]
    environment = {**os.environ, **quick_robot(tmp_path, execution=execution)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["policies"]["oracle"]["success"] == 1
    records = read_records(tmp_path / "run")
    assert all(record.rehearsal for record in records)
    reports = [(record.model_extra or {})["report"] for record in records if record.final]
    assert {report["execution"] for report in reports} == {execution}
    assert all(report["tag_error_m"]["p95"] < 0.02 for report in reports)
    assert agreement(records).differ == 0
