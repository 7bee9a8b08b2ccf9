"""A scenario's level is its world's own: how an adapter reads it, and proves that it made the frozen one again."""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel, ValidationError

from evalsuite.errors import UsageError
from evalsuite.suite.mistakes import in_words, mistakes
from evalsuite.suite.scenario import Scenario

Level = TypeVar("Level", bound=BaseModel)


def read_level(scenario: Scenario, model: type[Level]) -> Level:
    """The scenario's `level` as the adapter's `model`. Raises `UsageError` with scenario and field."""
    try:
        return model.model_validate(scenario.level)
    except ValidationError as error:
        first = mistakes(error, model)[0]
        field = ".".join(["level", *map(str, first["loc"])])
        raise UsageError(f"{scenario.id}: {field}: {in_words(first, model)}") from error


def check_frozen(scenario: Scenario, stated: str, made: str) -> None:
    """Raise `UsageError` when the level made has another sha256 than the one stated; "" states none."""
    if stated and stated != made:
        raise UsageError(
            f"{scenario.id}: this version of evalsuite makes another level than the scenario was frozen with "
            f"({stated[:12]}): use the version that made it; or, if you changed the level, write level.sha256: {made}"
        )
