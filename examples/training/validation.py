"""How often a network reaches its goal on scenarios that it never learns from."""

from __future__ import annotations

import argparse
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import torch
from rich.progress import track

from evalsuite.crossview.environment import CrossViewEnv
from evalsuite.suite.scenario import Scenario
from examples.training.arena import VALIDATION_SEEDS, DecisionDoom, scenarios_for_training
from examples.training.fitting import load_weights
from examples.training.rollouts import MakeActor, play
from examples.training.student import student


def success_rates(scenarios: Sequence[Scenario], make_actor: MakeActor | None, folder: Path) -> dict[str, float]:
    """Share of goals reached: overall, by interaction, by difficulty; the teacher's where there is no actor."""
    env = CrossViewEnv(DecisionDoom(folder), scenarios[0], share_goal_view=True)
    reached: dict[str, list[bool]] = defaultdict(list)
    try:
        for scenario in track(scenarios, "validation"):
            success = play(env, scenario, make_actor).success
            for name in ("overall", scenario.goals[0].interaction, str(scenario.difficulty)):
                reached[name].append(success)
    finally:
        env.close()
    return {name: round(sum(values) / len(values), 4) for name, values in reached.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", type=Path, help="NAME.weights of imitation or dagger")
    parser.add_argument("--count", type=int, default=90)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    network = load_weights(arguments.weights)
    with tempfile.TemporaryDirectory() as folder:
        scenarios = list(scenarios_for_training(VALIDATION_SEEDS[0], arguments.count, Path(folder)))
    with tempfile.TemporaryDirectory() as folder:
        for name, rate in success_rates(scenarios, student(network.eval()), Path(folder)).items():
            print(f"{name:12} {rate:.0%}")


if __name__ == "__main__":
    main()
