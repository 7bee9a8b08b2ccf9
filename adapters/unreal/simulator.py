"""An Unreal Engine behind the Simulator door: a backend to talk through, a body to move, a stage to play on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from evalsuite.adapters.unreal.backend import Backend, SelfCuttingBackend, View
from evalsuite.adapters.unreal.body import Body
from evalsuite.adapters.unreal.stage import Stage
from evalsuite.crossview.floor_plan import FloorPlan
from evalsuite.crossview.goal import Goal
from evalsuite.crossview.simulator import Event, Facts, GoalView, SimulatorSpec, TimeLimits
from evalsuite.crossview.spaces import Action
from evalsuite.errors import SimulatorFault
from evalsuite.suite.scenario import Scenario

Connect = Callable[[], tuple[Backend, Body]]
Describe = Callable[[Backend], SimulatorSpec]
Result = TypeVar("Result")


class UnrealSimulator:
    """One engine, one scenario at a time.

    After a fault the connection is given up and the next reset makes a new one.

    Args:
        connect: reaches the engine, or starts a stand-in; a body is what moves in it.
        stage: what the scenarios bring.
        describe: the spec that goes with a connection.
    """

    def __init__(self, connect: Connect, stage: Stage, describe: Describe) -> None:
        self._connect, self._stage, self._describe = connect, stage, describe
        self._closed = False
        self._allowed: TimeLimits | None = None
        self._view: View
        backend, self._body = connect()
        self._backend: Backend | None = backend
        self._spec = describe(backend)

    @property
    def spec(self) -> SimulatorSpec:
        return self._spec

    def reset(self, scenario: Scenario, seed: int) -> None:
        if self._closed:
            raise SimulatorFault("the connection to Unreal has been closed")
        self._stage.check(scenario)
        if self._backend is None:
            self._backend, self._body = self._connect()
            if self._allowed is not None:
                self.allow(self._allowed)
        self._scenario, self._goal_index = scenario, 0
        self._events: tuple[Event, ...] = ()
        self._contacts: tuple[str, ...] = ()
        self._guarded(lambda backend: self._set_up(backend, scenario, seed))

    def next_goal(self) -> None:
        self._goal_index += 1
        self._view = self._guarded(lambda backend: backend.view(self._goal.target.name))

    def goal_view(self) -> GoalView:
        """The view taken at reset, before anything moved: asking again disturbs nothing."""
        view = self._goal_views[self._goal_index]
        return GoalView(view.image.copy(), view.mask.copy())

    def step(self, action: Action) -> None:
        self._guarded(lambda backend: self._carry_out(backend, action))

    def frame(self) -> NDArray[np.uint8]:
        picture: NDArray[np.uint8] = self._view.image.copy()
        return picture

    def facts(self) -> Facts:
        target = self._stage.position(self._goal.target.name)
        rows, columns = np.nonzero(self._view.mask)
        seen = target is not None and len(rows) > 0
        return Facts(
            agent=self._body.pose(),
            target=target,
            target_pixels=len(rows) if seen else 0,
            target_centroid=(float(columns.mean()), float(rows.mean())) if seen else None,
            events=self._events,
            contacts=self._contacts,
        )

    def allow(self, limits: TimeLimits) -> None:
        self._allowed = limits
        if isinstance(self._backend, SelfCuttingBackend):
            self._backend.allow(limits)

    def floor_plan(self) -> FloorPlan:
        return self._stage.floor_plan()

    def reach(self) -> Mapping[str, float]:
        return self._stage.reach()

    def close(self) -> None:
        self._closed = True
        self._give_up()

    @property
    def _goal(self) -> Goal:
        return self._scenario.goals[self._goal_index]

    def _set_up(self, backend: Backend, scenario: Scenario, seed: int) -> None:
        self._stage.build(scenario, seed, backend)
        self._body.begin(scenario.start)
        self._goal_views = [backend.view(goal.target.name, goal.camera) for goal in scenario.goals]
        self._view = backend.view(self._goal.target.name)
        backend.contacts()
        self._spec = self._describe(backend)

    def _carry_out(self, backend: Backend, action: Action) -> None:
        seen = self._view
        self._contacts = self._body.step(action)
        self._events = self._stage.act(action, self._body.pose(), self._goal.target.name, seen)
        self._view = backend.view(self._goal.target.name)

    def _guarded(self, do: Callable[[Backend], Result]) -> Result:
        """Talk to the engine; one that failed is given up."""
        if self._backend is None:
            raise SimulatorFault("the connection to Unreal is gone")
        try:
            return do(self._backend)
        except SimulatorFault:
            self._give_up()
            raise

    def _give_up(self) -> None:
        backend, self._backend = self._backend, None
        if backend is not None:
            backend.close()
