from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from evalsuite import extras
from evalsuite.extras import install_command


def test_in_a_checkout_the_command_takes_the_checkout_from_wherever_it_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(extras.CHECKOUT)
    assert install_command("doom", "reports") == 'pip install -c constraints.txt -e ".[doom,reports]"'
    monkeypatch.chdir(tmp_path)
    here = extras.CHECKOUT
    assert install_command("doom") == f'pip install -c {here}/constraints.txt -e "{here}[doom]"'


def test_of_an_installed_package_the_command_names_the_package(tmp_path: Path) -> None:
    (tmp_path / "evalsuite").mkdir()
    for name in ("__init__.py", "extras.py"):
        shutil.copy(extras.CHECKOUT / "evalsuite" / name, tmp_path / "evalsuite")
    program = "from evalsuite.extras import install_command; print(install_command('doom'))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == 'pip install "evalsuite[doom]"\n'
