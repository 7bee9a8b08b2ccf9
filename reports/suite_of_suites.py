"""What the runs of a report are parts of: a suite of suites, when they all lie in the folder of one."""

from __future__ import annotations

from evalsuite.records.suites_folder import SuitesHeader, holds_suites, read_suites_header
from evalsuite.reports.evaluation import Evaluation


def suites_of(evaluation: Evaluation) -> SuitesHeader | None:
    """The suite of suites that every run of `evaluation` belongs to; None when there is none, or not just one.

    Raises `UsageError` when what says so can't be read.
    """
    folders = {run.folder.absolute().parent for results in evaluation.results for run in results.runs}
    if not all(map(holds_suites, folders)):
        return None
    headers = {header.sha256: header for header in map(read_suites_header, sorted(folders))}
    return next(iter(headers.values())) if len(headers) == 1 else None
