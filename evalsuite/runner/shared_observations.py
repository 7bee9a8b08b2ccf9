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
_PHASE, _BEATS, _STEPS = range(3)


@dataclass(frozen=True)
class Heartbeat:
    """`beats` grows with every sign of life; `steps` counts those of the attempt in progress."""

    phase: Phase
    beats: int
    steps: int


class SharedSlot:
    """One worker's shared memory, mapped from the file descriptor `fd`, which stays the caller's."""

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self._memory = mmap.mmap(fd, SLOT_BYTES)
        self._header: NDArray[np.uint64] = np.frombuffer(self._memory, np.uint64, _HEADER_BYTES // 8)

    def beat(self, phase: Phase) -> None:
        """A sign of life on entering `phase`; costs no system call."""
        self._header[_PHASE] = phase
        self._header[_BEATS] += np.uint64(1)

    def count_steps(self, steps: int) -> None:
        self._header[_STEPS] = steps

    def clear(self) -> None:
        """Ready for another process to beat in."""
        self._header[:] = 0

    def heartbeat(self) -> Heartbeat:
        phase, beats, steps = (int(word) for word in self._header[:3])
        return Heartbeat(Phase(phase), beats, steps)

    def array(self, dtype: str, shape: tuple[int, ...], offset: int) -> NDArray[Any]:
        """A view of the memory from `offset` bytes on."""
        kind = np.dtype(dtype)
        count = int(np.prod(shape, dtype=np.int64))
        return np.frombuffer(self._memory, kind, count, offset).reshape(shape)


def create_slot_file() -> int:
    """A file descriptor of a new anonymous file of `SLOT_BYTES`, all holes."""
    if hasattr(os, "memfd_create"):
        fd = os.memfd_create("evalsuite-slot", os.MFD_CLOEXEC)
    else:
        fd, name = tempfile.mkstemp(prefix="evalsuite-slot-")
        os.unlink(name)
    os.truncate(fd, SLOT_BYTES)
    return fd


class ObservationWriter:
    """Puts observations into a slot; an array that has not changed since the last one is not written again."""

    def __init__(self, slot: SharedSlot) -> None:
        self._slot = slot
        self._places: dict[str, _Place] = {}

    def put(self, observation: Mapping[str, Any]) -> dict[str, Any]:
        """Write the arrays of `observation`; returns its description, to be sent to whoever reads it.

        Numbers travel in the description itself. Raises `SimulatorFault` when it does not fit.
        """
        arrays = {name: value for name, value in observation.items() if isinstance(value, np.ndarray)}
        layout = {name: (value.dtype.str, value.shape) for name, value in arrays.items()}
        if layout != {name: (place.dtype, place.shape) for name, place in self._places.items()}:
            self._lay_out(arrays)
        for name, value in arrays.items():
            self._places[name].write(value)
        return {
            "arrays": {name: place.description() for name, place in self._places.items()},
            "numbers": {name: value for name, value in observation.items() if name not in arrays},
        }

    def _lay_out(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        offset = _HEADER_BYTES
        version = max((place.version for place in self._places.values()), default=0)
        self._places = {}
        for name, value in arrays.items():
            end = offset + value.nbytes
            if end > SLOT_BYTES:
                raise SimulatorFault(f"an observation of this world does not fit in {SLOT_BYTES >> 20} MiB")
            view = self._slot.array(value.dtype.str, value.shape, offset)
            self._places[name] = _Place(value.dtype.str, value.shape, offset, view, version)
            offset = -(-end // _ALIGNMENT) * _ALIGNMENT


@dataclass
class _Place:
    dtype: str
    shape: tuple[int, ...]
    offset: int
    view: NDArray[Any]
    version: int
    last: NDArray[Any] | None = None

    def write(self, value: NDArray[Any]) -> None:
        if value is self.last and np.array_equal(value, self.view):
            return
        self.view[...] = value
        self.last = value
        self.version += 1

    def description(self) -> dict[str, Any]:
        return {"dtype": self.dtype, "shape": self.shape, "offset": self.offset, "version": self.version}


class ObservationReader:
    """Takes observations out of a slot, as copies: a policy may keep them in its state."""

    def __init__(self, slot: SharedSlot) -> None:
        self._slot = slot
        self._known: dict[str, tuple[dict[str, Any], NDArray[Any]]] = {}

    def get(self, description: Mapping[str, Any], *, fresh: bool) -> dict[str, Any]:
        """The observation that `description` tells of.

        Args:
            fresh: nothing is known yet of the worker that wrote it, as at the start of an attempt.

        Arrays that several observations share are read-only.
        """
        if fresh:
            self._known.clear()
        observation: dict[str, Any] = dict(description["numbers"])
        for name, place in description["arrays"].items():
            known = self._known.get(name)
            if known is None or known[0] != place:
                array = self._slot.array(place["dtype"], tuple(place["shape"]), place["offset"]).copy()
                array.flags.writeable = False
                self._known[name] = known = (place, array)
            observation[name] = known[1]
        return observation
