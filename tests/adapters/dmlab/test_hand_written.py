"""The maze written by hand in the README is sound and can be solved."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from evalsuite.adapters.dmlab import installation
from evalsuite.commands.main import main
from evalsuite.suite import load_suite
from tests.adapters.dmlab.conftest import start_simulator
from tests.adapters.dmlab.test_simulator import played_by_the_oracle

README = Path(__file__).parents[3] / "adapters" / "dmlab" / "README.md"


def readmes_maze() -> str:
    (example,) = re.findall(r"```yaml\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    return str(example)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"*   I     *"', '"*   ?     *"', "(got '*   ?     *')\n"),
        ("rule: touch", "rule: melee", "interact needs the level's rule to be 'touch', not 'melee'\n"),
        ("name: zebra-1", "name: apple-2", "two things in the level have the same name\n"),
    ],
)
def test_a_mistake_in_a_maze_is_told_without_the_rest_of_it(
    old: str, new: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(installation.FOLDER_VARIABLE, raising=False)
    file = tmp_path / "my-mazes.yaml"
    file.write_text(readmes_maze().replace(old, new), encoding="utf-8")
    assert main(["validate", str(file), "--rehearse"]) == 2
    assert capsys.readouterr().err.endswith(words)


def test_the_readmes_maze_is_played_to_its_end(player: str, tmp_path: Path) -> None:
    file = tmp_path / "my-mazes.yaml"
    file.write_text(readmes_maze(), encoding="utf-8")
    (scenario,) = load_suite(file).scenarios
    simulator = start_simulator(player, tmp_path)
    try:
        env, happened = played_by_the_oracle(simulator, scenario)
    finally:
        simulator.close()
    assert env.summary.success
    assert [event.object for event in happened] == ["key-1", "red-door", "apple-1"]
