"""One episode played and written down: what was seen, what was done, and what the teacher would have done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from evalsuite.adapters.doom.catalogue import KINDS_BY_INTERACTION
from evalsuite.crossview import Observation
from evalsuite.crossview.environment import CrossViewEnv
from evalsuite.crossview.spaces import INTERACTIONS
from evalsuite.crossview.success import approached
from evalsuite.policies.torch_policy import resized_mask, resized_picture
from evalsuite.seeding import Dice
from evalsuite.suite.scenario import Scenario
from examples.training.arena import DecisionDoom
from examples.training.decisions import TURNS_DEGREES, Decision
from examples.training.network import CELLS, IMAGE_SIZE
from examples.training.teacher import Teacher

KIND_NAMES: tuple[str, ...] = tuple(sorted({kind for kinds in KINDS_BY_INTERACTION.values() for kind in kinds}))
APPROACHED_DECISIONS = 2
"""The rule of approach asks for five steps in a row; two decisions are six."""

GUIDED_DECISIONS = 10
"""So long does the teacher, or the actor, act on the average."""


class Actor(Protocol):
    """Plays one episode; it remembers the goal and the past by itself."""

    @property
    def code(self) -> NDArray[np.float32]:
        """What it takes to be meant: (64,)."""

    @property
    def seen(self) -> NDArray[np.float32]:
        """What its eyes told it before each decision so far: (T, N)."""

    def decide(self, observation: Observation) -> Decision:
        """What to do."""

    def note(self, done: Decision) -> None:
        """What was done after all."""


MakeActor = Callable[[Observation], Actor]
"""From an episode's first observation to its actor."""


@dataclass(frozen=True, eq=False)
class Episode:
    """T decisions of one episode: with its pictures, or with what the eyes of who played it saw in them.

    Args:
        goal_image, goal_mask: uint8 (144, 256, 3) and 0/1 (144, 256).
        interaction, kind: indices into `INTERACTIONS` and `KIND_NAMES`.
        images: uint8 (T, 144, 256, 3); none of an actor's episode.
        done, taught: uint8 (T, 6): turn, tilt and the four buttons, as decided and as the teacher would have.
        cells: uint8 (T, 18, 32), one more than the index in `KIND_NAMES` of what is seen there, 0 for none of them;
            none of an actor's episode.
        points: float32 (T, 2), shares of the picture where the target itself is seen, -1 where it is not.
        success: whether the goal was reached.
        code, seen: float32 (64,) and (T, N), those of the actor; empty of a teacher's.
    """

    goal_image: NDArray[np.uint8]
    goal_mask: NDArray[np.uint8]
    interaction: int
    kind: int
    images: NDArray[np.uint8]
    done: NDArray[np.uint8]
    taught: NDArray[np.uint8]
    cells: NDArray[np.uint8]
    points: NDArray[np.float32]
    success: bool
    code: NDArray[np.float32]
    seen: NDArray[np.float32]


def play(
    env: CrossViewEnv,
    scenario: Scenario,
    make_actor: MakeActor | None = None,
    *,
    slips: float = 0.0,
    guided: float = 0.0,
) -> Episode:
    """Play `scenario` on a `DecisionDoom`, by the teacher unless an actor is given.

    Args:
        slips: share of the decisions in which the agent turns by chance instead, so that the teacher shows how to
            go on from there.
        guided: share of an actor's episode in which the teacher acts for it, in stretches of ten decisions or so:
            an actor that has lost its way for good shows little.
    """
    simulator = env.simulator
    assert isinstance(simulator, DecisionDoom)
    observation, _ = env.reset(seed=0, options={"scenario": scenario})
    goal = scenario.goals[0]
    goal_image = resized_picture(observation["goal_image"], IMAGE_SIZE)
    goal_mask = resized_mask(observation["goal_mask"], IMAGE_SIZE)
    teacher = Teacher(goal.interaction, simulator.floor_plan())
    actor = make_actor(observation) if make_actor else None
    dice = Dice("training", scenario.id, scenario.seed)
    guiding = dice.chance(guided)
    images, done, taught, cells, points = [], [], [], [], []
    held, over = 0, False
    while not over:
        lesson = teacher.decide(env.facts.agent, simulator.candidates(), env.facts.events)
        decision = actor.decide(observation) if actor else lesson
        if dice.chance(1 / GUIDED_DECISIONS):
            guiding = dice.chance(guided)
        if guiding:
            decision = lesson
        if dice.chance(slips):
            decision = Decision(dice.below(len(TURNS_DEGREES)), decision.tilt, decision.pressed)
        teacher.note(decision)
        if actor:
            actor.note(decision)
        else:
            images.append(resized_picture(observation["image"], IMAGE_SIZE).numpy())
            cells.append(simulator.kind_cells(KIND_NAMES, *CELLS))
        taught.append(_numbers(lesson))
        done.append(_numbers(decision))
        seen = env.facts.target_centroid
        spec = simulator.spec
        points.append((-1.0, -1.0) if seen is None else (seen[0] / spec.width, seen[1] / spec.height))
        observation, _, terminated, truncated, _ = env.step(decision.action)
        arrived = goal.interaction == "approach" and approached(env.facts, goal.target.name, spec)
        held = held + 1 if arrived else 0
        over = terminated or truncated or held == APPROACHED_DECISIONS
    return Episode(
        goal_image=goal_image.numpy(),
        goal_mask=goal_mask.numpy(),
        interaction=INTERACTIONS.index(goal.interaction),
        kind=KIND_NAMES.index(goal.target.kind),
        images=np.array(images, np.uint8).reshape(-1, *IMAGE_SIZE, 3),
        done=np.stack(done),
        taught=np.stack(taught),
        cells=np.array(cells, np.uint8).reshape(-1, *CELLS),
        points=np.array(points, np.float32),
        success=env.summary.success or held == APPROACHED_DECISIONS,
        code=actor.code if actor else np.zeros(0, np.float32),
        seen=actor.seen if actor else np.zeros((0, 0), np.float32),
    )


def save_episodes(episodes: list[Episode], path: Path) -> None:
    """One file of arrays; whole or not at all."""
    arrays = {f"{number}.{name}": value for number, each in enumerate(episodes) for name, value in vars(each).items()}
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        np.savez(file, **arrays)
    partial.replace(path)


def load_episodes(path: Path) -> list[Episode]:
    """What `save_episodes` wrote."""
    with np.load(path) as arrays:
        numbers = sorted({int(name.split(".")[0]) for name in arrays.files})
        parts = [{name: arrays[f"{number}.{name}"] for name in Episode.__dataclass_fields__} for number in numbers]
    return [
        Episode(
            goal_image=part["goal_image"],
            goal_mask=part["goal_mask"],
            interaction=int(part["interaction"]),
            kind=int(part["kind"]),
            images=part["images"],
            done=part["done"],
            taught=part["taught"],
            cells=part["cells"],
            points=part["points"],
            success=bool(part["success"]),
            code=part["code"],
            seen=part["seen"],
        )
        for part in parts
    ]


def _numbers(decision: Decision) -> NDArray[np.uint8]:
    return np.array([decision.turn, decision.tilt, *decision.pressed], np.uint8)
