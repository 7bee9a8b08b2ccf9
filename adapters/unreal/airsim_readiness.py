"""Whether an AirSim server can be reached from here, what it is, and what its settings lack."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from typing import Any

from evalsuite.adapters.unreal.actions import ACTIONS_VARIABLE, action_mapping
from evalsuite.adapters.unreal.airsim_backend import AirSimOptions, server_version
from evalsuite.adapters.unreal.airsim_client import COSYS, DIALECTS, Address
from evalsuite.adapters.unreal.airsim_settings import shortcomings
from evalsuite.crossview.geometry import Point
from evalsuite.errors import SimulatorFault, UsageError
from evalsuite.worlds import Readiness

ADDRESS_VARIABLE = "EVALSUITE_UNREAL"
ORIGIN_VARIABLE = "EVALSUITE_UNREAL_ORIGIN"
DEFAULT_ORIGIN: Point = (0.0, 0.0, 200.0)
"""The arena floats that high above PlayerStart, where nothing of a map is."""

PROBE_SECONDS = 2.0
WRITE_SETTINGS = "python -m evalsuite.adapters.unreal.airsim_settings FILE writes the whole file"


def options_from(environment: Mapping[str, str] = os.environ) -> AirSimOptions:
    """Address and origin as the environment names them. Raises `UsageError`."""
    return AirSimOptions(address=address_from(environment), origin=_origin(environment))


def address_from(environment: Mapping[str, str] = os.environ) -> Address:
    """EVALSUITE_UNREAL is HOST, HOST:PORT or nothing. Raises `UsageError`."""
    text = environment.get(ADDRESS_VARIABLE, "")
    if not text:
        return Address()
    host, _, port = text.partition(":")
    if not host or (port and not (port.isdigit() and 0 < int(port) < 65536)):
        raise UsageError(f"{ADDRESS_VARIABLE} is {text!r}; write HOST or HOST:PORT, such as 127.0.0.1:41451")
    return Address(host, int(port)) if port else Address(host)


def look() -> Readiness:
    """What `evalsuite worlds` says of AirSim: client, server, dialect, mode, version, settings."""
    clients = [each for each in DIALECTS if each.installed]
    if not clients:
        return Readiness("missing", "no AirSim client is installed", COSYS.install)
    try:
        action_mapping()
    except UsageError as error:
        return Readiness("missing", str(error), f"unset {ACTIONS_VARIABLE}")
    found = "clients " + " and ".join(each.module for each in clients)
    if not sys.platform.startswith("linux"):
        found += "; rehearsal is Linux only"
    try:
        address = address_from()
    except UsageError as error:
        return Readiness("rehearsal only", str(error), f"unset {ADDRESS_VARIABLE}")
    try:
        _origin(os.environ)
    except UsageError as error:
        return Readiness("rehearsal only", str(error), f"unset {ORIGIN_VARIABLE}")
    try:
        version, client = server_version(address, PROBE_SECONDS)
    except SimulatorFault as error:
        remedy = f"start Blocks with AirSim, and name it if it is elsewhere: {ADDRESS_VARIABLE}=HOST:PORT"
        return Readiness("rehearsal only", f"{found}; {error}", remedy)
    try:
        settings: dict[str, Any] = json.loads(client.ask("getSettingsString", PROBE_SECONDS))
    except (SimulatorFault, ValueError) as error:
        return Readiness("rehearsal only", f"{found}; the server at {address} shows no settings: {error}")
    finally:
        client.close()
    dialect = next((each for each in DIALECTS if each.version == version), None)
    if dialect is None:
        return Readiness(
            "rehearsal only", f"{found}; {address} is AirSim API version {version}, which is not supported"
        )
    mode = settings.get("SimMode", "") or "no SimMode"
    what = f"{found}; {address}: {dialect.name} AirSim, {mode}, API version {version}"
    if not dialect.installed:
        return Readiness("rehearsal only", f"{what}; its client {dialect.module} is not installed", dialect.install)
    lacking = list(shortcomings(settings, dialect.name))
    if lacking:
        return Readiness("rehearsal only", f"{what}; settings.json must change: {'; '.join(lacking)}", WRITE_SETTINGS)
    return Readiness("ready", what)


def _origin(environment: Mapping[str, str]) -> Point:
    text = environment.get(ORIGIN_VARIABLE, "")
    if not text:
        return DEFAULT_ORIGIN
    try:
        east, north, up = (float(part) for part in text.split(","))
    except ValueError:
        raise UsageError(f"{ORIGIN_VARIABLE} is {text!r}; write EAST,NORTH,UP in metres, such as 0,0,200") from None
    return (east, north, up)
