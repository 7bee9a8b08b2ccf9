"""`evalsuite noise`: how often the same episode comes out differently, below which no gate can see."""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

from evalsuite.commands.main import EXIT_INTERRUPTED
from evalsuite.commands.members import asked_rehearsal
from evalsuite.errors import UsageError
from evalsuite.gate.files import write_text
from evalsuite.policies.references import parse_reference
from evalsuite.runner.progress import RunProgress
from evalsuite.runner.run import run_suite
from evalsuite.statistics.intervals import wilson
from evalsuite.statistics.noise_floor import noise_floor
from evalsuite.statistics.results import read_run
from evalsuite.suite.catalogue import find_suite

FILE_NAME = "noise.json"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `evalsuite noise` takes."""
    parser.add_argument("suite", metavar="SUITE", help="a shipped name, a file or a folder")
    parser.add_argument("--policy", metavar="REF", required=True, help="as in evalsuite run")
    parser.add_argument("--repeats", metavar="N", type=int, default=2, help="how often; default: %(default)s")
    parser.add_argument("--seed", metavar="N", type=int, action="append", help="may be repeated; default: 0")
    parser.add_argument("--out", metavar="DIR", type=Path, help="a folder for the repeats; one begun is resumed")
    parser.add_argument("--workers", metavar="N", type=int, help="simulators at once; default: the number of cores")
    parser.add_argument("--rehearse", action="store_true", help="let stand-ins play the simulators' part")
    parser.add_argument("--trust-checkpoint", action="store_true", help="allow a checkpoint to run code on loading")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def execute(arguments: argparse.Namespace) -> int:
    """Run the same thing several times, compare outcomes, and leave `noise.json` for `evalsuite gate --noise`."""
    if arguments.repeats < 2:
        raise UsageError(f"--repeats {arguments.repeats}: it takes at least 2 to differ")
    suite, path = find_suite(arguments.suite)
    reference = parse_reference(arguments.policy)
    rehearse = asked_rehearsal(arguments, suite)
    out: Path = arguments.out or Path("runs") / f"noise-{suite.suite}-{time.strftime('%Y%m%d-%H%M%S')}"
    folders = [out / f"repeat-{number}" for number in range(1, arguments.repeats + 1)]
    for folder in folders:
        with RunProgress() as progress:
            result = run_suite(
                suite,
                [reference],
                seeds=arguments.seed or [0],
                out=folder,
                workers=arguments.workers,
                rehearse=rehearse,
                trust_checkpoint=arguments.trust_checkpoint,
                progress=progress,
                suite_file=path,
            )
        if result.interrupted:
            return EXIT_INTERRUPTED
        for each in result.given_up:
            raise UsageError(f"the world {each.world!r} keeps failing here; mend that and go on: {each.reason}")
    found = noise_floor([read_run(folder).episodes for folder in folders])
    if not found.pairs:
        raise UsageError(f"{out}: no episode was scored in two repeats, so nothing can be compared; see their errors")
    content = {
        "suite": suite.suite,
        "suite_sha256": suite.sha256(),
        "policy": reference.label,
        "policy_sha256": reference.sha256,
        "repeats": found.repeats,
        "pairs": found.pairs,
        "changed": found.changed,
        "noise_floor": found.share,
        "scenarios": list(found.scenarios),
    }
    write_text(out / FILE_NAME, json.dumps(content, indent=1) + "\n")
    if arguments.json:
        print(json.dumps({"out": str(out), **content}))
        return 0
    upper = wilson(found.changed, found.pairs).high
    what = f"{reference.label} on {suite.suite}, {found.repeats} repeats"
    print(f"{what}: {found.changed} of {found.pairs} pairs changed outcome")
    print(f"noise floor {100 * found.share:.2g}% (95%: at most {100 * upper:.2g}%)")
    if found.scenarios:
        more = f" and {len(found.scenarios) - 10} more" if len(found.scenarios) > 10 else ""
        print(f"unsteady: {', '.join(found.scenarios[:10])}{more}")
    print(f"for the gate: evalsuite gate BASE CANDIDATE --noise {out / FILE_NAME}")
    return 0
