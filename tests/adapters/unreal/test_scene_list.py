"""A map's file is written by listing the scene, and read back as it was written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from evalsuite.adapters.unreal import scene_list
from evalsuite.adapters.unreal.standin_unrealcv_scene import CASUALTY, LEVEL_NAME, PLAYER, STRETCHER, Scene
from evalsuite.adapters.unreal.unrealcv_map import load_map, shipped_maps
from evalsuite.errors import UsageError
from tests.adapters.unreal.unrealcv_rescues import needs_unrealcv
from tests.adapters.unreal.unrealcv_servers import serving

YARD_ORIGIN = ("-300", "400", "104")


@pytest.fixture(scope="module")
def at() -> Iterator[str]:
    with serving(Scene()) as port:
        yield f"127.0.0.1:{port}"


def _list(out: Path, at: str, *more: str) -> int:
    return scene_list.main(["--out", str(out), "--at", at, *more])


@needs_unrealcv
def test_the_shipped_yard_is_what_the_tool_writes(tmp_path: Path, at: str) -> None:
    out = tmp_path / "rescue-yard.yaml"
    more = ("--stretcher", STRETCHER, "--origin", *YARD_ORIGIN, "--half", "24", "--crate", "BP_Crate_C")
    assert _list(out, at, *more) == 0
    assert out.read_text() == shipped_maps()["rescue-yard"].read_text()


@needs_unrealcv
def test_a_part_that_no_name_tells_is_asked_for(tmp_path: Path, at: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert _list(tmp_path / "map.yaml", at) == 2
    said = capsys.readouterr().err
    assert said.startswith(
        "scene_list: who plays the stretcher? none of the names tells: name it with --stretcher ACTOR"
    )
    assert STRETCHER in said.split(), "the names that there are to choose from"
    assert _list(tmp_path / "map.yaml", at, "--stretcher", "SM_Bed_4") == 2
    assert "--stretcher SM_Bed_4: the scene has no object of that name" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@needs_unrealcv
def test_the_origin_is_at_the_players_feet_unless_it_is_given(tmp_path: Path, at: str) -> None:
    out = tmp_path / "map.yaml"
    assert _list(out, at, "--stretcher", STRETCHER) == 0
    written = load_map(str(out))
    assert written.origin == (-2300.0, 400.0, 104.0)
    assert written.level == LEVEL_NAME
    assert written.objects == {"casualty": CASUALTY, "stretcher": STRETCHER}
    assert written.player == PLAYER
    assert {each.name for each in written.obstacles} >= {"SM_Wall_1"}, "the fence is within 25 m of there"


@needs_unrealcv
def test_a_file_that_is_there_is_left_alone(tmp_path: Path, at: str, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "map.yaml"
    out.write_text("mine")
    assert _list(out, at, "--stretcher", STRETCHER) == 2
    assert "exists; name another file" in capsys.readouterr().err
    assert out.read_text() == "mine"


@needs_unrealcv
def test_a_folder_that_is_not_there_is_told_before_anybody_is_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _list(tmp_path / "maps" / "map.yaml", "127.0.0.1:1") == 2
    assert f"there is no folder {tmp_path / 'maps'}" in capsys.readouterr().err


@needs_unrealcv
def test_nobody_to_ask_is_told_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _list(tmp_path / "map.yaml", "127.0.0.1:1") == 2
    assert capsys.readouterr().err.startswith("scene_list: UnrealCV at 127.0.0.1:1 is not there: start")


def test_one_cannot_walk_through_what_stands_in_the_way() -> None:
    plan = load_map("rescue-yard").floor_plan()
    assert plan.is_walkable((4.0, -3.0))
    assert not plan.is_walkable((-1.0, 1.0))
    assert plan.path((4.0, -3.0), (-12.0, 12.0))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("name: x\n", r"level: Field required"),
        (
            "schema: 1\nname: x\nlevel: L\norigin: [0, 0, 0]\nhalf: 9\nobjects: {casualty: A}\n",
            "objects lacks stretcher",
        ),
        ("schema: 1\nname: x\nlevel: 'a b'\norigin: [0, 0, 0]\nhalf: 9\nobjects: {}\n", "level: String should match"),
        ("a: [", "is no YAML"),
    ],
)
def test_a_file_with_a_mistake_is_told_by_its_field(tmp_path: Path, content: str, words: str) -> None:
    path = tmp_path / "map.yaml"
    path.write_text(content)
    with pytest.raises(UsageError, match=words):
        load_map(str(path))


def test_a_map_that_there_is_not_is_told_with_those_there_are() -> None:
    with pytest.raises(UsageError, match=r"there is no map 'mars': .*; shipped: rescue-yard"):
        load_map("mars")
