"""From a run folder back to its header and its records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from evalsuite.errors import UsageError
from evalsuite.records.header import HEADER_SCHEMA, RunHeader
from evalsuite.records.record import RECORD_SCHEMA, EpisodeKey, Record

HEADER_FILE = "run.json"
SUITE_FILE = "suite.jsonl"
EPISODES_FOLDER = "episodes"
MOST_NAMED = 3


def read_header(folder: Path) -> RunHeader:
    """The header of the run in `folder`. Raises `UsageError` when there is none that can be read."""
    path = folder / HEADER_FILE
    try:
        header = RunHeader.model_validate_json(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError) as error:
        raise UsageError(f"{folder} is no run folder: {_what_lacks(folder)}") from error
    except OSError as error:
        raise UsageError(f"can't read {path}: {error.strerror or error}") from error
    except ValidationError as error:
        raise UsageError(f"{path} is not the header of a run: {first_complaint(error)}") from error
    if header.header_schema != HEADER_SCHEMA:
        raise UsageError(f"{path} has the schema {header.header_schema}; this version reads {HEADER_SCHEMA}")
    return header


def read_records(folder: Path) -> list[Record]:
    """Every acknowledged attempt in `folder`, in the order in which they were written.

    A last line without its newline was never acknowledged and is passed over. Raises `UsageError` with file and
    line for anything else that is not a record.
    """
    return list(each_record(folder))


def each_record(folder: Path) -> Iterator[Record]:
    """Like `read_records`, one after the other: they need not all be held at once."""
    return (record for path in episode_files(folder) for record in _read_file(path))


def settled(records: Iterable[Record]) -> dict[EpisodeKey, Record]:
    """The one record that settles each episode. Exactly one an episode.

    It is the first final one that is no error: what was played stays. An episode that ended in an error may have been
    tried again since; as long as it was not played, its last error settles it. The order is that of the records.
    """
    result: dict[EpisodeKey, Record] = {}
    for record in records:
        if record.final and (record.key not in result or result[record.key].outcome == "error"):
            result.pop(record.key, None)
            result[record.key] = record
    return result


@dataclass(frozen=True)
class Tries:
    """What has been tried of one episode.

    Args:
        made: attempts on record; the next one has the number after it.
        failed: those since the episode was last settled that count against it.
        excused: those since then that do not.
    """

    made: int = 0
    failed: int = 0
    excused: int = 0


def tries_made(records: Iterable[Record]) -> dict[EpisodeKey, Tries]:
    """How often each episode has been tried. Once it is settled, it has a clean slate should it be tried again."""
    result: dict[EpisodeKey, Tries] = {}
    for record in records:
        before = result.get(record.key, Tries())
        made = max(before.made, record.attempt)
        if record.final:
            result[record.key] = Tries(made)
        elif record.excused:
            result[record.key] = Tries(made, before.failed, before.excused + 1)
        else:
            result[record.key] = Tries(made, before.failed + 1, before.excused)
    return result


def episode_files(folder: Path) -> list[Path]:
    """The files of attempts, oldest writer first: a file's name begins with its writer's start."""
    return sorted((folder / EPISODES_FOLDER).glob("*.jsonl"))


def _read_file(path: Path) -> Iterator[Record]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"can't read {path}: {error.strerror or error}") from error
    lines = content.split(b"\n")
    for number, line in enumerate(lines[:-1], start=1):
        try:
            record = Record.model_validate_json(line)
        except ValidationError as error:
            raise UsageError(f"{path}:{number}: not a record: {first_complaint(error)}") from error
        if record.record_schema != RECORD_SCHEMA:
            raise UsageError(f"{path}:{number}: schema {record.record_schema}; this version reads {RECORD_SCHEMA}")
        yield record


def _what_lacks(folder: Path) -> str:
    if not folder.exists():
        return "there is nothing at this path"
    if folder.is_file():
        return "it is a file"
    within = sorted(path.parent for path in folder.glob(f"*/{HEADER_FILE}"))
    if not within:
        return f"it has no {HEADER_FILE}"
    more = f" and {len(within) - MOST_NAMED} more" if len(within) > MOST_NAMED else ""
    return f"name one of those in it: {', '.join(map(str, within[:MOST_NAMED]))}{more}"


def first_complaint(error: ValidationError) -> str:
    """Field and fault of the first thing that is wrong with a record or a header, without the input."""
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where}: {first['msg']}" if where else first["msg"]
