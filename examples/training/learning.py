"""Gradient steps on episodes: streams of decisions with the memory carried over, and what each head is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from evalsuite.crossview.spaces import INTERACTIONS
from examples.training.decisions import STEPS_PER_DECISION, TILTS_DEGREES, TURNS_DEGREES
from examples.training.network import CELLS, IMAGE_SIZE, KINDS, MEMORY, CrossViewNetwork
from examples.training.rollouts import Episode

WEIGHTS = {
    "turn": 1.0,
    "tilt": 0.4,
    "buttons": 1.0,
    "cells": 10.0,
    "pairs": 20.0,
    "names": 2.0,
    "kind": 0.5,
    "visible": 0.2,
    "point": 0.5,
}
GOAL_EXAMPLES = 48
SHARE_SHOWING = 0.5
"""Of the glances, so many are drawn from those that show something of the target's kind."""

SHOWN_CELLS = 4
_RARE_BUTTONS = torch.tensor([1.0, 1.0, 2.0, 2.0])
COMPARED = 12
"""With so many goals of a batch is each of its views compared, so that every kind in it counts."""

NAMED_WEIGHT = torch.tensor([1.0] + [6.0] * KINDS)
FEW_CELLS = 16
"""Few cells show the target's kind; for the same reason the mean over the cells weighs much in `WEIGHTS`. Where fewer
cells than these do, each of them weighs more, up to four times: what is far away has to be found first."""


@dataclass(frozen=True, eq=False)
class Lesson:
    """An episode as tensors, each with T rows but for the goal's: what a window is cut from."""

    rows: dict[str, Tensor]
    goal: dict[str, Tensor]


def lesson(episode: Episode, rows: slice = slice(None)) -> Lesson:
    """Some decisions of the episode with their pictures, to train the whole network on."""
    names = torch.from_numpy(episode.cells)
    cells = (names == episode.kind + 1).byte()
    shown = {"image": torch.from_numpy(episode.images), "names": names, "cells": cells} | _asked(episode)
    goal = {
        "goal_image": torch.from_numpy(episode.goal_image),
        "goal_mask": torch.from_numpy(episode.goal_mask),
        "interaction": torch.tensor(episode.interaction),
        "kind": torch.tensor(episode.kind),
    }
    return Lesson({name: values[rows].clone() for name, values in shown.items()}, goal)


def shown_to(network: CrossViewNetwork, episode: Episode) -> Lesson:
    """The episode as the network's eyes see its pictures, to train its memory and its heads alone."""
    interaction = torch.tensor([episode.interaction])
    with torch.inference_mode():
        goal_image, goal_mask = torch.from_numpy(episode.goal_image), torch.from_numpy(episode.goal_mask)
        code = network.goal_code(goal_image[None], goal_mask[None], interaction)
        parts = torch.split(torch.from_numpy(episode.images), 64)
        seen = torch.cat([network.look(part, code.expand(len(part), -1)) for part in parts])
    return _to_remember(episode, seen.clone(), code[0].clone())


def seen_lesson(episode: Episode) -> Lesson:
    """The episode as the eyes of who played it saw it; they have to be those of the network that is trained."""
    return _to_remember(episode, torch.from_numpy(episode.seen), torch.from_numpy(episode.code))


def _to_remember(episode: Episode, seen: Tensor, code: Tensor) -> Lesson:
    return Lesson({"seen": seen} | _asked(episode), {"code": code, "interaction": torch.tensor(episode.interaction)})


