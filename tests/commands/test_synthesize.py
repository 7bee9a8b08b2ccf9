from __future__ import annotations

from pathlib import Path

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
    assert first.scenarios[0].id == "grid-new/approach-easy-0"
    assert len(first.scenarios) == 15


def test_a_suite_that_is_there_is_not_overwritten_unless_asked(evalsuite: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("precious")
    done = evalsuite(*LINE, "--out", "mine.yaml")
    assert done.returncode == 2
    assert "mine.yaml exists" in done.stderr
    assert (tmp_path / "mine.yaml").read_text() == "precious"
    assert evalsuite(*LINE, "--out", "mine.yaml", "--force").returncode == 0
    assert len(load_suite(tmp_path / "mine.yaml").scenarios) == 15
