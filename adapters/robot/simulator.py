"""The room with the robot behind the Simulator door: a person resets it, and it can be hurt.

Whatever stops the robot (a dead link, a frozen camera, an emergency stop) is a `SimulatorFault`: the attempt is an
error that is kept with its reason and tried again, never a failure of the policy. A robot that drives where a camera
above the floor, which sees all the rest, does not see it is there by what the policy did: the episode goes on, and
nothing is reached until the robot is seen again.
"""

from __future__ import annotations

import contextlib
import math
import statistics
import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from evalsuite.adapters.robot.config import RobotConfig
from evalsuite.adapters.robot.goal_files import fitted
from evalsuite.adapters.robot.level import CLEARANCE_METRES, floor_plan, level_of
from evalsuite.adapters.robot.link import Frame, Odometry, RobotFault
from evalsuite.adapters.robot.operator import Instruction, Picture, Stopped, marked, thumbnail
from evalsuite.adapters.robot.operator_socket import RemoteOperator
from evalsuite.adapters.robot.rig import Rig
from evalsuite.adapters.robot.room import Room
from evalsuite.adapters.robot.sight import ball_in_view
from evalsuite.adapters.robot.specification import specification
from evalsuite.adapters.robot.tags import TagScorer
from evalsuite.adapters.robot.tracking import WATCHED_SECONDS, Tracker
from evalsuite.crossview.floor_plan import FloorPlan
from evalsuite.crossview.geometry import Point, Pose, ground_distance, wrap_degrees
from evalsuite.crossview.simulator import Facts, GoalView, SimulatorSpec
from evalsuite.crossview.spaces import Action
from evalsuite.crossview.success import SUCCESS_RULES
from evalsuite.errors import SimulatorFault, UsageError
from evalsuite.suite.scenario import Scenario

MOST_SETTINGS = 5
"""How often an operator is asked to set robot and target right before the attempt is given up."""

OVERHEAD_DELAY_SECONDS = 0.4
"""A picture that arrives sooner after the operator's word may show what was before it."""

LOOK_SECONDS = 5.0
"""How long the tags are waited for once the operator says that everything stands."""

FRAME_SECONDS = 2.0
"""How long a picture that is later than the limit is waited for before the camera is taken for frozen."""

REACH_SHARE = 0.8
"""The oracle stops at this share of the approach radius."""

SAME_SHAPE = 0.02
"""Share by which width to height may differ between what a camera sends and what robot.yaml says."""

LIVE_SECONDS = 1.0
"""A picture older than this is not shown to the operator as what the robot sees."""

Scorer = Literal["tags", "operator"]


