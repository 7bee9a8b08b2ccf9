"""What an export is of, and how a format is called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from evalsuite.errors import UsageError
from evalsuite.records.reading import read_header
from evalsuite.records.record import Outcome, Record
from evalsuite.runner.phases import RunLimits


class Interrupted(UsageError):
    """The person stopped it; nothing was exported."""


@dataclass(frozen=True)
class ExportOptions:
    """What a person asked for.

    Args:
        policies, worlds, outcomes: only episodes of these; empty for all.
        workers: simulators at once, where episodes have to be played again.
        trust_checkpoint: whether a policy that plays again may run code on loading.
        limits: for what is played again.
        pythons: world -> the interpreter of its workers, for those that are not to run under this one.
    """

    policies: tuple[str, ...] = ()
    worlds: tuple[str, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    workers: int = 1
    trust_checkpoint: bool = False
    limits: RunLimits = field(default_factory=RunLimits)
    pythons: Mapping[str, str] = field(default_factory=dict)

    def includes(self, record: Record) -> bool:
        """Whether `record` is asked for."""
        return (
            (not self.policies or record.policy in self.policies)
            and (not self.worlds or record.world in self.worlds)
            and (not self.outcomes or record.outcome in self.outcomes)
        )


class ExportFormat(Protocol):
    """What is registered in the group `evalsuite.export_formats`."""

    def __call__(self, runs: Sequence[Path], out: Path, options: ExportOptions) -> list[Path]:
        """Export the run folders `runs`, all real or all rehearsed, into the folder `out`; returns what was written.

        Raises `UsageError`.
        """


def check_not_mixed(runs: Sequence[Path]) -> bool:
    """Whether `runs` are rehearsals. Raises `UsageError` when some are and some are not."""
    rehearsed = {run: read_header(run).rehearsal for run in runs}
    if len(set(rehearsed.values())) > 1:
        rehearsal = next(run for run, each in rehearsed.items() if each)
        raise UsageError(f"{rehearsal} is a rehearsal and others are not; nothing may mix the two: export them apart")
    return any(rehearsed.values())
