"""A level as UDMF text (Universal Doom Map Format 1.1, namespace "zdoom"); the engine builds its nodes from it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from evalsuite.adapters.doom import level as levels
from evalsuite.adapters.doom.catalogue import KINDS, LANDMARK_LETTERS, THEMES, UNITS_PER_METRE
from evalsuite.adapters.doom.level import CELL_METRES, CELLS, Level
from evalsuite.adapters.doom.map_scripts import CAMERA_TID, FIRST_THING_TID, REPORT_USE, EventCode
from evalsuite.crossview.geometry import Pose

CEILING_UNITS = 1024
CAMERA_EDITOR_NUMBER = 20099
PLAYER_START = 1
_EXECUTE_ALWAYS = 226
_CELL_UNITS = round(CELL_METRES * UNITS_PER_METRE)

_Corner = tuple[int, int]
_Edge = tuple[_Corner, _Corner]
_Sides = tuple[int, int]
_Look = tuple[int, int]


def map_text(level: Level) -> str:
    """The level without the agent: this is what a scenario's `sha256` covers."""
    sectors, looks = _sectors(level)
    parts = ['namespace = "zdoom";\n']
    lines = _lines(sectors)
    corners = {corner: index for index, corner in enumerate(dict.fromkeys(c for edge, _ in lines for c in edge))}
    for column, row in corners:
        parts.append(f"vertex{{x={column * _CELL_UNITS};y={row * _CELL_UNITS};}}\n")
    parts += _lines_and_sides(level.theme, lines, corners, looks)
    for material, height in looks:
        parts.append(_sector(level.theme, material, height))
    parts += _things(level)
    return "".join(parts)


def map_sha256(text: str) -> str:
    """Identity of a level's map."""
    return hashlib.sha256(text.encode()).hexdigest()


def agent_start(start: Pose) -> str:
    """The agent's start as one more UDMF thing."""
    return _thing(PLAYER_START, start.x, start.y, start.yaw)


def _sectors(level: Level) -> tuple[list[list[int]], list[_Look]]:
    """Sector number of every cell, and (material, height) of every sector: one a connected equal area."""
    cells: list[list[_Look]] = [
        list(zip(*rows, strict=True)) for rows in zip(level.material.tolist(), level.height.tolist(), strict=True)
    ]
    sectors = [[-1] * CELLS for _ in range(CELLS)]
    looks: list[_Look] = []
    for row in range(CELLS):
        for column in range(CELLS):
            if sectors[row][column] < 0:
                _flood(cells, sectors, row, column, len(looks))
                looks.append(cells[row][column])
    return sectors, looks


def _flood(cells: list[list[_Look]], sectors: list[list[int]], row: int, column: int, number: int) -> None:
    look = cells[row][column]
    edge = [(row, column)]
    while edge:
        j, i = edge.pop()
        if 0 <= j < CELLS and 0 <= i < CELLS and sectors[j][i] < 0 and cells[j][i] == look:
            sectors[j][i] = number
            edge += [(j + 1, i), (j - 1, i), (j, i + 1), (j, i - 1)]


def _lines(sectors: list[list[int]]) -> list[tuple[_Edge, _Sides]]:
    """Lines between cells of different sectors, as long as they go without meeting another.

    A line runs from its first corner to its second with the first of its sides on its right hand; -1 is the void.
    """
    void = [-1] * (CELLS + 2)
    padded = [void, *([-1, *row, -1] for row in sectors), void]
    pieces: dict[_Edge, _Sides] = {}
    for row in range(CELLS + 1):
        for column in range(CELLS + 1):
            here, west, south = padded[row + 1][column + 1], padded[row + 1][column], padded[row][column + 1]
            if here != west:
                pieces[((column, row), (column, row + 1))] = (here, west)
            if here != south:
                pieces[((column, row), (column + 1, row))] = (south, here)
    meeting: dict[_Corner, int] = {}
    for a, b in pieces:
        meeting[a] = meeting.get(a, 0) + 1
        meeting[b] = meeting.get(b, 0) + 1
    return [_right_handed(edge, sides) for edge, sides in _merged(pieces, meeting)]


def _merged(pieces: dict[_Edge, _Sides], meeting: dict[_Corner, int]) -> Iterator[tuple[_Edge, _Sides]]:
    done: set[_Edge] = set()
    for edge, sides in pieces.items():
        if edge in done:
            continue
        first, last = edge
        step = (last[0] - first[0], last[1] - first[1])
        while meeting[last] == 2:
            following = (last, (last[0] + step[0], last[1] + step[1]))
            if pieces.get(following) != sides or following in done:
                break
            done.add(following)
            last = following[1]
        yield (first, last), sides


