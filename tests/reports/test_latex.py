from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalsuite.reports import latex
from evalsuite.reports.evaluation import read_evaluation
from evalsuite.reports.tables.registry import all_tables
from tests.reports.detailed_runs import detailed_run
from tests.reports.run_folders import make_run, plausible

NASTY = "a_b%$#&{}~^\\|<script>"
PACKAGES = ("booktabs.sty", "multirow.sty", "graphicx.sty")


def tex_engine() -> str:
    """pdflatex, or the test is skipped with what is missing."""
    engine, finder = shutil.which("pdflatex"), shutil.which("kpsewhich")
    if engine is None or finder is None:
        pytest.skip("no TeX: apt-get install --no-install-recommends texlive-latex-extra")
    for package in PACKAGES:
        found = subprocess.run([finder, package], capture_output=True, text=True, timeout=60, check=False)
        if not found.stdout.strip():
            pytest.skip(f"TeX has no {package}: apt-get install --no-install-recommends texlive-latex-extra")
    return engine


def compiled(folder: Path, document: str) -> str:
    """The log of a document that has to compile; the PDF lies beside it."""
    engine = tex_engine()
    words = [engine, "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", document]
    done = subprocess.run(words, cwd=folder, capture_output=True, timeout=240, check=False)
    said = done.stdout.decode("utf-8", "replace")
    assert done.returncode == 0, said[-3000:]
    return said


def words_in(pdf: Path) -> str:
    reader = shutil.which("pdftotext")
    if reader is None:
        pytest.skip("no pdftotext: apt-get install --no-install-recommends poppler-utils")
    done = subprocess.run([reader, "-layout", str(pdf), "-"], capture_output=True, timeout=60, check=True)
    return done.stdout.decode()


def test_the_document_of_all_tables_compiles_and_shows_their_numbers(tmp_path: Path) -> None:
    runs = [
        detailed_run(tmp_path / "before", {"before": 0.2, "oracle": 0.0, "random": 0.0}, suite="minecraft-rocket3"),
        detailed_run(tmp_path / "after", {"after": 0.8}, suite="minecraft-rocket3"),
    ]
    *_, document = latex.write(runs, tmp_path / "out")
    said = compiled(document.parent, document.name)
    assert "Overfull" not in re.sub(r"Overfull \\hbox \(\d\.", "", said)
    words = words_in(document.with_suffix(".pdf"))
    for table in all_tables(read_evaluation(runs)):
        for entry in [each for each in table.entries if each.kind == "rate"][:5]:
            assert entry.text in words
    assert "published, not measured here" in words


def test_a_label_full_of_special_signs_is_printed_as_it_is(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", plausible, policies=[NASTY, "other"], references={NASTY: "x:y"}, per_cell=2)
    *_, document = latex.write([run], tmp_path / "out")
    compiled(document.parent, document.name)
    assert NASTY in words_in(document.with_suffix(".pdf")).replace("˜", "~").replace("ˆ", "^").replace("a b", "a_b")


def test_a_table_too_long_for_a_page_goes_on_with_its_headings(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", plausible, policies=[f"step-{n}" for n in range(12)], per_cell=1)
    *_, document = latex.write([run], tmp_path / "out")
    assert (document.parent / "success-small-suite.tex").read_text().count(r"\toprule") == 2
    compiled(document.parent, document.name)
    assert "step-11" in words_in(document.with_suffix(".pdf"))


def test_every_measured_cell_has_its_rate_interval_and_n(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", plausible, policies=["agent"], per_cell=8)
    table = next(each for each in all_tables(read_evaluation([run])) if each.kind == "success")
    text = latex.fragment(table)
    for entry in table.entries:
        assert entry.ends_text is not None
        low, high = entry.ends_text
        cell = rf"{re.escape(latex.escaped(entry.text))} & \\scriptsize \[.*{low}, .*{high}\] & \\scriptsize {entry.n}"
        assert re.search(cell, text)


def test_bold_is_bold_and_a_group_spans_its_rows(tmp_path: Path) -> None:
    run = make_run(
        tmp_path / "run", lambda policy, *cell: "success" if policy == "good" else "failure", policies=["good", "bad"]
    )
    table = next(each for each in all_tables(read_evaluation([run])) if each.kind == "success")
    text = latex.fragment(table)
    assert r"\textbf{100\%}" in text
    assert r"\textbf{0\%}" not in text
    assert r"\multirow[t]{6}{*}{good}" in text
    assert text.count(r"\toprule") == text.count(r"\bottomrule") == 1


def test_the_same_records_give_the_same_bytes(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", plausible)
    one, other = (latex.write([run], tmp_path / name) for name in ("one", "other"))
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in other]


@given(st.text(max_size=40))
def test_whatever_is_escaped_is_printable_ascii_on_one_line(text: str) -> None:
    shown = latex.escaped(text)
    assert shown.isascii()
    assert shown.isprintable()


@given(st.text(alphabet="ab_%$#&{}~^\\|<>\"'`,-!?", max_size=20))
def test_braces_are_balanced_and_no_sign_keeps_its_meaning(text: str) -> None:
    shown = re.sub(r"\\[{}%$#&_]", "x", latex.escaped(text))
    assert shown.count("{") == shown.count("}")
    assert not re.search(r"[%$#&_^~]", re.sub(r"\\(char\d+ |[a-zA-Z]+)", "", shown))
    assert not re.search(r"--|,,|''|``|[!?]`", shown)
