from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys

from tests.commands.conftest import CommandLine


def test_each_installed_world_is_shown_with_its_state(evalsuite: CommandLine) -> None:
    shown = evalsuite("worlds")
    assert shown.returncode == 0, shown.stderr
    assert "grid: ready" in shown.stdout.splitlines()
    worlds = json.loads(evalsuite("worlds", "--json").stdout)["worlds"]
    assert worlds["grid"]["state"] == "ready"
    assert worlds["doom"]["state"] in ("ready", "missing")


def worlds_and_what_is_shown(environment: dict[str, str]) -> tuple[dict[str, dict[str, str]], list[str], list[str]]:
    """What the worlds say of themselves, and the lines that a pipe and a terminal of 40 columns get."""
    command = [sys.executable, "-m", "evalsuite", "worlds"]
    said, piped = (
        subprocess.run(each, env=environment, capture_output=True, text=True, timeout=120, check=True).stdout
        for each in ([*command, "--json"], command)
    )
    ours, theirs = pty.openpty()
    with subprocess.Popen(command, env={**environment, "COLUMNS": "40", "TERM": "xterm"}, stdout=theirs) as process:
        os.close(theirs)
        drawn = b""
        while piece := _read(ours):
            drawn += piece
        assert process.wait(timeout=120) == 0
    os.close(ours)
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", drawn.decode())
    return json.loads(said)["worlds"], piped.splitlines(), plain.splitlines()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:
        return b""


def test_a_command_that_helps_is_a_whole_line_in_a_pipe_and_in_a_narrow_terminal() -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("EVALSUITE_", "NO_COLOR"))}
    worlds, piped, drawn = worlds_and_what_is_shown(environment)
    lines = [line for world in worlds.values() for line in world["remedy"].splitlines()]
    assert max(map(len, lines)) > 40
    for line in lines:
        assert f"  {line}" in piped
        assert f"  {line}" in drawn
    details = [line for world in worlds.values() for line in world["detail"].splitlines()]
    assert all(f"  {line}" in piped for line in details)
