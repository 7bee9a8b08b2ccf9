"""A training run that can be killed at any time: all is written down every minute and a half, and taken up again."""

from __future__ import annotations

import json
import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from evalsuite.errors import UsageError
from evalsuite.policies.checkpoints import save_torchscript
from examples.training.learning import WEIGHTS, Glances, GoalExamples, Streams, losses
from examples.training.network import CrossViewNetwork, contract

SAVE_SECONDS = 90.0
RECORD_STEPS = 25
WARM_UP_STEPS = 40


@dataclass(frozen=True)
class Fit:
    """How long and how fast to learn.

    Args:
        snapshots: so many archives are kept on the way, named by the decisions learnt from so far.
        before: decisions that were learnt from before this.
        hidden: that of `losses`.
    """

    name: str
    steps: int
    rate: float
    snapshots: int = 0
    before: int = 0
    hidden: float = 0.0

    def share_of_rate(self, step: int) -> float:
        """Linear warm-up, then a half cosine down to a twentieth."""
        return min(1.0, (step + 1) / WARM_UP_STEPS) * (0.525 + 0.475 * math.cos(math.pi * min(1.0, step / self.steps)))


def fit(
    network: CrossViewNetwork, streams: Streams | Glances, how: Fit, out: Path, goals: GoalExamples | None = None
) -> dict[str, Any]:
    """Train in place and write `NAME.weights` to `out`. The record: steps, losses on the way, seconds spent."""
    out.mkdir(parents=True, exist_ok=True)
    optimizer = torch.optim.AdamW((each for each in network.parameters() if each.requires_grad), weight_decay=1e-4)
    begun, record = _taken_up(network, optimizer, out / f"{how.name}.progress", how.steps)
    record |= {"steps": how.steps, "rate": how.rate, "hidden": how.hidden}
    saved = Clock()
    running: dict[str, float] = {}
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns) as bar:
        task = bar.add_task(how.name, total=how.steps, completed=begun)
        for step in range(begun + 1, how.steps + 1):
            for group in optimizer.param_groups:
                group["lr"] = how.rate * how.share_of_rate(step)
            errors, streams.memory = losses(network, batch := streams.next_window(), streams.memory, how.hidden)
            if goals is not None:
                errors["kind"] = goals.error(network)
            optimizer.zero_grad()
            total = torch.stack([WEIGHTS[head] * error for head, error in errors.items()]).sum()
            total.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            record["decisions"] += int(batch["real"].sum())
            for head, error in errors.items():
                running[head] = 0.95 * running.get(head, error.item()) + 0.05 * error.item()
            if step % RECORD_STEPS == 0:
                record["losses"].append({"step": step} | {head: round(value, 4) for head, value in running.items()})
                bar.console.print(f"{how.name} {record['losses'][-1]}")
            if how.snapshots and step % max(1, how.steps // how.snapshots) == 0:
                so_far = how.before + record["decisions"]
                export(network, out / "series" / f"{how.name}-{so_far:09d}.pt")
            if saved.wall() > SAVE_SECONDS or step == how.steps:
                record["wall_s"], record["cpu_s"] = record["wall_s"] + saved.wall(), record["cpu_s"] + saved.cpu()
                _write(network, optimizer, step, record, out / f"{how.name}.progress")
                saved = Clock()
            bar.update(task, completed=step)
    torch.save(network.state_dict(), out / f"{how.name}.weights")
    return record


class Clock:
    """Seconds of wall time and of this process's processor time since it was made."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.monotonic(), time.process_time()

    def wall(self) -> float:
        return time.monotonic() - self._wall

    def cpu(self) -> float:
        return time.process_time() - self._cpu


def export(network: CrossViewNetwork, path: Path) -> None:
    """Write the network as an archive that the suite scores."""
    path.parent.mkdir(parents=True, exist_ok=True)
    save_torchscript(network, contract(network), path)


def load_weights(path: Path) -> CrossViewNetwork:
    """The network with the weights of a finished or an interrupted run."""
    saved = torch.load(path, weights_only=True)
    weights = saved.get("network", saved)
    seen_once = CrossViewNetwork().fusion.in_features
    network = CrossViewNetwork(far_sighted=weights["fusion.weight"].shape[1] > seen_once)
    network.load_state_dict(weights)
    return network


def _taken_up(
    network: CrossViewNetwork, optimizer: torch.optim.Optimizer, file: Path, steps: int
) -> tuple[int, dict[str, Any]]:
    if not file.exists():
        return 0, {"losses": [], "decisions": 0, "wall_s": 0.0, "cpu_s": 0.0}
    saved = torch.load(file, weights_only=True)
    if (begun := json.loads(saved["record"])["steps"]) != steps:
        raise UsageError(f"{file} is of a run of {begun} steps, not {steps}: name another folder, or remove it")
    network.load_state_dict(saved["network"])
    optimizer.load_state_dict(saved["optimizer"])
    return saved["step"], json.loads(saved["record"])


def _write(
    network: CrossViewNetwork, optimizer: torch.optim.Optimizer, step: int, record: dict[str, Any], file: Path
) -> None:
    state = {"network": network.state_dict(), "optimizer": optimizer.state_dict(), "step": step}
    partial = file.with_suffix(".partial")
    torch.save(state | {"record": json.dumps(record)}, partial)
    partial.replace(file)
