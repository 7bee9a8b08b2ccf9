"""Learn from one's own mistakes (DAgger): python -m examples.training.dagger --data DIR --out DIR

First the eyes learn on, from more of the teacher's episodes, and memory and heads learn from these anew. Then the
network plays, and the teacher says at every decision what it would have done there; memory and heads learn that
beside the teacher's own episodes, anew in each round. Then the better network plays. Starts from `eyes.weights` in
--out.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch

from examples.training.arena import TRAINING_SEEDS
from examples.training.demonstrations import play_all, saved_scenarios
from examples.training.fitting import Fit, export, fit, load_weights
from examples.training.imitation import fit_eyes, fix_eyes, saved_episodes
from examples.training.learning import Lesson, Streams, seen_lesson
from examples.training.student import student

ALONE = 1000
"""Steps, of 2048 decisions, in which memory and heads learn from the teacher's episodes alone."""

ROUNDS = ((0.3, 360, 1400), (0.15, 480, 1800))
"""Round by round: the share of the network's own episodes in which the teacher acts for it, how many it plays, and the
steps in which it then learns."""

OWN_SHARE = 2.0
"""How much likelier an episode of the network's own is drawn than one of the teacher's."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="what demonstrations wrote, of another seed")
    parser.add_argument("--out", type=Path, required=True, help="where imitation wrote")
    parser.add_argument("--steps", type=int, default=1600, help="for the eyes, of 336 decisions")
    parser.add_argument("--seed", type=int, default=TRAINING_SEEDS[0] + 1)
    arguments = parser.parse_args()
    out: Path = arguments.out
    torch.set_num_threads(2)
    torch.manual_seed(arguments.seed)
    network = eyes = load_weights(out / "eyes.weights")
    record = {"eyes": fit_eyes(eyes, arguments.data, Fit("sharper-eyes", arguments.steps, 1.5e-3), out, arguments.seed)}
    torch.set_num_threads(1)
    lessons = [seen_lesson(eyes, episode) for episode in saved_episodes(arguments.data)]
    scenarios = saved_scenarios(arguments.seed, sum(count for _, count, _ in ROUNDS), out / "own" / "scenarios.jsonl")
    mine: list[Lesson] = []
    for number, (guided, count, steps) in enumerate(((0.0, 0, ALONE), *ROUNDS)):
        name = f"finetuned-{number}"
        some, scenarios = scenarios[:count], scenarios[count:]
        if some:
            play_all(some, out / "own", name=name, make_actor=student(network.eval()), guided=guided)
            mine += [seen_lesson(eyes, episode) for episode in saved_episodes(out / "own", f"{name}-")]
        shares = [1.0] * len(lessons) + [OWN_SHARE] * len(mine)
        streams = Streams(lessons + mine, streams=64, window=32, seed=arguments.seed + number, shares=shares)
        network = load_weights(out / "sharper-eyes.weights")
        fix_eyes(network)
        record[name] = fit(network, streams, Fit(name, steps, 1.5e-3, snapshots=4), out)
    export(network, out / "finetuned.pt")
    (out / "finetuned.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