class Streams:
    """Several episodes at a time, read on window by window, each followed by another drawn by chance.

    Args:
        shares: how likely each lesson is drawn, up to a factor; equally by default.
    """

    def __init__(
        self, lessons: Sequence[Lesson], streams: int, window: int, seed: int, shares: Sequence[float] | None = None
    ) -> None:
        self._lessons, self._window = lessons, window
        self._random = np.random.default_rng(seed)
        self._shares = None if shares is None else np.asarray(shares) / np.sum(shares)
        self._current = [self._drawn() for _ in range(streams)]
        self._at = [int(self._random.integers(len(each.rows["taught"]))) for each in self._current]
        self.memory = torch.zeros(streams, MEMORY)

    def _drawn(self) -> Lesson:
        return self._lessons[self._random.choice(len(self._lessons), p=self._shares)]

    def next_window(self) -> dict[str, Tensor]:
        """(streams, window, ...) of every row and (streams, ...) of every goal; `real` bool where there are rows."""
        for number, current in enumerate(self._current):
            if self._at[number] >= len(current.rows["taught"]):
                self._current[number], self._at[number] = self._drawn(), 0
                self.memory[number] = 0.0
        cuts = [self._cut(current, at) for current, at in zip(self._current, self._at, strict=True)]
        self._at = [at + self._window for at in self._at]
        return {name: torch.stack([cut[name] for cut in cuts]) for name in cuts[0]}

    def _cut(self, current: Lesson, at: int) -> dict[str, Tensor]:
        cut = {name: rows[at : at + self._window] for name, rows in current.rows.items()}
        missing = self._window - len(cut["taught"])
        cut = {name: functional.pad(rows, [0, 0] * (rows.dim() - 1) + [0, missing]) for name, rows in cut.items()}
        return cut | current.goal | {"real": torch.arange(self._window) < self._window - missing}


class Glances:
    """Some decisions of each of several episodes, drawn by chance and apart from each other: for the eyes.

    Consecutive pictures are nearly alike, so that a window of a stream shows far less than as many glances.
    """

    def __init__(self, lessons: Sequence[Lesson], episodes: int, glances: int, seed: int) -> None:
        self._lessons, self._episodes, self._glances = lessons, episodes, glances
        self._random = np.random.default_rng(seed)
        self._showing = [each.rows["cells"].flatten(1).any(dim=1).nonzero()[:, 0].numpy() for each in lessons]
        self.memory = torch.zeros(episodes, MEMORY)

    def next_window(self) -> dict[str, Tensor]:
        """As of `Streams`; the rows of a window are no sequence, which `apart` says."""
        cuts = [self._cut(int(number)) for number in self._random.integers(len(self._lessons), size=self._episodes)]
        batch = {name: torch.stack([cut[name] for cut in cuts]) for name in cuts[0]}
        self.memory.zero_()
        return batch | {"apart": torch.tensor(True)}

    def _cut(self, number: int) -> dict[str, Tensor]:
        current, showing = self._lessons[number], self._showing[number]
        chosen = self._random.integers(len(current.rows["taught"]), size=self._glances)
        if len(showing):
            instead = self._random.random(self._glances) < SHARE_SHOWING
            chosen = np.where(instead, showing[self._random.integers(len(showing), size=self._glances)], chosen)
        cut = {name: rows[chosen] for name, rows in current.rows.items()}
        return cut | current.goal | {"real": torch.ones(self._glances, dtype=torch.bool)}


