"""The UnrealCV world as evalsuite finds it: light to import, connects only when asked."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from evalsuite.crossview.simulator import Simulator
from evalsuite.errors import SimulatorFault, UsageError
from evalsuite.suite.scenario import Scenario
from evalsuite.synthesis.source import ScenarioSource
from evalsuite.worlds import Readiness

LOOK_SECONDS = 3.0
"""How long `evalsuite worlds` waits for a server."""


class UnrealCvWorld:
    """Unreal Engine through UnrealCV, such as UnrealZoo's binaries; in rehearsal a stand-in plays the binary."""

    name = "unrealcv"
    summary = "Unreal through UnrealCV, such as UnrealZoo: the published rescue"

    def readiness(self) -> Readiness:
        from evalsuite.adapters.unreal.unrealcv_client import INSTALL, UnrealCvConnection
        from evalsuite.adapters.unreal.unrealcv_settings import ADDRESS_VARIABLE, Settings

        if importlib.util.find_spec("unrealcv") is None:
            return Readiness("missing", "the client unrealcv is not installed", "\n".join(INSTALL))
        try:
            settings = Settings.from_environment()
        except UsageError as error:
            return Readiness("missing", str(error))
        try:
            scene_map = settings.scene_map(rehearse=False)
        except UsageError as error:
            return Readiness("rehearsal only", str(error))
        address = f"{settings.host}:{settings.port}"
        try:
            connection = UnrealCvConnection(
                settings.host, settings.port, connect_seconds=LOOK_SECONDS, reply_seconds=LOOK_SECONDS
            )
            try:
                level, version = (connection.reply(f"vget {what}") for what in ("/level/name", "/unrealcv/version"))
            finally:
                connection.close()
        except SimulatorFault as fault:
            return Readiness(
                "rehearsal only",
                str(fault),
                f"start a binary with the UnrealCV plugin, or name it: {ADDRESS_VARIABLE}=HOST:PORT",
            )
        if scene_map.level != level:
            return Readiness(
                "rehearsal only",
                f"UnrealCV {version} at {address} shows the map {level!r}; the file of {scene_map.name!r} is another's",
                f"python -m evalsuite.adapters.unreal.scene_list --at {address} --out my-map.yaml",
            )
        return Readiness("ready", f"UnrealCV {version} at {address}, map {level}, body {settings.body}")

    def check(self, scenario: Scenario) -> None:
        from evalsuite.adapters.unreal.rescue_level import check_map, rescue_level
        from evalsuite.adapters.unreal.unrealcv_map import load_map, map_reference

        check_map(scenario, rescue_level(scenario), load_map(map_reference()))

    def most_workers(self, *, rehearse: bool) -> int | None:
        """A binary takes one client; each rehearsal has a server of its own."""
        return None if rehearse else 1

    def make(self, folder: Path, *, rehearse: bool = False) -> Simulator:
        from evalsuite.adapters.unreal.rescue_simulator import rescue_simulator
        from evalsuite.adapters.unreal.unrealcv_client import INSTALL
        from evalsuite.adapters.unreal.unrealcv_settings import Settings

        if importlib.util.find_spec("unrealcv") is None:
            raise UsageError(f"the world 'unrealcv' needs its client: {' && '.join(INSTALL)}")
        return rescue_simulator(Settings.from_environment(), folder, rehearse=rehearse)

    def scenario_source(self, folder: Path) -> ScenarioSource:
        """In the map that EVALSUITE_UNREALCV_MAP names, on its binary; without it in the rehearsal's yard."""
        from evalsuite.adapters.unreal.rescue_synthesis import RescueSource
        from evalsuite.adapters.unreal.unrealcv_map import REHEARSAL_MAP
        from evalsuite.adapters.unreal.unrealcv_settings import Settings

        settings = Settings.from_environment()
        rehearse = settings.map_reference == REHEARSAL_MAP
        return RescueSource(
            lambda: self.make(folder, rehearse=rehearse),
            settings.scene_map(rehearse=rehearse),
            most_workers=self.most_workers(rehearse=rehearse),
        )

    def stand_in_measures(self) -> str:
        from evalsuite.adapters.unreal.unrealcv_map import REHEARSAL_MAP
        from evalsuite.adapters.unreal.unrealcv_settings import Settings

        rehearse = Settings.from_environment().map_reference == REHEARSAL_MAP
        return "the scenarios are of the rehearsal's yard" if rehearse else ""


WORLD = UnrealCvWorld()
