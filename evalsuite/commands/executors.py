"""`--executor` and what belongs to it: where a run's simulators and policies are."""

from __future__ import annotations

import argparse
import math

from evalsuite.errors import UsageError
from evalsuite.runner.on_ray.cluster import LOCAL, RayOptions, check_ray_is_there


def add_executor(parser: argparse.ArgumentParser) -> None:
    """Let `parser` take an executor."""
    parser.add_argument(
        "--executor",
        choices=("local", "ray"),
        default="local",
        help="local: processes of this machine (the default); ray: actors on the nodes of a Ray cluster (extra `ray`); "
        "records, resuming and outcomes are the same",
    )
    parser.add_argument(
        "--address",
        metavar="ADDRESS",
        help="with --executor ray: of the cluster that this machine is a node of, HOST:PORT or auto; default: local, "
        "one of this machine alone that is started for the run",
    )
    parser.add_argument(
        "--per-actor",
        metavar="N",
        type=int,
        help="with --executor ray: simulators an actor, which share its policy processes; default: as suits the nodes",
    )
    parser.add_argument(
        "--policy-gpus",
        metavar="F",
        type=float,
        help="with --executor ray: serve each policy from one node that has F GPUs for it (0.5: half of one) to all "
        "simulators (extra `serve`); default: every actor has its policies beside its simulators",
    )


def asked_executor(arguments: argparse.Namespace) -> RayOptions | None:
    """What this command line asks of Ray; None for processes of this machine. Raises `UsageError`."""
    if arguments.executor == "local":
        for name in ("address", "per_actor", "policy_gpus"):
            if getattr(arguments, name) is not None:
                raise UsageError(f"--{name.replace('_', '-')} is for a Ray cluster: add --executor ray")
        return None
    if arguments.per_actor is not None and arguments.per_actor < 1:
        raise UsageError(f"--per-actor {arguments.per_actor}: an actor has one simulator at least")
    if arguments.policy_gpus is not None and not 0.0 < arguments.policy_gpus < math.inf:
        raise UsageError(f"--policy-gpus {arguments.policy_gpus:g} should be a number above 0, such as 1 or 0.5")
    check_ray_is_there()
    return RayOptions(arguments.address or LOCAL, arguments.per_actor, arguments.policy_gpus or 0.0)


def executor_words(arguments: argparse.Namespace) -> list[str]:
    """The same options again, for the command that goes on with a run."""
    words = ["--executor", arguments.executor] if arguments.executor != "local" else []
    words += ["--address", arguments.address] if arguments.address else []
    words += ["--per-actor", str(arguments.per_actor)] if arguments.per_actor else []
    return words + (["--policy-gpus", f"{arguments.policy_gpus:g}"] if arguments.policy_gpus else [])
