"""The head of a run folder: what was run, and on what."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

HEADER_SCHEMA = 1


class PolicyEntry(BaseModel):
    """A policy of the run: the label it is reported under, its reference, the checkpoint's sha256.

    Args:
        step: of training, where it was scored as one of a series of checkpoints.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    label: str
    reference: str
    sha256: str
    step: float | None = None


class EarlyStop(BaseModel):
    """Why and where a policy's episodes were cut short.

    Args:
        policy: the label of the policy stopped.
        base: what it was compared to, as it was named.
        rule: `obf` or `evalue`.
        reason: `regression` when the drop was proven, `futility` when going on was hopeless.
        pairs: compared when it was decided, of `total`.
        lost, gained: pairs in which only the base, or only the policy, succeeded.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    policy: str
    base: str
    rule: str
    reason: str
    pairs: int
    total: int
    lost: int
    gained: int

    @property
    def sentence(self) -> str:
        """For a reader of the numbers."""
        rules = {"obf": "O'Brien-Fleming", "evalue": "e-value"}
        found = "a drop is proven" if self.reason == "regression" else "a drop can hardly be shown any more"
        return (
            f"{self.policy}: stopped early after {self.pairs} of {self.total} pairs with {self.base} "
            f"({rules.get(self.rule, self.rule)}: {found}; {self.lost} lost, {self.gained} gained). The order was a "
            "fixed random one, so these are a fair sample; intervals are not corrected for the stop"
        )


class BudgetCut(BaseModel):
    """How far a budget went for one policy.

    Args:
        policy: its label.
        budget: as it was asked for, such as `30m` or `120 episodes`.
        episodes: settled, of `total` that the policy's part of the run has.
        cells: (world, interaction, difficulty) of the suite.
        small: those of them that are covered whole, being smaller than what is covered of any other.
        least, most: settled in one of the other cells.
        fair: whether these are as good as the same, so that what was played is a fair sample of the suite.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    policy: str
    budget: str
    episodes: int
    total: int
    cells: int
    small: int
    least: int
    most: int
    fair: bool


class Provenance(BaseModel):
    """The circumstances of one start of the driver.

    Args:
        started: UTC, ISO 8601.
        command: the command line.
        versions: of evalsuite, Python and the packages that results may depend on.
        hardware: platform, cpu, cores, memory_gib.
        git: commit and whether the tree was dirty, of the working directory; None outside a checkout.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    started: str
    command: tuple[str, ...]
    versions: dict[str, str]
    hardware: dict[str, Any]
    git: dict[str, Any] | None


class RunHeader(BaseModel):
    """run.json. Suite and policies are fixed by hash; policies and seeds may be added to a run later.

    Args:
        run: identity of the run.
        engines: world -> what ran underneath, by name and version, once it has been started.
        rehearsal: whether stand-ins play the simulators' part.
        sessions: the first start of the driver and every one that added episodes.
        stops: policies whose episodes were cut short because enough was known.
        cuts: policies whose episodes were cut short because a budget was spent.
    """

    model_config = ConfigDict(frozen=True, extra="allow", populate_by_name=True)

    header_schema: int = Field(default=HEADER_SCHEMA, alias="schema")
    run: str
    suite: str
    suite_version: str
    suite_sha256: str
    scenarios: int
    policies: tuple[PolicyEntry, ...]
    seeds: tuple[int, ...]
    rehearsal: bool = False
    engines: dict[str, dict[str, str]] = Field(default_factory=dict)
    sessions: tuple[Provenance, ...] = ()
    stops: tuple[EarlyStop, ...] = ()
    cuts: tuple[BudgetCut, ...] = ()
