"""The verdict: PASS, FAIL or INCONCLUSIVE, what decided it, and when none can be given."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

from evalsuite.errors import UsageError
from evalsuite.gate.rules import RULES, Finding, points
from evalsuite.gate.settings import GateSettings
from evalsuite.records.header import EarlyStop
from evalsuite.statistics.cells import CellKey
from evalsuite.statistics.comparison import Comparison, Stratum, compare
from evalsuite.statistics.early_end import EarlyEnd
from evalsuite.statistics.results import PolicyResults, SuiteResults, incomplete_notes

Decision = Literal["PASS", "FAIL", "INCONCLUSIVE"]

STOPPED_NOTE = (
    "p-values of this verdict allow for the early stop (sequential p-values); the table's intervals and p do not. The "
    "same evalsuite run with --stop none plays the rest"
)

EXIT_CODES: dict[Decision, int] = {"PASS": 0, "FAIL": 1, "INCONCLUSIVE": 10}
"""2 is for what cannot be judged; 10 lies outside pytest's codes."""

MOST_NAMED = 6

REHEARSAL_NOTE = "a REHEARSAL: stand-ins played the simulators' part, so this says nothing about the real worlds"


@dataclass(frozen=True, eq=False)
class Verdict:
    """What the gate says of one candidate.

    Args:
        base, candidate: labels of the policies compared.
        suite: name and version, and `(REHEARSAL)` where stand-ins played the simulators' part.
        rehearsal: whether they did.
        findings: of every rule, one a stratum.
        warnings: a sentence each on what makes the verdict another than it seems.
        notes: a sentence each on what a reader must know.
    """

    base: str
    candidate: str
    suite: str
    rehearsal: bool
    comparison: Comparison
    settings: GateSettings
    findings: tuple[Finding, ...]
    warnings: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def decision(self) -> Decision:
        statuses = {finding.status for finding in self.findings}
        return "FAIL" if "regression" in statuses else "INCONCLUSIVE" if "open" in statuses else "PASS"

    @property
    def exit_code(self) -> int:
        """0 pass, 1 regression, 10 inconclusive, or 0 for that where the settings let it pass."""
        lenient = self.decision == "INCONCLUSIVE" and self.settings.inconclusive == "pass"
        return 0 if lenient else EXIT_CODES[self.decision]

    @property
    def deciding(self) -> tuple[Finding, ...]:
        """The findings that made it so; of a pass, those of the rules that needed showing."""
        status = {"FAIL": "regression", "INCONCLUSIVE": "open", "PASS": "fine"}[self.decision]
        found = tuple(finding for finding in self.findings if finding.status == status)
        return found if status != "fine" else tuple(each for each in found if each.rule.startswith("not inferior"))

    @property
    def more_pairs(self) -> int | None:
        """How many more pairs, spread over the suite as these are, would settle an inconclusive verdict.

        None when it is not inconclusive, or when no number would.
        """
        if self.decision != "INCONCLUSIVE":
            return None
        most = 0.0
        sizes = {(tier, each.stratum): each.n for tier, every in self.comparison.pairs.items() for each in every}
        for finding in self.deciding:
            if finding.more_pairs is None:
                return None
            share = sizes[finding.tier, finding.stratum] / max(1, self.comparison.pooled.n)
            most = max(most, finding.more_pairs / share if share else 0.0)
        return math.ceil(most)

    @property
    def _worst(self) -> str:
        """Where it fell; `all` is left out where a part of it shows it too."""
        names = list(dict.fromkeys(each.stratum.name for each in self.deciding))
        parts = [name for name in names if name != Stratum().name] or names
        more = f" and {len(parts) - MOST_NAMED} more" if len(parts) > MOST_NAMED else ""
        return f"{', '.join(parts[:MOST_NAMED])}{more}"

    @property
    def headline(self) -> str:
        """The verdict in a line."""
        base = "its base" if self.base == self.candidate else f"the base {self.base}"
        if self.decision == "PASS":
            return f"PASS: {self.candidate} is not worse than {base} on {self.suite}"
        if self.decision == "FAIL":
            return f"FAIL: {self.candidate} is worse than {base} on {self.suite}, in {self._worst}"
        more = self.more_pairs
        need = f"needs {more:,} more pairs" if more is not None else "more pairs of this kind will not settle it"
        return f"INCONCLUSIVE: {self.comparison.pooled.n:,} pairs on {self.suite} are too few; {need}"


