"""A run folder's attempts read for what statistics need of them, many times faster than as whole records."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from typing_extensions import NotRequired, TypedDict

from evalsuite.errors import UsageError
from evalsuite.records.reading import episode_files
from evalsuite.records.record import RECORD_SCHEMA
from evalsuite.statistics.episodes import Episodes, EpisodeTable


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


def read_episodes(folder: Path) -> Episodes:
    """The settled episodes of `folder`: for each, the first final attempt that was recorded.

    A last line without its newline was never acknowledged and is passed over. Raises `UsageError` with file and
    line for anything else that is not a record.
    """
    table = EpisodeTable()
    for path in episode_files(folder):
        try:
            table.extend(_final_attempts(path))
        except OSError as error:
            raise UsageError(f"can't read {path}: {error.strerror or error}") from error
    return table.episodes()


def _final_attempts(path: Path) -> Iterator[dict[str, Any]]:
    validate = _ATTEMPT.validator.validate_json
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if not line.endswith(b"\n"):
                return
            try:
                row = validate(line)
            except ValidationError as error:
                raise UsageError(f"{path}:{number}: not a record: {_first(error)}") from error
            if row.get("schema", RECORD_SCHEMA) != RECORD_SCHEMA:
                raise UsageError(f"{path}:{number}: schema {row['schema']}; this version reads {RECORD_SCHEMA}")
            if row["final"]:
                yield row


def _first(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where}: {first['msg']}" if where else first["msg"]
