"""The rescue, put together: UnrealCV's backend, a body, the stage, and what they declare."""

from __future__ import annotations

from pathlib import Path

from evalsuite.adapters.unreal.backend import Backend
from evalsuite.adapters.unreal.body import Body
from evalsuite.adapters.unreal.driven_body import DrivenBody
from evalsuite.adapters.unreal.rescue_stage import INTERACTIONS, RescueStage
from evalsuite.adapters.unreal.simulator import UnrealSimulator
from evalsuite.adapters.unreal.specification import REAL_LIMITS, REHEARSAL_LIMITS, specification
from evalsuite.adapters.unreal.standin_process import StandIn
from evalsuite.adapters.unreal.unrealcv_backend import UnrealCvBackend
from evalsuite.adapters.unreal.unrealcv_client import UnrealCvConnection
from evalsuite.adapters.unreal.unrealcv_map import CRATE
from evalsuite.adapters.unreal.unrealcv_settings import Settings
from evalsuite.adapters.unreal.walking_body import WalkingBody
from evalsuite.crossview.simulator import SimulatorSpec
from evalsuite.errors import SimulatorFault

STAND_IN = "evalsuite.adapters.unreal.standin_unrealcv"


def rescue_simulator(settings: Settings, folder: Path, *, rehearse: bool) -> UnrealSimulator:
    """A simulator that is connected: to a stand-in of its own in a rehearsal, else to the user's binary.

    Raises `SimulatorFault` when there is nothing to connect to, `UsageError` for a map's file that is none.
    """
    scene_map, human = settings.scene_map(rehearse=rehearse), settings.body == "human"
    interactions = INTERACTIONS if CRATE in scene_map.classes else INTERACTIONS - {"break"}

    def connect() -> tuple[Backend, Body]:
        stand_in = StandIn(STAND_IN, folder) if rehearse else None
        try:
            host, port = ("127.0.0.1", stand_in.port) if stand_in else (settings.host, settings.port)
            connection = UnrealCvConnection(host, port)
            try:
                backend = UnrealCvBackend(connection, scene_map, stand_in=stand_in, as_human=human)
            except SimulatorFault:
                connection.close()
                raise
        except SimulatorFault:
            if stand_in is not None:
                stand_in.close()
            raise
        return backend, DrivenBody(backend) if human else WalkingBody(backend)

    def describe(backend: Backend) -> SimulatorSpec:
        return specification(
            "unrealcv",
            interactions,
            settings.actions,
            {**backend.engine, "client": "unrealcv"},
            backend.mask_source,
            rehearsal=rehearse,
            lockstep=not human,
            determinism="bitwise" if rehearse and not human else "none" if human else "statistical",
            limits=REHEARSAL_LIMITS if rehearse else REAL_LIMITS,
        )

    stage = RescueStage(scene_map, settings.actions, by_verbs=human)
    return UnrealSimulator(connect, stage, describe)
