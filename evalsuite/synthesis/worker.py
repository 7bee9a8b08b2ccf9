"""A process that makes shards: `python -m evalsuite.synthesis.worker`, started by the driver."""

from __future__ import annotations

import argparse
import signal
import socket
from pathlib import Path

from evalsuite.errors import SimulatorFault, UsageError
from evalsuite.runner.wire import Channel, Disconnected, Message, hello
from evalsuite.suite.scenario import canonical_json
from evalsuite.synthesis.plan import Plan, Shard
from evalsuite.synthesis.sampler import Sampler
from evalsuite.synthesis.source import ScenarioSource
from evalsuite.worlds import SampledWorld, find_world


def find_source(name: str, folder: Path) -> ScenarioSource:
    """The part of the world of that name. Raises `UsageError` when it has none, or can't run here."""
    world = find_world(name)
    if not isinstance(world, SampledWorld):
        raise UsageError(f"the world {name!r} makes no scenarios")
    return world.scenario_source(folder)


def serve(channel: Channel, folder: Path) -> None:
    """Answer each shard with what came of it, until the driver is gone."""
    source: ScenarioSource | None = None
    try:
        channel.send(hello())
        asked = channel.receive()
        try:
            source = find_source(asked["world"], folder)
            sampler, plan = Sampler(source, asked["seed"], asked["prefix"]), Plan(source.rules, asked["count"])
            while True:
                message = channel.receive()
                channel.send(_made(sampler, plan, message))
        except (SimulatorFault, UsageError) as error:
            channel.send({"type": "fault", "usage": isinstance(error, UsageError), "reason": str(error)})
    except Disconnected:
        return
    finally:
        if source is not None:
            source.close()


def _made(sampler: Sampler, plan: Plan, message: Message) -> Message:
    shard = Shard(message["round"], message["index"], tuple(message["numbers"]))
    made = sampler.make(plan, shard)
    lines = [canonical_json(each.model_dump(mode="json")).decode() if each else "" for each in made.scenarios]
    return {"type": "made", "index": shard.index, "drafts": made.drafts, "refused": dict(made.refused), "lines": lines}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--control", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    arguments = parser.parse_args()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    serve(Channel(socket.socket(fileno=arguments.control)), arguments.folder)


if __name__ == "__main__":
    main()
