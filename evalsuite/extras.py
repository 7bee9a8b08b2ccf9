"""The command that brings an extra, as evalsuite is installed here: from a checkout, or as a package."""

from __future__ import annotations

import shlex
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent


def install_command(*extras: str) -> str:
    """Such as `pip install "evalsuite[doom]"`, or `pip install -c constraints.txt -e ".[doom]"` in a checkout."""
    wanted = f"[{','.join(extras)}]"
    if not (CHECKOUT / "pyproject.toml").is_file():
        return f'pip install "evalsuite{wanted}"'
    here = Path.cwd().resolve() == CHECKOUT
    constraints = "constraints.txt" if here else shlex.quote(str(CHECKOUT / "constraints.txt"))
    return f'pip install -c {constraints} -e "{"." if here else CHECKOUT}{wanted}"'
