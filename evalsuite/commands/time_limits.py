"""`--time-limit`: how long a phase may last before what hangs in it is ended and the episode tried again."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence

from evalsuite.runner.phases import RunLimits

OF_THE_WORLD = ("reset", "goal_view", "step", "close")
PHASES = ("start", *OF_THE_WORLD, "load", "policy")
LONGEST_SECONDS = 86400.0


def add_time_limit(parser: argparse.ArgumentParser) -> None:
    """Let `parser` take `--time-limit`; `arguments.time_limit` is then a list of mappings."""
    parser.add_argument(
        "--time-limit",
        metavar="PHASE=SECONDS[,...]",
        type=seconds_by_phase,
        action="append",
        default=[],
        help="how long a phase may last before it counts as hung, such as reset=600,step=60; the phases: start (a "
        f"simulator comes up; default {RunLimits.start:g}), reset, goal_view, step, close (default: what the world "
        f"declares), load (of a policy; default {RunLimits.load:g}), policy (one answer; default {RunLimits.act:g})",
    )


def seconds_by_phase(text: str) -> dict[str, float]:
    """Such as {"reset": 600.0, "step": 60.0} for "reset=600,step=60", for argparse."""
    found = {}
    for part in text.split(","):
        phase, _, number = part.partition("=")
        if phase.strip() not in PHASES:
            raise argparse.ArgumentTypeError(f"there is no phase {phase.strip()!r}; the phases: {', '.join(PHASES)}")
        found[phase.strip()] = _seconds(number, part)
    return found


def _seconds(number: str, part: str) -> float:
    try:
        seconds = float(number)
    except ValueError:
        seconds = 0.0
    if not 0.0 < seconds <= LONGEST_SECONDS:
        raise argparse.ArgumentTypeError(
            f"{part.strip()!r} should be PHASE=SECONDS with more than 0 and at most {LONGEST_SECONDS:g} seconds"
        )
    return seconds


def run_limits(given: Sequence[Mapping[str, float]]) -> RunLimits:
    """The limits of a run with these in place of the usual; of several for one phase the last counts."""
    seconds = {phase: value for each in given for phase, value in each.items()}
    return RunLimits(
        start=seconds.get("start", RunLimits.start),
        load=seconds.get("load", RunLimits.load),
        act=seconds.get("policy", RunLimits.act),
        world={phase: seconds[phase] for phase in OF_THE_WORLD if phase in seconds},
    )
