"""Checkpoints of the small network, made once a session, and hostile ones made from them."""

from __future__ import annotations

import json
import os
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

Rewrite = Callable[[str, bytes], bytes | None]


class TouchesAFile:
    """Unpickling it creates the file `mark`."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return (os.mkdir, (str(self.mark),))


def hostile_pickle(mark: Path) -> bytes:
    """A pickle whose loading creates the folder `mark`."""
    return pickle.dumps(TouchesAFile(mark), protocol=2)


def replacing(member: str, new: bytes) -> Rewrite:
    """A rewrite that gives one member new content."""
    return lambda name, old: new if name == member else old


def rewritten(source: Path, target: Path, rewrite: Rewrite, added: dict[str, bytes] | None = None) -> Path:
    """Copy a zip archive; `rewrite(name, content)` gives each member's new content, or None to leave it out."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as new:
        for name in old.namelist():
            content = rewrite(name.partition("/")[2], old.read(name))
            if content is not None:
                new.writestr(name, content)
        top = old.namelist()[0].partition("/")[0]
        for name, content in (added or {}).items():
            new.writestr(f"{top}/{name}", content)
    return target


def with_json(source: Path, target: Path, member: str, change: Callable[[Any], None]) -> Path:
    """Copy a zip archive with one of its JSON members changed in place by `change`."""

    def rewrite(name: str, content: bytes) -> bytes:
        if name != member:
            return content
        value = json.loads(content)
        change(value)
        return json.dumps(value).encode()

    return rewritten(source, target, rewrite)
