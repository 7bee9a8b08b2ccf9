"""The rehearsal world: one small deterministic world and its renderer, which every stand-in simulator stands on.

    world = World("scenario-3", 0)                              all randomness comes from these seed parts
    tree = world.set_block((4, 9, 0), "oak_log")                every object has an id and a kind
    sheep = world.add_mob("sheep", (2.0, 6.0, 0.0))
    player = Body(position=(0.0, 0.0, 0.0))
    player.step(world, 0.05, Stride(forward=4.3))               the caller gives speeds; gravity and walls do the rest
    happenings = world.step(0.05)                               mobs wander, arrows fly
    hit = cast(world, player.eye, player.direction, reach=4.5)  what is looked at
    picture = Renderer(world).render(player.pose, 640, 360, vertical_fov=70.0)
    mask = picture.ids == sheep

Metres; x east, y north, z up; yaw in degrees clockwise from north, pitch + down, as everywhere in evalsuite.
"""

from evalsuite.adapters.rehearsal.body import Body, Stride
from evalsuite.adapters.rehearsal.floor import floor_plan
from evalsuite.adapters.rehearsal.happenings import Happening
from evalsuite.adapters.rehearsal.looks import Look, Paint, look_named, painted, picture_paint
from evalsuite.adapters.rehearsal.rays import Hit, cast, line_of_sight, overlapping
from evalsuite.adapters.rehearsal.renderer import Picture, Renderer
from evalsuite.adapters.rehearsal.shapes import GROUND_ID, SKY_ID, Ball, Box, Figure, Part
from evalsuite.adapters.rehearsal.world import Block, Thing, World

__all__ = [
    "GROUND_ID",
    "SKY_ID",
    "Ball",
    "Block",
    "Body",
    "Box",
    "Figure",
    "Happening",
    "Hit",
    "Look",
    "Paint",
    "Part",
    "Picture",
    "Renderer",
    "Stride",
    "Thing",
    "World",
    "cast",
    "floor_plan",
    "line_of_sight",
    "look_named",
    "overlapping",
    "painted",
    "picture_paint",
]
