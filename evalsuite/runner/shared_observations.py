"""The memory that a worker shares with the driver and the policy hosts: its heartbeat and its observation.

The file behind it is anonymous: its name is gone before anybody writes to it, so that nothing is left
behind, however the processes die.
"""

from __future__ import annotations

import mmap
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalsuite.errors import SimulatorFault
from evalsuite.runner.phases import Phase

SLOT_BYTES = 64 * 2**20
"""Address space, not memory: only pages that are written to exist. Holds an observation of 9 megapixels."""

_HEADER_BYTES = 4096
_ALIGNMENT = 4096
_PHASE, _BEATS, _STEPS, _STEP_MICROSECONDS, _ASKED, _TAKEN, _ANSWERED = range(7)
_NUMBER_BITS = 32
"""A request is told by its turn and, in so many lower bits, its number."""


@dataclass(frozen=True)
class Heartbeat:
    """`beats` grows with every sign of life; `steps` were made in the attempt in progress, in `step_seconds`."""

    phase: Phase
    beats: int
    steps: int
    step_seconds: float


@dataclass(frozen=True)
class Requests:
    """The numbers of the last requests of a turn that were asked, begun to be answered, and answered; 0 for none."""

    asked: int
    taken: int
    answered: int


class SharedSlot:
    """One worker's shared memory, mapped from the file descriptor `fd`, which stays the caller's."""

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self._memory = mmap.mmap(fd, SLOT_BYTES)
        self._header = memoryview(self._memory)[:_HEADER_BYTES].cast("Q")

    def beat(self, phase: Phase) -> None:
        """A sign of life on entering `phase`; costs no system call."""
        self._header[_PHASE] = phase
        self._header[_BEATS] += 1

    def count_steps(self, steps: int, seconds: float = 0.0) -> None:
        """So many steps of this attempt, in which the simulator took so many seconds of wall time."""
        self._header[_STEPS] = steps
        self._header[_STEP_MICROSECONDS] = int(seconds * 1e6)

    def clear(self) -> None:
        """Ready for another process to beat in."""
        self._memory[:_HEADER_BYTES] = bytes(_HEADER_BYTES)

    def heartbeat(self) -> Heartbeat:
        phase, beats, steps, microseconds = self._header[:4]
        return Heartbeat(Phase(phase), beats, steps, microseconds * 1e-6)

    def ask(self, turn: int, number: int) -> None:
        """The worker asks a policy for its action number `number`, from 1, of the attempt `turn`."""
        self._header[_ASKED] = turn << _NUMBER_BITS | number

    def take(self, turn: int, number: int) -> None:
        """The policy process begins to answer."""
        self._header[_TAKEN] = turn << _NUMBER_BITS | number

    def answer(self, turn: int, number: int) -> None:
        """The policy process has answered."""
        self._header[_ANSWERED] = turn << _NUMBER_BITS | number

    def requests(self, turn: int) -> Requests:
        """How far the worker and its policy are in the attempt `turn`."""
        asked, taken, answered = (
            value & (1 << _NUMBER_BITS) - 1 if value >> _NUMBER_BITS == turn else 0
            for value in self._header[_ASKED : _ANSWERED + 1]
        )
        return Requests(asked, taken, answered)

    @property
    def between_observations(self) -> bool:
        """Whether the worker makes a step or has just asked for the next action: read often, so no `Heartbeat`."""
        return self._header[_PHASE] in (Phase.STEP, Phase.WAITING)

    @property
    def step_seconds(self) -> float:
        """Mean wall seconds of a step in the attempt in progress; 0 before the first."""
        return 1e-6 * self._header[_STEP_MICROSECONDS] / max(self._header[_STEPS], 1)

    def array(self, dtype: str, shape: tuple[int, ...], offset: int) -> NDArray[Any]:
        """A view of the memory from `offset` bytes on."""
        kind = np.dtype(dtype)
        count = int(np.prod(shape, dtype=np.int64))
        return np.frombuffer(self._memory, kind, count, offset).reshape(shape)


