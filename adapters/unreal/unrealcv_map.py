"""A map's own file: what its things are called, where there is room, and what stands in the way.

UnrealCV knows actors by the names that each map gives them; `scene_list` writes such a file by listing a scene.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, StringConstraints, ValidationError, model_validator

from evalsuite.adapters.rehearsal import World, floor_plan
from evalsuite.crossview.floor_plan import FloorPlan
from evalsuite.crossview.geometry import Point
from evalsuite.errors import UsageError
from evalsuite.suite.scenario import canonical_json

MAP_VARIABLE = "EVALSUITE_UNREALCV_MAP"
REHEARSAL_MAP = "rescue-yard"
CASUALTY, STRETCHER, CRATE = "casualty", "stretcher", "crate"

BODY_METRES = 0.7
CELL_METRES = 0.4
EYE_METRES = 1.62

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]*$", max_length=80)]
ActorName = Annotated[str, StringConstraints(pattern=r"^[^\s/:]+$", max_length=200)]
"""Unreal's, as it goes into a command: a space or a slash would end it."""

Corner = tuple[FiniteFloat, FiniteFloat, FiniteFloat]


class Obstacle(BaseModel):
    """An upright box that can't be walked through: two corners, in metres from the map's origin."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: ActorName
    low: Corner
    high: Corner


class SceneMap(BaseModel):
    """One map.

    Args:
        name: ours, which scenarios refer to.
        level: what `vget /level/name` replies there.
        origin: where (0, 0, 0) of scenarios lies, in Unreal's centimetres: on the floor, amid free space.
        half: how far from the origin scenarios may reach, east and north, in metres.
        objects: the actors that play `casualty` and `stretcher`; both must be movable.
        player: the playable human, where there is one; `player_camera` is the number of its camera.
        classes: what can be spawned: `crate`, a thing that can be broken.
        obstacles: what stands in the way.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: Literal[1] = Field(default=1, alias="schema")
    name: Slug
    level: ActorName
    origin: Corner
    half: Annotated[float, Field(gt=0, le=500)]
    objects: dict[Slug, ActorName]
    player: ActorName | None = None
    player_camera: Annotated[int, Field(ge=0)] | None = None
    classes: dict[Slug, ActorName] = {}
    obstacles: tuple[Obstacle, ...] = ()

    @model_validator(mode="after")
    def _has_both(self) -> SceneMap:
        missing = {CASUALTY, STRETCHER} - set(self.objects)
        if missing:
            raise ValueError(f"objects lacks {' and '.join(sorted(missing))}")
        return self

    def sha256(self) -> str:
        """Of its content, whatever the layout of the file."""
        return hashlib.sha256(canonical_json(self.model_dump(mode="json", by_alias=True))).hexdigest()

    def floor_plan(self, more: tuple[tuple[Point, Point], ...] = ()) -> FloorPlan:
        """Where one can walk within `half` of the origin; `more` are boxes of a scenario's own."""
        world = World("floor plan")
        for low, high in [*((each.low, each.high) for each in self.obstacles), *more]:
            world.add_box("obstacle", low, high)
        area = (-self.half, -self.half, self.half, self.half)
        return floor_plan(world, CELL_METRES, BODY_METRES, floor_z=0.0, eye_height=EYE_METRES, area=area)


def shipped_maps() -> dict[str, Path]:
    """Name -> file of the maps that come with evalsuite."""
    folder = Path(str(files("evalsuite.adapters.unreal") / "maps"))
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


def map_reference(environment: Mapping[str, str] = os.environ) -> str:
    """The map that EVALSUITE_UNREALCV_MAP names, a shipped one or a file; the rehearsal's without it.

    Raises `UsageError` for a relative path: workers run elsewhere.
    """
    reference = environment.get(MAP_VARIABLE) or REHEARSAL_MAP
    if reference not in shipped_maps() and not Path(reference).is_absolute():
        whole = Path(reference).absolute()
        raise UsageError(f"{MAP_VARIABLE} is {reference!r}; name a shipped map, or a file by its whole path: {whole}")
    return reference


def load_map(reference: str) -> SceneMap:
    """The map of that shipped name or file. Raises `UsageError`."""
    shipped = shipped_maps()
    path = shipped.get(reference, Path(reference))
    try:
        content: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(
            f"there is no map {reference!r}: {error.strerror or error}; shipped: {', '.join(shipped)}; "
            "scene_list writes one (adapters/unreal/README.md)"
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is no YAML: {' '.join(str(error).split())[:200]}") from error
    try:
        return SceneMap.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(map(str, first["loc"])) or "map"
        raise UsageError(f"{path}: {field}: {first['msg'].removeprefix('Value error, ')}") from error


def save_map(scene_map: SceneMap, path: Path, notes: str = "") -> None:
    """Write the file, with `notes` as comments on top. Raises `UsageError`."""
    content = scene_map.model_dump(mode="json", by_alias=True, exclude_none=True)
    comments = "".join(f"# {line}\n" if line else "#\n" for line in notes.splitlines())
    text = comments + yaml.safe_dump(content, sort_keys=False, default_flow_style=None, width=120)
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"can't write {path}: {error.strerror or error}") from error
