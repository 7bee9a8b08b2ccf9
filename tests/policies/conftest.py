"""The small network's archives, exported once."""

from __future__ import annotations

from pathlib import Path

import pytest

from evalsuite.policies.checkpoints import save_export, save_torchscript
from evalsuite.policies.small_network import CONTRACT, build


@pytest.fixture(scope="session")
def torchscript_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("torchscript") / "small.pt"
    save_torchscript(build(), CONTRACT, path)
    return path


@pytest.fixture(scope="session")
def export_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("export") / "small.pt2"
    save_export(build(), CONTRACT, path)
    return path