def create_slot_file() -> int:
    """A file descriptor of a new anonymous file of `SLOT_BYTES`, all holes."""
    return create_shared_file("evalsuite-slot", SLOT_BYTES)


def create_shared_file(name: str, size: int) -> int:
    """A file descriptor of a new anonymous file of `size` bytes, all holes, that processes list as `name`."""
    if hasattr(os, "memfd_create"):
        fd = os.memfd_create(name, os.MFD_CLOEXEC)
    else:
        fd, path = tempfile.mkstemp(prefix=f"{name}-")
        os.unlink(path)
    os.truncate(fd, size)
    return fd


class ObservationWriter:
    """Puts one attempt's observations into a slot; an array that has not changed is not written again."""

    def __init__(self, slot: SharedSlot) -> None:
        self._slot = slot
        self._places: dict[str, _Place] = {}

    def put(self, observation: Mapping[str, Any]) -> dict[str, Any]:
        """Write the arrays of `observation`; returns its description, to be sent to whoever reads it.

        A description holds the numbers, a version for each array, and where the arrays lie whenever that is new,
        as it is the first time. Raises `SimulatorFault` when it does not fit.
        """
        description: dict[str, Any] = {"numbers": {}, "versions": {}}
        if not self._fits(observation):
            self._lay_out({name: value for name, value in observation.items() if isinstance(value, np.ndarray)})
            description["layout"] = {
                name: [place.dtype.str, place.shape, place.offset] for name, place in self._places.items()
            }
        for name, value in observation.items():
            if isinstance(value, np.ndarray):
                description["versions"][name] = self._places[name].write(value)
            else:
                description["numbers"][name] = value
        return description

    def _fits(self, observation: Mapping[str, Any]) -> bool:
        known = 0
        for name, value in observation.items():
            if isinstance(value, np.ndarray):
                place = self._places.get(name)
                if place is None or place.shape != value.shape or place.dtype != value.dtype:
                    return False
                known += 1
        return known == len(self._places)

    def _lay_out(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        offset = _HEADER_BYTES
        version = max((place.version for place in self._places.values()), default=0)
        self._places = {}
        for name, value in arrays.items():
            end = offset + value.nbytes
            if end > SLOT_BYTES:
                raise SimulatorFault(f"an observation of this world does not fit in {SLOT_BYTES >> 20} MiB")
            view = self._slot.array(value.dtype.str, value.shape, offset)
            self._places[name] = _Place(value.dtype, value.shape, offset, view, version)
            offset = -(-end // _ALIGNMENT) * _ALIGNMENT


@dataclass
class _Place:
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    offset: int
    view: NDArray[Any]
    version: int
    last: NDArray[Any] | None = None

    def write(self, value: NDArray[Any]) -> int:
        """Returns the version that is there now."""
        if value is not self.last or not (_is_fixed(value) or np.array_equal(value, self.view)):
            self.view[...] = value
            self.last = value
            self.version += 1
        return self.version


def _is_fixed(value: NDArray[Any]) -> bool:
    """Whether nobody may write to this array: it is read-only and owns its memory."""
    return value.base is None and not value.flags.writeable


class ObservationReader:
    """Takes observations out of a slot, as copies: a policy may keep them in its state."""

    def __init__(self, slot: SharedSlot) -> None:
        self._slot = slot
        self._views: dict[str, NDArray[Any]] = {}
        self._known: dict[str, tuple[int, NDArray[Any]]] = {}

    def get(self, description: Mapping[str, Any]) -> dict[str, Any]:
        """The observation that `description` tells of.

        Arrays are read-only; one that has not changed since the last observation is the very same object.
        """
        if "layout" in description:
            self._known.clear()
            self._views = {
                name: self._slot.array(dtype, tuple(shape), offset)
                for name, (dtype, shape, offset) in description["layout"].items()
            }
        observation: dict[str, Any] = dict(description["numbers"])
        for name, version in description["versions"].items():
            known = self._known.get(name)
            if known is None or known[0] != version:
                array = self._views[name].copy()
                array.flags.writeable = False
                self._known[name] = known = (version, array)
            observation[name] = known[1]
        return observation
