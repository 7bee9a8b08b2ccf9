"""What a world gives the sampler: its rules, its places, and what can be seen in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from evalsuite.crossview.difficulty import DIFFICULTIES, Difficulty
from evalsuite.crossview.floor_plan import FloorPlan
from evalsuite.crossview.geometry import Pose
from evalsuite.crossview.goal import Goal, Target
from evalsuite.crossview.view_gap import VIEW_GAPS, ViewGap
from evalsuite.seeding import Dice
from evalsuite.suite.scenario import Scenario


class Refused(Exception):
    """A draw that makes no sound scenario. Its text is the reason, one of a few, by which refusals are counted."""


@dataclass(frozen=True)
class Cell:
    """One of the strata that scenarios are spread over evenly.

    Args:
        name: what its scenarios' ids begin with.
        gaps: the view strata that its scenarios ask for in turn; empty when any will do.
    """

    name: str
    interaction: str
    difficulty: Difficulty
    gaps: tuple[ViewGap, ...] = VIEW_GAPS


def grid_of_cells(
    interactions: Iterable[str],
    difficulties: Sequence[Difficulty] = DIFFICULTIES,
    gaps: Mapping[Difficulty, tuple[ViewGap, ...]] | None = None,
) -> tuple[Cell, ...]:
    """A cell for every pair of interaction and difficulty."""
    return tuple(
        Cell(
            f"{interaction}-{difficulty}".replace("_", "-"),
            interaction,
            difficulty,
            (gaps or {}).get(difficulty, VIEW_GAPS),
        )
        for interaction in interactions
        for difficulty in difficulties
    )


@dataclass(frozen=True)
class Ask:
    """What the next scenario is to be; `gap` is None when any view gap will do."""

    identity: str
    cell: Cell
    gap: ViewGap | None

    @property
    def interaction(self) -> str:
        return self.cell.interaction

    @property
    def difficulty(self) -> Difficulty:
        return self.cell.difficulty


@dataclass(frozen=True)
class Measured:
    """What pixels tell of a scenario.

    Args:
        goal_pixels: of the target, in the goal view of each goal.
        start_pixels: of the first target in the agent's first picture; None where that can't be known.
        solved: whether the first goal's success rule holds before anything was done.
        covisibility: as in `ViewDifficulty`.
    """

    goal_pixels: tuple[int, ...]
    start_pixels: int | None
    solved: bool
    covisibility: float | None = None


@dataclass(frozen=True)
class Rules:
    """When a scenario of this world is accepted.

    Args:
        dice: names the draws; a source that draws otherwise gets another name.
        cells: scenarios go through them in turn.
        min_goal_pixels: that each goal view has to show of its target.
        longest_path_m: by difficulty; a way so long that the step limit leaves time for the interaction itself.
        nearest_start_m: along the ground, from start to target.
        clear_ahead_m: no wall nearer than that before the agent's eyes.
        scenarios_per_place: how many are made in a place before another one is opened.
        tries_per_place: draws for one scenario before another place is opened for it.
        most_places: opened for one scenario before it is given up.
        places_for_gap: of these, how many before any view gap will do.
        most_workers: how many processes may open places at once; None for any number.
        grade: difficulty by the length of the way in metres, where it does not follow from the cell.
    """

    world: str
    dice: str
    cells: tuple[Cell, ...]
    max_steps: int
    min_goal_pixels: int
    longest_path_m: Mapping[Difficulty, float]
    nearest_start_m: float
    clear_ahead_m: float = 0.0
    scenarios_per_place: int = 1
    tries_per_place: int = 20
    most_places: int = 40
    places_for_gap: int = 10
    most_workers: int | None = None
    grade: Callable[[float], Difficulty] | None = None


class Place(Protocol):
    """A level, opened to make scenarios in."""

    @property
    def level(self) -> Mapping[str, Any]:
        """What a scenario's `level` holds."""

    @property
    def plan(self) -> FloorPlan:
        """Where one can walk and see; the way to a target is planned on it."""

    def targets(self, ask: Ask) -> Sequence[Target]:
        """What can be asked for; empty when there is nothing."""

    def start(self, target: Target, ask: Ask, dice: Dice) -> Pose:
        """An eye to begin from. Raises `Refused`."""

    def goals(self, target: Target, start: Pose, ask: Ask, dice: Dice) -> tuple[Goal, ...]:
        """The goal with a camera that looks at the target, and any that follow it. Raises `Refused`."""

    def measure(self, scenario: Scenario) -> Measured:
        """Look at the scenario as it will be played. Raises `Refused` when it can't be."""


class ScenarioSource(Protocol):
    """A world's part in making scenarios."""

    @property
    def rules(self) -> Rules: ...

    def open(self, ask: Ask, dice: Dice, seed: int) -> Place:
        """A place for `ask` and, where places are shared, for others. Raises `Refused`.

        Args:
            dice: this place's own.
            seed: the suite's, for what all of its places have in common.
        """

    def close(self) -> None:
        """End what was started; may be called twice."""
