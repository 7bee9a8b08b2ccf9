"""Suites on disk: YAML for those written by hand, JSON lines for large ones, and the lock beside either."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from evalsuite.errors import UsageError
from evalsuite.suite.mistakes import Location, in_words, mistakes
from evalsuite.suite.scenario import REPEATED_ID, Suite, canonical_json, content_sha256
from evalsuite.whole_files import write_both_whole, write_whole

SUITE_ENDINGS = (".yaml", ".yml", ".jsonl")

LineOf = Callable[[Location], int]
"""From where something stands in the content, such as `("scenarios", 3, "id")`, to its line in the file."""

Model = TypeVar("Model", bound=BaseModel)


def load_suite(path: Path) -> Suite:
    """Read and check a suite. Raises `UsageError` with the file, line and field of what is wrong.

    A file `<path>.lock` beside it must hold the suite's sha256; without one the suite is taken as it is.
    """
    suite = read_suite(path)
    lock = lock_file(path)
    if lock.exists():
        locked = locked_sha256(lock)
        if locked != suite.sha256():
            raise UsageError(
                f"{path} is not what {lock.name} locks (content {suite.sha256()[:12]}, lock {locked[:12]}): "
                f"restore the file, or raise its version and run `evalsuite validate {path} --write-lock`"
            )
    return suite


def read_suite(path: Path) -> Suite:
    """Like `load_suite`, but without looking at the lock."""
    return checked(Suite, path, *read_content(path))


def line_in(path: Path, location: Location) -> int:
    """The line of a readable suite file at which `location` stands, such as `("scenarios", 3)`."""
    return read_content(path)[1](location)


def save_suite(suite: Suite, path: Path) -> None:
    """Write `suite` in the format of the path's ending, whole or not at all."""
    with _writing(path):
        write_whole(path, _content(suite, path))


def save_locked(suite: Suite, path: Path) -> None:
    """Write `suite` and its lock, both or neither: what was there stays when one of them can't be written."""
    with _writing(path):
        write_both_whole(lock_file(path), _lock_content(suite), path, _content(suite, path))


def save_locked_lines(suite: str, version: str, count: int, lines: Callable[[], Iterable[bytes]], path: Path) -> str:
    """Like `save_locked` in JSON lines, for a suite too large to be held; returns its sha256.

    Args:
        lines: gives the scenarios' canonical JSON in the order of their ids, each time it is called.
    """
    sha256 = content_sha256(suite, version, lines())
    lock = _lock(suite, version, count, sha256)
    content = chain([canonical_json(_head(suite, version, "")) + b"\n"], (line + b"\n" for line in lines()))
    with _writing(path):
        write_both_whole(lock_file(path), lock, path, content)
    return sha256


def _head(suite: str, version: str, description: str) -> dict[str, Any]:
    return {"schema": 1, "suite": suite, "version": version, "description": description}


def _content(suite: Suite, path: Path) -> bytes:
    if path.suffix not in SUITE_ENDINGS:
        raise UsageError(f"{path}: a suite's file ends in {', '.join(SUITE_ENDINGS)}")
    head = _head(suite.suite, suite.version, suite.description)
    scenarios = [scenario.model_dump(mode="json") for scenario in suite.scenarios]
    if path.suffix == ".jsonl":
        text = "".join(canonical_json(line).decode() + "\n" for line in (head, *scenarios))
    else:
        text = yaml.safe_dump({**head, "scenarios": scenarios}, sort_keys=False, width=110)
    return text.encode()


def lock_file(path: Path) -> Path:
    """Where the lock of the suite at `path` lies."""
    return path.with_name(path.name + ".lock")


def write_lock(suite: Suite, path: Path) -> Path:
    """Lock the suite at `path` to its present content; returns the lock's path."""
    with _writing(lock_file(path)):
        return write_whole(lock_file(path), _lock_content(suite))


def _lock_content(suite: Suite) -> bytes:
    return _lock(suite.suite, suite.version, len(suite.scenarios), suite.sha256())


def _lock(suite: str, version: str, count: int, sha256: str) -> bytes:
    content = {"suite": suite, "version": version, "scenarios": count, "sha256": sha256}
    return json.dumps(content, indent=1).encode() + b"\n"


