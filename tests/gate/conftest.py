from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from tests.gate.oracle_runs import play
from tests.worlds import FOLDER
from tests.worlds.grid_world import TOKEN
from tests.worlds.remains import Playground


@pytest.fixture(scope="session")
def oracle_runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two runs of the oracle on 200 scenarios of the grid world. Not to be changed."""
    folder = tmp_path_factory.mktemp("oracle")
    playground = Playground(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(FOLDER))
        patch.setenv(TOKEN, playground.token)
        patch.setenv("TMPDIR", str(playground.temporary))
        patch.setattr(tempfile, "tempdir", None)
        runs = play(folder / "base", "oracle"), play(folder / "again", "oracle")
        assert playground.remains_after_a_while() == []
    return runs
