"""The memory that a policy process shares with the driver: its signs of life, and what its calls have cost."""

from __future__ import annotations

import mmap

from evalsuite.runner.call_costs import CallCosts
from evalsuite.runner.shared_observations import create_shared_file

_BYTES = 4096
_BEATS, _ROWS, _CALLS = range(3)
_QUEUED, _WALL, _PROCESSOR = 0, 1, 6
_NUMBERS_BEGIN = 64


class PolicyMemory:
    """One policy process's shared memory, mapped from the file descriptor `fd`, which stays the caller's."""

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self._memory = mmap.mmap(fd, _BYTES)
        self._counts = memoryview(self._memory)[:_NUMBERS_BEGIN].cast("Q")
        self._numbers = memoryview(self._memory)[_NUMBERS_BEGIN:].cast("d")

    def clear(self) -> None:
        """Ready for another process."""
        self._memory[:] = bytes(_BYTES)

    def begin_call(self, rows: int, queued_seconds: float) -> None:
        """A call for so many rows begins; together they have waited so long since they asked."""
        self._counts[_ROWS] = rows
        self._numbers[_QUEUED] += queued_seconds
        self._counts[_BEATS] += 1

    def end_call(self, wall: CallCosts, processor: CallCosts) -> None:
        """The call has been answered; these are the costs of all until now."""
        self._numbers[_WALL : _WALL + 5] = wall.sums
        self._numbers[_PROCESSOR : _PROCESSOR + 5] = processor.sums
        self._counts[_CALLS] = wall.calls
        self._counts[_ROWS] = 0
        self._counts[_BEATS] += 1

    @property
    def beats(self) -> int:
        """Grows with every sign of life."""
        return self._counts[_BEATS]

    @property
    def rows(self) -> int:
        """Of the call that is going on; 0 between calls."""
        return self._counts[_ROWS]

    @property
    def calls(self) -> int:
        """How many were answered."""
        return self._counts[_CALLS]

    @property
    def queued_seconds(self) -> float:
        """That workers have waited, all together, before their calls began."""
        return self._numbers[_QUEUED]

    @property
    def wall_sums(self) -> list[float]:
        """Those of the costs in wall seconds."""
        return [*map(float, self._numbers[_WALL : _WALL + 5])]

    @property
    def processor_sums(self) -> list[float]:
        """Those of the costs in processor seconds of the process."""
        return [*map(float, self._numbers[_PROCESSOR : _PROCESSOR + 5])]


def create_policy_memory() -> PolicyMemory:
    """New memory, whose `fd` the caller closes."""
    return PolicyMemory(create_shared_file("evalsuite-policy", _BYTES))