class RobotSimulator:
    """One robot in one room.

    Args:
        config: of the robot.
        rig: everything connected.
        room: where goal views come from, and what an instruction tells about the room.
        operator: who sets up the episodes.
        owned: what is to be closed with the simulator.
    """

    def __init__(
        self, config: RobotConfig, rig: Rig, room: Room, operator: RemoteOperator, owned: contextlib.ExitStack
    ) -> None:
        self._config = config
        self._rig = rig
        self._room = room
        self._operator = operator
        self._owned = owned
        self._spec = specification(config, rig.link.abilities, rig.identity(), rehearsal=room.rehearsal)
        self._scorer: Scorer = "operator" if rig.tracker is None else "tags"
        self._armed_before = False
        self._tag_problems: list[str] | None = None
        self._closed = False
        self._scenario: Scenario | None = None

    @property
    def spec(self) -> SimulatorSpec:
        return self._spec

    def reset(self, scenario: Scenario, seed: int) -> None:
        """Have the room set up, check it by the tags, and arm the robot. Waits for a person."""
        self._rig.stand_still()
        self._scenario, self._level = scenario, level_of(scenario)
        self._steps = 0
        self._odometry_at_start: Odometry | None = None
        self._whole = False
        self._last_eye: Pose | None = None
        self._hidden_steps = 0
        self._verdict: bool | None = None
        self._ages: list[float] = []
        self._asked_at_the_end = False
        self._room.furnish(scenario, self._level)
        self._goal_view = self._room.goal_view(scenario, self._spec)
        if not self._armed_before:
            self._arm_for_the_first_time(scenario)
        self._have_it_set_up(scenario)
        self._rig.arm()
        self._odometry_at_start = self._rig.link.odometry()
        self._rig.commands.reset_trips()
        if self._rig.tracker is not None:
            self._rig.tracker.errors()
        self._frame = self._fresh_frame(0.0)
        self._check_shape(self._frame)
        self._facts = self._look()

    def next_goal(self) -> None:
        raise SimulatorFault("a room is set up for one goal")

    def goal_view(self) -> GoalView:
        return GoalView(self._goal_view.image.copy(), self._goal_view.mask.copy())

    def step(self, action: Action) -> None:
        """Carry out the action; a blocking one ends with the robot standing still."""
        self._whole = False
        try:
            self._carry_out(action)
        except SimulatorFault as fault:
            with contextlib.suppress(SimulatorFault):
                self._rig.stand_still()
            self._operator.tell(f"The episode is stopped and will be tried again: {fault}")
            raise
        self._whole = True

    def frame(self) -> NDArray[np.uint8]:
        return np.array(self._picture(self._frame), np.uint8)

    def facts(self) -> Facts:
        return self._facts

    def report(self) -> Mapping[str, Any]:
        """What tripped, how old the pictures were, how sure the tags, and what the operator says of the end."""
        if self._scenario is None or self._closed:
            return {}
        self._rig.motion.halt()
        self._rig.stand_still()
        trips = [asdict(trip) for trip in self._rig.commands.trips]
        ages = sorted(self._ages)
        told: dict[str, Any] = {
            "execution": self._config.execution,
            "scored_by": self._scorer,
            "located_by": self._located_by(),
            "trips": trips,
            "frame_age_s": _spread(ages),
            "longest_command_gap_s": round(self._rig.commands.longest_gap, 4),
        }
        if self._rig.tracker is not None:
            told["tag_error_m"] = _spread(sorted(self._rig.tracker.errors()))
            told["tag_problems"] = list(self._tag_problems or ())
            told["hidden_steps"] = self._hidden_steps
        told.update(self._verdicts())
        self._scenario = None
        return told

    def floor_plan(self) -> FloorPlan:
        return floor_plan(self._level, CLEARANCE_METRES)

    def reach(self) -> Mapping[str, float]:
        return {"approach": REACH_SHARE * self._spec.approach_radius}

    def close(self) -> None:
        self._closed = True
        self._owned.close()

    def _carry_out(self, action: Action) -> None:
        self._rig.motion.carry_out(action, self._frame.received)
        self._steps += 1
        done = time.monotonic()
        self._frame = self._fresh_frame(done if self._config.execution == "blocking" else 0.0)
        self._refuse_a_repeating_camera()
        self._facts = self._look()

    def _arm_for_the_first_time(self, scenario: Scenario) -> None:
        """With a person's word that there is room for it: the robot turns a little to show that it stops by itself."""
        if self._config.motion:
            self._ask(
                scenario,
                (
                    "Before the first episode the robot turns a little, to show that it stops by itself.",
                    "Put it on free floor, half a metre from everything.",
                ),
                "",
            )
        self._rig.arm()
        self._armed_before = True

    def _have_it_set_up(self, scenario: Scenario) -> None:
        problem = ""
        for _ in range(MOST_SETTINGS):
            self._ask(scenario, self._room.instructions(scenario, self._level, self._config), problem)
            problem = self._misplaced(scenario)
            if not problem:
                return
        raise SimulatorFault(f"the room was not set up in {MOST_SETTINGS} tries: {problem}")

    def _ask(self, scenario: Scenario, text: tuple[str, ...], problem: str) -> None:
        said = self._operator.prepare(
            Instruction(
                scenario=scenario.id,
                start=scenario.start,
                target=scenario.goals[0].target.position,
                kind=scenario.goals[0].target.kind,
                text=text,
                problem=problem,
                goal=thumbnail(marked(self._goal_view.image, self._goal_view.mask)),
                room=self._room.address,
            ),
            self._live,
        )
        if isinstance(said, Stopped):
            raise SimulatorFault(said.reason)

    def _live(self) -> Picture | None:
        frame = self._rig.link.newest_frame()
        if frame is None or time.monotonic() - frame.received > LIVE_SECONDS:
            return None
        return thumbnail(self._picture(frame))

    def _misplaced(self, scenario: Scenario) -> str:
        """What the tags show not to stand where it should; empty when all does, or there are no tags."""
        tracker, scorer = self._rig.tracker, self._rig.scorer
        if tracker is None or scorer is None:
            return ""
        if not tracker.wait_for_look(time.monotonic() + OVERHEAD_DELAY_SECONDS, LOOK_SECONDS):
            return "the overhead camera does not see the robot's tag, or can't tell where it is"
        located = tracker.located()
        if located is None:
            return "the overhead camera does not see the robot's tag"
        eye, wanted, tolerance = self._eye(located.pose), scenario.start, self._config.tolerance
        away = ground_distance(eye.position, wanted.position)
        turned = wrap_degrees(eye.yaw - wanted.yaw)
        if away > tolerance.place:
            return f"the robot's camera is at ({eye.x:.2f}, {eye.y:.2f}) m, {away:.2f} m from its mark"
        if abs(turned) > tolerance.yaw:
            side = "right" if turned > 0 else "left"
            return f"the robot is turned {abs(turned):.0f} degrees too far to the {side}"
        target = tracker.target() if self._has_target_tag else None
        if target is not None:
            off = ground_distance(target, scenario.goals[0].target.position)
            if off > tolerance.place:
                return f"the target is at ({target[0]:.2f}, {target[1]:.2f}) m, {off:.2f} m from its mark"
        return self._what_is_wrong_with_tags(scorer)

    def _what_is_wrong_with_tags(self, scorer: TagScorer) -> str:
        """Told once in a session; a person may go on with what can't be mended, and the records keep it."""
        first = self._tag_problems is None
        if first or self._tag_problems:
            self._tag_problems = scorer.check_tag_size()
        if not first or not self._tag_problems:
            return ""
        return "; ".join([*self._tag_problems, "mend it, or go on as it is"])

    @property
    def _has_target_tag(self) -> bool:
        return self._config.overhead is not None and self._config.overhead.target is not None

    def _fresh_frame(self, since: float) -> Frame:
        """The newest picture, arrived after `since` and within the limit on its age; noted how old it is."""
        deadline = time.monotonic() + FRAME_SECONDS
        while True:
            frame = self._rig.link.newest_frame()
            now = time.monotonic()
            if frame is not None and frame.received >= since and now - frame.received <= self._config.limits.frame_age:
                self._ages.append(now - frame.received)
                return frame
            if now > deadline:
                self._rig.stand_still()
                last = "no picture has ever come" if frame is None else f"the last is {now - frame.received:.1f} s old"
                raise RobotFault(f"the camera is frozen: {last}; look after the camera, or its connection")
            time.sleep(0.005)

    def _refuse_a_repeating_camera(self) -> None:
        """The command thread sees this within one motion; here it is seen over motions that are short."""
        most = self._config.limits.picture_age
        if most is not None and self._frame.received - self._frame.changed > most:
            self._rig.stand_still()
            same = self._frame.received - self._frame.changed
            raise RobotFault(f"the camera repeats itself: the same picture for {same:.1f} s; look after the camera")

    def _check_shape(self, frame: Frame) -> None:
        height, width = frame.image.shape[:2]
        if abs(width * self._spec.height / (height * self._spec.width) - 1.0) > SAME_SHAPE:
            raise UsageError(
                f"the robot's camera sends {width} x {height} pixels, another shape than the {self._spec.width} x "
                f"{self._spec.height} of camera.width and camera.height in robot.yaml: write one of the same shape"
            )

    def _picture(self, frame: Frame) -> NDArray[np.uint8]:
        straight = frame.image if self._rig.lens is None else self._rig.lens.undistort(frame.image)
        return fitted(straight, self._spec.width, self._spec.height)

    def _eye(self, robot: Pose) -> Pose:
        camera = self._config.camera
        yaw = math.radians(robot.yaw)
        return Pose(
            x=robot.x + camera.ahead * math.sin(yaw),
            y=robot.y + camera.ahead * math.cos(yaw),
            z=camera.height_above_floor,
            yaw=robot.yaw,
            pitch=camera.pitch + self._rig.motion.pitch,
        )

    def _look(self) -> Facts:
        assert self._scenario is not None
        target = self._target()
        if self._rig.tracker is None:
            return Facts(agent=self._reckoned(), target=target, verdict=self._said())
        located = self._rig.tracker.located()
        if located is None:
            return Facts(agent=self._hidden(self._rig.tracker), target=target)
        eye = self._last_eye = self._eye(located.pose)
        pixels, centroid = ball_in_view(
            eye,
            target,
            self._level.radius,
            self._level.boxes,
            width=self._spec.width,
            height=self._spec.height,
            horizontal_fov=self._spec.horizontal_fov,
        )
        return Facts(agent=eye, target=target, target_pixels=pixels, target_centroid=centroid)

    def _hidden(self, tracker: Tracker) -> Pose:
        """Where the eye was when somebody last knew. Raises `SimulatorFault` where the policy has no part in it."""
        if not tracker.watching():
            lost = (
                f"the overhead camera has shown none of the floor's tags for {WATCHED_SECONDS:g} s: see whether it is "
                "covered, was moved, or sends nothing"
            )
        elif self._last_eye is None:
            lost = "the overhead camera has lost the robot's tag before the first step"
        elif self._config.limits.geofence is not None:
            lost = "the overhead camera has lost the robot's tag: nobody can tell whether it is inside the geofence"
        else:
            self._hidden_steps += 1
            return self._last_eye
        self._rig.stand_still()
        raise SimulatorFault(lost)

    def _target(self) -> Point:
        """Where its tag was last seen, else where the scenario has it; its height is the scenario's."""
        assert self._scenario is not None
        wanted = self._scenario.goals[0].target.position
        seen = self._rig.tracker.target() if self._rig.tracker is not None and self._has_target_tag else None
        return wanted if seen is None else (seen[0], seen[1], wanted[2])

    def _reckoned(self) -> Pose:
        """By the wheels from the start mark; the start mark itself where the robot has no odometry."""
        assert self._scenario is not None
        return self._rig.reckoned(self._scenario.start, self._odometry_at_start)

    def _located_by(self) -> str:
        """What nearest_m and path_m of the record rest on; "nothing" leaves the robot at its mark."""
        if self._rig.tracker is not None:
            return "tags"
        return "nothing" if self._odometry_at_start is None else "odometry"

    def _said(self) -> bool | None:
        """The operator's word, where there are no tags: as soon as they say so, and asked for at the last step."""
        assert self._scenario is not None
        if self._operator.reached:
            self._rig.stand_still()
            self._verdict = True
        elif self._steps >= self._scenario.max_steps and not self._asked_at_the_end:
            self._rig.stand_still()
            self._asked_at_the_end = True
            self._verdict = self._operator.verdict(self._question(), self._room.address)
            if self._verdict is None:
                raise SimulatorFault("the operator could not tell whether the goal was reached")
        return self._verdict

    def _question(self) -> str:
        radius = self._spec.approach_radius
        return f"Is the robot's camera within {radius:g} m of the target, with the target in its picture?"

    def _verdicts(self) -> dict[str, Any]:
        """The operator's word, and the tags' at the same moment where there are any."""
        assert self._scenario is not None
        if self._scorer == "operator":
            return {"operator_verdict": self._verdict}
        if not self._whole:
            return {}
        goal = self._scenario.goals[0]
        by_tags = SUCCESS_RULES[goal.interaction].holds(self._facts, goal.target.name, self._spec)
        said = self._operator.verdict(self._question(), self._room.address)
        agree = None if said is None else said == by_tags
        return {"operator_verdict": said, "tags_verdict": by_tags, "verdicts_agree": agree}


def _spread(values: list[float]) -> dict[str, float]:
    """Median, 95th percentile and maximum of sorted values; empty of none."""
    if not values:
        return {}
    high = values[min(len(values) - 1, math.ceil(0.95 * len(values)) - 1)]
    found = {"p50": statistics.median(values), "p95": high, "max": values[-1]}
    return {name: round(value, 4) for name, value in found.items()}
