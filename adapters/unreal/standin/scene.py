"""The rehearsal world as an AirSim server's scene: actors by name, the map's own among them, and segmentation ids."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalsuite.adapters.rehearsal import GROUND_ID, Box, Picture, Renderer, Thing, World, look_named
from evalsuite.adapters.unreal.standin.palette import NOT_SEGMENTED, colour_of
from evalsuite.crossview.geometry import Point, Pose
from evalsuite.seeding import Dice

GROUND = "Ground"
ASSETS = ("1M_Cube", "1M_Cube_Chamfer", "TemplateFloor")
"""The meshes of the Blocks environment (microsoft/AirSim, Unreal/Environments/Blocks/Content)."""

_MAP_BLOCKS = 12

_SUFFIX = re.compile(r"[0-9]*$")
_WORD = re.compile(r"[a-z]{3,}")
_LOOKS = {
    "floor": "concrete",
    "fence": "bricks",
    "wall": "bricks",
    "tower": "tiles",
    "crate": "oak_planks",
    "pillar": "plaster",
    "bench": "wood_floor",
    "post": "red",
    "board": "yellow",
    "plinth": "stone",
}


@dataclass
class Actor:
    """A named thing; `segmentation` is None for one that the server does not segment."""

    name: str
    identity: int
    segmentation: int | None


class Scene:
    """A map like Blocks and what was spawned into it.

    Args:
        dialect: "microsoft" segments what is spawned, "cosys" only what the map was loaded with (its
            WorldSimApi::spawnObject does not add to the annotator).
    """

    def __init__(self, dialect: str) -> None:
        self.dialect = dialect
        self.world = World("unreal stand-in", dialect, ground="grass")
        self.actors: dict[str, Actor] = {}
        self.ground_id = 20
        self._renderer = Renderer(self.world)
        self._version = 0
        self._drawn: tuple[object, Picture] | None = None
        dice = Dice("unreal stand-in map")
        for number in range(_MAP_BLOCKS):
            east, north = dice.between(-60, 60), dice.between(20, 90)
            low = (float(east), float(north), 0.0)
            high = (east + 10.0, north + 10.0, float(dice.between(2, 12)))
            identity = self.world.add_box("block", low, high, look_named("light_gray"))
            self._add(f"TemplateCube_Rounded_{number + 3}", identity, dice.below(256))
        ball = self.world.add_ball("ball", (15.0, -20.0, 3.0), 3.0, look_named("orange"))
        self._add("OrangeBall", ball, dice.below(256))

    def names(self) -> list[str]:
        return [GROUND, *self.actors]

    def spawn(self, name: str, middle: Point, size: Point, yaw: float) -> str:
        """Put a box there; returns its name, which ends in another number when one like it is there already."""
        alike = [each for each in self.names() if re.search(re.escape(name), each)]
        if alike:
            numbers = [int(found.group()) for each in alike if (found := _SUFFIX.search(each)) and found.group()]
            name += str(max(numbers, default=0) + 1)
        word = next((each for each in _WORD.findall(name) if each in _LOOKS), "")
        look = look_named(_LOOKS.get(word, "light_gray"))
        foot = (middle[0], middle[1], middle[2] - size[2] / 2)
        identity = self.world.add("cube", Box(size, look), foot, yaw, name=name, solid=True)
        segmentation = Dice("segmentation", name).below(256) if self.dialect == "microsoft" else None
        self._add(name, identity, segmentation)
        return name

    def destroy(self, name: str) -> bool:
        actor = self.actors.pop(name, None)
        if actor is None:
            return False
        self.world.remove(actor.identity)
        self._version += 1
        return True

    def thing(self, name: str) -> Thing | None:
        actor = self.actors.get(name)
        return self.world.things[actor.identity] if actor is not None else None

    def move(self, name: str, middle: Point, yaw: float) -> bool:
        thing = self.thing(name)
        if thing is None or not isinstance(thing.shape, Box):
            return False
        self.world.move(thing.id, (middle[0], middle[1], middle[2] - thing.shape.size[2] / 2), yaw)
        self._version += 1
        return True

    def segment(self, pattern: str, identity: int, *, regex: bool) -> bool:
        """Give matching actors a segmentation id; whether there was one."""
        matches = re.compile(pattern, re.IGNORECASE).fullmatch if regex else pattern.__eq__
        found = False
        if matches(GROUND):
            self.ground_id, found = identity, True
        for actor in self.actors.values():
            if actor.segmentation is not None and matches(actor.name):
                actor.segmentation, found = identity, True
        return found

    def segmentation_of(self, name: str) -> int:
        if name == GROUND:
            return self.ground_id
        actor = self.actors.get(name)
        return -1 if actor is None or actor.segmentation is None else actor.segmentation

    def picture(self, camera: Pose, width: int, height: int, horizontal_fov: float) -> Picture:
        """What a camera sees; the same view asked for again is not drawn again."""
        key = (camera, width, height, horizontal_fov, self._version)
        if self._drawn is None or self._drawn[0] != key:
            self._drawn = (key, self._renderer.render(camera, width, height, horizontal_fov=horizontal_fov))
        return self._drawn[1]

    def segmentation(self, picture: Picture) -> NDArray[np.uint8]:
        """RGB of the ids; what is not segmented is black."""
        colours = np.zeros((int(picture.ids.max()) + 1, 3), np.uint8)
        colours[:] = NOT_SEGMENTED
        if len(colours) > GROUND_ID:
            colours[GROUND_ID] = self._colour(self.ground_id)
        for actor in self.actors.values():
            if actor.identity < len(colours):
                colours[actor.identity] = self._colour(actor.segmentation)
        painted: NDArray[np.uint8] = colours[picture.ids]
        return painted

    def name_of(self, identity: int) -> str:
        return next((each.name for each in self.actors.values() if each.identity == identity), "")

    def _colour(self, segmentation: int | None) -> tuple[int, int, int]:
        return NOT_SEGMENTED if segmentation is None or segmentation < 0 else colour_of(segmentation, self.dialect)

    def _add(self, name: str, identity: int, segmentation: int | None) -> None:
        self.actors[name] = Actor(name, identity, segmentation)
        self._version += 1
