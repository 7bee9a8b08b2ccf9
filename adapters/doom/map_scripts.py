"""The level's scripts, as ACS bytecode: they place the goal camera and write down what happened to which thing.

The format is Hexen's BEHAVIOR lump ("ACS\\0", 32-bit words, a directory of scripts), which the engine still
reads; opcode numbers are those of ZDoom's p_acs.h. Python talks to scripts by the console command `puke`, and
scripts answer in global variables, which ViZDoom shows as USER1, USER2, ...
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum

CAMERA_TID = 30_000
FIRST_THING_TID = 1_000

PLACE_CAMERA = 1
AIM_CAMERA = 2
LEAVE_CAMERA = 3
PLACE_AGENT = 4
AIM_AGENT = 5
REPORT_EVENT = 10
REPORT_USE = 11

POSITION_STEPS_PER_UNIT = 64
"""A camera position is handed over in 1/64 map unit, since `puke` takes integers."""

EVENT_SLOTS = 6
"""The newest events kept; a step of two tics can't bring more than one blow and one use."""

EVENT_COUNT_VARIABLE = 1
FIRST_EVENT_VARIABLE = 2
CAMERA_PLACED_VARIABLE = FIRST_EVENT_VARIABLE + EVENT_SLOTS
AGENT_PLACED_VARIABLE = CAMERA_PLACED_VARIABLE + 1
EVENT_CODES = 16
"""An event is written as thing's tid * 16 + its code."""


class EventCode(IntEnum):
    """What happened; the actors' states hand these numbers to script 10 (see actors/actors.txt)."""

    BROKEN_BY_MELEE = 1
    BROKEN_BY_PROJECTILE = 2
    BROKEN_OTHERWISE = 3
    USED = 4
    KILLED_BY_MELEE = 5
    KILLED_BY_PROJECTILE = 6
    KILLED_OTHERWISE = 7
    HIT_BY_MELEE = 8
    HIT_BY_PROJECTILE = 9


class _Op(IntEnum):
    TERMINATE = 1
    PUSH_NUMBER = 3
    SPECIAL_1 = 4
    SPECIAL_3 = 6
    ADD = 14
    MULTIPLY = 16
    PUSH_ARGUMENT = 28
    ASSIGN_GLOBAL = 181
    PUSH_GLOBAL = 182
    INCREMENT_GLOBAL = 188
    ACTIVATOR_TID = 248
    SET_ACTOR_ANGLE = 276
    SET_ACTOR_POSITION = 283
    SET_ACTOR_PITCH = 332


_ACTIVATOR = 0
"""In place of a tid: who ran the script, which is the agent for those run by `puke`."""

_THING_ACTIVATE = 130
_CHANGE_CAMERA = 237
_FIXED_PER_POSITION_STEP = 65536 // POSITION_STEPS_PER_UNIT


@dataclass(frozen=True)
class _Script:
    number: int
    arguments: int
    code: tuple[int, ...]


def behavior_lump() -> bytes:
    """The BEHAVIOR lump with all of the level's scripts."""
    scripts = (
        _place(PLACE_CAMERA, CAMERA_TID, CAMERA_PLACED_VARIABLE),
        _aim_camera(),
        _leave_camera(),
        _place(PLACE_AGENT, _ACTIVATOR, AGENT_PLACED_VARIABLE),
        _Script(AIM_AGENT, 2, (*_aim(_ACTIVATOR), _Op.TERMINATE)),
        _report_event(),
        _report_use(),
    )
    code = bytearray()
    entries: list[tuple[int, int, int]] = []
    for script in scripts:
        entries.append((script.number, 8 + len(code), script.arguments))
        code += struct.pack(f"<{len(script.code)}i", *script.code)
    directory = struct.pack("<I", len(entries)) + b"".join(struct.pack("<III", *entry) for entry in entries)
    no_strings = struct.pack("<I", 0)
    return b"ACS\0" + struct.pack("<I", 8 + len(code)) + bytes(code) + directory + no_strings


def _place(script: int, tid: int, variable: int) -> _Script:
    """A script (x, y, z): move the thing, and say in a variable whether there was room for it."""
    code: list[int] = [_Op.PUSH_NUMBER, tid]
    for argument in range(3):
        code += [_Op.PUSH_ARGUMENT, argument, _Op.PUSH_NUMBER, _FIXED_PER_POSITION_STEP, _Op.MULTIPLY]
    code += [_Op.PUSH_NUMBER, 0, _Op.SET_ACTOR_POSITION, _Op.ASSIGN_GLOBAL, variable, _Op.TERMINATE]
    return _Script(script, 3, tuple(code))


def _aim_camera() -> _Script:
    """Script 2 (angle, pitch in 1/65536 turn): aim the camera and look through it."""
    return _Script(AIM_CAMERA, 2, (*_aim(CAMERA_TID), *_change_camera(CAMERA_TID), _Op.TERMINATE))


def _aim(tid: int) -> tuple[int, ...]:
    """Turn the thing by a script's two arguments."""
    code = [_Op.PUSH_NUMBER, tid, _Op.PUSH_ARGUMENT, 0, _Op.SET_ACTOR_ANGLE]
    return (*code, _Op.PUSH_NUMBER, tid, _Op.PUSH_ARGUMENT, 1, _Op.SET_ACTOR_PITCH)


def _leave_camera() -> _Script:
    """Script 3: look through the agent's own eyes again."""
    return _Script(LEAVE_CAMERA, 0, (*_change_camera(0), _Op.TERMINATE))


def _change_camera(tid: int) -> tuple[int, ...]:
    return (_Op.PUSH_NUMBER, tid, _Op.PUSH_NUMBER, 0, _Op.PUSH_NUMBER, 0, _Op.SPECIAL_3, _CHANGE_CAMERA)


def _report_event() -> _Script:
    """Script 10 (code), run by the thing that it happened to."""
    return _Script(REPORT_EVENT, 1, (*_log((_Op.ACTIVATOR_TID,)), _Op.TERMINATE))


def _report_use() -> _Script:
    """Script 11 (code, tid), run by the agent that used the thing; also switches the thing on."""
    activate = (_Op.PUSH_ARGUMENT, 1, _Op.SPECIAL_1, _THING_ACTIVATE)
    return _Script(REPORT_USE, 2, (*_log((_Op.PUSH_ARGUMENT, 1)), *activate, _Op.TERMINATE))


def _log(push_tid: tuple[int, ...]) -> tuple[int, ...]:
    """Move the older events one slot down, write the new one into the first, and count it."""
    code: list[int] = []
    for slot in range(EVENT_SLOTS - 1, 0, -1):
        code += [_Op.PUSH_GLOBAL, FIRST_EVENT_VARIABLE + slot - 1, _Op.ASSIGN_GLOBAL, FIRST_EVENT_VARIABLE + slot]
    code += [*push_tid, _Op.PUSH_NUMBER, EVENT_CODES, _Op.MULTIPLY, _Op.PUSH_ARGUMENT, 0, _Op.ADD]
    code += [_Op.ASSIGN_GLOBAL, FIRST_EVENT_VARIABLE, _Op.INCREMENT_GLOBAL, EVENT_COUNT_VARIABLE]
    return tuple(code)
