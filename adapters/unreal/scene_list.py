"""Write a map's file by listing the scene of a running binary:

    python -m evalsuite.adapters.unreal.scene_list --out my-map.yaml

It finds the injured person, the stretcher and the player by their names where just one fits, and takes everything
else that stands on the floor around the origin for an obstacle. Look the file over before a suite is drawn from it.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from pydantic import ValidationError

from evalsuite.adapters.unreal.rescue_simulator import STAND_IN
from evalsuite.adapters.unreal.standin_process import StandIn
from evalsuite.adapters.unreal.unrealcv_axes import UnrealAxes
from evalsuite.adapters.unreal.unrealcv_client import PORT, UnrealCvConnection
from evalsuite.adapters.unreal.unrealcv_map import CASUALTY, MAP_VARIABLE, STRETCHER, Obstacle, SceneMap, save_map
from evalsuite.crossview.geometry import Point
from evalsuite.errors import SimulatorFault, UsageError

PATTERNS: dict[str, str] = {
    CASUALTY: r"injured|casualty|bp_enemy_character",
    STRETCHER: r"stretcher",
    "player": r"bp_character",
}
"""Names of the published rescue maps, in lower case; their stretcher is a StaticMeshActor: that tells nothing."""

HEAD_METRES, STEP_METRES = 1.8, 0.25
WHOLE_MAP = 0.8
"""What covers this share of the area both ways is the ground, the sky or a volume, not an obstacle."""


def list_scene(
    connection: UnrealCvConnection,
    name: str,
    given: dict[str, str],
    *,
    origin: Point | None = None,
    half: float = 25.0,
    classes: dict[str, str] | None = None,
) -> tuple[SceneMap, str]:
    """The map's file and what to know of it.

    Args:
        given: the actors that play `casualty`, `stretcher` and `player`, where their names don't tell.
        origin: in Unreal's centimetres; the player's feet when None.

    Raises `UsageError` when a name does not tell who plays a part, `SimulatorFault` when the binary fails.
    """
    names = connection.ask("vget /objects").split()
    parts = {part: _who(part, names, given) for part in PATTERNS}
    boxes = {each: _bounds(connection, each) for each in names}
    if origin is None:
        feet = boxes.get(parts["player"])
        if feet is None:
            raise UsageError("there is no player to stand at the origin: give --origin X Y Z, in Unreal's centimetres")
        origin = (round((feet[0][0] + feet[1][0]) / 2), round((feet[0][1] + feet[1][1]) / 2), round(feet[0][2], 1))
    obstacles, left_out = [], []
    for each, box in boxes.items():
        if box is None or each in parts.values():
            continue
        low, high = (UnrealAxes(origin).from_unreal(corner) for corner in box)
        if _covers(low, high, half):
            left_out.append(each)
        elif _stands_in_the_way(low, high, half):
            obstacles.append(Obstacle(name=each, low=_rounded(low), high=_rounded(high)))
    try:
        scene_map = SceneMap(
            schema=1,
            name=name,
            level=connection.ask("vget /level/name"),
            origin=origin,
            half=half,
            objects={part: parts[part] for part in (CASUALTY, STRETCHER)},
            player=parts["player"] or None,
            player_camera=1 if parts["player"] else None,
            classes=classes or {},
            obstacles=tuple(obstacles),
        )
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise UsageError(f"no map's file can be made: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    notes = (
        f"Listed from {len(names)} objects of {scene_map.level}; obstacles are in metres from the origin.\n"
        f"Taken for ground, sky or volumes: {', '.join(sorted(left_out)) or 'nothing'}."
    )
    return scene_map, notes


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; 2 after a mistake, told in one line."""
    parser = argparse.ArgumentParser(prog="python -m evalsuite.adapters.unreal.scene_list", description=__doc__)
    parser.add_argument("--out", metavar="FILE", type=Path, required=True, help="the map's file, ends in .yaml")
    parser.add_argument("--at", metavar="HOST:PORT", default=f"127.0.0.1:{PORT}", help="where UnrealCV listens")
    parser.add_argument("--rehearse", action="store_true", help="list the stand-in's yard")
    parser.add_argument("--name", help="of the map; default: the file's")
    for part in PATTERNS:
        parser.add_argument(f"--{part}", metavar="ACTOR", help=f"who plays the {part}, where its name does not tell")
    parser.add_argument(
        "--origin", metavar=("X", "Y", "Z"), nargs=3, type=float, help="on the floor, amid free space; cm"
    )
    parser.add_argument("--half", metavar="METRES", type=float, default=25.0, help="how far around it; default: 25")
    parser.add_argument("--crate", metavar="CLASS", help="a class that can be spawned, moved and destroyed")
    chosen = parser.parse_args(arguments)
    try:
        _list(chosen)
    except (UsageError, SimulatorFault) as error:
        print(f"scene_list: {error}", file=sys.stderr)
        return 2
    return 0


