"""The worlds of a report side by side: which there are, and which policies are one and the same in several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalsuite.reports.wording import ROLE_ORDER, in_order_of_reading
from evalsuite.statistics.cells import Cell, CellKey, counted
from evalsuite.statistics.results import PolicyResults, SuiteResults

EVERYTHING = CellKey(None, None)

PolicyKey = tuple[str, str]
"""Label and sha256: what makes a policy of one suite the same as one of another."""


@dataclass(frozen=True, eq=False)
class Scope:
    """One world of one suite, played for real or rehearsed."""

    results: SuiteResults
    world: str
    only_world: bool

    @property
    def rehearsal(self) -> bool:
        return self.results.rehearsal

    def policy(self, key: PolicyKey) -> PolicyResults | None:
        """The policy here, if it was run."""
        return next((each for each in self.results.policies if policy_key(each) == key), None)

    def rows(self, policy: PolicyResults) -> NDArray[np.int64]:
        """Its episodes in this world."""
        episodes = policy.episodes
        return np.flatnonzero(episodes.where([profile.world == self.world for profile in episodes.profiles]))

    def cell(self, key: PolicyKey) -> Cell | None:
        """The policy's episodes in this world, counted; None when it was not run."""
        policy = self.policy(key)
        if policy is None:
            return None
        if self.only_world:
            return policy.cells[EVERYTHING]
        return counted(EVERYTHING, policy.episodes, self.rows(policy), self.results.interval_kind)


def scopes_of(every: Sequence[SuiteResults]) -> list[Scope]:
    """All of them: what was played for real first, and the suites of a world beside each other."""
    found = [scope for results in every for scope in _scopes(results)]
    worlds = list(dict.fromkeys(scope.world for scope in found))
    return sorted(found, key=lambda scope: (scope.rehearsal, worlds.index(scope.world)))


def policies_of(every: Sequence[SuiteResults]) -> dict[PolicyKey, PolicyResults]:
    """Each policy as one of the suites has it, in the order in which they are read."""
    found: dict[PolicyKey, PolicyResults] = {}
    for results in every:
        for policy in in_order_of_reading(results):
            found.setdefault(policy_key(policy), policy)
    return dict(sorted(found.items(), key=lambda each: ROLE_ORDER.index(each[1].role)))


def policy_key(policy: PolicyResults) -> PolicyKey:
    """Its label in the records, and its hash."""
    episodes = policy.episodes
    label = episodes.profiles[episodes.profile[0]].policy if len(episodes) else policy.label
    return label, policy.sha256


def names(keys: Sequence[PolicyKey]) -> list[str]:
    """How they are called side by side: by label, and by hash where a label stands for several checkpoints."""
    labels = [label for label, _ in keys]
    return [label if labels.count(label) == 1 else f"{label}@{sha256[:8]}" for label, sha256 in keys]


def _scopes(results: SuiteResults) -> list[Scope]:
    worlds = list(dict.fromkeys(p.world for policy in results.policies for p in policy.episodes.profiles))
    return [Scope(results, world, len(worlds) == 1) for world in worlds]
