"""What `evalsuite worlds` says of AirSim, and the settings.json that it asks for."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from evalsuite.adapters.unreal.airsim_client import Address, Dialect
from evalsuite.adapters.unreal.airsim_readiness import address_from, look, options_from
from evalsuite.adapters.unreal.airsim_settings import shortcomings, wanted_settings, write_settings
from evalsuite.adapters.unreal.standin_process import StandIn
from evalsuite.adapters.unreal.world import WORLD
from evalsuite.commands.main import main
from evalsuite.errors import UsageError
from tests.adapters.unreal.airsim_shared import needs_a_client

Serve = Callable[..., tuple[StandIn, Address]]


def test_a_running_server_is_told_with_dialect_mode_and_version(
    dialect: Dialect, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, address = serve(dialect, "--mode", "Multirotor")
    monkeypatch.setenv("EVALSUITE_UNREAL", str(address))
    found = look()
    assert found.state == "ready"
    assert f"{dialect.name} AirSim, Multirotor, API version {dialect.version}" in found.detail


def test_the_keys_of_settings_that_must_change_are_named(
    dialect: Dialect, serve: Serve, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = wanted_settings()
    settings["CameraDefaults"]["CaptureSettings"][0]["Width"] = 256
    (tmp_path / "settings.json").write_text(json.dumps(settings))
    _, address = serve(dialect, "--settings", str(tmp_path / "settings.json"))
    monkeypatch.setenv("EVALSUITE_UNREAL", str(address))
    found = look()
    assert found.state == "rehearsal only"
    assert "CameraDefaults.CaptureSettings[ImageType 0].Width: 640 (it is 256)" in found.detail
    assert "airsim_settings" in found.remedy
    with pytest.raises(UsageError, match="must change"):
        WORLD.make(tmp_path)


@needs_a_client
def test_no_server_is_rehearsal_only_with_the_variable_that_names_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVALSUITE_UNREAL", "127.0.0.1:9")
    found = look()
    assert found.state == "rehearsal only"
    assert "no AirSim server answers at 127.0.0.1:9" in found.detail
    assert "EVALSUITE_UNREAL=HOST:PORT" in found.remedy


@needs_a_client
@pytest.mark.parametrize(
    ("variable", "value", "state"),
    [("EVALSUITE_UNREAL_ACTIONS", "table5", "missing"), ("EVALSUITE_UNREAL_ORIGIN", "0,0", "rehearsal only")],
)
def test_a_value_there_can_not_be_is_told_before_any_episode(
    variable: str, value: str, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    found = look()
    assert found.state == state
    assert f"{variable} is {value!r}" in found.detail
    assert found.remedy == f"unset {variable}"


def test_an_address_that_is_none_is_refused_in_one_line() -> None:
    assert address_from({}) == Address("127.0.0.1", 41451)
    assert address_from({"EVALSUITE_UNREAL": "box"}) == Address("box", 41451)
    for text in ("box:", "box:0", "box:http", ":41451"):
        if text == "box:":
            assert address_from({"EVALSUITE_UNREAL": text}).port == 41451
            continue
        with pytest.raises(UsageError, match="EVALSUITE_UNREAL is"):
            address_from({"EVALSUITE_UNREAL": text})
    with pytest.raises(UsageError, match="EAST,NORTH,UP"):
        options_from({"EVALSUITE_UNREAL_ORIGIN": "up"})


def test_the_settings_that_are_written_lack_nothing(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    write_settings(path, "Car", "microsoft")
    settings = json.loads(path.read_text())
    assert settings["SimMode"] == "Car"
    assert not list(shortcomings(settings))


def test_settings_that_exist_are_never_touched(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text("mine")
    module = "evalsuite.adapters.unreal.airsim_settings"
    run = subprocess.run([sys.executable, "-m", module, str(path)], capture_output=True, text=True, timeout=60)
    assert run.returncode != 0
    assert "exists" in run.stderr
    assert path.read_text() == "mine"


def test_settings_without_anything_lack_the_mode_and_every_size() -> None:
    said = list(shortcomings({}))
    assert len(said) == 7
    assert len(list(shortcomings({}, "microsoft"))) == 5
    assert said[0].startswith("SimMode")


@needs_a_client
def test_a_rehearsal_of_something_unknown_is_refused_before_any_episode(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVALSUITE_UNREAL_REHEARSE", "micro")
    assert main(["run", "unreal-blocks", "--policy", "noop", "--rehearse", "--out", "run"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("evalsuite: error: EVALSUITE_UNREAL_REHEARSE is 'micro'; write one of cosys, microsoft")
    assert len(said.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []
