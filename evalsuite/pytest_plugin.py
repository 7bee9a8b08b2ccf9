"""Each cell of a regression gate as a pytest item: `pytest --evalsuite-run DIR --evalsuite-baseline FILE`.

Without these options nothing of evalsuite is imported and nothing is collected.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from evalsuite.gate.rules import Finding
    from evalsuite.gate.verdict import Verdict


VERDICT = pytest.StashKey["Verdict"]()


class InconclusiveWarning(UserWarning):
    """Too few pairs to say whether a cell got worse."""


class WorseThanBaseline(Exception):
    """What a failing item has to say, in sentences."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options."""
    group = parser.getgroup("evalsuite", "regression gate of evalsuite")
    group.addoption("--evalsuite-run", metavar="DIR", help="the candidate's run folder; each cell becomes a test")
    group.addoption("--evalsuite-baseline", metavar="FILE", help="what to hold it against: a baseline or a run folder")
    group.addoption("--evalsuite-policy", metavar="LABEL", help="which policy of the run, if there are several")
    group.addoption("--evalsuite-config", metavar="FILE", help="margins, as for evalsuite gate --config")
    group.addoption(
        "--evalsuite-inconclusive",
        choices=("warn", "fail"),
        help="what too few pairs are; default: as [tool.evalsuite.gate] says",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Add the items, before anything is deselected by name."""
    run, baseline = config.getoption("--evalsuite-run"), config.getoption("--evalsuite-baseline")
    if run is None and baseline is None:
        return
    if run is None or baseline is None:
        raise pytest.UsageError("--evalsuite-run and --evalsuite-baseline belong together: name both")
    verdict = config.stash[VERDICT] = _verdict(config)
    items.extend(GateCollector.from_parent(session, name="evalsuite-gate", verdict=verdict).collect())


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """The verdict in a line, and what makes it another than it seems."""
    verdict = config.stash.get(VERDICT, None)
    if verdict is not None:
        terminalreporter.section("evalsuite gate")
        terminalreporter.line(verdict.headline)
        for warning in verdict.warnings:
            terminalreporter.line(f"WARNING: {warning}")
        for note in verdict.notes:
            terminalreporter.line(f"note: {note}")


def _verdict(config: pytest.Config) -> Verdict:
    from evalsuite.commands.gate import judge_paths, settings_of
    from evalsuite.errors import UsageError

    option, given = config.getoption("--evalsuite-inconclusive"), config.getoption("--evalsuite-config")
    inconclusive = {"warn": "pass", "fail": "fail", None: None}[option]
    here = Path(os.fspath(config.invocation_params.dir))
    try:
        return judge_paths(
            here / config.getoption("--evalsuite-baseline"),
            here / config.getoption("--evalsuite-run"),
            settings_of(None if given is None else here / given, inconclusive),
            policy=config.getoption("--evalsuite-policy"),
        )
    except UsageError as error:
        raise pytest.UsageError(f"evalsuite: {error}") from error


class GateCollector(pytest.Collector):
    """The strata of a verdict."""

    def __init__(self, *, verdict: Verdict, **others: Any) -> None:
        super().__init__(**others)
        self.verdict = verdict

    def collect(self) -> Iterator[pytest.Item]:
        by_stratum: dict[tuple[str, str], list[Finding]] = {}
        for finding in self.verdict.findings:
            by_stratum.setdefault((finding.tier, finding.stratum.name), []).append(finding)
        for (tier, name), findings in by_stratum.items():
            label = tier if tier == "pooled" else f"{tier}[{name.replace(' ', '-')}]"
            yield GateItem.from_parent(self, name=label, findings=findings)


class GateItem(pytest.Item):
    """One stratum: it fails on a proven regression; when too little is known it warns or fails, as set."""

    def __init__(self, *, findings: list[Finding], **others: Any) -> None:
        super().__init__(**others)
        self.findings = findings

    def runtest(self) -> None:
        assert isinstance(self.parent, GateCollector)
        blocking = self.parent.verdict.settings.inconclusive == "fail"
        worse = [each.sentence for each in self.findings if each.status == "regression"]
        unknown = [f"inconclusive: {each.sentence}" for each in self.findings if each.status == "open"]
        if worse or (unknown and blocking):
            raise WorseThanBaseline("\n".join([*worse, *unknown]))
        for sentence in unknown:
            warnings.warn(InconclusiveWarning(sentence), stacklevel=1)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, WorseThanBaseline):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return self.path, None, f"evalsuite gate: {self.name}"
