"""`evalsuite plan`: how many episodes it takes to see a drop."""

from __future__ import annotations

import argparse
import json

from evalsuite.errors import UsageError
from evalsuite.statistics.power import POWER, SIGNIFICANCE, episodes_needed, pairs_needed

CORRELATIONS = (0.0, 0.3, 0.6)
"""Between two checkpoints on the same scenario; 0.3 to 0.6 is what related checkpoints show."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `evalsuite plan` takes."""
    parser.add_argument(
        "--from", dest="base", metavar="RATE", type=float, required=True, help="the base's success rate, 0 to 1"
    )
    parser.add_argument(
        "--detect", metavar="DROP", type=float, required=True, help="the drop to be seen, 0.05 = 5 points"
    )
    parser.add_argument(
        "--alpha", metavar="A", type=float, default=SIGNIFICANCE, help="one-sided; default: %(default)s"
    )
    parser.add_argument("--power", metavar="P", type=float, default=POWER, help="default: %(default)s")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def execute(arguments: argparse.Namespace) -> int:
    """Print pairs needed by correlation, and episodes a run without pairing."""
    base, lower = arguments.base, arguments.base - arguments.detect
    if not 0.0 < base <= 1.0 or not 0.0 < arguments.detect <= base + 1e-12:
        raise UsageError(
            f"--from {base:g} --detect {arguments.detect:g}: a rate and a drop no larger than it, both above 0 and at "
            "most 1 (28% is 0.28)"
        )
    if not 0.0 < arguments.alpha < 0.5 or not 0.5 <= arguments.power < 1.0:
        raise UsageError("--alpha lies between 0 and 0.5, --power between 0.5 and 1")
    lower = max(0.0, lower)
    pairs = {each: pairs_needed(base, lower, each, arguments.alpha, arguments.power) for each in CORRELATIONS}
    alone = episodes_needed(base, lower, arguments.alpha, arguments.power)
    if arguments.json:
        by_correlation = {str(each): count for each, count in pairs.items()}
        print(json.dumps({"from": base, "to": lower, "pairs": by_correlation, "unpaired_episodes_each": alone}))
        return 0
    fall = f"{100 * base:.4g}% fall to {100 * lower:.4g}%"
    print(f"to see {fall} with {arguments.power:.0%} power (one-sided alpha {arguments.alpha:g}):")
    print()
    print("  design                                 scenarios  episodes of the candidate")
    for each, count in pairs.items():
        print(f"  paired, correlation {each:.1f}                {count:>9,}  {count:>9,}")
    print(f"  unpaired (other scenarios or seeds)    {alone:>9,}  {alone:>9,}, and as many of the base")
    print()
    print(
        "The same scenarios and seeds for base and candidate are a pair. Related checkpoints correlate by 0.3 to 0.6."
    )
    return 0
