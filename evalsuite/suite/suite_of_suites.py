"""Several suites under one name: to be played by one command, and reported in one table.

The file says which; its lock, beside it, holds the hash of each of them, so that the name and the version stand for the
very scenarios that were played.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from evalsuite.errors import UsageError
from evalsuite.suite.catalogue import shipped_suites, suite_path
from evalsuite.suite.files import checked, load_suite, lock_file, locked_sha256, names_suites, read_content
from evalsuite.suite.scenario import Name, Suite, canonical_json
from evalsuite.whole_files import write_whole

REHEARSED = "-rehearsal"
"""What no suite's name here ends in: it marks what a stand-in played."""


Reference = Annotated[str, StringConstraints(min_length=1, max_length=1000)]


class SuiteList(BaseModel):
    """What stands in the file. `suites`: names of shipped suites, or files, beside this one or below it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: Literal[1] = Field(default=1, alias="schema")
    suite: Name
    version: Annotated[str, StringConstraints(pattern=r"^[0-9]+(\.[0-9]+)*$")]
    description: Annotated[str, StringConstraints(max_length=1000)] = ""
    suites: Annotated[tuple[Reference, ...], Field(min_length=1, max_length=100)]


@dataclass(frozen=True)
class Member:
    """One of its suites, and the file that it comes from."""

    suite: Suite
    path: Path

    @property
    def name(self) -> str:
        return self.suite.suite


@dataclass(frozen=True)
class SuiteOfSuites:
    """A named, versioned list of suites; no two have the same name.

    Args:
        path: of its file.
        members: in the order in which they are listed.
    """

    suite: str
    version: str
    path: Path
    members: tuple[Member, ...]

    @property
    def worlds(self) -> tuple[str, ...]:
        return tuple(sorted({world for member in self.members for world in member.suite.worlds}))

    @property
    def locked(self) -> bool:
        return lock_file(self.path).exists()

    def sha256(self) -> str:
        """Hash of its name, version and every member's content; their order does not matter."""
        digest = hashlib.sha256(canonical_json({"schema": 1, "suite": self.suite, "version": self.version}))
        for member in sorted(self.members, key=lambda each: each.name):
            digest.update(b"\n" + canonical_json({"suite": member.name, "sha256": member.suite.sha256()}))
        return digest.hexdigest()


def find_suites(reference: str) -> tuple[Suite | SuiteOfSuites, Path]:
    """Load what `reference` names, a suite or a suite of suites, and say where it lies. Raises `UsageError`."""
    path = suite_path(reference)
    return (load_suite_of_suites(path) if names_suites(path) else load_suite(path)), path


def load_suite_of_suites(path: Path) -> SuiteOfSuites:
    """Read and check a suite of suites, and each of them. Raises `UsageError` with the file and line of what is wrong.

    Where it has a lock, they must be what that holds.
    """
    every = read_suite_of_suites(path)
    if every.locked and locked_sha256(lock_file(path)) != every.sha256():
        raise UsageError(f"{path} is not what {lock_file(path).name} locks: {_what_differs(every)}")
    return every


def read_suite_of_suites(path: Path) -> SuiteOfSuites:
    """Like `load_suite_of_suites`, but without looking at its lock; those of its suites are looked at."""
    content, line_of = read_content(path)
    listed = checked(SuiteList, path, content, line_of)
    members: list[Member] = []
    for place, reference in enumerate(listed.suites):
        where = f"{path}:{line_of(('suites', place))}: suites[{place}]"
        try:
            file = _file_of(reference, path.parent)
            if names_suites(file):
                raise UsageError(f"{reference} is a suite of suites itself: list its suites instead")
            member = Member(load_suite(file), file)
        except UsageError as error:
            raise UsageError(f"{where}: {error}") from error
        if member.name in [each.name for each in members]:
            raise UsageError(f"{where}: there are two suites called {member.name!r}; give one another name")
        if member.name.endswith(REHEARSED):
            raise UsageError(f"{where}: a name that ends in {REHEARSED} is that of a rehearsal; give it another")
        members.append(member)
    return SuiteOfSuites(listed.suite, listed.version, path, tuple(members))


def write_suites_lock(every: SuiteOfSuites) -> Path:
    """Lock it to the present content of its suites; returns the lock's path. Raises `UsageError`."""
    content = {
        "suite": every.suite,
        "version": every.version,
        "suites": {each.name: each.suite.sha256() for each in every.members},
        "sha256": every.sha256(),
    }
    lock = lock_file(every.path)
    try:
        return write_whole(lock, json.dumps(content, indent=1).encode() + b"\n")
    except OSError as error:
        raise UsageError(f"can't write {lock}: {error.strerror or error}") from error


def _file_of(reference: str, folder: Path) -> Path:
    if reference in shipped_suites():
        return suite_path(reference)
    file = folder / reference
    if not file.resolve().is_relative_to(folder.resolve()):
        raise UsageError(f"{reference} is not in the folder of the file that lists it: put it there, or below")
    return suite_path(str(file))


def _what_differs(every: SuiteOfSuites) -> str:
    """Such as "doom-standard has another content (3f2a1c9d0b1e, lock 77a0...)", and what to do."""
    content = json.loads(lock_file(every.path).read_text(encoding="utf-8"))
    suites = content.get("suites")
    locked: Mapping[str, str] = suites if isinstance(suites, dict) else {}
    there = {each.name: each.suite.sha256() for each in every.members}
    changed = [
        f"{name} has another content ({sha256[:12]}, lock {str(locked[name])[:12]})"
        for name, sha256 in there.items()
        if name in locked and locked[name] != sha256
    ]
    changed += [f"{name} is not in the lock" for name in there if name not in locked]
    changed += [f"{name} is in the lock alone" for name in locked if name not in there]
    what = ", ".join(changed) or "its name or version"
    return f"{what}; restore it, or raise the version and run `evalsuite validate {every.path} --write-lock`"
