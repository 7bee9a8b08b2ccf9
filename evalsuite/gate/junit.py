"""The verdict as JUnit XML: a test case a rule and stratum, as every CI service reads it."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

from evalsuite.gate.files import write_text
from evalsuite.gate.verdict import Verdict

FORBIDDEN = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 (production 2, Char) does not allow, even escaped."""


def junit_xml(verdict: Verdict) -> str:
    """The `xunit1` dialect. An inconclusive finding is a failure, unless the settings let it pass."""
    blocking = verdict.settings.inconclusive == "fail"
    failed = ("regression", "open") if blocking else ("regression",)
    failures = sum(finding.status in failed for finding in verdict.findings)
    suite = ElementTree.Element(
        "testsuite",
        name=f"evalsuite gate {_text(verdict.suite)}",
        tests=str(len(verdict.findings)),
        failures=str(failures),
        errors="0",
        skipped="0",
    )
    properties = ElementTree.SubElement(suite, "properties")
    facts = {
        "verdict": verdict.decision,
        "base": verdict.base,
        "candidate": verdict.candidate,
        "pairs": str(verdict.comparison.pooled.n),
        "rehearsal": str(verdict.rehearsal).lower(),
        **{f"warning {number}": text for number, text in enumerate(verdict.warnings, start=1)},
        **{f"note {number}": text for number, text in enumerate(verdict.notes, start=1)},
    }
    for name, value in facts.items():
        ElementTree.SubElement(properties, "property", name=name, value=_text(value))
    for finding in verdict.findings:
        case = ElementTree.SubElement(
            suite,
            "testcase",
            classname=f"evalsuite.gate.{finding.tier}",
            name=_text(f"{finding.rule}: {finding.stratum.name}"),
        )
        if finding.status in failed:
            kind = "regression" if finding.status == "regression" else "inconclusive"
            ElementTree.SubElement(case, "failure", type=kind, message=_text(finding.sentence))
        else:
            warning = "INCONCLUSIVE, let pass by the settings: " if finding.status == "open" else ""
            ElementTree.SubElement(case, "system-out").text = _text(warning + finding.sentence)
    every = ElementTree.Element("testsuites")
    every.append(suite)
    ElementTree.indent(every)
    return ElementTree.tostring(every, encoding="unicode", xml_declaration=True) + "\n"


def write_junit(verdict: Verdict, path: Path) -> None:
    """Write `junit_xml` to `path`. Raises `UsageError`."""
    write_text(path, junit_xml(verdict).replace("encoding='us-ascii'", "encoding='utf-8'"))


def _text(text: str) -> str:
    return FORBIDDEN.sub("?", text)
