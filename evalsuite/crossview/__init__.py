"""The cross-view-goal interface: what an agent sees, what it may do, and when it has done it."""

from __future__ import annotations

from evalsuite.crossview.environment import CrossViewEnv, EpisodeSummary
from evalsuite.crossview.geometry import Pose
from evalsuite.crossview.goal import Goal, Target
from evalsuite.crossview.simulator import (
    Event,
    Facts,
    GoalView,
    PlannableSimulator,
    ReportingSimulator,
    SelfCuttingSimulator,
    Simulator,
    SimulatorSpec,
    TimeLimits,
)
from evalsuite.crossview.spaces import (
    BUTTONS,
    INTERACTIONS,
    Action,
    Observation,
    action_space,
    checked_action,
    noop_action,
    observation_space,
)

__all__ = [
    "BUTTONS",
    "INTERACTIONS",
    "Action",
    "CrossViewEnv",
    "EpisodeSummary",
    "Event",
    "Facts",
    "Goal",
    "GoalView",
    "Observation",
    "PlannableSimulator",
    "Pose",
    "ReportingSimulator",
    "SelfCuttingSimulator",
    "Simulator",
    "SimulatorSpec",
    "Target",
    "TimeLimits",
    "action_space",
    "checked_action",
    "noop_action",
    "observation_space",
]
