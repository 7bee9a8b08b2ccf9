"""A Simulator on AirSim: on the user's server, or on a stand-in that is started for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import get_args

from evalsuite.adapters.unreal.actions import ActionMapping, action_mapping
from evalsuite.adapters.unreal.airsim_backend import AirSimBackend, CallLimits, Mode
from evalsuite.adapters.unreal.airsim_client import COSYS, DIALECTS, Address, Dialect
from evalsuite.adapters.unreal.airsim_readiness import options_from
from evalsuite.adapters.unreal.backend import Backend
from evalsuite.adapters.unreal.blocks_stage import INTERACTIONS, BlocksStage
from evalsuite.adapters.unreal.body import Body
from evalsuite.adapters.unreal.driven_body import DrivenBody
from evalsuite.adapters.unreal.simulator import UnrealSimulator
from evalsuite.adapters.unreal.specification import REAL_LIMITS, REHEARSAL_LIMITS, specification
from evalsuite.adapters.unreal.standin_process import StandIn
from evalsuite.adapters.unreal.walking_body import WalkingBody
from evalsuite.crossview.simulator import SimulatorSpec, TimeLimits
from evalsuite.errors import SimulatorFault, UsageError

REHEARSE_VARIABLE = "EVALSUITE_UNREAL_REHEARSE"
"""What the stand-in plays: DIALECT or DIALECT/MODE, such as microsoft/Car."""

STANDIN_MODULE = "evalsuite.adapters.unreal.standin"

_NOT_IN_MODE = {"Car": frozenset({"left", "right"})}


def simulator() -> UnrealSimulator:
    """On the server that the environment names."""
    options, actions = options_from(), action_mapping()

    def connect() -> tuple[Backend, Body]:
        return _embodied(AirSimBackend(options))

    return UnrealSimulator(connect, BlocksStage(actions), _describer(actions, REAL_LIMITS, rehearsal=False))


def rehearsal_simulator(
    folder: Path,
    play: str = "",
    *,
    misbehave: tuple[str, ...] = (),
    limits: CallLimits | None = None,
    actions: ActionMapping | None = None,
) -> UnrealSimulator:
    """On a stand-in of its own, which ends with the connection to it.

    Args:
        play: DIALECT or DIALECT/MODE; by default the first dialect whose client is installed, in ComputerVision mode.
        misbehave: what the first stand-in does wrong, as its --misbehave takes it; one that takes its place behaves.
        limits: of the calls.
        actions: the mapping, in place of the environment's.
    """
    dialect, mode = played(play)
    mapping = actions or action_mapping()
    options = replace(options_from({}), limits=limits or CallLimits())
    wrongs = list(misbehave)

    def connect() -> tuple[Backend, Body]:
        faults = [part for wrong in wrongs for part in ("--misbehave", wrong)]
        wrongs.clear()
        standin = StandIn(STANDIN_MODULE, folder, "--dialect", dialect.name, "--mode", mode, *faults)
        try:
            return _embodied(AirSimBackend(replace(options, address=Address(port=standin.port)), standin.close))
        except SimulatorFault:
            standin.close()
            raise

    return UnrealSimulator(connect, BlocksStage(mapping), _describer(mapping, REHEARSAL_LIMITS, rehearsal=True))


def _embodied(backend: AirSimBackend) -> tuple[Backend, Body]:
    return backend, WalkingBody(backend) if backend.mode == "ComputerVision" else DrivenBody(backend)


def _describer(actions: ActionMapping, limits: TimeLimits, *, rehearsal: bool) -> Callable[[Backend], SimulatorSpec]:
    """What is declared of a connection: only a camera that is placed can be repeated to the bit, and only here."""

    def describe(backend: Backend) -> SimulatorSpec:
        placed = backend.engine["mode"] == "ComputerVision"
        return specification(
            "unreal",
            INTERACTIONS,
            actions,
            {**backend.engine, "server": "stand-in" if rehearsal else "AirSim"},
            backend.mask_source,
            rehearsal=rehearsal,
            lockstep=backend.engine["mode"] != "Car",
            determinism="bitwise" if placed and rehearsal else "statistical",
            limits=limits,
            masked=_NOT_IN_MODE.get(backend.engine["mode"], frozenset()),
        )

    return describe


def played(play: str) -> tuple[Dialect, Mode]:
    """What `REHEARSE_VARIABLE` asks a stand-in to play. Raises `UsageError`."""
    name, _, mode = play.partition("/")
    known = {dialect.name: dialect for dialect in DIALECTS}
    modes = get_args(Mode)
    if (name and name not in known) or (mode and mode not in modes):
        raise UsageError(
            f"{REHEARSE_VARIABLE} is {play!r}; write one of {', '.join(known)}, with a mode behind it if you like: "
            + ", ".join(f"/{each}" for each in modes)
        )
    dialect = known[name] if name else next((each for each in DIALECTS if each.installed), COSYS)
    if not dialect.installed:
        raise UsageError(f"rehearsing {dialect.name}'s AirSim takes its client {dialect.module}: {dialect.install}")
    return dialect, next((each for each in modes if each == mode), "ComputerVision")