def judge(
    base: tuple[SuiteResults, PolicyResults],
    candidate: tuple[SuiteResults, PolicyResults],
    settings: GateSettings,
) -> Verdict:
    """Hold one policy of the candidate run against one of the base.

    Raises:
        UsageError: it cannot be judged: other suites, a rehearsal against the real thing, too many errors, no
            pair, or a margin below the noise floor.
    """
    (before, base_policy), (after, candidate_policy) = base, candidate
    _check_same_kind(before, after)
    _check_noise(settings)
    for side, policy in (("base", base_policy), ("candidate", candidate_policy)):
        cell = policy.cells[CellKey(None, None)]
        if cell.error_share > settings.max_error_share:
            raise UsageError(
                f"can't judge: {cell.errors} of {cell.total} episodes of the {side} are errors "
                f"({100 * cell.error_share:.0f}%, at most {100 * settings.max_error_share:g}%): mend the cause and "
                "run it again"
            )
    comparison = compare(base_policy.episodes, candidate_policy.episodes)
    stops = early_stops(after, candidate_policy.label)
    if stops:
        share = min(1.0, comparison.pooled.n / max(1, *(stop.total for stop in stops)))
        comparison = replace(comparison, early_end=EarlyEnd(stops[-1].rule, share))
    if not comparison.pooled.n:
        raise UsageError(
            "can't judge: base and candidate have no (scenario, seed) in common that both scored; run the candidate "
            "with the base's seeds"
        )
    findings = tuple(finding for rule in RULES for finding in rule.judge(comparison, settings))
    return Verdict(
        base_policy.label,
        candidate_policy.label,
        title(after),
        after.rehearsal,
        comparison,
        settings,
        findings,
        (
            *rehearsal_notes(after),
            *(f"the candidate was cut short. {stop.sentence}" for stop in stops),
            *([STOPPED_NOTE] if stops else []),
            *(f"the base was cut short. {stop.sentence}" for stop in early_stops(before, base_policy.label)),
        ),
        (*side_notes(before, after), *comparison_notes(comparison)),
    )


def title(results: SuiteResults) -> str:
    """`doom-quick 1.0`, and `(REHEARSAL)` after it where it was one."""
    return f"{results.suite} {results.version}{' (REHEARSAL)' if results.rehearsal else ''}"


def side_notes(before: SuiteResults, after: SuiteResults) -> list[str]:
    """Which of the two runs still lacks episodes."""
    return list(dict.fromkeys(incomplete_notes([*before.runs, *after.runs])))


def rehearsal_notes(results: SuiteResults) -> list[str]:
    """The sentence that says what a rehearsal is worth, if it was one."""
    return [REHEARSAL_NOTE] if results.rehearsal else []


def _check_same_kind(before: SuiteResults, after: SuiteResults) -> None:
    if before.suite_sha256 != after.suite_sha256:
        raise UsageError(
            f"can't judge: the base is of {before.suite} {before.version} ({before.suite_sha256[:12]}), the candidate "
            f"of {after.suite} {after.version} ({after.suite_sha256[:12]}): run both on one suite"
        )
    if before.rehearsal != after.rehearsal:
        raise UsageError(f"can't judge: {mixed_rehearsal(before, after)}")


def mixed_rehearsal(before: SuiteResults, after: SuiteResults) -> str:
    """Why a rehearsal and a real run are not held against each other."""
    which = "base" if before.rehearsal else "candidate"
    other = "candidate" if before.rehearsal else "base"
    return (
        f"the {which} is a rehearsal (stand-ins played the simulators' part), the {other} is real: name two real runs "
        "or two rehearsals"
    )


def _check_noise(settings: GateSettings) -> None:
    for name in ("margin_pooled", "margin_interaction"):
        margin: float = getattr(settings, name)
        if margin < settings.noise_floor:
            raise UsageError(
                f"can't judge: {name} is {points(margin)}, but {points(settings.noise_floor)} of the episodes change "
                "outcome when nothing did (the noise floor): widen the margin, or steady the world"
            )


def comparison_notes(comparison: Comparison) -> list[str]:
    """What a reader must know of the pairs."""
    notes = []
    if comparison.errors:
        notes.append(f"{comparison.errors:,} pairs left out because an attempt of either side ended in an error")
    if comparison.invalid:
        notes.append(f"{comparison.invalid:,} pairs left out: their scenario was solved before the first action")
    if any(comparison.unmatched):
        base, candidate = comparison.unmatched
        notes.append(
            f"without a counterpart and left out: {base:,} episodes of the base, {candidate:,} of the candidate"
        )
    if comparison.clustered:
        notes.append("scenarios carry several seeds: clustered McNemar (Durkalski), intervals at the effective pairs")
    return notes


def early_stops(results: SuiteResults, label: str) -> tuple[EarlyStop, ...]:
    """Where the policy's run was stopped early, unless it was carried to its end since."""
    stops = {stop for run in results.runs for stop in run.header.stops if stop.policy == label}
    return tuple(stop for stop in stops if stop.sentence in results.notes)
