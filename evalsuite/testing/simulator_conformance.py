"""What every world must keep. Inherit, say how to start one, and pytest does the rest."""

from __future__ import annotations

import math
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from evalsuite.crossview.environment import CrossViewEnv
from evalsuite.crossview.geometry import angle_between, ground_distance, wrap_degrees, yaw_towards
from evalsuite.crossview.simulator import Facts, Simulator, SimulatorSpec
from evalsuite.crossview.spaces import BUTTONS, INTERACTIONS, Action, noop_action
from evalsuite.suite.scenario import Scenario
from evalsuite.testing.trajectories import (
    first_difference,
    moment,
    picture_sha256,
    play,
    play_in_own_process,
    varied_actions,
    view_sha256,
)

BEYOND_THE_BODY_METRES = 4.0
"""Nearer than this a target is too wide for its middle to say whether any of it is in view."""


class SimulatorConformance:
    """Tests of the `Simulator` protocol.

    >>> class TestMyWorld(SimulatorConformance):
    ...     def make_simulator(self, folder: Path) -> Simulator:
    ...         return MySimulator(folder)
    ...     def scenarios(self) -> list[Scenario]:
    ...         return [...]

    The class must be importable and made without arguments: a test starts it in processes of its own.
    Episodes last `steps` steps; an engine has `seconds_to_end` to be gone after `close`.
    """

    steps = 30
    seconds_to_end = 3.0

    def make_simulator(self, folder: Path) -> Simulator:
        """Start a simulator that keeps its files in `folder`."""
        raise NotImplementedError("override make_simulator to return the simulator under test")

    def scenarios(self) -> list[Scenario]:
        """A few scenarios, at least one for each of the world's interactions."""
        raise NotImplementedError("override scenarios to return a few scenarios of the world")

    @pytest.fixture
    def simulator(self, tmp_path: Path) -> Iterator[Simulator]:
        """A started simulator that is closed after the test."""
        made = self.make_simulator(tmp_path)
        yield made
        made.close()

    def test_it_has_the_methods_of_a_simulator(self, simulator: Simulator) -> None:
        assert isinstance(simulator, Simulator), "a simulator has every method of evalsuite.crossview.Simulator"

    def test_its_spec_makes_sense(self, simulator: Simulator) -> None:
        spec = simulator.spec
        assert spec.world, "spec.world is the registered name"
        assert spec.width > 0, "the picture has a width"
        assert spec.height > 0, "the picture has a height"
        assert 0 < spec.horizontal_fov < 180, "horizontal_fov is in degrees, between 0 and 180"
        assert 0 < spec.vertical_fov < 180, "vertical_fov is in degrees, between 0 and 180"
        assert spec.steps_per_second > 0, "steps_per_second is positive"
        assert spec.interactions, "a world can judge at least one interaction"
        assert spec.interactions <= set(INTERACTIONS), "interactions are named as in evalsuite.crossview.INTERACTIONS"
        keys = {*BUTTONS, "camera.pitch", "camera.yaw"}
        assert spec.masked_actions <= keys, "masked_actions are buttons, camera.pitch and camera.yaw"
        covered = {goal.interaction for scenario in self.scenarios() for goal in scenario.goals}
        assert covered >= spec.interactions, "scenarios() has one for each of the world's interactions"

    def test_pictures_and_masks_are_as_declared(self, simulator: Simulator) -> None:
        spec = simulator.spec
        for scenario in self.scenarios():
            simulator.reset(scenario, 0)
            view = simulator.goal_view()
            for name, picture in (("frame()", simulator.frame()), ("goal_view().image", view.image)):
                assert picture.dtype == np.uint8, f"{scenario.id}: {name} is uint8"
                assert picture.shape == (spec.height, spec.width, 3), f"{scenario.id}: {name} is (height, width, 3)"
            assert view.mask.dtype == np.uint8, f"{scenario.id}: the mask is uint8"
            assert view.mask.shape == (spec.height, spec.width), f"{scenario.id}: the mask is (height, width)"
            assert view.mask.any(), f"{scenario.id}: the mask shows the target"
            assert view.mask.max() <= 1, f"{scenario.id}: the mask holds 0 and 1 only"
            assert not view.mask.all(), f"{scenario.id}: the mask shows more than the target"

    @pytest.mark.filterwarnings("ignore:.*symmetric and normalized space")
    def test_its_environment_passes_gymnasiums_check(self, simulator: Simulator) -> None:
        env = CrossViewEnv(simulator, self.scenarios()[0])
        if simulator.spec.determinism == "bitwise":
            check_env(env, skip_render_check=True)
            return
        seen, _ = env.reset(seed=0)
        assert env.observation_space.contains(seen), "the first observation is in the observation space"
        seen = env.step(noop_action())[0]
        assert env.observation_space.contains(seen), "an observation is in the observation space"

    def test_an_episode_begins_where_its_scenario_says(self, simulator: Simulator) -> None:
        for scenario in self.scenarios():
            simulator.reset(scenario, 0)
            facts = simulator.facts()
            away = ground_distance(facts.agent.position, scenario.start.position)
            turned = abs(wrap_degrees(facts.agent.yaw - scenario.start.yaw))
            assert away <= 0.5, f"{scenario.id}: the agent starts {away:.2f} m from its start"
            assert turned <= 2.0, f"{scenario.id}: the agent starts turned by {turned:.1f} degrees"
            assert facts.target is not None, f"{scenario.id}: the target is there at the start"
            off = ground_distance(facts.target, scenario.goals[0].target.position)
            assert off <= 1.0, f"{scenario.id}: the target starts {off:.2f} m from where the scenario has it"
            assert not facts.events, f"{scenario.id}: nothing has happened before the first step"

    def test_the_same_seed_and_actions_give_the_same_frames_in_two_processes(self, simulator: Simulator) -> None:
        if simulator.spec.determinism != "bitwise":
            pytest.skip("the world does not declare that it is bitwise deterministic")
        actions = varied_actions(self.steps, 0, simulator.spec.masked_actions)
        scenarios = self.scenarios()
        elsewhere = play_in_own_process(self.make_simulator, scenarios, 3, actions)
        for scenario, there in zip(scenarios, elsewhere, strict=True):
            here = play(simulator, scenario, 3, actions)
            assert not (found := first_difference(here, there)), f"{scenario.id}: in two processes, {found}"

    def test_a_reset_does_not_depend_on_what_came_before(self, simulator: Simulator, tmp_path: Path) -> None:
        if simulator.spec.determinism != "bitwise":
            pytest.skip("the world does not declare that it is bitwise deterministic")
        masked = simulator.spec.masked_actions
        scenarios = self.scenarios()
        actions = varied_actions(self.steps, 1, masked)
        used = {}
        for scenario in (*scenarios, *scenarios[::-1]):
            play(simulator, scenario, 9, varied_actions(self.steps, 2, masked))
            simulator.goal_view()
            used[scenario.id] = play(simulator, scenario, 4, actions)
        folder = tmp_path / "fresh"
        folder.mkdir()
        for scenario in scenarios[:2]:
            fresh = self.make_simulator(folder)
            try:
                expected = play(fresh, scenario, 4, actions)
            finally:
                fresh.close()
            found = first_difference(expected, used[scenario.id])
            assert not found, f"{scenario.id}: on a simulator that was used before, {found}"

    def test_looking_at_the_goal_view_disturbs_nothing(self, simulator: Simulator) -> None:
        if simulator.spec.determinism != "bitwise":
            pytest.skip("the world does not declare that it is bitwise deterministic")
        actions = varied_actions(self.steps, 3, simulator.spec.masked_actions)
        for scenario in self.scenarios():
            undisturbed = play(simulator, scenario, 5, actions)
            simulator.reset(scenario, 5)
            views = {view_sha256(simulator.goal_view())}
            disturbed = [moment(simulator)]
            for action in actions:
                simulator.step(action)
                if len(disturbed) % 7 == 1:
                    simulator.goal_view()
                    views.add(view_sha256(simulator.goal_view()))
                disturbed.append(moment(simulator))
            found = first_difference(undisturbed, disturbed)
            assert not found, f"{scenario.id}: with goal_view() called in between, {found}"
            simulator.reset(scenario, 5)
            assert view_sha256(simulator.goal_view()) in views, f"{scenario.id}: the goal view changed after a reset"

    def test_masked_actions_are_dropped_and_counted(self, simulator: Simulator) -> None:
        masked = simulator.spec.masked_actions
        if not masked:
            pytest.skip("the world carries out every action")
        env = CrossViewEnv(simulator, self.scenarios()[0])
        pressed = noop_action()
        for key in masked:
            if key in BUTTONS:
                pressed[key] = 1
            else:
                pressed["camera"][("camera.pitch", "camera.yaw").index(key)] = 5.0
        pictures = {}
        for name, action in (("still", noop_action()), ("masked", pressed)):
            env.reset(seed=0)
            pictures[name] = [picture_sha256(env.step(action)[0]["image"]) for _ in range(5)]
        assert env.summary.masked_actions == 5 * len(masked), "each masked key is counted at each step"
        if simulator.spec.determinism == "bitwise":
            assert pictures["still"] == pictures["masked"], "a masked action has no effect"

    def test_facts_agree_with_the_pixels(self, simulator: Simulator) -> None:
        spec = simulator.spec
        look_around = _turns(spec, self.steps)
        wander = varied_actions(self.steps, 6, spec.masked_actions)
        for scenario in self.scenarios():
            simulator.reset(scenario, 0)
            for step, action in enumerate([*look_around, *wander]):
                simulator.step(action)
                broken_rule = _pixels_against(simulator.facts(), spec)
                assert not broken_rule, f"{scenario.id}, step {step}: {broken_rule}"

    def test_positive_yaw_turns_right_and_positive_pitch_looks_down(self, simulator: Simulator) -> None:
        for axis, name in enumerate(("pitch", "yaw")):
            if f"camera.{name}" in simulator.spec.masked_actions:
                continue
            for degrees in (6.0, -6.0):
                simulator.reset(self.scenarios()[0], 0)
                before = getattr(simulator.facts().agent, name)
                turn = noop_action()
                turn["camera"][axis] = degrees
                simulator.step(turn)
                turned = wrap_degrees(getattr(simulator.facts().agent, name) - before)
                assert abs(turned - degrees) <= 1.0, (
                    f"camera {name} {degrees:+g} changed the agent's {name} by {turned:+.2f} degrees in one step; "
                    f"+ yaw turns right (clockwise), + pitch looks down"
                )

    def test_forward_moves_along_the_yaw_and_right_moves_to_its_right(self, simulator: Simulator) -> None:
        expected = {"forward": 0.0, "right": 90.0, "back": 180.0, "left": -90.0}
        for name in (key for key in expected if key not in simulator.spec.masked_actions):
            angles = [
                angle
                for scenario in self.scenarios()
                if (angle := _direction_walked(simulator, scenario, name)) is not None
            ]
            assert angles, f"{name!r} moves the agent in none of the scenarios"
            best = min(abs(wrap_degrees(angle - expected[name])) for angle in angles)
            assert best <= 10.0, f"{name!r} never moves the agent at {expected[name]:+g} degrees to its yaw: {angles}"

    def test_a_picture_that_is_kept_does_not_change(self, simulator: Simulator) -> None:
        scenario = self.scenarios()[0]
        simulator.reset(scenario, 0)
        view = simulator.goal_view()
        kept = [("frame()", simulator.frame()), ("goal image", view.image), ("goal mask", view.mask)]
        before = [picture_sha256(picture) for _, picture in kept]
        for action in varied_actions(5, 7, simulator.spec.masked_actions):
            simulator.step(action)
            simulator.frame()
        simulator.goal_view()
        simulator.reset(scenario, 1)
        for (name, picture), sha256 in zip(kept, before, strict=True):
            assert picture_sha256(picture) == sha256, f"{name} was overwritten by later steps; hand out a copy"

    def test_the_next_goal_can_be_asked_for(self, simulator: Simulator) -> None:
        for scenario in self.scenarios():
            simulator.reset(scenario, 0)
            for goal in scenario.goals[1:]:
                simulator.next_goal()
                assert simulator.goal_view().mask.any(), f"{scenario.id}: the mask shows {goal.target.name}"

    def test_closing_twice_leaves_nothing_behind(self, tmp_path: Path) -> None:
        folder = tmp_path / "simulator"
        folder.mkdir()
        others = _descendants()
        simulator = self.make_simulator(folder)
        try:
            simulator.reset(self.scenarios()[0], 0)
            simulator.step(noop_action())
            engines = _descendants() - others
            shared = _shared_memory({os.getpid(), *engines})
        finally:
            simulator.close()
        simulator.close()
        assert _all_gone(engines, self.seconds_to_end), "a process of the simulator is still running after close()"
        left = sorted(str(path) for path in shared if path.exists() and path not in _shared_memory({os.getpid()}))
        assert not left, f"shared memory is left behind after close(): {', '.join(left)}"
        shutil.rmtree(folder)
        assert not folder.exists(), "the simulator's folder can be removed after close()"


def _pixels_against(facts: Facts, spec: SimulatorSpec) -> str:
    """Which rule the facts break, in words; empty when they break none."""
    pixels, centroid = facts.target_pixels, facts.target_centroid
    if pixels is None:
        return "" if centroid is None else "a centroid is known but the number of pixels is not"
    if (pixels > 0) != (centroid is not None):
        return f"{pixels} target pixels and the centroid {centroid}: there is a centroid when there are pixels"
    if not 0 <= pixels <= spec.width * spec.height:
        return f"{pixels} target pixels in a picture of {spec.width} x {spec.height}"
    if centroid is not None and not (0 <= centroid[0] < spec.width and 0 <= centroid[1] < spec.height):
        return f"the centroid {centroid} lies outside the picture"
    if facts.target is None:
        return f"the target is gone but shows {pixels} pixels" if pixels else ""
    eye = facts.agent
    if pixels and ground_distance(eye.position, facts.target) > BEYOND_THE_BODY_METRES:
        ahead = angle_between(eye.direction, tuple(np.subtract(facts.target, eye.position)))
        if ahead > 90.0:
            return f"{pixels} target pixels, but the target is {ahead:.0f} degrees off the optical axis: behind"
        bearing = wrap_degrees(yaw_towards(eye.position, facts.target) - eye.yaw)
        assert centroid is not None
        side = centroid[0] - spec.width / 2
        if abs(bearing) > 10.0 and abs(side) > spec.width / 20 and (bearing > 0) != (side > 0):
            return f"the target bears {bearing:+.0f} degrees but its pixels lie on the other side of the picture"
    return ""


def _turns(spec: SimulatorSpec, count: int) -> list[Action]:
    turn = noop_action()
    if "camera.yaw" not in spec.masked_actions:
        turn["camera"][1] = 360.0 / count
    return [turn] * count


def _direction_walked(simulator: Simulator, scenario: Scenario, button: str) -> float | None:
    """Degrees from the yaw to where `button` took the agent; None when it got less than 0.3 m away."""
    simulator.reset(scenario, 0)
    before = simulator.facts().agent
    action = noop_action()
    action[button] = 1
    for _ in range(max(4, math.ceil(simulator.spec.steps_per_second * 0.75))):
        simulator.step(action)
    after = simulator.facts().agent
    if ground_distance(before.position, after.position) < 0.3:
        return None
    return wrap_degrees(yaw_towards(before.position, after.position) - before.yaw)


def _descendants() -> set[int]:
    """Process ids below this one that are alive (Linux; empty elsewhere)."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[0] != "Z":
            parents[int(entry.parent.name)] = int(fields[1])
    found: set[int] = set()
    border = {os.getpid()}
    while border := {child for child, parent in parents.items() if parent in border} - found:
        found |= border
    return found


def _shared_memory(processes: set[int]) -> set[Path]:
    """The files in /dev/shm that these processes have mapped (Linux; empty elsewhere)."""
    found: set[Path] = set()
    for process in processes:
        try:
            lines = Path(f"/proc/{process}/maps").read_text().splitlines()
        except OSError:
            continue
        paths = (line.partition("/dev/shm/")[2] for line in lines if "/dev/shm/" in line)
        found |= {Path("/dev/shm") / path.removesuffix(" (deleted)") for path in paths}
    return found


def _all_gone(processes: set[int], time_limit: float) -> bool:
    deadline = time.monotonic() + time_limit
    while any(_is_running(process) for process in processes):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _is_running(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
