"""`--budget` and `--budget-episodes`: as much of a run as somebody can afford."""

from __future__ import annotations

import argparse
import re

from evalsuite.errors import UsageError
from evalsuite.runner.budget import Budget

SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0}
FORM = re.compile(r"(\d+(?:\.\d+)?)([smh])")


def add_budget(parser: argparse.ArgumentParser) -> None:
    """Let `parser` take a budget, of time or of episodes."""
    budget = parser.add_mutually_exclusive_group()
    budget.add_argument(
        "--budget",
        metavar="TIME",
        type=duration,
        help="begin no more episodes after this time, such as 30m (s, m, h); what is played until then is spread "
        "evenly over policies, worlds, interactions and difficulties: a fair sample; the same command again goes on; "
        "of a suite of suites each gets an equal share of what is left when its turn comes",
    )
    budget.add_argument(
        "--budget-episodes",
        metavar="N",
        type=int,
        help="the same with N episodes, with those already in the run folder; all policies play the same scenarios; "
        "of a suite of suites each gets an equal share, and what a small one has no use for goes to the others",
    )


def duration(text: str) -> Budget:
    """The budget that `30m` stands for, for argparse."""
    found = FORM.fullmatch(text.strip())
    seconds = float(found[1]) * SECONDS[found[2]] if found else 0.0
    if not seconds:
        raise argparse.ArgumentTypeError(f"{text!r} should be a time such as 90s, 30m or 2h")
    return Budget(text.strip(), seconds=seconds)


def asked_budget(arguments: argparse.Namespace, policies: int) -> Budget | None:
    """The budget of this command line. Raises `UsageError` when it does not reach for one episode a policy."""
    if arguments.budget_episodes is None:
        return arguments.budget  # type: ignore[no-any-return]
    number: int = arguments.budget_episodes
    if number < policies:
        raise UsageError(
            f"--budget-episodes {number} can't be spent: every policy plays the same, so {policies} at least"
        )
    return Budget(f"{number} episode{'s' * (number != 1)}", episodes=number)
