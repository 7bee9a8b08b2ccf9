from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from evalsuite.suite.files import load_suite, lock_file
from tests.commands.conftest import CommandLine

LINE = ("synthesize", "grid", "--count", "15", "--seed", "4")


def test_the_same_seed_gives_the_same_locked_suite(evalsuite: CommandLine, tmp_path: Path) -> None:
    for name in ("a.yaml", "b.jsonl"):
        done = evalsuite(*LINE, "--out", name, "--name", "grid-new")
        assert done.returncode == 0, done.stderr
        assert lock_file(tmp_path / name).exists()
    first, second = load_suite(tmp_path / "a.yaml"), load_suite(tmp_path / "b.jsonl")
    assert first == second
    assert first.scenarios[0].id == "grid-new/approach-easy-0000"
    assert len(first.scenarios) == 15


def test_a_suite_that_is_there_is_not_overwritten_unless_asked(evalsuite: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("precious")
    done = evalsuite(*LINE, "--out", "mine.yaml")
    assert done.returncode == 2
    assert "mine.yaml exists" in done.stderr
    assert (tmp_path / "mine.yaml").read_text() == "precious"
    assert evalsuite(*LINE, "--out", "mine.yaml", "--force").returncode == 0
    assert len(load_suite(tmp_path / "mine.yaml").scenarios) == 15


def test_one_scenario_is_not_called_scenarios(evalsuite: CommandLine) -> None:
    done = evalsuite("synthesize", "grid", "--count", "1", "--seed", "4", "--out", "one.yaml")
    assert done.stdout.startswith("1 scenario in one.yaml")


def test_a_place_that_can_not_be_written_is_told_in_one_line(evalsuite: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    (tmp_path / "folder.yaml").mkdir()
    for out in ("file/suite.yaml", "/proc/suite.yaml", "folder.yaml"):
        done = evalsuite(*LINE, "--out", out, "--force")
        assert done.returncode == 2
        assert done.stderr.startswith("evalsuite: error: ")
        assert out in done.stderr
        assert len(done.stderr.splitlines()) == 1


def test_a_disk_without_room_is_noticed_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    program = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000)); "
        "from evalsuite.commands.main import main; sys.exit(main())"
    )
    asked = [sys.executable, "-c", program, "synthesize", "doom", "--count", "900", "--seed", "1", "--out", "big.yaml"]
    done = subprocess.run(asked, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "--out big.yaml can't be written: File too large" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []
