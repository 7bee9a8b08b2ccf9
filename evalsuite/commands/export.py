"""`evalsuite export`: run folders in other tools' formats. Formats are found by entry point, never imported here."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from evalsuite.commands.interpreters import add_python, asked_pythons
from evalsuite.commands.main import EXIT_INTERRUPTED
from evalsuite.commands.time_limits import add_time_limit, run_limits
from evalsuite.errors import UsageError
from evalsuite.exports.options import ExportFormat, ExportOptions, Interrupted, check_not_mixed
from evalsuite.extras import install_command
from evalsuite.runner.status import OUTCOMES

GROUP = "evalsuite.export_formats"
FOLDER = "export"
EXTRAS = {"rerun": "rerun"}
EXTRA = "export"
"""That brings what the other formats need."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("runs", metavar="DIR", nargs="+", type=Path, help="a run folder, or several")
    parser.add_argument(
        "--to",
        metavar="FORMATS",
        required=True,
        help=f"comma-separated, of: {', '.join(installed_formats())}; lerobot and rerun play the episodes again",
    )
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="where it goes; default: export/ in the first DIR")
    parser.add_argument("--policy", action="append", default=[], metavar="LABEL", help="only episodes of this policy")
    parser.add_argument("--world", action="append", default=[], metavar="WORLD", help="only episodes in this world")
    parser.add_argument("--outcome", action="append", default=[], choices=OUTCOMES, help="only episodes that ended so")
    parser.add_argument("--workers", metavar="N", type=int, default=1, help="simulators at once; default: 1")
    parser.add_argument("--trust-checkpoint", action="store_true", help="allow a checkpoint to run code on loading")
    add_time_limit(parser)
    add_python(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of lines")


def execute(arguments: argparse.Namespace) -> int:
    names = [name.strip() for name in arguments.to.split(",") if name.strip()]
    if arguments.workers < 1:
        raise UsageError(f"{arguments.workers} workers can't do anything; at least 1")
    options = ExportOptions(
        policies=tuple(arguments.policy),
        worlds=tuple(arguments.world),
        outcomes=tuple(arguments.outcome),
        workers=arguments.workers,
        trust_checkpoint=arguments.trust_checkpoint,
        limits=run_limits(arguments.time_limit),
        pythons=asked_pythons(arguments),
    )
    out: Path = arguments.out or arguments.runs[0] / FOLDER
    try:
        written = [str(path) for path in export(arguments.runs, names, out, options)]
    except Interrupted as error:
        print(error, file=sys.stderr)
        return EXIT_INTERRUPTED
    if arguments.json:
        print(json.dumps({"runs": [str(run) for run in arguments.runs], "files": written}))
    else:
        print("".join(f"{path}\n" for path in written), end="")
    return 0


def installed_formats() -> dict[str, EntryPoint]:
    """Registered name -> entry point, sorted by name."""
    return {each.name: each for each in sorted(entry_points(group=GROUP), key=lambda each: each.name)}


def export(runs: Sequence[Path], formats: Sequence[str], out: Path, options: ExportOptions) -> list[Path]:
    """Export `runs` in each of `formats` into the folder `out`; returns what was written, in that order.

    Raises `UsageError`: before anything is written for an unknown format and for rehearsals among real runs.
    """
    known = installed_formats()
    unknown = [name for name in formats if name not in known]
    if unknown or not formats:
        asked = f"there is no export format {unknown[0]!r}" if unknown else "no export format was named"
        raise UsageError(f"{asked}; known: {', '.join(known) or 'none'}")
    check_not_mixed(runs)
    if out.exists() and not out.is_dir():
        raise UsageError(f"--out {out} is a file; name a folder")
    writers = [_load(known[name]) for name in dict.fromkeys(formats)]
    return [path for write in writers for path in write(runs, out, options)]


def _load(entry: EntryPoint) -> ExportFormat:
    try:
        writer: ExportFormat = entry.load()
    except ModuleNotFoundError as error:
        remedy = install_command(EXTRAS.get(entry.name, EXTRA))
        raise UsageError(f"--to {entry.name} needs {error.name}: {remedy}") from error
    except (ImportError, AttributeError) as error:
        raise UsageError(f"the export format {entry.name!r} can't be loaded: {error}") from error
    return writer
