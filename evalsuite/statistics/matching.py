"""Which policy of a candidate run is held against which of a base."""

from __future__ import annotations

from collections.abc import Sequence

from evalsuite.errors import UsageError
from evalsuite.statistics.results import PolicyResults, Role

ORDER: tuple[Role, ...] = ("policy", "oracle", "control")


def match_policies(
    base: Sequence[PolicyResults],
    candidate: Sequence[PolicyResults],
    *,
    policy: str | None = None,
    base_policy: str | None = None,
) -> list[tuple[PolicyResults, PolicyResults]]:
    """(base, candidate) pairs: those with the same label, or the only policy under test of each.

    Policies under test come first in line; where neither run has one, oracles are compared, and then controls.

    Args:
        policy: the label in the candidate run; None for whatever matches.
        base_policy: the label in the base; None for the same label, or else the only one.

    Raises:
        UsageError: nothing matches, or a label named is not there.
    """
    if policy is not None or base_policy is not None:
        chosen = _named(candidate, policy, "candidate") if policy is not None else None
        against = _named(base, base_policy, "base") if base_policy is not None else None
        if chosen is None:
            chosen = _counterpart(candidate, against, "candidate", "--policy")
        if against is None:
            against = _counterpart(base, chosen, "base", "--base-policy")
        return [(against, chosen)]
    for role in ORDER:
        ours = [each for each in candidate if each.role == role]
        theirs = {each.label: each for each in base if each.role == role}
        same = [(theirs[each.label], each) for each in ours if each.label in theirs]
        if same:
            return same
        if len(ours) == len(theirs) == 1:
            return [(next(iter(theirs.values())), ours[0])]
    raise UsageError(
        f"no policy of the candidate ({_labels(candidate)}) has the label of one of the base ({_labels(base)}): "
        "name them with --policy and --base-policy"
    )


def _named(policies: Sequence[PolicyResults], label: str, side: str) -> PolicyResults:
    for each in policies:
        if each.label == label:
            return each
    raise UsageError(f"the {side} has no policy {label!r}; it has {_labels(policies)}")


def _counterpart(
    policies: Sequence[PolicyResults], other: PolicyResults | None, side: str, option: str
) -> PolicyResults:
    assert other is not None
    for each in policies:
        if each.label == other.label:
            return each
    alike = [each for each in policies if each.role == other.role]
    if len(alike) == 1:
        return alike[0]
    raise UsageError(f"which policy of the {side} is meant? Add {option}, one of {_labels(policies)}")


def _labels(policies: Sequence[PolicyResults]) -> str:
    return ", ".join(each.label for each in policies)
