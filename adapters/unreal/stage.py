"""What a suite brings into an engine: its things, what can be done with them, and where one can walk."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from evalsuite.adapters.unreal.backend import Backend, View
from evalsuite.crossview.floor_plan import FloorPlan
from evalsuite.crossview.geometry import Point, Pose
from evalsuite.crossview.simulator import Event
from evalsuite.crossview.spaces import Action
from evalsuite.suite.scenario import Scenario


class Stage(Protocol):
    """The scene of one scenario, built anew at every reset."""

    def check(self, scenario: Scenario) -> None:
        """Raise `UsageError` when the scenario can't be played on this stage; asks no engine."""

    def build(self, scenario: Scenario, seed: int, backend: Backend) -> None:
        """Bring everything to its place; the agent is placed afterwards."""

    def act(self, action: Action, agent: Pose, target: str, view: View) -> tuple[Event, ...]:
        """Carry out what the action does to things; `view` is what the agent saw when it acted, masked by `target`."""

    def position(self, name: str) -> Point | None:
        """Where the middle of a thing is now; None once it is gone."""

    def floor_plan(self) -> FloorPlan:
        """Where one can walk, as it was at reset."""

    def reach(self) -> Mapping[str, float]:
        """Metres from eye to target at which the oracle acts."""
