"""Learn from the teacher's episodes: python -m examples.training.imitation --data DIR --out DIR

First the eyes, on single pictures; then the memory and the heads alone, on what the eyes, now fixed, have seen: that
is a tenth of the work for a decision, and the memory needs many more of them.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from rich.progress import track

from evalsuite.errors import UsageError
from examples.training.fitting import Fit, export, fit
from examples.training.learning import Glances, GoalExamples, Streams, lesson, shown_to
from examples.training.mistakes import one_line_for_mistakes
from examples.training.network import EYES, CrossViewNetwork
from examples.training.rollouts import Episode, load_episodes

EYES_EVERY = 3
"""The eyes are shown every third decision of an episode: neighbours look alike, and all need 20 GB of memory."""


def saved_episodes(folder: Path, name: str = "") -> Iterator[Episode]:
    """All episodes in a folder's finished files, or in those whose names begin with `name`."""
    paths = sorted(folder.glob(f"{name}*.npz"))
    if not paths:
        raise UsageError(f"{folder} holds no episodes: run examples.training.demonstrations first")
    for path in track(paths, f"reading {folder}"):
        yield from load_episodes(path)


def fix_eyes(network: CrossViewNetwork) -> None:
    """Let nothing that sees be changed any more."""
    for name, parameter in network.named_parameters():
        if name.split(".")[0] in EYES:
            parameter.requires_grad_(False)


def fit_eyes(network: CrossViewNetwork, data: Path, how: Fit, out: Path, seed: int) -> dict[str, Any]:
    """Train what sees on single pictures of the episodes in `data`. The record of `fit`."""
    lessons = [
        lesson(episode, slice(number % EYES_EVERY, None, EYES_EVERY))
        for number, episode in enumerate(saved_episodes(data))
        if len(episode.done) > EYES_EVERY
    ]
    return fit(network, Glances(lessons, episodes=48, glances=7, seed=seed), how, out, GoalExamples(lessons, seed))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="what demonstrations wrote")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=1600, help="for the eyes, of 336 decisions")
    parser.add_argument("--memory-steps", type=int, default=720, help="for its memory and heads, of 2048 decisions")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    torch.set_num_threads(2)
    torch.manual_seed(arguments.seed)
    network = CrossViewNetwork()
    how = Fit("eyes", arguments.steps, 2e-3)
    record = {"eyes": fit_eyes(network, arguments.data, how, arguments.out, arguments.seed)}
    torch.set_num_threads(1)
    fix_eyes(network)
    lessons = [shown_to(network, episode) for episode in saved_episodes(arguments.data)]
    streams = Streams(lessons, streams=64, window=32, seed=arguments.seed + 1)
    before = record["eyes"]["decisions"]
    how = Fit("pretrained", arguments.memory_steps, 1.5e-3, snapshots=4, before=before, hidden=0.3)
    record["memory"] = fit(network, streams, how, arguments.out)
    export(network, arguments.out / "pretrained.pt")
    (arguments.out / "pretrained.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    one_line_for_mistakes(main)
