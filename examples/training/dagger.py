"""Learn from one's own mistakes (DAgger): python -m examples.training.dagger --data DIR --out DIR

The network plays, and the teacher says at every decision what it would have done there; memory and heads learn that
beside the teacher's own episodes, anew in each round; the eyes stay as they are. Then the better network plays. Starts
from `pretrained.weights` and `eyes.weights` in --out.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch

from examples.training.arena import TRAINING_SEEDS
from examples.training.demonstrations import play_all, saved_scenarios
from examples.training.fitting import Fit, export, fit, load_weights
from examples.training.imitation import fix_eyes, saved_episodes
from examples.training.learning import Streams, seen_lesson
from examples.training.student import student

ROUNDS = ((0.3, 900, 0.3), (0.15, 1000, 0.3), (0.1, 2200, 0.0))
"""Round by round: the share of the network's own episodes in which the teacher acts for it, the steps, of 2048
decisions, in which it then learns, and what is hidden from it there (see `losses`)."""

OWN_SHARE = 2.0
"""How much likelier an episode of the network's own is drawn than one of the teacher's."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="what demonstrations wrote")
    parser.add_argument("--out", type=Path, required=True, help="where imitation wrote")
    parser.add_argument("--episodes", type=int, default=300, help="a round")
    parser.add_argument("--seed", type=int, default=TRAINING_SEEDS[0] + 1)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(arguments.seed)
    out: Path = arguments.out
    scenarios = saved_scenarios(arguments.seed, len(ROUNDS) * arguments.episodes, out / "own" / "scenarios.jsonl")
    network = load_weights(out / "pretrained.weights")
    lessons = [seen_lesson(network, episode) for episode in saved_episodes(arguments.data)]
    record = {}
    for number, (guided, steps, hidden) in enumerate(ROUNDS):
        name = f"finetuned-{number + 1}"
        some = scenarios[number * arguments.episodes : (number + 1) * arguments.episodes]
        play_all(some, out / "own", name=name, make_actor=student(network.eval()), guided=guided)
        mine = [seen_lesson(network, episode) for episode in saved_episodes(out / "own")]
        shares = [1.0] * len(lessons) + [OWN_SHARE] * len(mine)
        streams = Streams(lessons + mine, streams=64, window=32, seed=arguments.seed + number, shares=shares)
        network = load_weights(out / "eyes.weights")
        fix_eyes(network)
        record[name] = fit(network, streams, Fit(name, steps, 1.5e-3, snapshots=4, hidden=hidden), out)
    export(network, out / "finetuned.pt")
    (out / "finetuned.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
