"""`python -m tests.runner.patient_run SUITE OUT WORKERS SEEDS [ADDRESS]`: a run that gives no episode up.

What hangs is noticed soon. Attempts do not run out: where each is broken off from outside, three are no verdict.
"""

from __future__ import annotations

import sys
from pathlib import Path

from evalsuite.commands.main import EXIT_INTERRUPTED, EXIT_USAGE
from evalsuite.errors import UsageError
from evalsuite.policies.references import parse_reference
from evalsuite.runner.on_ray import nodes
from evalsuite.runner.on_ray.cluster import RayOptions
from evalsuite.runner.phases import RunLimits
from evalsuite.runner.run import run_suite
from evalsuite.suite.files import load_suite

POLICIES = ("random", "tests.runner.policies_on_trial:Recurrent")
LIMITS = RunLimits(
    wake=15.0,
    start=20.0,
    load=30.0,
    act=4.0,
    attempts=100,
    excuses=100,
    failures_in_a_row=100,
    losses_in_a_row=100,
    world={"reset": 8.0, "goal_view": 8.0, "step": 4.0, "close": 4.0},
)


SILENCE_SECONDS = 20.0


def main(suite: str, out: str, workers: str, seeds: str, address: str = "") -> int:
    nodes.SILENCE_SECONDS = SILENCE_SECONDS
    try:
        result = run_suite(
            load_suite(Path(suite)),
            [parse_reference(policy) for policy in POLICIES],
            seeds=range(int(seeds)),
            out=Path(out),
            workers=int(workers),
            limits=LIMITS,
            ray=RayOptions(address) if address else None,
        )
    except UsageError as error:
        print(error, file=sys.stderr)
        return EXIT_USAGE
    return EXIT_INTERRUPTED if result.interrupted else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
