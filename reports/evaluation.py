"""What a report is made of: the runs' results, read once for all formats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from evalsuite.records.reading import HEADER_FILE, episode_files
from evalsuite.reports.view_bins import ViewBins, find_view_bins
from evalsuite.statistics.intervals import IntervalKind
from evalsuite.statistics.measurements import Measurements, read_measurements
from evalsuite.statistics.results import SuiteResults, read_results

FileState = tuple[str, int, int]
"""Path, size in bytes and time of the last change in nanoseconds."""


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The runs of one report.

    Args:
        runs: the folders, as the person named them.
        results: one a suite; a rehearsal's apart from the real ones.
        view_bins: by which view difficulty is shown.
    """

    runs: tuple[Path, ...]
    results: tuple[SuiteResults, ...]
    view_bins: ViewBins

    @cached_property
    def measurements(self) -> Measurements:
        """Of every episode; read when it is first asked for."""
        folders = {run.folder.resolve(): run.folder for results in self.results for run in results.runs}
        return read_measurements(folders.values())

    def name(self, results: SuiteResults) -> str:
        """What tells `results` apart from the others of this report: its suite, and what else is needed."""
        namesakes = [each for each in self.results if each.suite == results.suite]
        several = len({each.suite_sha256 for each in namesakes}) > 1
        parts = [results.suite]
        if several:
            parts.append(results.suite_sha256[:8])
        if results.rehearsal:
            parts.append("rehearsal")
        return "-".join(parts)


def read_evaluation(
    runs: Sequence[Path], interval: IntervalKind = "wilson", view_bins: str | None = None
) -> Evaluation:
    """Read run folders for a report. The formats of one report share one reading, as long as no file changes.

    Args:
        view_bins: as `evalsuite.reports.view_bins.find_view_bins` takes them.

    Raises `UsageError`.
    """
    bins = find_view_bins(view_bins)
    return _read(tuple(runs), interval, bins, tuple(state for run in runs for state in _states(run)))


@lru_cache(maxsize=1)
def _read(
    runs: tuple[Path, ...], interval: IntervalKind, view_bins: ViewBins, states: tuple[FileState, ...]
) -> Evaluation:
    return Evaluation(runs, tuple(read_results(runs, interval)), view_bins)


def _states(run: Path) -> list[FileState]:
    found = []
    for path in (run / HEADER_FILE, *episode_files(run)):
        if path.is_file():
            state = path.stat()
            found.append((str(path.resolve()), state.st_size, state.st_mtime_ns))
    return found
