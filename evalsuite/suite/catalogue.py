"""From what a person types to a suite: a shipped name, a file, or a folder with one suite in it."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from evalsuite.errors import UsageError
from evalsuite.suite.files import SUITE_ENDINGS, load_suite, names_suites, read_content, suite_files
from evalsuite.suite.scenario import Suite


def shipped_suites() -> dict[str, Path]:
    """Name -> file of every suite that comes with evalsuite."""
    return {name: path for name, path in _shipped().items() if not names_suites(path)}


def shipped_suites_of_suites() -> dict[str, Path]:
    """Name -> file of every suite of suites that comes with evalsuite."""
    return {name: path for name, path in _shipped().items() if names_suites(path)}


def find_suite(reference: str) -> tuple[Suite, Path]:
    """Load the suite that `reference` names, and say where it lies. Raises `UsageError`."""
    path = suite_path(reference)
    if names_suites(path):
        listed = read_content(path)[0].get("suites")
        names = f": {', '.join(map(str, listed))}" if isinstance(listed, list) else ""
        raise UsageError(f"{reference} is a suite of suites, and this takes one: name one of its suites{names}")
    return load_suite(path), path


def suite_path(reference: str) -> Path:
    """The file that `reference` names, of a suite or of a suite of suites. Raises `UsageError` when there is none."""
    shipped = _shipped()
    if reference in shipped:
        return shipped[reference]
    path = Path(reference)
    if path.is_dir():
        found = list(suite_files(path))
        if len(found) != 1:
            raise UsageError(f"{path} holds {len(found)} suite files; name the one to use")
        return found[0]
    if path.is_file():
        if path.suffix not in SUITE_ENDINGS:
            raise UsageError(f"{path}: a suite's file ends in {', '.join(SUITE_ENDINGS)}")
        return path
    raise UsageError(
        f"there is no suite {reference!r}; shipped: {', '.join(sorted(shipped))}; or name a file or folder"
    )


def _shipped() -> dict[str, Path]:
    folder = Path(str(files("evalsuite.scenarios")))
    return {path.stem: path for path in suite_files(folder)}
