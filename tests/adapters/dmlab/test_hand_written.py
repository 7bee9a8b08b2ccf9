"""The maze written by hand in the README is sound and can be solved."""

from __future__ import annotations

import re
from pathlib import Path

from evalsuite.suite import load_suite
from tests.adapters.dmlab.conftest import start_simulator
from tests.adapters.dmlab.test_simulator import played_by_the_oracle

README = Path(__file__).parents[3] / "adapters" / "dmlab" / "README.md"


def test_the_readmes_maze_is_played_to_its_end(player: str, tmp_path: Path) -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    file = tmp_path / "my-mazes.yaml"
    file.write_text(example, encoding="utf-8")
    (scenario,) = load_suite(file).scenarios
    simulator = start_simulator(player, tmp_path)
    try:
        env, happened = played_by_the_oracle(simulator, scenario)
    finally:
        simulator.close()
    assert env.summary.success
    assert [event.object for event in happened] == ["key-1", "red-door", "apple-1"]
