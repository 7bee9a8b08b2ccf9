"""Start view, goal view and mask of scenarios, taken in a process of its own that is ended when it hangs."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evalsuite.crossview.environment import CrossViewEnv
from evalsuite.errors import SimulatorFault, UsageError
from evalsuite.runner.scratch import Scratch
from evalsuite.suite.files import load_suite
from evalsuite.suite.scenario import Scenario
from evalsuite.worlds import find_world

LIMIT_SECONDS = 120.0
POLL_SECONDS = 0.005
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
    return list(capture_each(suite, scenarios, rehearse=rehearse, limit_seconds=LIMIT_SECONDS))


def capture_each(
    suite: Path, scenarios: Sequence[Scenario], *, rehearse: bool, limit_seconds: float
) -> Generator[CapturedView, None, None]:
    """Like `capture_views`, each as soon as it is taken.

    Raises `UsageError` after the last one that was taken, when the world fails or `limit_seconds` are over.
    """
    with Scratch() as scratch:
        folder = scratch.folder / "views"
        folder.mkdir()
        chosen = folder / "scenarios.txt"
        chosen.write_text("\n".join(scenario.id for scenario in scenarios), encoding="utf-8")
        arguments = ["--suite", str(suite.resolve()), "--scenarios", str(chosen), "--to", str(folder)]
        if rehearse:
            arguments.append("--rehearse")
        child = scratch.start(__name__, "views", arguments, share=[], inside=True)
        deadline = time.monotonic() + limit_seconds
        for place in range(len(scenarios)):
            taken = _file_of(folder, place)
            while not taken.exists() and not child.has_exited() and time.monotonic() < deadline:
                time.sleep(POLL_SECONDS)
            if not taken.exists():
                ending = child.kill()
                raise UsageError(
                    f"the views can't be pictured: the simulator's process {ending}; try `evalsuite worlds`"
                )
            with np.load(taken, allow_pickle=False) as views:
                view = CapturedView(views["start"], views["goal"], views["mask"])
            taken.unlink()
            yield view


def _file_of(folder: Path, place: int) -> Path:
    return folder / f"{place}.npz"


def main() -> None:
    """The process: asked by `capture_views`, with the arguments that `Scratch.start` gives every process."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--control")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--suite", type=Path)
    parser.add_argument("--scenarios", type=Path)
    parser.add_argument("--to", type=Path)
    parser.add_argument("--rehearse", action="store_true")
    arguments = parser.parse_args()
    scenarios = {scenario.id: scenario for scenario in load_suite(arguments.suite).scenarios}
    names = arguments.scenarios.read_text(encoding="utf-8").splitlines()
    unfinished = arguments.folder / "unfinished.npz"
    environments: dict[str, CrossViewEnv] = {}
    try:
        for place, scenario in enumerate(scenarios[name] for name in names):
            if scenario.world not in environments:
                folder = arguments.folder / scenario.world
                folder.mkdir()
                simulator = find_world(scenario.world).make(folder, rehearse=arguments.rehearse)
                environments[scenario.world] = CrossViewEnv(simulator, scenario)
            observation, _ = environments[scenario.world].reset(seed=SEED, options={"scenario": scenario})
            views = {"start": "image", "goal": "goal_image", "mask": "goal_mask"}
            np.savez(unfinished, **{name: observation[key] for name, key in views.items()})
            unfinished.replace(_file_of(arguments.to, place))
    except (SimulatorFault, UsageError) as error:
        sys.exit(str(error))
    finally:
        for env in environments.values():
            env.close()


if __name__ == "__main__":
    main()
