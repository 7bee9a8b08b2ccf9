"""vla-eval (PyPI) without Docker: a model server and shards, raw pictures.

`python -m ... SUITE MODEL STARTED SHARDS`
"""

from __future__ import annotations

import json
import multiprocessing
import os
import socket
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import anyio
import numpy as np
from vla_eval.benchmarks.base import StepBenchmark, StepResult
from vla_eval.model_servers.predict import PredictModelServer
from vla_eval.model_servers.serve import serve
from vla_eval.orchestrator import Orchestrator
from vla_eval.protocol.numpy_codec import set_image_format

from evalsuite.crossview.environment import CrossViewEnv
from evalsuite.crossview.spaces import BUTTONS
from evalsuite.suite.files import load_suite
from evalsuite.worlds import find_world
from tests.benchmarks.harnesses.clock import frame_sha256
from tests.benchmarks.harnesses.small_cnn import BareCaller

_CONTEXT = multiprocessing.get_context("spawn")
WAIT_SECONDS = 120.0


class CrossViewBenchmark(StepBenchmark):  # type: ignore[misc]
    """The suite's scenarios as tasks. What a shard has seen goes to a file of its own."""

    def __init__(self, suite_file: str, ledger: str) -> None:
        super().__init__()
        suite = load_suite(Path(suite_file))
        self._scenarios = {scenario.id: scenario for scenario in suite.scenarios}
        self._folder = tempfile.TemporaryDirectory()
        simulator = find_world(suite.worlds[0]).make(Path(self._folder.name))
        self._env = CrossViewEnv(simulator, suite.scenarios[0], share_goal_view=True)
        self._ledger = Path(ledger) / f"{os.getpid()}.json"
        self._told: dict[str, Any] = {"first": 0.0, "last": 0.0, "steps": 0, "frames": {}}

    def get_tasks(self) -> list[dict[str, Any]]:
        return [{"name": name} for name in self._scenarios]

    def reset(self, task: dict[str, Any]) -> Any:
        observation, _ = self._env.reset(seed=0, options={"scenario": self._scenarios[task["name"]]})
        return observation

    def step(self, action: dict[str, Any]) -> Any:
        flat = np.asarray(action["actions"])
        buttons: dict[str, Any] = {name: int(down) for name, down in zip(BUTTONS, flat, strict=False)}
        camera = flat[-2:].astype(np.float32)
        observation, reward, terminated, truncated, _ = self._env.step({**buttons, "camera": camera})
        self._told["first"] = self._told["first"] or time.time()
        self._told["steps"] += 1
        done = terminated or truncated
        if done:
            self._told["last"] = time.time()
            self._told["frames"][self._env.scenario.id] = frame_sha256(observation["image"])
            self._ledger.write_text(json.dumps(self._told))
        return StepResult(obs=observation, reward=reward, done=done, info={})

    def make_obs(self, raw_obs: Any, task: dict[str, Any]) -> dict[str, Any]:
        return {"images": {"view": raw_obs["image"]}}

    def get_step_result(self, step_result: Any) -> dict[str, Any]:
        return {"success": self._env.summary.success}

    def get_metadata(self) -> dict[str, Any]:
        return {"max_steps": max(scenario.max_steps for scenario in self._scenarios.values())}

    def cleanup(self) -> None:
        self._env.close()
        self._folder.cleanup()


class SmallCNNServer(PredictModelServer):  # type: ignore[misc]
    """Answers whatever batch the server has gathered."""

    def __init__(self, model: Path, **options: Any) -> None:
        super().__init__(**options)
        self._caller = BareCaller(model)

    def predict_batch(self, obs_batch: list[Any], ctx_batch: list[Any]) -> list[dict[str, Any]]:
        actions = self._caller([obs["images"]["view"] for obs in obs_batch])
        return [
            {"actions": np.array([*(each[name] for name in BUTTONS), *each["camera"]], np.float32)} for each in actions
        ]


def run_server(model: Path, port: int, shards: int) -> None:
    set_image_format("raw")
    serve(SmallCNNServer(model, max_batch_size=shards), host="127.0.0.1", port=port)


def run_shard(suite_file: Path, port: int, folder: str, shard: int, shards: int) -> None:
    set_image_format("raw")
    config = {
        "server": {"url": f"ws://127.0.0.1:{port}"},
        "output_dir": folder,
        "render": "gpu",
        "benchmarks": [
            {
                "benchmark": "tests.benchmarks.harnesses.vla:CrossViewBenchmark",
                "params": {"suite_file": str(suite_file), "ledger": folder},
            }
        ],
    }
    anyio.run(Orchestrator(config, shard_id=shard, num_shards=shards, no_save=True).run)


def main(suite_file: Path, model: Path, started: float, shards: int) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        server = _CONTEXT.Process(target=run_server, args=(model, port, shards), daemon=True)
        server.start()
        deadline = time.monotonic() + WAIT_SECONDS
        while not _answers(port) and time.monotonic() < deadline:
            time.sleep(0.05)
        players = [
            _CONTEXT.Process(target=run_shard, args=(suite_file, port, folder, shard, shards))
            for shard in range(shards)
        ]
        for player in players:
            player.start()
        for player in players:
            player.join()
        server.terminate()
        server.join()
        parts = [json.loads(file.read_text()) for file in Path(folder).glob("*.json")]
    first, last = min(part["first"] for part in parts), max(part["last"] for part in parts)
    steps = sum(part["steps"] for part in parts)
    frames = {name: frame for part in parts for name, frame in part["frames"].items()}
    told = {"steps": steps, "first_step_seconds": first - started, "rate": steps / (last - first)}
    print(json.dumps({**told, "seconds": last - started, "frames": frames}), flush=True)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex(("127.0.0.1", port)) == 0


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]))