class GoalExamples:
    """Pictures with something masked in them and its kind: goal views, and the agent's own where it saw that kind.

    There are few goal views, and the network has to tell kinds apart by what the mask shows.
    """

    def __init__(self, lessons: Sequence[Lesson], seed: int) -> None:
        self._lessons = lessons
        self._random = np.random.default_rng(seed)
        self._showing = [(each.rows["cells"].sum(dim=(1, 2)) >= SHOWN_CELLS).nonzero()[:, 0] for each in lessons]

    def error(self, network: CrossViewNetwork) -> Tensor:
        """How badly the network tells the kinds of `GOAL_EXAMPLES` pictures, whatever it is asked to do there."""
        images, masks, kinds = zip(*(self._drawn() for _ in range(GOAL_EXAMPLES)), strict=True)
        asked = torch.from_numpy(self._random.integers(len(INTERACTIONS), size=GOAL_EXAMPLES))
        code = network.goal_code(torch.stack(images), torch.stack(masks), asked)
        return functional.cross_entropy(network.kind(code), torch.stack(kinds))

    def _drawn(self) -> tuple[Tensor, Tensor, Tensor]:
        number = int(self._random.integers(len(self._lessons)))
        goal, showing = self._lessons[number].goal, self._showing[number]
        if not len(showing) or self._random.random() < 0.5:
            return goal["goal_image"], goal["goal_mask"], goal["kind"]
        at = int(showing[self._random.integers(len(showing))])
        rows = self._lessons[number].rows
        height, width = (size // cells for size, cells in zip(IMAGE_SIZE, CELLS, strict=True))
        mask = rows["cells"][at].repeat_interleave(height, dim=0).repeat_interleave(width, dim=1)
        return rows["image"][at], mask, goal["kind"]


def losses(
    network: CrossViewNetwork, batch: dict[str, Tensor], memory: Tensor, hidden: float = 0.0
) -> tuple[dict[str, Tensor], Tensor]:
    """What each head errs by on a window, and the memory after it.

    Args:
        hidden: share of what fixed eyes see that is hidden from the memory, so that it learns no episode by heart.
    """
    errors: dict[str, Tensor] = {}
    real = batch["real"].flatten()
    streams, window = batch["real"].shape
    if "seen" in batch:
        code, seen = batch["code"], functional.dropout(batch["seen"], hidden)
    else:
        code = network.goal_code(batch["goal_image"], batch["goal_mask"], batch["interaction"])
        codes = code.unsqueeze(1).expand(-1, window, -1).flatten(0, 1)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            features = network.features(batch["image"].flatten(0, 1)[real])
            seen_real, found = network.match(features, codes[real])
            named = network.named(features)
            others = torch.randperm(streams)[:COMPARED]
            compared = network.found(features, code[others].expand(len(features), -1, -1))
        empty = torch.zeros(streams * window, seen_real.shape[1])
        seen = empty.index_put((real.nonzero()[:, 0],), seen_real.float()).view(streams, window, -1)
        names = batch["names"].flatten(0, 1)[real].long()
        cells = batch["cells"].flatten(0, 1)[real]
        errors["cells"] = _missed(found, cells)
        errors["pairs"] = _missed(compared, names[:, None] == batch["kind"][others][:, None, None] + 1)
        errors["names"] = functional.cross_entropy(named.float(), names, weight=NAMED_WEIGHT)
    outputs = []
    for step in range(window):
        heads, after = network.remember(seen[:, step], code, batch["interaction"], batch["course"][:, step], memory)
        if "apart" not in batch:
            memory = torch.where(batch["real"][:, step, None], after, memory)
        outputs.append(heads)
    turn, tilt, buttons, visible, point = torch.split(
        torch.stack(outputs, dim=1).flatten(0, 1)[real], network.outputs, dim=1
    )
    taught = batch["taught"].flatten(0, 1)[real].long()
    errors["turn"] = functional.cross_entropy(turn, taught[:, 0])
    errors["tilt"] = functional.cross_entropy(tilt, taught[:, 1])
    errors["buttons"] = functional.binary_cross_entropy_with_logits(
        buttons, taught[:, 2:].float(), pos_weight=_RARE_BUTTONS
    )
    truth = batch["point"].flatten(0, 1)[real]
    shown = truth[:, 0] >= 0
    errors["visible"] = functional.binary_cross_entropy_with_logits(visible[:, 0], shown.float())
    if bool(shown.any()):
        errors["point"] = functional.l1_loss(torch.sigmoid(point[shown]), truth[shown])
    return errors, memory.detach()


def _missed(found: Tensor, shown: Tensor) -> Tensor:
    """How badly match maps (..., 18, 32) tell which cells show what is wanted."""
    truth = shown.float()
    weight = (FEW_CELLS / truth.sum(dim=(-2, -1), keepdim=True)).clamp(1.0, 4.0)
    return functional.binary_cross_entropy_with_logits(found.float(), truth, pos_weight=weight)


def _asked(episode: Episode) -> dict[str, Tensor]:
    """What the heads are asked for, and `state_1` before each decision, from what was done."""
    done = torch.from_numpy(episode.done).long()
    turned, tilted = torch.tensor(TURNS_DEGREES)[done[:, 0]], torch.tensor(TILTS_DEGREES)[done[:, 1]]
    moved = torch.stack([torch.ones(len(done)), turned, tilted], dim=1) * STEPS_PER_DECISION
    return {
        "taught": torch.from_numpy(episode.taught),
        "point": torch.from_numpy(episode.points),
        "course": functional.pad(moved.cumsum(dim=0)[:-1], [0, 0, 1, 0]),
    }
