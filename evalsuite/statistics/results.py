"""The settled episodes of one or several run folders, brought together so that what differs is kept apart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal

from evalsuite.errors import UsageError
from evalsuite.records.header import RunHeader
from evalsuite.records.reading import read_header, read_records, settled
from evalsuite.records.record import Record
from evalsuite.statistics.cells import Cell, CellKey, count_cells

Role = Literal["policy", "oracle", "control"]
ROLES: Mapping[str, Role] = {"oracle": "oracle", "random": "control", "noop": "control"}
"""What a policy reference is in a table; any other is a policy under test."""


@dataclass(frozen=True)
class RunEpisodes:
    """One run folder, read: the folder as the person named it, its header, its settled episodes."""

    folder: Path
    header: RunHeader
    records: Sequence[Record]

    @property
    def planned(self) -> int:
        """Scenarios x policies x seeds of the header."""
        return self.header.scenarios * len(self.header.policies) * len(self.header.seeds)


@dataclass(frozen=True)
class PolicyResults:
    """One policy on one suite. `label` is unique among the policies it is reported with."""

    label: str
    sha256: str
    role: Role
    records: tuple[Record, ...]

    @cached_property
    def cells(self) -> Mapping[CellKey, Cell]:
        return count_cells(self.records)


@dataclass(frozen=True)
class SuiteResults:
    """What may stand in one table: one suite by its hash, and either real episodes or rehearsed ones.

    Args:
        runs: that the episodes come from.
        notes: a sentence each on what a reader of the numbers must know.
    """

    suite: str
    version: str
    suite_sha256: str
    rehearsal: bool
    policies: tuple[PolicyResults, ...]
    runs: tuple[RunEpisodes, ...]
    notes: tuple[str, ...]

    @cached_property
    def seeds(self) -> tuple[int, ...]:
        """Of the episodes, in ascending order."""
        return tuple(sorted({record.seed for policy in self.policies for record in policy.records}))


def read_results(folders: Sequence[Path]) -> list[SuiteResults]:
    """Read run folders and `combine` them; a folder named twice is read once. Raises `UsageError`."""
    unique = {folder.resolve(): folder for folder in reversed(folders)}
    return combine([_read_run(folder) for folder in reversed(unique.values())])


def combine(runs: Sequence[RunEpisodes]) -> list[SuiteResults]:
    """Group the episodes by suite hash and rehearsal, in the order in which they first occur.

    A label that stands for different checkpoints gets each one's hash (`agent@3f2a1c9d`). An episode that
    several folders hold (same checkpoint, scenario and seed) is counted once, from the folder named first.

    Raises `UsageError` when a folder holds no settled episode.
    """
    groups: dict[tuple[str, bool], _Group] = {}
    for run in runs:
        if not run.records:
            raise UsageError(f"{run.folder} holds no settled episode yet: let its run go on, or leave it out")
        order = {entry.label: place for place, entry in enumerate(run.header.policies)}
        for record in sorted(run.records, key=lambda each: order.get(each.policy, len(order))):
            group = groups.setdefault((record.suite_sha256, record.rehearsal), _Group())
            group.add(run, record)
    return [group.results() for group in groups.values()]


def _read_run(folder: Path) -> RunEpisodes:
    return RunEpisodes(folder, read_header(folder), list(settled(read_records(folder)).values()))


@dataclass
class _Group:
    runs: dict[Path, RunEpisodes] = field(default_factory=dict)
    policies: dict[tuple[str, str], dict[tuple[str, int], Record]] = field(default_factory=lambda: defaultdict(dict))
    references: dict[tuple[str, str], str] = field(default_factory=dict)
    repeated: dict[tuple[str, Path], int] = field(default_factory=lambda: defaultdict(int))

    def add(self, run: RunEpisodes, record: Record) -> None:
        self.runs.setdefault(run.folder, run)
        policy = (record.policy, record.policy_sha256)
        references = {entry.label: entry.reference for entry in run.header.policies}
        self.references.setdefault(policy, references.get(record.policy, record.policy))
        episodes = self.policies[policy]
        if (record.scenario, record.seed) in episodes:
            self.repeated[record.policy, run.folder] += 1
        else:
            episodes[record.scenario, record.seed] = record

    def results(self) -> SuiteResults:
        labels = [label for label, _ in self.policies]
        policies = tuple(
            PolicyResults(
                label if labels.count(label) == 1 else f"{label}@{sha256[:8]}",
                sha256,
                ROLES.get(self.references[label, sha256], "policy"),
                tuple(episodes.values()),
            )
            for (label, sha256), episodes in self.policies.items()
        )
        first = policies[0].records[0]
        return SuiteResults(
            suite=first.suite,
            version=next(iter(self.runs.values())).header.suite_version,
            suite_sha256=first.suite_sha256,
            rehearsal=first.rehearsal,
            policies=policies,
            runs=tuple(self.runs.values()),
            notes=tuple(self._notes()),
        )

    def _notes(self) -> list[str]:
        notes = [
            f"{run.folder} holds {len(run.records)} of {run.planned} episodes (scenarios x policies x seeds): "
            "its run is not complete"
            for run in self.runs.values()
            if len(run.records) < run.planned
        ]
        notes += [
            f"{label}: {count} episodes in {folder} are repetitions of ones already counted, and left out"
            for (label, folder), count in self.repeated.items()
        ]
        episodes = [frozenset(each) for each in self.policies.values()]
        if any(each != episodes[0] for each in episodes):
            notes.append("the policies were not scored on the same scenarios and seeds: compare them with care")
        if any(len({scenario for scenario, _ in each}) < len(each) for each in episodes):
            notes.append(
                "scenarios carry several seeds: the intervals take episodes to be independent and are too narrow"
            )
        return notes
