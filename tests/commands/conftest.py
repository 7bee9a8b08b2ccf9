from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.worlds.remains import Playground

LIMIT_SECONDS = 180.0
"""So that a hang fails; what is tested here takes seconds."""

CommandLine = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def evalsuite(tmp_path: Path) -> Iterator[CommandLine]:
    """Runs `evalsuite ARGUMENTS` as a process in `tmp_path`, with the world `grid`; it must leave nothing behind."""
    playground = Playground(tmp_path)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "evalsuite", *arguments],
            env=playground.environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=LIMIT_SECONDS,
        )

    yield run
    assert playground.remains_after_a_while() == []
