from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from evalsuite.errors import UsageError
from evalsuite.gate.annotations import annotation_lines
from evalsuite.gate.junit import junit_xml, write_junit
from evalsuite.gate.rules import RULES
from evalsuite.gate.settings import GateSettings
from evalsuite.gate.step_summary import LIMIT_BYTES, step_summary, write_step_summary
from evalsuite.gate.verdict import Verdict
from evalsuite.statistics.comparison import Comparison, Difference, Stratum


def verdict(
    lost: int, gained: int = 0, n: int = 100, *, cells: int = 1, name: str = "archery", lenient: bool = False
) -> Verdict:
    """Of `cells` cells that came out alike."""
    strata = [Stratum(interaction=name, difficulty=f"d{number}") for number in range(cells)]
    pairs = {
        "pooled": (Difference(Stratum(), lost * cells, gained * cells, 0, n * cells),),
        "interaction": (Difference(Stratum(interaction=name), lost * cells, gained * cells, 0, n * cells),),
        "cell": tuple(Difference(stratum, lost, gained, 0, n) for stratum in strata),
    }
    comparison = Comparison(pairs, errors=0, invalid=0, unmatched=(0, 0))  # type: ignore[arg-type]
    settings = GateSettings(inconclusive="pass" if lenient else "fail")
    findings = tuple(finding for rule in RULES for finding in rule.judge(comparison, settings))
    return Verdict("old", "new", "suite 1", False, comparison, settings, findings, (), ())


def cases(verdict: Verdict) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(junit_xml(verdict)).iter("testcase"))


def test_each_rule_and_stratum_is_a_test_case_and_failures_are_counted() -> None:
    worse = verdict(30)
    suite = ElementTree.fromstring(junit_xml(worse)).find("testsuite")
    assert suite is not None
    assert int(suite.attrib["tests"]) == len(cases(worse)) == 5
    failures = [case for case in cases(worse) if case.find("failure") is not None]
    assert int(suite.attrib["failures"]) == len(failures)
    regressions = [case.find("failure") for case in failures]
    assert {each.attrib["type"] for each in regressions if each is not None} >= {"regression"}
    assert suite.find("properties/property[@name='verdict']").attrib["value"] == "FAIL"  # type: ignore[union-attr]


def test_an_inconclusive_case_fails_unless_it_is_let_pass_and_is_never_skipped() -> None:
    for lenient in (False, True):
        unsure = verdict(0, n=8, lenient=lenient)
        assert unsure.decision == "INCONCLUSIVE"
        xml = junit_xml(unsure)
        assert ("<failure" in xml) is not lenient
        assert "<skipped" not in xml
        assert ("INCONCLUSIVE, let pass" in xml) is lenient


def test_what_xml_cannot_hold_does_not_break_it(tmp_path: Path) -> None:
    odd = verdict(30, name='<&"\x00\x1b\ud800 ☃')
    write_junit(odd, tmp_path / "deep" / "junit.xml")
    root = ElementTree.parse(tmp_path / "deep" / "junit.xml").getroot()
    assert any("☃" in case.attrib["name"] for case in root.iter("testcase"))


def test_a_summary_stays_below_githubs_limit_however_many_cells_there_are(tmp_path: Path) -> None:
    many = verdict(3, 3, cells=2_500, name="x" * 500)
    text = step_summary(many)
    assert 0.9 * LIMIT_BYTES < len(text.encode()) < LIMIT_BYTES
    assert text.endswith("larger than GitHub takes*\n")
    path = tmp_path / "summary.md"
    path.write_text("y" * 500_000)
    write_step_summary(many, path)
    write_step_summary(many, path)
    assert path.stat().st_size < LIMIT_BYTES


def test_a_full_summary_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "summary.md"
    path.write_text("y" * LIMIT_BYTES)
    write_step_summary(verdict(0), path)
    assert path.stat().st_size == LIMIT_BYTES


def test_annotations_are_errors_where_they_block_and_warnings_where_they_do_not() -> None:
    kinds = {
        "error": [verdict(30), verdict(0, n=8)],
        "warning": [verdict(0, n=8, lenient=True)],
        "notice": [verdict(0, n=500)],
    }
    for kind, verdicts in kinds.items():
        for each in verdicts:
            lines = annotation_lines(each)
            assert lines
            assert all(line.startswith(f"::{kind} title=") and "\n" not in line for line in lines)


def test_annotations_are_as_many_as_github_shows_and_escape_what_ends_a_command() -> None:
    lines = annotation_lines(verdict(60, cells=40, name="a%b\nc"))
    assert len(lines) == 10
    assert all("a%25b%0Ac" in line for line in lines[1:])


def test_a_file_that_cannot_be_written_is_a_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="can't write"):
        write_junit(verdict(0), tmp_path)
    with pytest.raises(UsageError, match="can't write"):
        write_step_summary(verdict(0), tmp_path / "no" / "summary.md")
