from __future__ import annotations

import json

import pytest

from evalsuite.commands.main import main

Capture = pytest.CaptureFixture[str]


def test_it_prints_a_small_table(capsys: Capture) -> None:
    assert main(["plan", "--from", "0.28", "--detect", "0.05"]) == 0
    said = capsys.readouterr().out
    assert "28% fall to 23% with 80% power" in said
    assert all(number in said for number in ("661", "380", "939"))
    assert max(map(len, said.splitlines())) <= 110


def test_json_gives_the_same_numbers(capsys: Capture) -> None:
    assert main(["plan", "--from", "0.28", "--detect", "0.1", "--json"]) == 0
    planned = json.loads(capsys.readouterr().out)
    assert planned["pairs"] == {"0.0": pytest.approx(218, abs=3), "0.3": 156, "0.6": 92}
    assert planned["unpaired_episodes_each"] == 218


@pytest.mark.parametrize("words", [("0.3", "0.4"), ("0", "0.1"), ("1.2", "0.1"), ("0.3", "0"), ("0.3", "-0.1")])
def test_what_cannot_be_planned_is_a_line(words: tuple[str, str], capsys: Capture) -> None:
    assert main(["plan", f"--from={words[0]}", f"--detect={words[1]}"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_fall_to_nothing_can_be_planned(capsys: Capture) -> None:
    assert main(["plan", "--from", "0.3", "--detect", "0.3"]) == 0
