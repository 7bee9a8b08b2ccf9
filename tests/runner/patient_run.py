"""`python -m tests.runner.patient_run SUITE OUT WORKERS SEEDS`: a run that never loses patience with an episode.

What hangs is noticed soon. Attempts do not run out: where each is broken off from outside, three are no verdict.
"""

from __future__ import annotations

import sys
from pathlib import Path

from evalsuite.errors import UsageError
from evalsuite.policies.references import parse_reference
from evalsuite.runner.phases import RunLimits
from evalsuite.runner.run import run_suite
from evalsuite.suite.files import load_suite

POLICIES = ("random", "tests.runner.policies_on_trial:Recurrent")
LIMITS = RunLimits(
    wake=15.0, start=20.0, load=30.0, act=4.0, attempts=100, excuses=100, failures_in_a_row=100, losses_in_a_row=100
)


def main(suite: str, out: str, workers: str, seeds: str) -> int:
    try:
        result = run_suite(
            load_suite(Path(suite)),
            [parse_reference(policy) for policy in POLICIES],
            seeds=range(int(seeds)),
            out=Path(out),
            workers=int(workers),
            limits=LIMITS,
        )
    except UsageError as error:
        print(error, file=sys.stderr)
        return 2
    return 130 if result.interrupted else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
