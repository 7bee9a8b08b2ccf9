"""Learn from one's own mistakes (DAgger): python -m examples.training.dagger --data DIR --out DIR

First the eyes learn on, from more of the teacher's episodes; from then on they stay as they are, and look twice. Then
episodes are played under them, and the teacher says at every decision what it would have done there: in the first
round it plays itself, in the others the network of the round before does. After each round memory and heads learn
anew, from all episodes so far. Starts from what imitation wrote to --out.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import torch

from evalsuite.errors import UsageError
from examples.training.arena import TRAINING_SEEDS
from examples.training.demonstrations import SLIPS, play_all, saved_scenarios
from examples.training.fitting import Fit, export, fit, load_weights
from examples.training.imitation import fit_eyes, fix_eyes, saved_episodes
from examples.training.learning import Lesson, Streams, seen_lesson
from examples.training.mistakes import one_line_for_mistakes
from examples.training.network import CrossViewNetwork, far_sighted
from examples.training.student import student

ROUNDS = ((1.0, 1200, 1200), (0.3, 480, 1600), (0.15, 600, 2400))
"""Round by round: the share of the episodes in which the teacher acts, how many are played, and the steps, of 2048
decisions, in which memory and heads then learn."""

OWN_SHARE = 2.0
"""How much likelier an episode of the network's own is drawn than one of the teacher's."""


def learn_in_rounds(
    eyes: CrossViewNetwork, out: Path, seed: int, before: int
) -> tuple[CrossViewNetwork, dict[str, Any]]:
    """The far-sighted network with these eyes after `ROUNDS`, and the record of each `fit`.

    Args:
        before: decisions that were learnt from so far.
    """
    network, record = far_sighted(eyes), {}
    scenarios = saved_scenarios(seed, sum(count for _, count, _ in ROUNDS), out / "own")
    lessons: list[Lesson] = []
    shares: list[float] = []
    for number, (guided, count, steps) in enumerate(ROUNDS):
        name = f"finetuned-{number}"
        some, scenarios = scenarios[:count], scenarios[count:]
        teachers = guided == 1.0
        slips = SLIPS if teachers else 0.0
        play_all(some, out / "own", name=name, make_actor=student(network.eval()), slips=slips, guided=guided)
        new = [seen_lesson(episode) for episode in saved_episodes(out / "own", f"{name}-")]
        lessons, shares = lessons + new, shares + [1.0 if teachers else OWN_SHARE] * len(new)
        streams = Streams(lessons, streams=64, window=32, seed=seed + number, shares=shares)
        network = far_sighted(eyes)
        fix_eyes(network)
        record[name] = fit(network, streams, Fit(name, steps, 1.5e-3, snapshots=4, before=before), out)
        before += record[name]["decisions"]
    return network, record


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="what demonstrations wrote, of another seed")
    parser.add_argument("--out", type=Path, required=True, help="where imitation wrote")
    parser.add_argument("--steps", type=int, default=1600, help="for the eyes, of 336 decisions")
    parser.add_argument("--seed", type=int, default=TRAINING_SEEDS[0] + 1)
    arguments = parser.parse_args()
    out: Path = arguments.out
    if not (out / "pretrained.json").exists():
        raise UsageError(f"{out} holds no pretrained.json: run examples.training.imitation there first")
    torch.set_num_threads(2)
    torch.manual_seed(arguments.seed)
    eyes = load_weights(out / "eyes.weights")
    how = Fit("sharper-eyes", arguments.steps, 1.5e-3)
    record = {"eyes": fit_eyes(eyes, arguments.data, how, out, arguments.seed)}
    torch.set_num_threads(1)
    pretrained = json.loads((out / "pretrained.json").read_text(encoding="utf-8"))
    before = sum(part["decisions"] for part in (*pretrained.values(), record["eyes"]))
    network, rounds = learn_in_rounds(eyes, out, arguments.seed, before)
    record |= rounds
    export(network, out / "finetuned.pt")
    (out / "finetuned.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    one_line_for_mistakes(main)
