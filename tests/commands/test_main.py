from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from evalsuite.commands import main as entrance
from evalsuite.errors import UsageError


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ([], "the following arguments are required: COMMAND"),
        (["bogus"], "invalid choice: 'bogus'"),
        (["run"], "the following arguments are required: SUITE"),
        (["run", "doom-quick"], "no policy was named; add --policy REF, or --policy-series DIR"),
        (["run", "doom-quick", "--policy", "noop", "--workers", "many"], "argument --workers: invalid int value"),
        (["report", "run", "--bogus"], "unrecognized arguments: --bogus; see evalsuite report --help"),
        (["run", "nowhere", "--policy", "noop"], "there is no suite 'nowhere'"),
        (["run", "doom-quick", "--policy", "nope"], "there is no policy 'nope'"),
        (["synthesize", "mars", "--count", "1", "--seed", "0", "--out", "x.yaml"], "there is no world 'mars'"),
        (["synthesize", "mars", "--count", "1", "--seed", "0", "--out", "x.txt"], "a suite's file ends in"),
    ],
)
def test_a_mistake_is_answered_in_one_line_with_exit_2(
    line: list[str], message: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert entrance.main(line) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert message in said.err.splitlines()[-1]
    assert [each for each in said.err.splitlines() if not each.startswith("note:")] == said.err.splitlines()[-1:]
    assert list(tmp_path.iterdir()) == []


def test_debug_shows_where_a_mistake_was_found() -> None:
    with pytest.raises(UsageError, match="nowhere"):
        entrance.main(["run", "nowhere", "--policy", "noop", "--debug"])


def test_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ending:
        entrance.main(["--version"])
    assert ending.value.code == 0
    assert capsys.readouterr().out.startswith("evalsuite ")


def test_help_names_every_command_and_imports_none(capsys: pytest.CaptureFixture[str]) -> None:
    before = set(sys.modules)
    with pytest.raises(SystemExit):
        entrance.main(["--help"])
    said = capsys.readouterr().out
    assert all(name in said for name in entrance.COMMANDS)
    assert not {command.module for command in entrance.COMMANDS.values()} & (set(sys.modules) - before)


INTERRUPTED_WHILE_IMPORTED = """
import os, signal, sys
import evalsuite.__main__ as entrance
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background is born ignoring it
class Interrupting:
    def find_spec(self, name, path, target=None):
        if name == "evalsuite.commands.main":
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupting())
entrance.main()
"""


def test_ctrl_c_while_the_command_is_still_being_imported_shows_no_traceback() -> None:
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED_WHILE_IMPORTED], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "", "")
