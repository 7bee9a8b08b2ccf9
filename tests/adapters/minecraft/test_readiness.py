from __future__ import annotations

import os
from pathlib import Path

import pytest

from evalsuite.adapters.minecraft.launchers import ENGINE_JAR
from evalsuite.adapters.minecraft.readiness import ENGINE_INSTALL, LASTING_FOLDER, look, missing_engine
from evalsuite.adapters.minecraft.world import WORLD
from evalsuite.errors import UsageError
from tests.adapters.minecraft.conftest import needs_minestudio


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the whole PATH, with an empty MINESTUDIO_DIR beside it."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("MINESTUDIO_DIR", str(tmp_path / "studio"))
    monkeypatch.delenv("MINESTUDIO_GPU_RENDER", raising=False)
    (tmp_path / "bin").mkdir()
    return tmp_path


def install(machine: Path, *programs: str) -> None:
    for program in programs:
        path = machine / "bin" / program
        path.write_text("#!/bin/sh\n")
        path.chmod(0o755)


def test_each_missing_piece_of_the_engine_is_named_with_the_command_that_brings_it(machine: Path) -> None:
    missing = list(missing_engine())
    assert [each.what.split()[0] for each in missing] == ["java", "xvfb-run", "the"]
    assert "minestudio.simulator.entry -y" in missing[2].remedy
    install(machine, "java", "xvfb-run")
    assert len(list(missing_engine())) == 1


def test_where_no_folder_is_named_one_that_lasts_is_suggested(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MINESTUDIO_DIR")
    monkeypatch.setenv("TMPDIR", str(machine))
    engine = list(missing_engine())[-1]
    assert engine.remedy.splitlines() == [LASTING_FOLDER, ENGINE_INSTALL]
    assert "$HOME/" in LASTING_FOLDER
    assert str(machine) not in engine.what + engine.remedy


def test_a_display_on_the_gpu_asks_for_vglrun(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINESTUDIO_GPU_RENDER", "1")
    install(machine, "java")
    assert [each.what.split()[0] for each in missing_engine()] == ["vglrun", "the"]


@needs_minestudio
def test_with_the_client_and_no_engine_it_is_rehearsal_only_and_a_real_run_is_refused(machine: Path) -> None:
    assert look().state == "rehearsal only"
    with pytest.raises(UsageError, match="--rehearse"):
        WORLD.make(machine)


@needs_minestudio
def test_with_java_a_display_and_the_jar_it_is_ready(machine: Path) -> None:
    install(machine, "java", "xvfb-run")
    jar = machine / "studio" / ENGINE_JAR
    jar.parent.mkdir(parents=True)
    jar.touch()
    assert look().state == "ready"
    assert os.environ["MINESTUDIO_DIR"] in look().detail
