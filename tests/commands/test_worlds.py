from __future__ import annotations

import json

from tests.commands.conftest import CommandLine


def test_each_installed_world_is_shown_with_its_state(evalsuite: CommandLine) -> None:
    table = evalsuite("worlds")
    assert table.returncode == 0, table.stderr
    assert "grid" in table.stdout
    worlds = json.loads(evalsuite("worlds", "--json").stdout)["worlds"]
    assert worlds["grid"]["state"] == "ready"
    assert worlds["doom"]["state"] in ("ready", "missing")
