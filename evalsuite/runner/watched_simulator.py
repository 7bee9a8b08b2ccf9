"""A simulator that says what it is about to do, so that a watchdog outside can tell working from hanging."""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Mapping
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalsuite.crossview.floor_plan import FloorPlan
from evalsuite.crossview.simulator import (
    Facts,
    GoalView,
    PlannableSimulator,
    ReportingSimulator,
    Simulator,
    SimulatorSpec,
)
from evalsuite.crossview.spaces import Action
from evalsuite.errors import SimulatorFault, UsageError
from evalsuite.runner.phases import Phase
from evalsuite.runner.shared_observations import SharedSlot
from evalsuite.suite.scenario import Scenario


class PhaseClock:
    """Announces phases in the shared slot and adds up the wall time of each."""

    def __init__(self, slot: SharedSlot) -> None:
        self._slot = slot
        self._spans = {phase: _Span(self, slot, phase) for phase in Phase}
        self.seconds: dict[str, float] = {}

    def restart(self) -> None:
        self.seconds = {}
        self._slot.count_steps(0)

    def count_steps(self, steps: int) -> None:
        self._slot.count_steps(steps, self.seconds.get("step", 0.0))

    def enter(self, phase: Phase) -> None:
        self._slot.beat(phase)

    def phase(self, phase: Phase) -> AbstractContextManager[None]:
        """Spend the block in `phase`; waiting for a policy counts as the policy's time."""
        return self._spans[phase]


class _Span:
    """Time spent in one phase. Made once for all of its blocks, since there are several at every step."""

    def __init__(self, clock: PhaseClock, slot: SharedSlot, phase: Phase) -> None:
        self._clock = clock
        self._slot = slot
        self._phase = phase
        self._name = "policy" if phase is Phase.WAITING else phase.name.lower()

    def __enter__(self) -> None:
        self._slot.beat(self._phase)
        self._begun = time.perf_counter()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        seconds = self._clock.seconds
        seconds[self._name] = seconds.get(self._name, 0.0) + time.perf_counter() - self._begun


class WatchedSimulator:
    """Hands every call on to `simulator`; whatever it raises becomes a `SimulatorFault`."""

    def __init__(self, simulator: Simulator, clock: PhaseClock) -> None:
        self._simulator = simulator
        self._clock = clock

    @property
    def spec(self) -> SimulatorSpec:
        return self._simulator.spec

    def reset(self, scenario: Scenario, seed: int) -> None:
        with self._clock.phase(Phase.RESET), simulator_faults("reset"):
            self._simulator.reset(scenario, seed)

    def next_goal(self) -> None:
        with self._clock.phase(Phase.RESET), simulator_faults("next_goal"):
            self._simulator.next_goal()

    def goal_view(self) -> GoalView:
        with self._clock.phase(Phase.GOAL_VIEW), simulator_faults("goal_view"):
            return self._simulator.goal_view()

    def step(self, action: Action) -> None:
        with self._clock.phase(Phase.STEP), simulator_faults("step"):
            self._simulator.step(action)

    def frame(self) -> NDArray[np.uint8]:
        with self._clock.phase(Phase.STEP), simulator_faults("frame"):
            return self._simulator.frame()

    def facts(self) -> Facts:
        with self._clock.phase(Phase.STEP), simulator_faults("facts"):
            return self._simulator.facts()

    def report(self) -> Mapping[str, Any]:
        """The simulator's, if it has one. A person may be asked, as in a reset, so a reset's limit holds."""
        if not isinstance(self._simulator, ReportingSimulator):
            return {}
        with self._clock.phase(Phase.RESET), simulator_faults("report"):
            return self._simulator.report()

    def close(self) -> None:
        with self._clock.phase(Phase.CLOSE), simulator_faults("close"):
            self._simulator.close()


class WatchedPlannableSimulator(WatchedSimulator):
    """The same for a simulator that the oracle can play in."""

    def __init__(self, simulator: PlannableSimulator, clock: PhaseClock) -> None:
        super().__init__(simulator, clock)
        self._plannable = simulator

    def floor_plan(self) -> FloorPlan:
        with simulator_faults("floor_plan"):
            return self._plannable.floor_plan()

    def reach(self) -> Mapping[str, float]:
        with simulator_faults("reach"):
            return self._plannable.reach()


def watched(simulator: Simulator, clock: PhaseClock) -> WatchedSimulator:
    """`simulator` under watch, plannable if it is."""
    if isinstance(simulator, PlannableSimulator):
        return WatchedPlannableSimulator(simulator, clock)
    return WatchedSimulator(simulator, clock)


class _Faults:
    """Turns what an adapter raises in `call` into a `SimulatorFault`."""

    def __init__(self, call: str) -> None:
        self._call = call

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, Exception) and not isinstance(error, (SimulatorFault, UsageError)):
            traceback.print_exception(error, file=sys.stderr)
            raise SimulatorFault(f"{self._call}: {type(error).__name__}: {error}") from error


def simulator_faults(call: str) -> AbstractContextManager[None]:
    """Turn what an adapter raises in `call` into a `SimulatorFault`; the traceback goes to the worker's log."""
    return _Faults(call)
