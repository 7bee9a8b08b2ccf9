"""The head of the page: how each policy did, what went wrong, and what was run on what."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from evalsuite.records.header import Provenance
from evalsuite.reports.evaluation import Evaluation
from evalsuite.reports.html.episode_data import ShownEpisode
from evalsuite.reports.html.links import address
from evalsuite.reports.tables.score import has_several_goals, score_entry
from evalsuite.reports.wording import ROLE_REMARKS, counted, facts, in_order_of_reading, percent, suite_name
from evalsuite.statistics.cells import CellKey
from evalsuite.statistics.results import PolicyResults, RunEpisodes, SuiteResults

MOST_ERRORS = 20
"""Kinds of error that are listed; the browser has them all."""

SHOWN_SHA256 = 12


def suites_summary(evaluation: Evaluation) -> list[Mapping[str, Any]]:
    """For each suite what the template shows of it."""
    return [
        {
            "title": suite_name(results) + (" (rehearsal)" if results.rehearsal else ""),
            "facts": facts(results),
            "interval_name": results.interval_name,
            "scored": has_several_goals(evaluation, results),
            "policies": [_policy(evaluation, results, policy) for policy in in_order_of_reading(results)],
            "notes": results.notes,
        }
        for results in evaluation.results
    ]


def _policy(evaluation: Evaluation, results: SuiteResults, policy: PolicyResults) -> Mapping[str, Any]:
    cell = policy.cells[CellKey(None, None)]
    here = (("suite", evaluation.name(results)), ("policy", policy.label))
    references = {entry.sha256: entry.reference for run in results.runs for entry in run.header.policies}
    score = score_entry(evaluation, results, policy, CellKey(None, None))
    low, high = 100 * cell.interval.low, 100 * cell.interval.high
    return {
        "label": policy.label,
        "role": policy.role,
        "remark": ROLE_REMARKS[policy.role],
        "rate": "–" if cell.rate is None else percent(cell.rate),
        "interval": "" if cell.rate is None else f"[{low:.0f}, {high:.0f}]",
        "share": None if cell.rate is None else round(100 * cell.rate, 2),
        "low": round(low, 2),
        "high": round(high, 2),
        "score": score.text,
        "score_interval": "[{}, {}]".format(*score.ends_text) if score.ends_text else "",
        "n": f"{cell.n:,}",
        "errors": f"{cell.errors:,}" if cell.errors else "",
        "reference": references.get(policy.sha256, policy.label),
        "sha256": policy.sha256[:SHOWN_SHA256],
        "link": address(here),
        "success_link": address([*here, ("outcome", "success")]),
        "error_link": address([*here, ("outcome", "error")]),
    }


def errors_summary(evaluation: Evaluation, episodes: Iterable[ShownEpisode]) -> Mapping[str, Any]:
    """The most frequent kinds of error, `kinds`: how often, of which policy, why; and a sentence on `others`."""
    counts = Counter(
        (evaluation.name(evaluation.results[each.suite]), each.policy, each.record.reason)
        for each in episodes
        if each.record.outcome == "error"
    )
    kinds = [
        {
            "count": counted(count, "error"),
            "policy": policy,
            "reason": reason,
            "link": address([("suite", suite), ("policy", policy), ("outcome", "error")]),
        }
        for (suite, policy, reason), count in counts.most_common(MOST_ERRORS)
    ]
    rest = counts.total() - sum(count for _, count in counts.most_common(MOST_ERRORS))
    more = counted(len(counts) - MOST_ERRORS, "other kind")
    return {
        "kinds": kinds,
        "others": f"{counted(rest, 'error')} more of {more}" if rest else "",
        "link": address([("outcome", "error")]),
    }


def runs_summary(evaluation: Evaluation) -> list[Mapping[str, Any]]:
    """The circumstances of each run folder."""
    runs = {run.folder: run for results in evaluation.results for run in results.runs}
    return [_run(run) for run in runs.values()]


def _run(run: RunEpisodes) -> Mapping[str, Any]:
    header = run.header
    engines = [f"{world}: {_listed(engine)}" for world, engine in header.engines.items()]
    return {
        "id": header.run,
        "folder": str(run.folder),
        "rehearsal": header.rehearsal,
        "suite": f"{header.suite} {header.suite_version}",
        "suite_sha256": header.suite_sha256[:SHOWN_SHA256],
        "episodes": f"{len(run.episodes):,} of {run.planned:,}",
        "engines": "; ".join(engines),
        "sessions": [_session(session) for session in header.sessions],
    }


def _session(session: Provenance) -> Mapping[str, str]:
    git = session.git or {}
    changed = " with changes" if git.get("dirty") else ""
    return {
        "started": session.started,
        "command": shlex.join(session.command),
        "versions": _listed(session.versions),
        "hardware": _listed(session.hardware),
        "git": f"{str(git['commit'])[:SHOWN_SHA256]}{changed}" if git.get("commit") else "",
    }


def _listed(facts: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in facts.items())
