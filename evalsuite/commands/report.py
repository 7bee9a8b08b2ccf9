"""`evalsuite report`: tables and pictures of finished runs. Formats are found by entry point, never imported here."""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
from collections.abc import Sequence
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Protocol

from evalsuite.errors import UsageError
from evalsuite.extras import install_command
from evalsuite.records.folder import check_can_be_folder
from evalsuite.records.suites_folder import holds_suites, scored_run_folders
from evalsuite.statistics.intervals import INTERVAL_KINDS, IntervalKind

GROUP = "evalsuite.report_formats"
DEFAULT_FORMATS = ("html", "markdown", "csv", "latex", "png")
"""Those of them that are installed, and can be drawn here."""

TERMINAL = "terminal"
"""The format that leaves no file."""

DRAWN_WITH = {"html": "jinja2", "png": "matplotlib"}
"""Format -> the package of the extra `reports` that it needs."""


class Writer(Protocol):
    """What a report format registers in the group `evalsuite.report_formats`."""

    def __call__(
        self,
        runs: Sequence[Path],
        out: Path | None,
        *,
        interval: IntervalKind = "wilson",
        view_bins: str | None = None,
    ) -> list[Path]:
        """Report on the run folders `runs` into the folder `out`, or `report/` in the first of them.

        Returns the files written. Raises `UsageError`.

        Args:
            interval: the kind of interval that a rate has.
            view_bins: by which view difficulty is shown: the name of some that are shipped, or a file; None for the
                standard ones.
        """


class NotAllWritten(UsageError):
    """One of several formats can't be written; `written` are the files of the others."""

    def __init__(self, complaint: str, written: list[Path]) -> None:
        super().__init__(complaint)
        self.written = written


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `evalsuite report` takes."""
    parser.add_argument(
        "runs",
        metavar="DIR",
        nargs="+",
        type=Path,
        help="a run folder, or the folder of a suite of suites; several are set side by side",
    )
    formats = installed_formats()
    parser.add_argument(
        "--to",
        metavar="FORMATS",
        help=f"comma-separated, of: {', '.join(formats)} (default: {','.join(DEFAULT_FORMATS)})",
    )
    parser.add_argument(
        "--interval",
        choices=INTERVAL_KINDS,
        default="wilson",
        help="95%% interval of a rate: Wilson's score interval, or the exact and wider one (default: %(default)s)",
    )
    parser.add_argument(
        "--view-bins",
        metavar="NAME|FILE",
        help="the bins by which view difficulty is shown: a shipped name, or a YAML file like those in reports/bins "
        "(default: standard.1)",
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="where files go (default: report/ in the first DIR)")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of lines")


def execute(arguments: argparse.Namespace) -> int:
    """Write the formats asked for and say where they lie, of those that could be written too."""
    asked = default_formats() if arguments.to is None else arguments.to.split(",")
    names = [name.strip() for name in asked if name.strip()]
    if arguments.json and TERMINAL in names:
        raise UsageError(f"--to {TERMINAL} prints a table where --json prints its object; leave one of them out")
    complaint = ""
    try:
        written = write_reports(
            _run_folders(arguments.runs),
            names,
            _out(arguments),
            interval=arguments.interval,
            view_bins=arguments.view_bins,
        )
    except NotAllWritten as error:
        written, complaint = error.written, str(error)
    if arguments.json:
        print(json.dumps({"runs": [str(run) for run in arguments.runs], "files": [str(path) for path in written]}))
    else:
        print("".join(f"{path}\n" for path in written), end="")
    if complaint:
        raise UsageError(complaint)
    return 0


def _run_folders(named: Sequence[Path]) -> list[Path]:
    """The run folders that are meant. Raises `UsageError` for a suite of suites of which nothing was scored yet."""
    found: list[Path] = []
    for folder in named:
        scored = scored_run_folders(folder) if holds_suites(folder) else [folder]
        if not scored:
            raise UsageError(f"{folder} holds no settled episode yet: let its runs go on, or leave it out")
        found += scored
    return found


def _out(arguments: argparse.Namespace) -> Path | None:
    """Where files go; for a suite of suites not into the first of its run folders."""
    if arguments.out is not None or not holds_suites(arguments.runs[0]):
        return arguments.out  # type: ignore[no-any-return]
    folder: Path = arguments.runs[0] / "report"
    return folder


def default_formats() -> list[str]:
    """What is written when no format was named; says on standard error what is left out for want of a package."""
    known = [name for name in DEFAULT_FORMATS if name in installed_formats()]
    missing = [name for name in known if name in DRAWN_WITH and importlib.util.find_spec(DRAWN_WITH[name]) is None]
    if missing:
        needed = " and ".join(DRAWN_WITH[name] for name in missing)
        print(
            f"note: without {' and '.join(missing)}: {needed} missing: {install_command('reports')}",
            file=sys.stderr,
        )
    return [name for name in known if name not in missing]


def installed_formats() -> dict[str, EntryPoint]:
    """Registered name -> entry point, sorted by name."""
    return {each.name: each for each in sorted(entry_points(group=GROUP), key=lambda each: each.name)}


def write_reports(
    runs: Sequence[Path],
    formats: Sequence[str],
    out: Path | None,
    *,
    interval: IntervalKind = "wilson",
    view_bins: str | None = None,
) -> list[Path]:
    """Report on `runs` in each of `formats`; returns the files written, in that order.

    Raises `UsageError` for an unknown format before anything is written, and `NotAllWritten` after the others have
    been when one can't be.
    """
    known = installed_formats()
    unknown = [name for name in formats if name not in known]
    if unknown or not formats:
        asked = f"there is no report format {unknown[0]!r}" if unknown else "no report format was named"
        raise UsageError(f"{asked}; known: {', '.join(known) or 'none'}")
    if out is not None:
        check_can_be_folder(out)
    writers = [_load(known[name]) for name in dict.fromkeys(formats)]
    written: list[Path] = []
    complaints: dict[str, None] = {}
    for write in writers:
        try:
            written += write(runs, out, interval=interval, view_bins=view_bins)
        except UsageError as error:
            complaints[str(error)] = None
    if complaints:
        raise NotAllWritten("; ".join(complaints), written)
    return written


def _load(entry: EntryPoint) -> Writer:
    try:
        writer: Writer = entry.load()
    except (ImportError, AttributeError) as error:
        raise UsageError(f"the report format {entry.name!r} can't be loaded: {error}") from error
    return writer