def _right_handed(edge: _Edge, sides: _Sides) -> tuple[_Edge, _Sides]:
    """Turn a line around where its right side is the void: a one-sided line has its sector on the right."""
    if sides[0] >= 0:
        return edge, sides
    return (edge[1], edge[0]), (sides[1], sides[0])


def _lines_and_sides(
    theme: str,
    lines: list[tuple[_Edge, _Sides]],
    corners: dict[_Corner, int],
    looks: list[_Look],
) -> Iterator[str]:
    count = 0
    for (a, b), (right, left) in lines:
        head = f"linedef{{v1={corners[a]};v2={corners[b]};sidefront={count};"
        if left < 0:
            yield head + "blocking=true;}\n"
            yield f'sidedef{{sector={right};texturemiddle="{_wall(theme, looks[right][0])}";}}\n'
            count += 1
            continue
        yield head + f"sideback={count + 1};twosided=true;}}\n"
        for mine, other in ((right, left), (left, right)):
            rise = looks[other][1] - looks[mine][1]
            bottom = f'texturebottom="{_wall(theme, looks[other][0])}";' if rise > 0 else ""
            yield f"sidedef{{sector={mine};{bottom}}}\n"
        count += 2


def _sector(theme: str, material: int, height: int) -> str:
    look = THEMES[theme]
    # A border closed by a sky of its own height is drawn up to that height only, with open sky above it.
    ceiling = height if material == levels.BORDER else CEILING_UNITS
    return (
        f'sector{{heightfloor={height};heightceiling={ceiling};texturefloor="{_floor(theme, material)}";'
        f'textureceiling="F_SKY1";lightlevel={look.light};}}\n'
    )


def _wall(theme: str, material: int) -> str:
    letter = THEMES[theme].letter
    if material >= levels.LANDMARK:
        return f"LMARK{LANDMARK_LETTERS[material - levels.LANDMARK]}"
    return {
        levels.WALL_A: f"{letter}WALLA",
        levels.WALL_B: f"{letter}WALLB",
        levels.WALL_C: f"{letter}WALLC",
        levels.LEDGE: f"{letter}LEDGE",
    }.get(material, f"{letter}BORDER")


def _floor(theme: str, material: int) -> str:
    letter = THEMES[theme].letter
    if material >= levels.LANDMARK:
        return f"LTOP{LANDMARK_LETTERS[material - levels.LANDMARK]}"
    return {
        levels.GROUND: f"{letter}GROUND",
        levels.PATH: f"{letter}PATH",
        levels.WALL_A: f"{letter}TOPA",
        levels.WALL_B: f"{letter}TOPB",
        levels.WALL_C: f"{letter}TOPC",
        levels.LEDGE: f"{letter}LEDTOP",
    }.get(material, f"{letter}TOPC")


def _things(level: Level) -> Iterator[str]:
    yield _thing(CAMERA_EDITOR_NUMBER, level.size / 2, level.size / 2, 0.0, CAMERA_TID, height=30.0)
    for index, thing in enumerate(level.things):
        kind = KINDS[thing.kind]
        tid = FIRST_THING_TID + index
        use = (REPORT_USE, 0, int(EventCode.USED), tid) if kind.interaction == "interact" else None
        yield _thing(kind.editor_number, thing.x, thing.y, thing.facing, tid, use=use)
    for thing in level.scenery:
        yield _thing(KINDS[thing.kind].editor_number, thing.x, thing.y, thing.facing)


def _thing(
    editor_number: int,
    x: float,
    y: float,
    yaw: float,
    tid: int = 0,
    *,
    height: float = 0.0,
    use: tuple[int, ...] | None = None,
) -> str:
    angle = round(90.0 - yaw) % 360
    extra = f"id={tid};" if tid else ""
    if height:
        extra += f"height={height * UNITS_PER_METRE:g};"
    if use:
        extra += f"special={_EXECUTE_ALWAYS};" + "".join(f"arg{i}={value};" for i, value in enumerate(use))
    where = f"x={x * UNITS_PER_METRE:.4f};y={y * UNITS_PER_METRE:.4f};angle={angle};"
    flags = "skill1=true;skill2=true;skill3=true;skill4=true;skill5=true;single=true;"
    return f"thing{{type={editor_number};{where}{extra}{flags}}}\n"
