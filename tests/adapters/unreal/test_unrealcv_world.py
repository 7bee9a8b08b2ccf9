"""The UnrealCV world: what `evalsuite worlds` says of it, what may be chosen, and a run on a server that is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from evalsuite.adapters.unreal.standin_unrealcv_scene import Scene
from evalsuite.adapters.unreal.unrealcv_map import load_map, save_map
from evalsuite.adapters.unreal.unrealcv_settings import Settings
from evalsuite.adapters.unreal.unrealcv_world import WORLD
from evalsuite.crossview import CrossViewEnv
from evalsuite.errors import SimulatorFault, UsageError
from tests.adapters.unreal.unrealcv_rescues import needs_unrealcv, press, rescue
from tests.adapters.unreal.unrealcv_servers import serving


@needs_unrealcv
def test_a_server_that_is_there_makes_the_world_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(Scene()) as port:
        monkeypatch.setenv("EVALSUITE_UNREALCV", f"127.0.0.1:{port}")
        found = WORLD.readiness()
    assert found.state == "ready"
    assert found.detail == f"UnrealCV 1.0.1 at 127.0.0.1:{port}, map RescueYard, body walking"


@needs_unrealcv
def test_a_server_with_another_map_is_told_with_the_command_that_helps(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    mine = tmp_path / "mine.yaml"
    save_map(load_map("rescue-yard").model_copy(update={"name": "mine", "level": "Tokyo"}), mine)
    monkeypatch.setenv("EVALSUITE_UNREALCV_MAP", str(mine))
    with serving(Scene()) as port:
        monkeypatch.setenv("EVALSUITE_UNREALCV", f"127.0.0.1:{port}")
        found = WORLD.readiness()
        assert found.state == "rehearsal only"
        assert "shows the map 'RescueYard'; the file of 'mine' is another's" in found.detail
        assert "scene_list" in found.remedy
        with pytest.raises(SimulatorFault, match="for 'Tokyo'"):
            WORLD.make(tmp_path)


@needs_unrealcv
def test_without_a_server_one_can_rehearse(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVALSUITE_UNREALCV", "127.0.0.1:1")
    found = WORLD.readiness()
    assert found.state == "rehearsal only"
    assert "127.0.0.1:1 is not there" in found.detail
    assert "EVALSUITE_UNREALCV=HOST:PORT" in found.remedy


@needs_unrealcv
def test_the_same_simulator_plays_on_a_server_of_ones_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    scene = Scene()
    with serving(scene) as port:
        monkeypatch.setenv("EVALSUITE_UNREALCV", f"127.0.0.1:{port}")
        simulator = WORLD.make(tmp_path)
        assert not simulator.spec.rehearsal
        assert simulator.spec.determinism == "statistical"
        env = CrossViewEnv(simulator, rescue(start=(4.0, 0.5)))
        env.reset(seed=0)
        env.step(press("attack"))
        assert env.summary.score == 0.5
        env.close()
        assert not scene.paused


@needs_unrealcv
def test_unrealzoos_human_can_play_in_its_own_time(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("EVALSUITE_UNREALCV_BODY", "human")
    simulator = WORLD.make(tmp_path, rehearse=True)
    try:
        assert not simulator.spec.lockstep
        assert simulator.spec.determinism == "none"
        assert simulator.spec.engine["mode"] == "human"
        env = CrossViewEnv(simulator, rescue(start=(4.0, 0.5)))
        env.reset(seed=0)
        assert env.facts.agent.position == pytest.approx((4.0, 0.5, 1.62), abs=0.05)
        assert env.facts.target_pixels
        before = env.facts.agent.y
        for _ in range(4):
            env.step(press("back"))
        assert env.facts.agent.y < before
        env.reset(seed=0)
        env.step(press("attack"))
        assert env.summary.score == 0.5
    finally:
        simulator.close()


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("EVALSUITE_UNREALCV", "localhost", "EVALSUITE_UNREALCV is 'localhost'; it is HOST:PORT"),
        ("EVALSUITE_UNREALCV", "localhost:99999", "it is HOST:PORT"),
        ("EVALSUITE_UNREALCV_BODY", "tank", "it is walking or human"),
        ("EVALSUITE_UNREALCV_MAP", "my-map.yaml", "or a file by its whole path: /.*/my-map.yaml"),
        ("EVALSUITE_UNREAL_ACTIONS", "all", "EVALSUITE_UNREAL_ACTIONS is 'all'"),
    ],
)
def test_a_value_there_can_not_be_is_told(variable: str, value: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        Settings.from_environment({variable: value})


@needs_unrealcv
def test_what_a_rehearsal_can_not_use_either_stops_both_before_any_episode(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVALSUITE_UNREALCV_BODY", "tank")
    found = WORLD.readiness()
    assert found.state == "missing"
    assert found.detail == "EVALSUITE_UNREALCV_BODY is 'tank'; it is walking or human"


def test_a_rehearsal_has_one_map() -> None:
    settings = Settings.from_environment({"EVALSUITE_UNREALCV_MAP": "/my-map.yaml"})
    with pytest.raises(UsageError, match="a rehearsal plays in 'rescue-yard' alone: unset it"):
        settings.scene_map(rehearse=True)
