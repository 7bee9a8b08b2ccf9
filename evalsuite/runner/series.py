"""A series of checkpoints, one after the other: of however many, one at a time is held in memory.

Each is a run of its own into the same folder, so that the folder grows by whole checkpoints: what is scored stays, and
the same call goes on with those that are not, or that have come since.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import TypeVar

from evalsuite.errors import PolicyRefused, UsageError
from evalsuite.policies.references import PolicyReference
from evalsuite.records.folder import RunFolder, check_out
from evalsuite.records.reading import HEADER_FILE, read_records, settled
from evalsuite.runner.budget import Budget
from evalsuite.runner.run import RunResult, policy_entries
from evalsuite.runner.suite_worlds import attended_worlds
from evalsuite.suite.scenario import Suite

Key = TypeVar("Key")
Value = TypeVar("Value")
Number = TypeVar("Number", int, float)

PlayTogether = Callable[[Sequence[PolicyReference], Budget | None], RunResult]
"""Plays some of the policies with a part of the budget, into the folder that all of them share."""


def run_series(
    suite: Suite,
    references: Sequence[PolicyReference],
    *,
    seeds: Sequence[int],
    out: Path,
    rehearse: bool,
    retry_errors: bool,
    budget: Budget | None,
    play: PlayTogether,
) -> RunResult:
    """Play the policies without a training step together, then each checkpoint that has one, by itself.

    A checkpoint that can't be loaded is left out and told of; the others are played. A budget is shared evenly.

    Raises:
        UsageError: before anything is played: `out` holds another run, or a checkpoint under a label that stands for
            another file by now; two policies have one label; a person sets up the suite's world. And what `play`
            raises.
    """
    if attended := attended_worlds(suite):
        raise UsageError(
            f"a person sets up the world {attended[0].name!r}, and must not know which checkpoint is playing, which "
            "takes all of them at once: name some of them with --policy instead of --policy-series"
        )
    labels = Counter(each.label for each in references)
    for label, count in labels.items():
        if count > 1:
            raise UsageError(f"{count} policies have the label {label!r}; rename one, or use --policy LABEL=REF")
    entries = policy_entries(references)
    check_out(out, suite, entries, rehearsal=rehearse)
    if (out / HEADER_FILE).exists():
        RunFolder.note_steps_at(out, entries)
    begun = time.monotonic()
    done = _complete(suite, references, seeds, out, retry_errors=retry_errors)
    left = [each for each in references if each not in done]
    series = [each for each in references if each.step is not None]
    results = [play(done, None)] if done else []
    refused: dict[str, str] = {}
    for number, group in enumerate(groups := _groups(left)):
        if results and (results[-1].interrupted or results[-1].given_up):
            break
        if group[0].step is not None:
            place = series.index(group[0]) + 1
            print(f"checkpoint {place} of {len(series)}: {group[0].label}", file=sys.stderr, flush=True)
        waiting = sum(map(len, groups[number:]))
        try:
            results.append(play(group, _share(budget, len(group), waiting, len(references), time.monotonic() - begun)))
        except PolicyRefused as error:
            if group[0].step is None:
                raise
            refused[group[0].label] = str(error)
            print(f"{group[0].label} is left out: {error}", file=sys.stderr, flush=True)
    counted = set(chain.from_iterable(result.policies for result in results))
    unplayed = sum(label not in counted for label in labels) * len(suite.scenarios) * len(seeds)
    return _together(suite, out, results, refused, unplayed, time.monotonic() - begun)


def _complete(
    suite: Suite, references: Sequence[PolicyReference], seeds: Sequence[int], out: Path, *, retry_errors: bool
) -> list[PolicyReference]:
    """Those of which every episode is settled, for good."""
    scenarios = {scenario.id for scenario in suite.scenarios}
    episodes = Counter(
        record.policy
        for record in settled(read_records(out)).values()
        if record.scenario in scenarios and record.seed in seeds and not (retry_errors and record.outcome == "error")
    )
    return [each for each in references if episodes[each.label] == len(scenarios) * len(seeds)]


def _groups(references: Sequence[PolicyReference]) -> list[list[PolicyReference]]:
    """What is in memory together: the policies that are not of the series, and each checkpoint by itself."""
    others = [each for each in references if each.step is None]
    return [*([others] if others else []), *([each] for each in references if each.step is not None)]


def _share(budget: Budget | None, policies: int, waiting: int, total: int, seconds: float) -> Budget | None:
    """What of a budget `policies` of the `waiting` ones may spend, `seconds` after its beginning."""
    if budget is None:
        return None
    if budget.seconds is not None:
        return replace(budget, seconds=max(0.0, budget.seconds - seconds) * policies / waiting)
    assert budget.episodes is not None
    return replace(budget, episodes=budget.episodes // total * policies)


def _together(
    suite: Suite, out: Path, results: Sequence[RunResult], refused: Mapping[str, str], unplayed: int, seconds: float
) -> RunResult:
    """One result of several.

    Args:
        unplayed: episodes of policies that none of `results` is of.
        seconds: of wall time, of all.
    """
    return RunResult(
        out=out,
        suite=suite.suite,
        suite_sha256=suite.sha256(),
        total=sum(result.total for result in results) + unplayed,
        policies=_joined([result.policies for result in results]),
        steps=sum(result.steps for result in results),
        seconds=seconds,
        interrupted=any(result.interrupted for result in results),
        cuts=tuple(chain.from_iterable(result.cuts for result in results)),
        given_up=tuple(chain.from_iterable(result.given_up for result in results)),
        errors=_joined([result.errors for result in results]),
        logs=_joined([result.logs for result in results]),
        retried=_joined([result.retried for result in results]),
        refused=refused,
        videos=sum(result.videos for result in results),
        videos_left=sum(result.videos_left for result in results),
        video_faults=_added([result.video_faults for result in results]),
        time_spent=_added([result.time_spent for result in results]),
    )


def _joined(mappings: Sequence[Mapping[Key, Value]]) -> dict[Key, Value]:
    return {key: value for mapping in mappings for key, value in mapping.items()}


def _added(mappings: Sequence[Mapping[str, Number]]) -> dict[str, Number]:
    sums: dict[str, Number] = {}
    for mapping in mappings:
        for name, number in mapping.items():
            sums[name] = sums[name] + number if name in sums else number
    return sums
