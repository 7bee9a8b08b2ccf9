"""One schema for a task and for a set of tasks, whatever file they come from."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, field_validator, model_validator
from pydantic_core import PydanticCustomError
from typing_extensions import Self

from evalsuite.crossview.difficulty import Difficulty, ViewDifficulty, measure_view_difficulty
from evalsuite.crossview.geometry import Pose
from evalsuite.crossview.goal import Goal

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]*$", max_length=80)]
ScenarioId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._/-]*$", max_length=160)]

REPEATED_ID = "repeated_id"
"""The type of that error; `scenario` of its context is the place of the second one."""


class Scenario(BaseModel):
    """One task, fully specified and frozen.

    `level` and `seed` are the world's own (an adapter validates its level). `start` is the agent's eye.
    `goals` are asked one after the other. `difficulty` is the published bin of the first goal, `view` what
    was measured of it; left out, it is filled with what follows from start and goal alone.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: ScenarioId
    world: Name
    level: dict[str, Any]
    seed: Annotated[int, Field(ge=0, lt=2**31)]
    start: Pose
    max_steps: Annotated[int, Field(gt=0, le=1_000_000)] = 600
    goals: Annotated[tuple[Goal, ...], Field(min_length=1, max_length=100)]
    difficulty: Difficulty
    view: ViewDifficulty

    @field_validator("id")
    @classmethod
    def _stays_in_its_folder(cls, value: str) -> str:
        if any(part in ("", ".", "..") for part in value.split("/")):
            raise ValueError("a scenario id can't hold empty parts, '.' or '..'")
        return value

    @model_validator(mode="before")
    @classmethod
    def _measures_its_view(cls, content: Any) -> Any:
        if not isinstance(content, dict) or "view" in content:
            return content
        try:
            start = Pose.model_validate(content["start"])
            goal = Goal.model_validate(content["goals"][0])
        except (KeyError, IndexError, TypeError, ValidationError):
            return content
        return {**content, "view": measure_view_difficulty(start, goal)}

    @field_validator("level")
    @classmethod
    def _is_plain_data(cls, value: dict[str, Any]) -> dict[str, Any]:
        _check_plain(value, "level")
        return value

    @property
    def interaction(self) -> str:
        """The first goal's interaction, by which the episode is counted."""
        return self.goals[0].interaction


class Suite(BaseModel):
    """A named, versioned set of scenarios. `sha256` is its identity: it covers every scenario's content."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: Literal[1] = Field(default=1, alias="schema")
    suite: Name
    version: Annotated[str, StringConstraints(pattern=r"^[0-9]+(\.[0-9]+)*$")]
    description: Annotated[str, StringConstraints(max_length=1000)] = ""
    scenarios: Annotated[tuple[Scenario, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _ids_are_unique(self) -> Suite:
        seen: set[str] = set()
        for place, scenario in enumerate(self.scenarios):
            if scenario.id in seen:
                raise PydanticCustomError(
                    REPEATED_ID, "two scenarios have the id '{id}'", {"id": scenario.id, "scenario": place}
                )
            seen.add(scenario.id)
        return self

    @property
    def worlds(self) -> tuple[str, ...]:
        return tuple(sorted({scenario.world for scenario in self.scenarios}))

    def sha256(self) -> str:
        """Hash of the canonical content: the same for YAML and JSON lines, whatever the layout of the file."""
        return self._sha256

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """As pydantic has it, but for the hash, which a copy does not take over."""
        copied = super().model_copy(update=update, deep=deep)
        copied.__dict__.pop("_sha256", None)
        return copied

    @cached_property
    def _sha256(self) -> str:
        """Computed once, since a run asks for it often and 100,000 scenarios take seconds."""
        ordered = sorted(self.scenarios, key=lambda each: each.id)
        lines = (canonical_json(scenario.model_dump(mode="json")) for scenario in ordered)
        return content_sha256(self.suite, self.version, lines)


def content_sha256(suite: str, version: str, scenarios: Iterable[bytes]) -> str:
    """Hash of a suite's canonical content, from its scenarios' canonical JSON in the order of their ids."""
    digest = hashlib.sha256(canonical_json({"schema": 1, "suite": suite, "version": version}))
    for line in scenarios:
        digest.update(b"\n" + line)
    return digest.hexdigest()


def canonical_json(content: dict[str, Any]) -> bytes:
    """UTF-8 JSON with sorted keys and no spaces; floats as Python's shortest repr, -0.0 as 0.0."""
    return json.dumps(_without_negative_zero(content), sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def _without_negative_zero(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_negative_zero(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_without_negative_zero(each) for each in value]
    return 0.0 if isinstance(value, float) and value == 0.0 else value


def _check_plain(value: Any, where: str) -> None:
    if isinstance(value, dict):
        for key, each in value.items():
            if not isinstance(key, str):
                raise ValueError(f"{where} has the key {key!r}; keys are text")
            _check_plain(key, f"a key of {where}")
            _check_plain(each, f"{where}.{key}")
    elif isinstance(value, list):
        for index, each in enumerate(value):
            _check_plain(each, f"{where}[{index}]")
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{where} is not finite")
    elif isinstance(value, str):
        if not _is_unicode(value):
            raise ValueError(f"{where} holds half a surrogate pair")
    elif not isinstance(value, int | bool | None):
        raise ValueError(f"{where} is a {type(value).__name__}; write it as text or a number")


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
