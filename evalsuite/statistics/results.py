"""The settled episodes of one or several run folders, brought together so that what differs is kept apart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from evalsuite.errors import UsageError
from evalsuite.records.covered import cut_sentences
from evalsuite.records.header import BudgetCut, EarlyStop, RunHeader
from evalsuite.records.reading import read_header
from evalsuite.statistics.attempts import read_episodes
from evalsuite.statistics.cells import Cell, CellKey, count_cells, not_above_chance
from evalsuite.statistics.episodes import Episodes, from_records, joined, solved_at_reset
from evalsuite.statistics.intervals import IntervalKind

Role = Literal["policy", "oracle", "control"]
ROLES: Mapping[str, Role] = {"oracle": "oracle", "random": "control", "noop": "control"}
"""What a policy reference is in a table; any other is a policy under test."""


@dataclass(frozen=True)
class RunEpisodes:
    """One run folder, read: the folder as the person named it, its header, its settled episodes."""

    folder: Path
    header: RunHeader
    episodes: Episodes

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
    episodes: Episodes
    interval_kind: IntervalKind = "wilson"

    @cached_property
    def cells(self) -> Mapping[CellKey, Cell]:
        return count_cells(self.episodes, self.interval_kind)


@dataclass(frozen=True)
class SuiteResults:
    """What may stand in one table: one suite by its hash, and either real episodes or rehearsed ones.

    Args:
        runs: that the episodes come from.
        notes: a sentence each on what a reader of the numbers must know.
        interval_kind: of the interval of every cell.
    """

    suite: str
    version: str
    suite_sha256: str
    rehearsal: bool
    policies: tuple[PolicyResults, ...]
    runs: tuple[RunEpisodes, ...]
    notes: tuple[str, ...]
    interval_kind: IntervalKind = "wilson"

    @property
    def interval_name(self) -> str:
        """For a heading: `Wilson 95% interval`, and whether several seeds a scenario have widened it."""
        name = {"wilson": "Wilson", "clopper-pearson": "Clopper-Pearson"}[self.interval_kind]
        several = any(policy.cells[CellKey(None, None)].several_seeds for policy in self.policies)
        return f"{name} 95% interval{' with design effect' if several else ''}"

    @cached_property
    def seeds(self) -> tuple[int, ...]:
        """Of the episodes, in ascending order."""
        seeds = [np.unique(policy.episodes.seed) for policy in self.policies]
        return tuple(int(seed) for seed in np.unique(np.concatenate(seeds))) if seeds else ()

    @property
    def controls(self) -> tuple[PolicyResults, ...]:
        return tuple(policy for policy in self.policies if policy.role == "control")

    def above_chance(self, policy: PolicyResults, key: CellKey) -> bool:
        """Whether no control comes within the policy's interval in this cell; True where there is no control.

        Only a policy under test is held against the controls.
        """
        if policy.role != "policy" or key not in policy.cells:
            return True
        rivals = [control.cells[key] for control in self.controls if key in control.cells]
        return not not_above_chance(policy.cells[key], rivals)


def planned(label: str, reference: str, sha256: str) -> PolicyResults:
    """A policy of which no episode is known yet."""
    return PolicyResults(label, sha256, ROLES.get(reference, "policy"), from_records([]))


def read_results(folders: Sequence[Path], interval: IntervalKind = "wilson") -> list[SuiteResults]:
    """Read run folders and `combine` them; a folder named twice is read once. Raises `UsageError`."""
    unique = {folder.resolve(): folder for folder in reversed(folders)}
    return combine([read_run(folder) for folder in reversed(unique.values())], interval)


def read_run(folder: Path) -> RunEpisodes:
    """One run folder's header and settled episodes. Raises `UsageError`."""
    return RunEpisodes(folder, read_header(folder), read_episodes(folder))


def combine(runs: Sequence[RunEpisodes], interval: IntervalKind = "wilson") -> list[SuiteResults]:
    """Group the episodes by suite hash and rehearsal, in the order in which they first occur.

    A label that stands for different checkpoints gets each one's hash (`agent@3f2a1c9d`). An episode that
    several folders hold (same checkpoint, scenario and seed) is counted once, from the folder named first.

    Args:
        interval: the kind of interval in every cell.

    Raises `UsageError` when a folder holds no settled episode.
    """
    groups: dict[tuple[str, bool], _Group] = {}
    for run in runs:
        if not len(run.episodes):
            raise UsageError(f"{run.folder} holds no settled episode yet: let its run go on, or leave it out")
        profiles = run.episodes.profiles
        order = {entry.label: place for place, entry in enumerate(run.header.policies)}
        places = sorted(range(len(profiles)), key=lambda each: order.get(profiles[each].policy, len(order)))
        kinds = dict.fromkeys(
            (profiles[each].suite_sha256, profiles[each].rehearsal, profiles[each].policy, profiles[each].policy_sha256)
            for each in places
        )
        for suite_sha256, rehearsal, label, sha256 in kinds:
            kind = (suite_sha256, rehearsal, label, sha256)
            chosen = [(each.suite_sha256, each.rehearsal, each.policy, each.policy_sha256) == kind for each in profiles]
            mine = run.episodes.take(run.episodes.where(chosen))
            if len(mine):
                groups.setdefault((suite_sha256, rehearsal), _Group()).add(run, label, sha256, mine)
    return [group.results(interval) for group in groups.values()]


