"""Start view, goal view and mask of scenarios, taken in a process of its own that is ended when it hangs."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evalsuite.crossview.environment import CrossViewEnv
from evalsuite.errors import UsageError
from evalsuite.runner.scratch import Scratch
from evalsuite.suite.files import load_suite
from evalsuite.suite.scenario import Scenario
from evalsuite.worlds import find_world

LIMIT_SECONDS = 120.0
SEED = 0


@dataclass(frozen=True)
class CapturedView:
    """What the agent sees first and what it is shown of its first goal, as in an observation."""

    start: NDArray[np.uint8]
    goal: NDArray[np.uint8]
    mask: NDArray[np.uint8]


def capture_views(suite: Path, scenarios: Sequence[Scenario], *, rehearse: bool) -> list[CapturedView]:
    """The views of `scenarios`, which the suite file `suite` holds, in their order.

    Raises `UsageError` when the world doesn't come up or takes longer than two minutes.
    """
    with Scratch() as scratch:
        taken = scratch.folder / "views.npz"
        chosen = [argument for scenario in scenarios for argument in ("--scenario", scenario.id)]
        arguments = ["--suite", str(suite.resolve()), "--to", str(taken), *chosen]
        if rehearse:
            arguments.append("--rehearse")
        child = scratch.start(__name__, "views", arguments, share=[], inside=True)
        child.wait(time.monotonic() + LIMIT_SECONDS)
        ending = child.kill()
        if not taken.exists():
            raise UsageError(f"the views can't be pictured: the simulator's process {ending}; try `evalsuite worlds`")
        with np.load(taken, allow_pickle=False) as views:
            return [
                CapturedView(*(views[f"{kind}-{place}"] for kind in ("start", "goal", "mask")))
                for place in range(len(scenarios))
            ]


def main() -> None:
    """The process: asked by `capture_views`, with the arguments that `Scratch.start` gives every process."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--control")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--suite", type=Path)
    parser.add_argument("--to", type=Path)
    parser.add_argument("--scenario", action="append")
    parser.add_argument("--rehearse", action="store_true")
    arguments = parser.parse_args()
    scenarios = {scenario.id: scenario for scenario in load_suite(arguments.suite).scenarios}
    pictures: dict[str, NDArray[np.uint8]] = {}
    environments: dict[str, CrossViewEnv] = {}
    try:
        for place, scenario in enumerate(scenarios[name] for name in arguments.scenario):
            if scenario.world not in environments:
                folder = arguments.folder / scenario.world
                folder.mkdir()
                simulator = find_world(scenario.world).make(folder, rehearse=arguments.rehearse)
                environments[scenario.world] = CrossViewEnv(simulator, scenario)
            observation, _ = environments[scenario.world].reset(seed=SEED, options={"scenario": scenario})
            pictures[f"start-{place}"] = observation["image"]
            pictures[f"goal-{place}"] = observation["goal_image"]
            pictures[f"mask-{place}"] = observation["goal_mask"]
    finally:
        for env in environments.values():
            env.close()
    unfinished = arguments.folder / "views.npz"
    np.savez(unfinished, **pictures)  # type: ignore[arg-type]
    unfinished.replace(arguments.to)


if __name__ == "__main__":
    main()
