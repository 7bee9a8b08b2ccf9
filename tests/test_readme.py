"""What the README shows can be run as it stands."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

README = (Path(__file__).resolve().parents[1] / "README.md").read_text(encoding="utf-8")


def test_the_python_example_runs_in_an_empty_folder(tmp_path: Path) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    done = subprocess.run(
        [sys.executable, "-c", code + "\nenv.close()\nprint(observation['image'].shape)"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "(360, 640, 3)\n"


def test_every_command_shown_exists() -> None:
    from evalsuite.commands.main import COMMANDS

    shown = {name for start in ("^", "`") for name in re.findall(rf"{start}evalsuite (\w[\w-]*)", README, re.MULTILINE)}
    assert shown
    assert shown <= set(COMMANDS)


def test_the_files_it_links_to_are_there() -> None:
    root = Path(__file__).resolve().parents[1]
    for link in re.findall(r"\]\(((?!https?:)[^)#]+)\)", README):
        assert (root / link).exists(), link
