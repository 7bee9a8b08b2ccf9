"""What a person may choose of the UnrealCV world, by environment variables."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast

from evalsuite.adapters.unreal.actions import ActionMapping, action_mapping
from evalsuite.adapters.unreal.unrealcv_client import PORT
from evalsuite.adapters.unreal.unrealcv_map import MAP_VARIABLE, REHEARSAL_MAP, SceneMap, load_map, map_reference
from evalsuite.errors import UsageError

ADDRESS_VARIABLE = "EVALSUITE_UNREALCV"
BODY_VARIABLE = "EVALSUITE_UNREALCV_BODY"

BodyKind = Literal["walking", "human"]


@dataclass(frozen=True)
class Settings:
    """Where the server is, which map it shows, and what moves: a camera by itself, or UnrealZoo's human."""

    host: str
    port: int
    map_reference: str
    body: BodyKind
    actions: ActionMapping

    @staticmethod
    def from_environment(environment: Mapping[str, str] = os.environ) -> Settings:
        """The settings that the environment variables name. Raises `UsageError` for a value there can't be."""
        address = environment.get(ADDRESS_VARIABLE) or f"127.0.0.1:{PORT}"
        found = re.fullmatch(r"([^:\s]+):(\d{1,5})", address)
        if found is None or not 0 < int(found.group(2)) < 65536:
            raise UsageError(f"{ADDRESS_VARIABLE} is {address!r}; it is HOST:PORT, such as 127.0.0.1:{PORT}")
        body = environment.get(BODY_VARIABLE, "walking")
        if body not in ("walking", "human"):
            raise UsageError(f"{BODY_VARIABLE} is {body!r}; it is walking or human")
        return Settings(
            host=found.group(1),
            port=int(found.group(2)),
            map_reference=map_reference(environment),
            body=cast(BodyKind, body),
            actions=action_mapping(environment),
        )

    def scene_map(self, *, rehearse: bool) -> SceneMap:
        """The map's file; a rehearsal has the yard alone. Raises `UsageError`."""
        if rehearse and self.map_reference != REHEARSAL_MAP:
            raise UsageError(
                f"{MAP_VARIABLE} is {self.map_reference!r}, and a rehearsal plays in {REHEARSAL_MAP!r} alone: unset it"
            )
        return load_map(self.map_reference)
