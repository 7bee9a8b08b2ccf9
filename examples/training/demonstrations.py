"""Have the teacher play synthesized scenarios: python -m examples.training.demonstrations --out DIR

Files that are there already are not made again, so that it goes on where it was killed. They take 20 GB.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial
from pathlib import Path

import torch
from rich.progress import track

from evalsuite.crossview.environment import CrossViewEnv
from evalsuite.errors import UsageError
from evalsuite.suite.scenario import Scenario
from examples.training.arena import TRAINING_SEEDS, DecisionDoom, scenarios_for_training
from examples.training.mistakes import one_line_for_mistakes
from examples.training.rollouts import MakeActor, play, save_episodes

EPISODES_A_FILE = 30
SLIPS = 0.06


def saved_scenarios(seed: int, count: int, folder: Path) -> list[Scenario]:
    """`count` scenarios for training, read from `folder` or made and written there.

    Raises `UsageError` when `seed` is not for training, or the folder holds other scenarios, whose episodes would be
    taken for those of these.
    """
    file = folder / f"scenarios-{seed}-{count}.jsonl"
    if seed not in TRAINING_SEEDS:
        raise UsageError(f"--seed {seed}: seeds for training are {TRAINING_SEEDS[0]} to {TRAINING_SEEDS[-1]}")
    if count < 1:
        raise UsageError(f"--count {count}: at least 1 scenario")
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is no folder: name one, or one that is not there yet")
    if others := [each.name for each in folder.glob("scenarios-*.jsonl") if each != file]:
        raise UsageError(f"{folder} is of another seed or count ({others[0]}): name another folder")
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as engine:
            made = track(scenarios_for_training(seed, count, Path(engine)), "scenarios", total=count)
            lines = [scenario.model_dump_json() for scenario in made]
        partial = file.with_suffix(".partial")
        partial.write_text("\n".join(lines) + "\n", encoding="utf-8")
        partial.replace(file)
    lines = file.read_text(encoding="utf-8").splitlines()
    return [Scenario.model_validate_json(line) for line in lines]


def play_all(
    scenarios: Sequence[Scenario],
    out: Path,
    *,
    name: str,
    make_actor: MakeActor | None = None,
    slips: float = 0.0,
    guided: float = 0.0,
) -> None:
    """Write the episodes of `scenarios` to `out`, thirty a file, on all cores."""
    out.mkdir(parents=True, exist_ok=True)
    how = partial(_play_file, make_actor=make_actor, slips=slips, guided=guided)
    with ProcessPoolExecutor(initializer=torch.set_num_threads, initargs=(1,)) as processes:
        playing = []
        for first in range(0, len(scenarios), EPISODES_A_FILE):
            file = out / f"{name}-{first // EPISODES_A_FILE:04d}.npz"
            if not file.exists():
                playing.append(processes.submit(how, scenarios[first : first + EPISODES_A_FILE], file))
        for played in track(as_completed(playing), name, total=len(playing)):
            played.result()


def _play_file(
    scenarios: Sequence[Scenario], file: Path, make_actor: MakeActor | None, slips: float, guided: float
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        env = CrossViewEnv(DecisionDoom(Path(folder)), scenarios[0], share_goal_view=True)
        try:
            save_episodes([play(env, each, make_actor, slips=slips, guided=guided) for each in scenarios], file)
        finally:
            env.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=1500, help="scenarios")
    parser.add_argument("--seed", type=int, default=TRAINING_SEEDS[0])
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    scenarios = saved_scenarios(arguments.seed, arguments.count, arguments.out)
    play_all(scenarios, arguments.out, name="teacher", slips=SLIPS)


if __name__ == "__main__":
    one_line_for_mistakes(main)
