"""What pydantic found wrong with a person's file, in words that say what to write instead."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from evalsuite.suite.scenario import REPEATED_ID

Location = tuple[int | str, ...]
CLOSE_MATCHES = 3
PLAIN_WORDS = {
    "extra_forbidden": "unknown field",
    "missing": "is missing",
    "tuple_type": "should be a list",
    "dict_type": "should be a mapping",
    "model_type": "should be a mapping",
    "model_attributes_type": "should be a mapping",
    "string_type": "should be text",
    "too_short": "needs at least one item",
}
"""What to say in place of pydantic's words, by its type of error."""


def mistakes(error: ValidationError, model: type[BaseModel]) -> list[ErrorDetails]:
    """What the person did wrong in something that should be a `model`, what explains the others first.

    A field that is missing because it is misspelt is not named beside the misspelt one, and a list with a wrong
    item, which pydantic calls too short as well, only once.
    """
    every = error.errors(include_url=False)
    misspelt = {(*each["loc"][:-1], meant): each for each in every if (meant := _meant(each, model))}
    places = [each["loc"] for each in every]
    rest = [
        each
        for each in every
        if each not in misspelt.values()
        and not (each["type"] == "missing" and each["loc"] in misspelt)
        and not (each["type"] == "too_short" and any(_is_within(place, each["loc"]) for place in places))
    ]
    return [*misspelt.values(), *rest]


def in_words(mistake: ErrorDetails, model: type[BaseModel]) -> str:
    """One mistake in something that should be a `model`."""
    kind, value = mistake["type"], mistake["input"]
    if kind == "literal_error" and mistake["ctx"]["expected"] == value:
        return f"should be the number {value}: take the quotes away"
    said = mistake["msg"].removeprefix("Value error, ").removeprefix("Input ")
    words = PLAIN_WORDS.get(kind, said)
    if kind == "string_type" and not isinstance(value, dict | list | None):
        words += ": put it in quotes"
    meant = _meant(mistake, model)
    if meant:
        return f"{words}; did you mean {meant!r}?"
    whole = kind in ("missing", REPEATED_ID) or isinstance(value, dict | list)
    return words if whole else f"{words} (got {value!r:.60})"


def close_to(written: str, known: Collection[str], most: int = CLOSE_MATCHES) -> str:
    """For a name that there is not: "; did you mean 'a' or 'b'?", or the first `most` of those that there are."""
    near = difflib.get_close_matches(written, list(known), CLOSE_MATCHES, 0.6)
    if near:
        return f"; did you mean {' or '.join(map(repr, near))}?"
    return f"; there are {', '.join(sorted(known)[:most])}{', ...' if len(known) > most else ''}"


def _meant(mistake: ErrorDetails, model: type[BaseModel]) -> str:
    """The field or value that is nearly what was written; empty when none is."""
    if mistake["type"] == "extra_forbidden":
        return _nearest(mistake["loc"][-1], _fields(model, mistake["loc"][:-1]))
    if mistake["type"] == "literal_error":
        return _nearest(mistake["input"], re.findall("'([^']*)'", mistake["ctx"]["expected"]))
    return ""


def _nearest(written: object, known: Iterable[str]) -> str:
    return next(iter(difflib.get_close_matches(str(written).lower(), list(known), n=1)), "")


def _fields(model: type[BaseModel], location: Location) -> list[str]:
    """The names of the fields at `location` in a `model`, as they are written in a file."""
    at: type[BaseModel] | None = model
    for step in location:
        if isinstance(step, str) and at is not None:
            field = at.model_fields.get(step)
            at = _model_in(field.annotation) if field is not None else None
    return [field.alias or name for name, field in at.model_fields.items()] if at is not None else []


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for each in get_args(annotation) if (found := _model_in(each)) is not None), None)


def _is_within(place: Location, outer: Location) -> bool:
    return len(place) > len(outer) and place[: len(outer)] == outer
