"""What the Minecraft tests share. Tests that need MineStudio's client are skipped by name where it isn't installed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from evalsuite.adapters.minecraft.readiness import missing_client
from evalsuite.adapters.minecraft.simulator import MinecraftSimulator
from evalsuite.suite.catalogue import find_suite
from evalsuite.suite.scenario import Scenario

WHY_SKIPPED = "MineStudio is not here: " + "; ".join(each.what for each in missing_client())
needs_minestudio = pytest.mark.skipif(any(missing_client()), reason=WHY_SKIPPED)


def shipped(identity: str) -> Scenario:
    """A scenario of minecraft-rocket3 by the end of its id."""
    suite, _ = find_suite("minecraft-rocket3")
    return next(each for each in suite.scenarios if each.id.endswith(identity))


@pytest.fixture(scope="module")
def simulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MinecraftSimulator]:
    """The unmodified client on the stand-in."""
    folder: Path = tmp_path_factory.mktemp("minecraft")
    started = MinecraftSimulator(folder, rehearse=True)
    yield started
    started.close()
