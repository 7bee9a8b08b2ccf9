"""`evalsuite gate`: may this candidate replace the base? The exit code says it to machines."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from evalsuite.commands.compare import add_sides, print_table, print_wrapped
from evalsuite.errors import UsageError
from evalsuite.gate.annotations import annotation_lines
from evalsuite.gate.junit import write_junit
from evalsuite.gate.settings import GateSettings, read_settings
from evalsuite.gate.sources import read_source
from evalsuite.gate.step_summary import summary_path, write_step_summary
from evalsuite.gate.table import comparison_table
from evalsuite.gate.verdict import Verdict, judge
from evalsuite.statistics.matching import match_policies
from evalsuite.statistics.results import SuiteResults

EXIT_HELP = "exit code: 0 pass, 1 regression, 2 cannot judge, 10 inconclusive (0 with --inconclusive pass)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `evalsuite gate` takes."""
    add_sides(parser)
    parser.epilog = EXIT_HELP
    parser.add_argument(
        "--inconclusive", choices=("fail", "pass"), help="whether too few pairs block; default: as the settings say"
    )
    parser.add_argument(
        "--config",
        metavar="FILE",
        type=Path,
        help="TOML with the margins; default: [tool.evalsuite.gate] of ./pyproject.toml",
    )
    parser.add_argument("--noise", metavar="FILE", type=Path, help="noise.json as evalsuite noise writes it")
    parser.add_argument("--junit", metavar="FILE", type=Path, help="write JUnit XML")
    parser.add_argument("--summary", metavar="FILE", type=Path, help="append Markdown; default: GitHub's step summary")
    parser.add_argument("--annotations", action="store_true", help="print GitHub annotations; default: inside GitHub")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of the table")


def execute(arguments: argparse.Namespace) -> int:
    """Judge, tell everyone, and return the exit code. Raises `UsageError` (2) when it can't be judged."""
    verdict = judge_paths(
        arguments.base,
        arguments.candidate,
        settings_of(arguments.config, arguments.inconclusive),
        policy=arguments.policy,
        base_policy=arguments.base_policy,
        noise=arguments.noise,
    )
    if arguments.junit is not None:
        write_junit(verdict, arguments.junit)
    summary = arguments.summary or summary_path()
    if summary is not None:
        write_step_summary(verdict, summary)
    try:
        if arguments.json:
            print(json.dumps(as_json(verdict)))
        else:
            show(verdict)
        if arguments.annotations or os.environ.get("GITHUB_ACTIONS") == "true":
            print("\n".join(annotation_lines(verdict)), file=sys.stderr if arguments.json else sys.stdout)
        sys.stdout.flush()
    except BrokenPipeError:
        # `gate ... | head` must not turn a pass into exit code 1, which is a regression's.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if verdict.decision == "INCONCLUSIVE" and verdict.exit_code == 0:
        print("evalsuite: WARNING: inconclusive, and let pass: a regression may have gone unseen", file=sys.stderr)
    return verdict.exit_code


def settings_of(config: Path | None, inconclusive: str | None) -> GateSettings:
    """The settings in the file, with what the command line overrides. Raises `UsageError`."""
    settings = read_settings(config)
    return settings if inconclusive is None else settings.model_copy(update={"inconclusive": inconclusive})


def judge_paths(
    base: Path,
    candidate: Path,
    settings: GateSettings,
    *,
    policy: str | None = None,
    base_policy: str | None = None,
    noise: Path | None = None,
) -> Verdict:
    """Judge the one policy that a run and its base have in common. Raises `UsageError`.

    Args:
        noise: a file that `evalsuite noise` wrote, for the noise floor of the suite.
    """
    before, after = read_source(base, "base"), read_source(candidate, "candidate")
    if noise is not None:
        settings = settings.model_copy(update={"noise_floor": _noise_floor(noise, after)})
    pairs = match_policies(before.policies, after.policies, policy=policy, base_policy=base_policy)
    if len(pairs) > 1:
        labels = ", ".join(ours.label for _, ours in pairs)
        raise UsageError(f"both runs have several policies ({labels}): choose one with --policy")
    ((ours, theirs),) = pairs
    if base.resolve() == candidate.resolve() and ours.label == theirs.label:
        raise UsageError(f"can't judge: base and candidate are the same, {ours.label} of {base}: name two runs")
    return judge((before, ours), (after, theirs), settings)


def show(verdict: Verdict) -> None:
    """Print the verdict, what decided it, the table behind it, and the verdict again, where the eye is at the end."""
    print()
    print_wrapped(verdict.headline)
    for warning in verdict.warnings:
        print_wrapped(f"WARNING: {warning}", "  ")
    for finding in verdict.deciding:
        print_wrapped(finding.sentence, "  ")
    print()
    print_table(comparison_table(verdict.comparison), verdict.notes)
    print()
    print_wrapped(f"{verdict.headline} [exit code {verdict.exit_code}]")


def as_json(verdict: Verdict) -> dict[str, object]:
    """The object that `--json` prints."""
    return {
        "verdict": verdict.decision,
        "exit_code": verdict.exit_code,
        "base": verdict.base,
        "candidate": verdict.candidate,
        "suite": verdict.suite,
        "rehearsal": verdict.rehearsal,
        "pairs": verdict.comparison.pooled.n,
        "more_pairs": verdict.more_pairs,
        "settings": verdict.settings.model_dump(),
        "findings": [
            {
                "rule": finding.rule,
                "stratum": finding.stratum.name,
                "status": finding.status,
                "sentence": finding.sentence,
                "p": finding.p,
                "more_pairs": finding.more_pairs,
            }
            for finding in verdict.findings
        ],
        "warnings": list(verdict.warnings),
        "notes": list(verdict.notes),
    }


def _noise_floor(path: Path, results: SuiteResults) -> float:
    if not path.exists():
        raise UsageError(f"there is no {path}: make it with evalsuite noise {results.suite} --policy REF")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        share, suite = content["noise_floor"], content["suite_sha256"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{path} is no noise.json of `evalsuite noise`: {error}") from error
    if not isinstance(share, int | float) or not 0.0 <= share <= 1.0:
        raise UsageError(f"{path}: a noise floor of {share!r} is not a share between 0 and 1")
    if suite != results.suite_sha256:
        raise UsageError(
            f"{path} was measured on another suite ({str(suite)[:12]}) than {results.suite}: measure it again"
        )
    return float(share)