def _list(chosen: argparse.Namespace) -> None:
    out: Path = chosen.out
    if out.suffix != ".yaml":
        raise UsageError(f"--out {out}: a map's file ends in .yaml")
    if out.exists():
        raise UsageError(f"{out} exists; name another file")
    if not out.parent.is_dir():
        raise UsageError(f"--out {out}: there is no folder {out.parent}")
    with ExitStack() as stack:
        if chosen.rehearse:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            stand_in = StandIn(STAND_IN, folder)
            stack.callback(stand_in.close)
            host, port = "127.0.0.1", stand_in.port
        else:
            host, _, digits = chosen.at.rpartition(":")
            if not host or not digits.isdigit():
                raise UsageError(f"--at {chosen.at}: it is HOST:PORT, such as 127.0.0.1:{PORT}")
            port = int(digits)
        connection = UnrealCvConnection(host, port)
        stack.callback(connection.close)
        scene_map, notes = list_scene(
            connection,
            chosen.name or out.stem,
            {part: actor for part in PATTERNS if (actor := getattr(chosen, part))},
            origin=tuple(chosen.origin) if chosen.origin else None,
            half=chosen.half,
            classes={"crate": chosen.crate} if chosen.crate else None,
        )
    save_map(scene_map, out, notes)
    count = len(scene_map.obstacles)
    print(f"{out}: map {scene_map.level}, {count} obstacles within {scene_map.half:g} m of {scene_map.origin}")
    print(f"play there with {MAP_VARIABLE}={out.absolute()}")


def _who(part: str, names: list[str], given: dict[str, str]) -> str:
    """The actor that plays a part; "" for a player that there is none of."""
    if part in given:
        if given[part] not in names:
            raise UsageError(f"--{part} {given[part]}: the scene has no object of that name; it has {' '.join(names)}")
        return given[part]
    fitting = [name for name in names if re.search(PATTERNS[part], name.lower())]
    if len(fitting) == 1:
        return fitting[0]
    if part == "player" and not fitting:
        return ""
    found = f"{len(fitting)} could" if fitting else "none of the names tells"
    raise UsageError(f"who plays the {part}? {found}: name it with --{part} ACTOR, of {' '.join(fitting or names)}")


def _bounds(connection: UnrealCvConnection, name: str) -> tuple[Point, Point] | None:
    """The corners in Unreal's centimetres; None for what has no body."""
    try:
        numbers = [float(word) for word in connection.reply(f"vget /object/{name}/bounds").split()]
    except ValueError:
        return None
    if len(numbers) != 6:
        return None
    a, b, c, d, e, f = numbers
    return ((a, b, c), (d, e, f)) if d > a and e > b and f > c else None


def _covers(low: Point, high: Point, half: float) -> bool:
    return all(min(high[axis], half) - max(low[axis], -half) > WHOLE_MAP * 2 * half for axis in (0, 1))


def _stands_in_the_way(low: Point, high: Point, half: float) -> bool:
    inside = all(low[axis] < half and high[axis] > -half for axis in (0, 1))
    return inside and high[2] > STEP_METRES and low[2] < HEAD_METRES


def _rounded(point: Point) -> Point:
    x, y, z = point
    return (round(x, 2), round(y, 2), round(z, 2))


if __name__ == "__main__":
    sys.exit(main())
