"""What simulators need of a cluster, and for how many of them its nodes have room."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evalsuite.errors import UsageError
from evalsuite.runner.world_survey import most_workers
from evalsuite.worlds import find_world, resources_of

MOST_PER_ACTOR = 8
"""Simulators that share a driver and its policy processes on a node."""


@dataclass(frozen=True)
class Pool:
    """Worlds whose simulators need the same, and what a run asks for them.

    Args:
        needs: of one simulator, by Ray's names for resources.
        simulators: how many are wanted at once.
        per_actor: how many of them an actor has.
    """

    worlds: tuple[str, ...]
    needs: Mapping[str, float]
    simulators: int
    per_actor: int


def plan_pools(
    nodes: Sequence[Mapping[str, Any]],
    episodes: Mapping[str, int],
    *,
    workers: int | None,
    per_actor: int | None,
    rehearse: bool,
) -> list[Pool]:
    """The pools for a run; together they may want more than there is room for: who finds no place waits for one.

    Of a world that says how many simulators it can have there are no more than that, wherever they are.

    Args:
        nodes: as `ray.nodes()` tells of them.
        episodes: world -> how many there are to play.
        workers: simulators at once, of all pools; None for as many as the cluster holds.
        per_actor: None for as many as the nodes have room for, and no fewer actors than nodes.

    Raises `UsageError` when no node has room for some world.
    """
    alike: dict[tuple[Any, ...], list[str]] = {}
    for name in episodes:
        world = find_world(name)
        needs = tuple(sorted(resources_of(world).items()))
        most = most_workers(world, rehearse=rehearse)
        alike.setdefault((needs, None if most is None else (name, most)), []).append(name)
    pools = []
    for (needs, capped), worlds in alike.items():
        mine = sum(episodes[world] for world in worlds)
        rooms = room(nodes, dict(needs))
        if not rooms:
            raise UsageError(
                f"no node of the cluster has room for the world {worlds[0]!r} ({in_words(dict(needs))}): start one "
                "that has these resources"
            )
        wanted = min(sum(rooms), mine, mine if capped is None else capped[1])
        if workers is not None:
            wanted = min(wanted, max(1, round(workers * mine / sum(episodes.values()))))
        size = min(per_actor or MOST_PER_ACTOR, min(rooms), math.ceil(wanted / (1 if per_actor else len(rooms))))
        pools.append(Pool(tuple(worlds), dict(needs), wanted, size))
    return pools


def room(nodes: Sequence[Mapping[str, Any]], needs: Mapping[str, float]) -> list[int]:
    """How many simulators with such needs each of the living nodes holds; those that hold none are left out."""
    wanted = {name: amount for name, amount in needs.items() if amount > 0} or {"CPU": 1.0}
    counts = []
    for node in nodes:
        has = node["Resources"] if node["Alive"] else {}
        counts.append(min(int(has.get(name, 0.0) / amount + 1e-9) for name, amount in wanted.items()))
    return [count for count in counts if count]


def in_words(needs: Mapping[str, float]) -> str:
    """For a person, such as "CPU 1, engine 1"."""
    return ", ".join(f"{name} {amount:g}" for name, amount in needs.items())


def check_gpus(nodes: Sequence[Mapping[str, Any]], gpus: float) -> None:
    """Raise `UsageError` unless some node has so many GPUs, or that part of one."""
    if not room(nodes, {"GPU": gpus}):
        raise UsageError(f"no node of the cluster has {gpus:g} GPU for a policy: leave --policy-gpus out")


def actor_options(needs: Mapping[str, float], simulators: int) -> dict[str, Any]:
    """What an actor of that many simulators asks Ray for; of GPUs Ray knows parts of one, and whole ones."""
    total = {name: round(amount * simulators, 4) for name, amount in needs.items() if amount > 0}
    gpus = total.pop("GPU", 0.0)
    return {
        "num_cpus": total.pop("CPU", 0.0),
        "num_gpus": gpus if gpus <= 1 else math.ceil(gpus),
        "memory": total.pop("memory", None),
        "resources": total,
    }
