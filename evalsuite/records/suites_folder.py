"""The folder of a suite of suites: an ordinary run folder for each suite, and a file that says what they are parts of.

OUT/suites.json                     which suites, by their hashes
OUT/doom-standard/                  a run folder
OUT/minecraft-rocket3-rehearsal/    another, of which stand-ins played the worlds
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from evalsuite.errors import UsageError
from evalsuite.records.reading import HEADER_FILE, each_record, first_complaint
from evalsuite.suite.suite_of_suites import REHEARSED, SuiteOfSuites
from evalsuite.whole_files import write_whole

SUITES_FILE = "suites.json"
SUITES_SCHEMA = 1


class MemberEntry(BaseModel):
    """A suite that belongs to it, whether it was played or not."""

    model_config = ConfigDict(frozen=True, extra="allow")

    suite: str
    version: str
    sha256: str
    scenarios: int
    worlds: tuple[str, ...]


class SuitesHeader(BaseModel):
    """What the run folders in a folder are parts of."""

    model_config = ConfigDict(frozen=True, extra="allow")

    schema_version: int = Field(default=SUITES_SCHEMA, alias="schema")
    suite: str
    version: str
    sha256: str
    members: tuple[MemberEntry, ...]

    @property
    def title(self) -> str:
        """Such as "zero-shot 1 (3f2a1c9d0b1e)"."""
        return f"{self.suite} {self.version} ({self.sha256[:12]})"


def suites_header(every: SuiteOfSuites) -> SuitesHeader:
    """What is to stand in the folder of `every`."""
    members = tuple(
        MemberEntry(
            suite=each.name,
            version=each.suite.version,
            sha256=each.suite.sha256(),
            scenarios=len(each.suite.scenarios),
            worlds=each.suite.worlds,
        )
        for each in every.members
    )
    return SuitesHeader(suite=every.suite, version=every.version, sha256=every.sha256(), members=members)


def member_folder(out: Path, suite: str, *, rehearsal: bool) -> Path:
    """The run folder of one of its suites: what is real and what was rehearsed may lie beside one another."""
    return out / (suite + REHEARSED * rehearsal)


def holds_suites(folder: Path) -> bool:
    """Whether `folder` is that of a suite of suites."""
    return (folder / SUITES_FILE).is_file()


def read_suites_header(folder: Path) -> SuitesHeader:
    """Raises `UsageError` when `folder` is not that of a suite of suites."""
    path = folder / SUITES_FILE
    try:
        header = SuitesHeader.model_validate_json(path.read_bytes())
    except OSError as error:
        raise UsageError(f"{folder} is no folder of a suite of suites: {error.strerror or error}") from error
    except ValidationError as error:
        raise UsageError(f"{path} can't be read: {first_complaint(error)}") from error
    if header.schema_version != SUITES_SCHEMA:
        raise UsageError(f"{path}: schema {header.schema_version}; this version reads {SUITES_SCHEMA}")
    return header


def run_folders(folder: Path) -> Iterator[Path]:
    """The run folders in that of a suite of suites, in the order of its list; a rehearsal after the real one."""
    for member in read_suites_header(folder).members:
        for rehearsal in (False, True):
            path = member_folder(folder, member.suite, rehearsal=rehearsal)
            if (path / HEADER_FILE).is_file():
                yield path


def scored_run_folders(folder: Path) -> list[Path]:
    """Those of them that hold a settled episode."""
    return [path for path in run_folders(folder) if any(record.final for record in each_record(path))]


def check_suites_out(out: Path, header: SuitesHeader) -> None:
    """Raise `UsageError` unless the runs of `header` can be begun at `out`, or those there continued. Writes nothing.

    What is in the run folders is for `evalsuite.records.folder.check_out` to look at.
    """
    if holds_suites(out):
        there = read_suites_header(out)
        if there.sha256 != header.sha256:
            raise UsageError(f"--out {out} holds {there.title}, not {header.title}; name another folder")
    elif out.exists() and not out.is_dir():
        raise UsageError(f"--out {out} is a file; name a folder")
    elif out.is_dir() and any(not each.name.startswith(".") for each in out.iterdir()):
        what = "a run of one suite" if (out / HEADER_FILE).exists() else "something else"
        raise UsageError(f"--out {out} holds {what}, and {header.suite} is several; name another folder")
    if out.is_dir() and not os.access(out, os.W_OK | os.X_OK):
        raise UsageError(f"--out {out} can't be written; name another folder")


def begin_suites_folder(out: Path, header: SuitesHeader) -> None:
    """Write what the run folders at `out` will be parts of, unless it stands there. Raises `UsageError`."""
    if holds_suites(out):
        return
    try:
        write_whole(out / SUITES_FILE, header.model_dump_json(by_alias=True, indent=1).encode() + b"\n")
    except OSError as error:
        raise UsageError(f"--out {out} can't be written: {error.strerror or error}; name another folder") from error


def forget_suites_folder(out: Path) -> None:
    """Take back what `begin_suites_folder` wrote where no run folder has been begun."""
    with contextlib.suppress(OSError):
        if [each.name for each in out.iterdir()] == [SUITES_FILE]:
            (out / SUITES_FILE).unlink()
            out.rmdir()
