from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.commands.conftest import evalsuite
from tests.worlds import FOLDER
from tests.worlds.grid_world import TOKEN
from tests.worlds.remains import Playground

__all__ = ["evalsuite", "playground"]


@pytest.fixture
def playground(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Playground]:
    """Makes `grid` an installed world, and fails the test when its runs leave anything behind."""
    playground = Playground(tmp_path)
    monkeypatch.syspath_prepend(str(FOLDER))
    monkeypatch.setenv(TOKEN, playground.token)
    monkeypatch.setenv("TMPDIR", str(playground.temporary))
    monkeypatch.setattr(tempfile, "tempdir", None)
    yield playground
    assert playground.remains_after_a_while() == []
