"""`--policy-series`: the checkpoints of a training run, one after the other."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from evalsuite.policies.checkpoint_folder import read_checkpoint_folder
from evalsuite.policies.references import PolicyReference


def add_policy_series(parser: argparse.ArgumentParser) -> None:
    """Let `parser` take a folder of checkpoints."""
    parser.add_argument(
        "--policy-series",
        metavar="DIR",
        type=Path,
        help="score every checkpoint in this folder, one after the other: *.pt (TorchScript) and *.pt2 (torch.export), "
        "whose names tell their training step, such as step-1000.pt; the same command later goes on with those that "
        "have come since, and `evalsuite report` draws the learning curve",
    )


def asked_series(arguments: argparse.Namespace) -> Sequence[PolicyReference]:
    """The checkpoints of this command line, by training step; says which files are left out. Raises `UsageError`."""
    if arguments.policy_series is None:
        return ()
    folder: Path = arguments.policy_series
    found = read_checkpoint_folder(folder)
    if found.unnumbered:
        names = ", ".join(found.unnumbered)
        has = "has" if len(found.unnumbered) == 1 else "have"
        print(f"note: {names} in {folder} {has} no number that tells a training step: left out", file=sys.stderr)
    return found.checkpoints


def policy_series_words(arguments: argparse.Namespace) -> list[str]:
    """The option as it was given, for a command line that goes on with the same run."""
    return ["--policy-series", str(arguments.policy_series)] if arguments.policy_series is not None else []