def locked_sha256(lock: Path) -> str:
    """What a lock locks. Raises `UsageError` when it is none."""
    try:
        return str(json.loads(lock.read_text(encoding="utf-8"))["sha256"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"{lock} is no lock (expected JSON with a sha256): restore it, or run `evalsuite validate "
            f"{lock.with_suffix('')} --write-lock`"
        ) from error


def read_content(path: Path) -> tuple[dict[str, Any], LineOf]:
    """What stands in a file, unchecked, and where. Raises `UsageError` for what is neither YAML nor JSON lines."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(f"can't read the suite {path}: it is not UTF-8 text; save it as UTF-8") from error
    except OSError as error:
        raise UsageError(f"can't read the suite {path}: {error.strerror or error}") from error
    return _from_json_lines(path, text) if path.suffix == ".jsonl" else _from_yaml(path, text)


def _from_json_lines(path: Path, text: str) -> tuple[dict[str, Any], LineOf]:
    entries: list[Any] = []
    lines: list[int] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            try:
                entries.append(json.loads(line, object_pairs_hook=_without_repetition))
            except _RepeatedKey as error:
                raise UsageError(f"{path}:{number}: {error}") from error
            except (ValueError, RecursionError) as error:
                raise UsageError(f"{path}:{number}: not JSON: {error}") from error
            lines.append(number)
    if not entries or not isinstance(entries[0], dict):
        raise UsageError(f"{path}:1: the first line is the suite's head, an object with `suite` and `version`")
    if "scenarios" in entries[0]:
        raise UsageError(f"{path}:{lines[0]}: in JSON lines each scenario is a line of its own, not in the head")

    def line_of(location: Location) -> int:
        inside = len(location) > 1 and location[0] == "scenarios" and isinstance(location[1], int)
        return lines[int(location[1]) + 1] if inside else lines[0]

    return {**entries[0], "scenarios": entries[1:]}, line_of


def _from_yaml(path: Path, text: str) -> tuple[dict[str, Any], LineOf]:
    try:
        content = yaml.load(text, Loader=_UniqueKeyLoader)  # noqa: S506 - it is a SafeLoader
    except _RepeatedKey as error:
        raise UsageError(f"{path}:{error.line}: {error}") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise UsageError(f"{path}:{mark.line + 1 if mark else 1}: not YAML: {problem}") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path}:1: not YAML that can be read: {error}") from error
    if not isinstance(content, dict):
        raise UsageError(f"{path}:1: a suite is a mapping with `suite`, `version` and `scenarios`")

    def line_of(location: Location) -> int:
        return _yaml_line(yaml.compose(text, Loader=yaml.SafeLoader), location)

    return content, line_of


class _RepeatedKey(Exception):
    """A mapping has a key twice; `line` is where the second one stands, if that is known."""

    def __init__(self, key: str, line: int = 0) -> None:
        super().__init__(f"the key {key!r} stands twice in one mapping; keep one of them")
        self.line = line


class _UniqueKeyLoader(yaml.SafeLoader):
    """YAML demands that keys are unique; PyYAML takes the last one."""

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        node = super().compose_mapping_node(anchor)
        seen: set[tuple[str, str]] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if (key.tag, key.value) in seen:
                    raise _RepeatedKey(key.value, key.start_mark.line + 1)
                seen.add((key.tag, key.value))
        return node


def _without_repetition(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    content: dict[str, Any] = {}
    for key, value in pairs:
        if key in content:
            raise _RepeatedKey(key)
        content[key] = value
    return content


def _yaml_line(node: yaml.Node | None, location: Location) -> int:
    line = 1 if node is None else node.start_mark.line + 1
    for step in location:
        below: yaml.Node | None = None
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if key.value == str(step):
                    below, line = value, key.start_mark.line + 1
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            below = node.value[step]
            line = below.start_mark.line + 1
        if below is None:
            return line
        node = below
    return line


def checked(model: type[Model], path: Path, content: dict[str, Any], line_of: LineOf) -> Model:
    """`content` of the file `path` as a `model`. Raises `UsageError` with the line and field of what is wrong."""
    try:
        return model.model_validate(content)
    except ValidationError as error:
        first, *others = mistakes(error, model)
        location: Location = first["loc"]
        if first["type"] == REPEATED_ID:
            location = ("scenarios", first["ctx"]["scenario"], "id")
        fields = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location).lstrip(".")
        more = f" (+{len(others)} more)" if others else ""
        raise UsageError(f"{path}:{line_of(location)}: {fields or 'suite'}: {in_words(first, model)}{more}") from error


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UsageError(f"can't write {path}: {error.strerror or error}") from error


def names_suites(path: Path) -> bool:
    """Whether a suite's file holds a list of suites in place of scenarios."""
    if path.suffix not in (".yaml", ".yml"):
        return False
    try:
        with open(path, encoding="utf-8", errors="replace") as lines:
            return any(line.startswith("suites:") for line in lines)
    except OSError:
        return False


def suite_files(folder: Path) -> Iterator[Path]:
    """The suite files in a folder, sorted by name."""
    yield from sorted(path for path in folder.iterdir() if path.suffix in SUITE_ENDINGS)
