"""Checkpoints of one training run: told by who scored them as a series, or by the numbers in their labels."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evalsuite.numbers_in_names import numbers_in
from evalsuite.statistics.results import PolicyResults, SuiteResults

FEWEST, FEWEST_TOLD = 3, 2
"""Checkpoints that make a series by their labels alone, and where their steps were told."""


@dataclass(frozen=True)
class CheckpointSeries:
    """Checkpoints in the order of a number.

    Args:
        name: what their labels share, with `#` in the number's place: `agent-step-#`.
        steps: the numbers, ascending; `20k` is 20000.
        labels: in that order.
        told: whether the numbers were told to be training steps; otherwise the labels differ in them alone.
    """

    name: str
    steps: tuple[float, ...]
    labels: tuple[str, ...]
    told: bool = False

    @property
    def shown(self) -> str:
        """`agent-step-…`."""
        return self.name.replace("#", "…")

    @property
    def axis(self) -> str:
        """What the numbers are, for a person."""
        return f"training step: the number in {self.shown}" if self.told else f"the number in {self.shown}"


def series_in(results: SuiteResults) -> list[CheckpointSeries]:
    """The series among the policies under test: those that were told, then those that labels tell."""
    tested = [policy for policy in results.policies if policy.role == "policy"]
    told = _told_series(results, tested)
    taken = {label for series in told for label in series.labels}
    return told + checkpoint_series([policy.label for policy in tested if policy.label not in taken])


def checkpoint_series(labels: Sequence[str]) -> list[CheckpointSeries]:
    """The series among `labels`, of at least three checkpoints each, in the order in which they first occur.

    Where labels hold several numbers, the one that varies is taken; where several vary, they are no series.
    """
    groups: dict[str, dict[float, str]] = defaultdict(dict)
    for label in labels:
        for number in numbers_in(label):
            groups[f"{number.before}#{number.after}"].setdefault(number.value, label)
    found = []
    taken: set[str] = set()
    for name, members in groups.items():
        fresh = {step: label for step, label in sorted(members.items()) if label not in taken}
        if len(fresh) >= FEWEST:
            found.append(CheckpointSeries(name, tuple(fresh), tuple(fresh.values())))
            taken.update(fresh.values())
    return found


@dataclass(frozen=True)
class _Pattern:
    """What labels of one series share.

    Args:
        texts: between their numbers.
        place: which of the numbers is the step.
    """

    texts: tuple[str, ...]
    place: int


def _told_series(results: SuiteResults, policies: Sequence[PolicyResults]) -> list[CheckpointSeries]:
    """One for each run folder and pattern of names."""
    steps = {
        (run.header.run, entry.label): entry.step
        for run in results.runs
        for entry in run.header.policies
        if entry.step is not None
    }
    groups: dict[tuple[str, _Pattern], dict[float, tuple[str, str]]] = defaultdict(dict)
    for policy in policies:
        present = (policy.episodes.profiles[place] for place in np.unique(policy.episodes.profile))
        told = [(each.run, each.policy) for each in present if (each.run, each.policy) in steps]
        if told:
            run, label = told[0]
            step = steps[run, label]
            groups[run, _pattern(label, step)].setdefault(step, (label, policy.label))
    found = []
    for (_, pattern), members in groups.items():
        if len(members) >= FEWEST_TOLD:
            name = _name(pattern, [label for label, _ in members.values()])
            ascending = sorted(members)
            found.append(CheckpointSeries(name, tuple(ascending), tuple(members[each][1] for each in ascending), True))
    return found


def _pattern(label: str, step: float) -> _Pattern:
    numbers = numbers_in(label)
    begins = [0, *(len(label) - len(each.after) for each in numbers)]
    ends = [*(len(each.before) for each in numbers), len(label)]
    texts = tuple(label[begin:end] for begin, end in zip(begins, ends, strict=True))
    return _Pattern(texts, max((at for at, each in enumerate(numbers) if each.value == step), default=-1))


def _name(pattern: _Pattern, labels: Sequence[str]) -> str:
    """With `#` in place of the step, and `*` in place of what else varies: `epoch-*-step-#`."""
    columns = zip(*([each.text for each in numbers_in(label)] for label in labels), strict=True)
    shown = [
        "#" if at == pattern.place else column[0] if len(set(column)) == 1 else "*" for at, column in enumerate(columns)
    ]
    return "".join(text + number for text, number in zip(pattern.texts, [*shown, ""], strict=True))
