"""The gate on a real engine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.commands.conftest import CommandLine, evalsuite  # noqa: F401

SETTINGS = "margin_pooled = 0.1\nmargin_interaction = 0.35\n"
"""As wide as 30 scenarios can rule out."""


@pytest.mark.slow
def test_two_runs_of_the_oracle_in_doom_pass_and_30_scenarios_are_few(
    evalsuite: CommandLine,  # noqa: F811
    tmp_path: Path,
) -> None:
    pytest.importorskip("vizdoom")
    for out in ("base", "again"):
        done = evalsuite("run", "doom-quick", "--policy", "oracle", "--out", out, "--json")
        assert done.returncode == 0, done.stderr
    few = evalsuite("gate", "base", "again", "--json")
    verdict = json.loads(few.stdout)
    assert (few.returncode, verdict["verdict"], verdict["pairs"]) == (10, "INCONCLUSIVE", 30)
    (tmp_path / "gate.toml").write_text(SETTINGS)
    assert evalsuite("gate", "base", "again", "--config", "gate.toml").returncode == 0
    (file,) = (tmp_path / "again" / "episodes").iterdir()
    records = [json.loads(line) for line in file.read_text().splitlines()]
    for record in records:
        record["outcome"] = "failure" if record["interaction"] == "archery" else record["outcome"]
    file.write_text("".join(json.dumps(record) + "\n" for record in records))
    worse = evalsuite("gate", "base", "again", "--config", "gate.toml")
    assert worse.returncode == 1
    assert "all fell by 20 points: 6 lost, 0 gained of 30 pairs" in worse.stdout