def incomplete_notes(runs: Iterable[RunEpisodes]) -> list[str]:
    """Sentences on what each run lacks: by a budget, or by not having been played to its end.

    A run that was stopped early by its own rule tells of that elsewhere.
    """
    return [note for run in runs for note in (*cut_sentences(holding_cuts(run)), *_lacking(run))]


def holding_cuts(run: RunEpisodes) -> list[BudgetCut]:
    """How far a budget went, of the policies that still are where it left them."""
    return [cut for cut in run.header.cuts if len(_of(run, cut.policy)) == cut.episodes > 0]


def _lacking(run: RunEpisodes) -> list[str]:
    """What of `run` is not complete: the whole of it in one sentence, or those of its policies that are not."""
    if run.header.stops:
        return []
    cut = {each.policy for each in holding_cuts(run)}
    labels = [entry.label for entry in run.header.policies if entry.label not in cut]
    short = {label: mine for label in labels if _is_short(run, mine := _of(run, label))}
    if short and len(short) == len(run.header.policies):
        return [
            f"{run.folder} holds {len(run.episodes)} of {run.planned} episodes (scenarios x policies x seeds): "
            "its run is not complete"
        ]
    notes = []
    for label in labels:
        mine = _of(run, label)
        seeds = set(mine.seed.tolist())
        missing = [seed for seed in run.header.seeds if seed not in seeds]
        if label in short:
            planned = run.header.scenarios * max(1, len(seeds))
            notes.append(f"{run.folder}: {label} holds {len(mine)} of {planned} episodes: its part is not complete")
        elif missing:
            which = f"seed{'s' * (len(missing) > 1)} {', '.join(map(str, missing))}"
            notes.append(f"{run.folder}: {label} was not played with {which}")
    return notes


def _is_short(run: RunEpisodes, mine: Episodes) -> bool:
    """Whether a policy lacks scenarios of a seed that it was played with."""
    return len(mine) < run.header.scenarios * max(1, len(np.unique(mine.seed)))


def _of(run: RunEpisodes, policy: str) -> Episodes:
    return run.episodes.take(run.episodes.where([each.policy == policy for each in run.episodes.profiles]))


@dataclass
class _Group:
    runs: dict[Path, RunEpisodes] = field(default_factory=dict)
    policies: dict[tuple[str, str], list[Episodes]] = field(default_factory=lambda: defaultdict(list))
    keys: dict[tuple[str, str], NDArray[np.int64]] = field(default_factory=dict)
    scenarios: dict[str, int] = field(default_factory=dict)
    references: dict[tuple[str, str], str] = field(default_factory=dict)
    repeated: dict[tuple[str, Path], int] = field(default_factory=dict)

    def add(self, run: RunEpisodes, label: str, sha256: str, episodes: Episodes) -> None:
        self.runs.setdefault(run.folder, run)
        policy = (label, sha256)
        references = {entry.label: entry.reference for entry in run.header.policies}
        self.references.setdefault(policy, references.get(label, label))
        keys = episodes.keys(self.scenarios)
        known = self.keys.get(policy, np.zeros(0, np.int64))
        new = ~np.isin(keys, known) if len(known) else np.ones(len(keys), np.bool_)
        if not new.all():
            self.repeated[label, run.folder] = int((~new).sum())
        self.policies[policy].append(episodes.take(new))
        self.keys[policy] = np.concatenate([known, keys[new]])

    def results(self, interval: IntervalKind) -> SuiteResults:
        labels = [label for label, _ in self.policies]
        policies = tuple(
            PolicyResults(
                label if labels.count(label) == 1 else f"{label}@{sha256[:8]}",
                sha256,
                ROLES.get(self.references[label, sha256], "policy"),
                joined(parts),
                interval,
            )
            for (label, sha256), parts in self.policies.items()
        )
        first = policies[0].episodes.profiles[policies[0].episodes.profile[0]]
        return SuiteResults(
            suite=first.suite,
            version=next(iter(self.runs.values())).header.suite_version,
            suite_sha256=first.suite_sha256,
            rehearsal=first.rehearsal,
            policies=policies,
            runs=tuple(self.runs.values()),
            notes=tuple(self._notes(policies)),
            interval_kind=interval,
        )

    def _notes(self, policies: Sequence[PolicyResults]) -> list[str]:
        notes = incomplete_notes(self.runs.values())
        notes += [stop.sentence for run in self.runs.values() for stop in run.header.stops if _holds(stop, run)]
        notes += [
            f"{label}: {count} episodes in {folder} are repetitions of ones already counted, and left out"
            for (label, folder), count in self.repeated.items()
        ]
        keys = [np.sort(each) for each in self.keys.values()]
        if any(not np.array_equal(each, keys[0]) for each in keys):
            notes.append("the policies were not scored on the same scenarios and seeds: compare them with care")
        if any(policy.cells[CellKey(None, None)].several_seeds for policy in policies):
            notes.append(
                "scenarios carry several seeds, which are not independent: the intervals are widened by their design "
                "effect (Korn and Graubard)"
            )
        for policy in policies:
            invalid = solved_at_reset(policy.episodes)
            if invalid:
                more = f" and {len(invalid) - 3} more" if len(invalid) > 3 else ""
                notes.append(
                    f"{policy.label}: solved before the first action, so invalid and left out: "
                    f"{', '.join(invalid[:3])}{more}"
                )
        return notes


def _holds(stop: EarlyStop, run: RunEpisodes) -> bool:
    """Whether the policy's episodes are still short: the same run without a rule may have gone on since."""
    mine = run.episodes.where([each.policy == stop.policy for each in run.episodes.profiles])
    return int(mine.sum()) < run.header.scenarios * len(run.header.seeds)
