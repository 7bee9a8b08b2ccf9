"""A run folder's attempts read for what statistics need of them, many times faster than as whole records."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Literal, NamedTuple

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from typing_extensions import NotRequired, TypedDict

from evalsuite.errors import UsageError
from evalsuite.records.reading import episode_files, first_complaint
from evalsuite.records.record import RECORD_SCHEMA
from evalsuite.statistics.episodes import Episodes, EpisodeTable, joined, settling

PIECE_BYTES = 16 * 2**20
"""What one process reads at a time; a run of less than this is read before helpers would be up."""


class _Attempt(TypedDict):
    """The fields of `Record` that decide how an episode is counted, under the same rules."""

    __pydantic_config__ = ConfigDict(cache_strings="none")  # type: ignore[misc]

    schema: NotRequired[int]
    run: str
    suite: str
    suite_sha256: str
    scenario: str
    world: str
    interaction: str
    difficulty: str
    policy: str
    policy_sha256: str
    seed: Annotated[int, Field(ge=0, lt=2**31)]
    attempt: Annotated[int, Field(ge=1)]
    final: bool
    outcome: Literal["success", "failure", "error"]
    success_at_reset: NotRequired[bool]
    prediction: NotRequired[dict[str, float] | None]
    rehearsal: NotRequired[bool]


_ATTEMPT = TypeAdapter(_Attempt)


class _Piece(NamedTuple):
    """Whole lines of a file: its bytes from `start` up to `end`."""

    path: Path
    start: int
    end: int


def read_episodes(folder: Path) -> Episodes:
    """The settled episodes of `folder`: for each, the final attempt that settled it.

    A last line without its newline was never acknowledged and is passed over. Raises `UsageError` with file and
    line for anything else that is not a record.
    """
    pieces = [piece for path in episode_files(folder) for piece in _pieces(path)]
    every = joined(_read_together(pieces) if _helpers_pay(pieces) else [_read_piece(piece) for piece in pieces])
    return every.take(settling(every))


def _pieces(path: Path) -> Iterator[_Piece]:
    with _readable(path) as file:
        size = os.fstat(file.fileno()).st_size
        start = 0
        while start < size:
            file.seek(min(start + PIECE_BYTES, size))
            file.readline()
            yield _Piece(path, start, file.tell())
            start = file.tell()


def _helpers_pay(pieces: Sequence[_Piece]) -> bool:
    """Whether processes forked from this one pay and are safe: a fork of a process with threads may hang."""
    return len(pieces) > 1 and (os.cpu_count() or 1) > 1 and threading.active_count() == 1


def _read_together(pieces: Sequence[_Piece]) -> list[Episodes]:
    context = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(min(len(pieces), os.cpu_count() or 1), mp_context=context) as helpers:
        return list(helpers.map(_read_piece, pieces))


def _read_piece(piece: _Piece) -> Episodes:
    table = EpisodeTable()
    with _readable(piece.path) as file:
        file.seek(piece.start)
        table.extend(_final_attempts(file, piece))
    return table.columns()


def _final_attempts(file: BinaryIO, piece: _Piece) -> Iterator[dict[str, Any]]:
    validate = _ATTEMPT.validator.validate_json
    place = piece.start
    for line in file:
        if place >= piece.end or not line.endswith(b"\n"):
            return
        try:
            row = validate(line)
        except ValidationError as error:
            raise UsageError(f"{_where(piece.path, place)}: not a record: {first_complaint(error)}") from error
        if row.get("schema", RECORD_SCHEMA) != RECORD_SCHEMA:
            where = _where(piece.path, place)
            raise UsageError(f"{where}: schema {row['schema']}; this version reads {RECORD_SCHEMA}")
        place += len(line)
        if row["final"]:
            yield row


def _where(path: Path, place: int) -> str:
    """File and line of the byte at `place`."""
    with path.open("rb") as file:
        line = 1 + sum(file.read(min(PIECE_BYTES, place - start)).count(10) for start in range(0, place, PIECE_BYTES))
    return f"{path}:{line}"


@contextlib.contextmanager
def _readable(path: Path) -> Iterator[BinaryIO]:
    try:
        with path.open("rb") as file:
            yield file
    except OSError as error:
        raise UsageError(f"can't read {path}: {error.strerror or error}") from error
