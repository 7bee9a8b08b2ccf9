"""Reads the published rows and says beside which suite each may stand."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from evalsuite.statistics.results import SuiteResults

REMARK = "published, not measured here"


class PublishedValue(BaseModel):
    """One published success rate.

    Args:
        interaction, difficulty: what it is of; None for all of them.
        rate: in [0, 1]; of a bound such as `<1%`, the bound.
        text: as it was published.
        n: episodes that it is of; None where the source doesn't say.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    interaction: str | None = None
    difficulty: str | None = None
    rate: float = Field(ge=0.0, le=1.0)
    text: str
    n: int | None = Field(default=None, gt=0)


class PublishedRow(BaseModel):
    """What one source says of one policy.

    Args:
        policy: as it is to be called in a table, `ROCKET-3 (after RL)`.
        suites: names of the suites that its numbers may stand beside.
        change: names what was changed, in rows that are the two sides of one change; `before` or `after` is the side.
        source: where it was read.
        caveat: why it isn't the same as what is measured here.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    policy: str
    suites: tuple[str, ...] = Field(min_length=1)
    change: str | None = None
    side: str | None = Field(default=None, pattern="^(before|after)$")
    values: tuple[PublishedValue, ...] = Field(min_length=1)
    source: str
    caveat: str

    @model_validator(mode="after")
    def _sides_belong_to_a_change(self) -> PublishedRow:
        if (self.change is None) != (self.side is None):
            raise ValueError(f"{self.policy}: `change` and `side` go together")
        return self

    def value(self, interaction: str | None, difficulty: str | None) -> PublishedValue | None:
        """What it says of just this stratum."""
        for each in self.values:
            if (each.interaction, each.difficulty) == (interaction, difficulty):
                return each
        return None

    @property
    def sentence(self) -> str:
        """Source and caveat, for the foot of a table."""
        return f"{self.policy}: {REMARK}. {self.source}. {self.caveat}."


@lru_cache(maxsize=1)
def published_rows() -> tuple[PublishedRow, ...]:
    """All of them, file by file."""
    folder = files("evalsuite.reports.references")
    texts = {file.name: file.read_text(encoding="utf-8") for file in folder.iterdir() if file.name.endswith(".yaml")}
    return tuple(PublishedRow.model_validate(row) for _, text in sorted(texts.items()) for row in yaml.safe_load(text))


def published_beside(results: SuiteResults) -> Sequence[PublishedRow]:
    """The rows for this suite; none beside a rehearsal, which measures nothing that could be compared."""
    if results.rehearsal:
        return ()
    return [row for row in published_rows() if results.suite in row.suites]
