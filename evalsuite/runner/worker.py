"""A simulator process: `python -m evalsuite.runner.worker`, started by the driver, plays one episode at a time.

It keeps its simulator up between episodes of the same world. Policies that run beside the simulator act in
here; for any other the observation goes into shared memory, and the policy's process is asked for the action.
What the driver has to say of a policy's process that was lost may come when the attempt is over already: such
messages tell their turn.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import dataclasses
import hashlib
import os
import select
import signal
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import Protocol

import numpy as np

from evalsuite.crossview.action_log import unpack_actions
from evalsuite.crossview.environment import CrossViewEnv
from evalsuite.crossview.simulator import SelfCuttingSimulator
from evalsuite.crossview.spaces import Action, Observation
from evalsuite.errors import PolicyFault, SimulatorFault, UsageError
from evalsuite.policies.policy import Policy, PrivilegedPolicy
from evalsuite.policies.references import load_policy, parse_reference
from evalsuite.runner.attempt import Fault
from evalsuite.runner.environment_variables import drop_kept_memory
from evalsuite.runner.phases import Phase
from evalsuite.runner.policy_faults import answer, begin, policy_faults
from evalsuite.runner.policy_line import call
from evalsuite.runner.recording import Recorder, make_recorder
from evalsuite.runner.shared_observations import ObservationWriter, SharedSlot
from evalsuite.runner.watched_simulator import PhaseClock, WatchedSimulator, simulator_faults, watched
from evalsuite.runner.wire import Channel, Disconnected, Message, hello
from evalsuite.runner.wire_actions import from_wire
from evalsuite.suite.scenario import Scenario
from evalsuite.worlds import find_world

LEAST_PRIORITY = 19
"""The highest of nice values."""

WORD_SECONDS = 20.0
"""For the driver to say what became of a policy's process that has answered before and now is gone."""

AUTOGROUP = Path("/proc/self/autogroup")


class StartFault(SimulatorFault):
    """The simulator did not come up."""


class PolicyLost(Exception):
    """The policy's process is gone, and this episode's memory with it: the attempt is lost, or void (see `Fault`)."""

    def __init__(self, reason: str, fault: Fault) -> None:
        super().__init__(reason)
        self.fault = fault


class Actor(Protocol):
    """Where an episode's actions come from."""

    def act(self, observation: Observation) -> Action: ...

    def close(self) -> None: ...


class Worker:
    """Serves the driver's requests until it says `close` or is gone."""

    def __init__(self, channel: Channel, slot: SharedSlot, folder: Path) -> None:
        self._channel = channel
        self._slot = slot
        self._clock = PhaseClock(slot)
        self._folder = folder
        self._world: tuple[str, bool] | None = None
        self._simulator: WatchedSimulator | None = None
        self._started = 0
        self._policies: dict[str, Policy | PrivilegedPolicy] = {}

    def serve(self) -> None:
        try:
            self._channel.send(hello())
            while True:
                self._clock.enter(Phase.IDLE)
                message = self._channel.receive()
                if message["type"] == "close":
                    return
                if message["type"] == "episode":
                    self._channel.send(self._attempt(message))
        except Disconnected:
            return
        finally:
            self._close_simulator()

    def _attempt(self, request: Message) -> Message:
        self._clock.restart()
        scenario = Scenario.model_validate(request["scenario"])
        try:
            simulator = self._simulator_of(scenario.world, request["time_limits"], rehearse=request["rehearse"])
            played = self._play(CrossViewEnv(simulator, scenario, share_goal_view=True), request)
        except PolicyLost as lost:
            played = self._fault(lost.fault, lost)
        except (SimulatorFault, PolicyFault, UsageError) as error:
            kinds: dict[type[Exception], Fault] = {
                StartFault: "start",
                SimulatorFault: "simulator",
                PolicyFault: "policy",
                UsageError: "scenario",
            }
            played = self._fault(next(name for kind, name in kinds.items() if isinstance(error, kind)), error)
        return {**played, "report": self._report()}

    def _play(self, env: CrossViewEnv, request: Message) -> Message:
        observation, _ = env.reset(seed=request["seed"])
        goal_mask_pixels = int(np.count_nonzero(observation["goal_mask"]))
        recorder = make_recorder(request["record"], env)
        try:
            observation = self._play_to_the_end(env, observation, request, recorder)
        except PolicyFault as fault:
            return {**self._fault("policy", fault), "footage": self._footage(recorder)}
        except BaseException:
            recorder.abandon()
            raise
        return {
            "type": "ended",
            "summary": dataclasses.asdict(env.summary),
            "goal_mask_pixels": goal_mask_pixels,
            "final_frame_sha256": hashlib.sha256(np.ascontiguousarray(observation["image"]).tobytes()).hexdigest(),
            "footage": self._footage(recorder),
            "seconds": self._seconds(),
        }

    def _play_to_the_end(
        self, env: CrossViewEnv, observation: Observation, request: Message, recorder: Recorder
    ) -> Observation:
        recorder.begin(observation)
        actor = self._actor(env, request)
        done = False
        with contextlib.closing(actor):
            while not done:
                action = actor.act(observation)
                observation, reward, terminated, truncated, _ = env.step(action)
                self._clock.count_steps(env.summary.steps)
                done = terminated or truncated
                recorder.step(action, observation, reward, done=done)
        return observation

    def _report(self) -> Message:
        if self._simulator is None:
            return {}
        try:
            return dict(self._simulator.report())
        except (SimulatorFault, UsageError) as error:
            return {"fault": str(error)}

    def _footage(self, recorder: Recorder) -> Message:
        with self._clock.phase(Phase.RECORD):
            return recorder.end()

    def _fault(self, kind: Fault, error: Exception) -> Message:
        return {
            "type": "fault",
            "kind": kind,
            "reason": str(error),
            "steps": self._slot.heartbeat().steps,
            "seconds": self._seconds(),
        }

    def _actor(self, env: CrossViewEnv, request: Message) -> Actor:
        policy = request["policy"]
        if "actions" in policy:
            return RecordedActor(base64.b64decode(policy["actions"]), policy["then"])
        if not policy["beside_simulator"]:
            return AskingActor(self._channel, self._folder.parent, self._slot, self._clock, request)
        reference = policy["reference"]
        if reference not in self._policies:
            with policy_faults("load"):
                self._policies[reference] = load_policy(parse_reference(reference))
        loaded = self._policies[reference]
        if isinstance(loaded, PrivilegedPolicy):
            with policy_faults("attach"), self._clock.phase(Phase.POLICY):
                loaded = loaded.attach(env)
        return LocalActor(loaded, request["policy_seed"], self._clock)

    def _simulator_of(self, world: str, time_limits: Mapping[str, float], *, rehearse: bool) -> WatchedSimulator:
        if self._simulator is not None and self._world == (world, rehearse):
            return self._simulator
        self._close_simulator()
        self._started += 1
        folder = self._folder / f"{world}-{self._started}"
        folder.mkdir()
        try:
            with self._clock.phase(Phase.START), simulator_faults("start"):
                started = find_world(world).make(folder, rehearse=rehearse)
        except (SimulatorFault, UsageError) as error:
            raise StartFault(str(error)) from error
        limits = dataclasses.replace(started.spec.time_limits, **time_limits)
        if isinstance(started, SelfCuttingSimulator):
            started.allow(limits)
        self._simulator, self._world = watched(started, self._clock), (world, rehearse)
        spec = self._simulator.spec
        self._channel.send(
            {
                "type": "ready",
                "world": world,
                "engine": {**spec.engine, "masks by": spec.mask_source},
                "rehearsal": spec.rehearsal,
                "time_limits": dataclasses.asdict(limits),
                "restart_after": spec.restart_after_episodes,
                "most_memory": spec.most_memory,
            }
        )
        return self._simulator

    def _close_simulator(self) -> None:
        if self._simulator is not None:
            simulator, self._simulator = self._simulator, None
            simulator.close()

    def _seconds(self) -> dict[str, float]:
        return {phase: round(seconds, 6) for phase, seconds in self._clock.seconds.items()}


class LocalActor:
    """A policy in this process."""

    def __init__(self, policy: Policy, seed: int, clock: PhaseClock) -> None:
        self._policy = policy
        self._clock = clock
        self._state = begin(policy, seed)

    def act(self, observation: Observation) -> Action:
        with self._clock.phase(Phase.POLICY):
            (result,) = answer(self._policy, [observation], [self._state])
        if isinstance(result, PolicyFault):
            raise result
        action, self._state = result
        return action

    def close(self) -> None:
        pass


class RecordedActor:
    """The actions of an episode that was played before; where they end, so did the policy, for the reason `then`."""

    def __init__(self, packed: bytes, then: str) -> None:
        self._actions = unpack_actions(packed)
        self._then = then

    def act(self, observation: Observation) -> Action:
        action = next(self._actions, None)
        if action is None:
            raise PolicyFault(self._then)
        return action

    def close(self) -> None:
        pass


class AskingActor:
    """A policy in another process. The driver names it, and may name another until that has answered once.

    It is asked for its name when the simulator has been reset: only then is it known which process has least to do.
    """

    def __init__(self, channel: Channel, scratch: Path, slot: SharedSlot, clock: PhaseClock, request: Message) -> None:
        policy = request["policy"]
        self._channel = channel
        self._scratch = scratch
        self._slot = slot
        self._writer = ObservationWriter(slot)
        self._clock = clock
        self._turn: int = policy["turn"]
        self._first = {"slot": policy["slot"], "suspect": policy["suspect"], "seed": request["policy_seed"]}
        self._asked: Message = {}
        self._number = 0
        self._line: Channel | None = None
        self._polled = select.poll()
        self._polled.register(channel, select.POLLIN)
        channel.send({"type": "begins", "turn": self._turn})

    def act(self, observation: Observation) -> Action:
        with self._clock.phase(Phase.WAITING):
            self._number += 1
            self._asked = {"type": "observe", "number": self._number, "at": time.monotonic()}
            if self._number == 1:
                self._asked |= {**self._first, "turn": self._turn}
            self._asked["observation"] = self._writer.put(observation)
            self._slot.ask(self._turn, self._number)
            self._ask()
            reply = self._reply()
        if reply["type"] == "policy_fault":
            raise PolicyFault(reply["reason"])
        return from_wire(reply["action"])

    def close(self) -> None:
        """The episode is over."""
        if self._line is not None:
            self._polled.unregister(self._line)
            self._line.close()
            self._line = None

    def _call(self, process: str) -> None:
        with contextlib.suppress(Disconnected):
            self._line = call(self._scratch / process)
            self._polled.register(self._line, select.POLLIN)

    def _ask(self) -> None:
        """Where the policy's process is gone, the driver will say what follows."""
        if self._line is not None:
            try:
                self._line.send(self._asked)
            except Disconnected:
                self.close()

    def _reply(self) -> Message:
        while True:
            cut_off = self._line is None and self._number > 1
            ready = {fd for fd, _ in self._polled.poll(WORD_SECONDS * 1000 if cut_off else None)}
            if cut_off and not ready:
                raise PolicyLost("the connection with the policy's process broke", "void")
            if self._line is not None and self._line.fileno() in ready:
                try:
                    for reply in self._line.arrived():
                        return reply
                except Disconnected:
                    self.close()
            if self._channel.fileno() in ready:
                for message in self._channel.arrived():
                    self._hear_driver(message)

    def _hear_driver(self, message: Message) -> None:
        if message["type"] == "close":
            raise SystemExit(0)
        if message["turn"] != self._turn:
            return
        if message["type"] == "policy_lost":
            raise PolicyLost(message["reason"], "lost" if message["alone"] else "void")
        if self._number > 1:
            raise PolicyLost("the policy's process was replaced", "void")
        self.close()
        self._call(message["process"])
        self._ask()


def give_way() -> None:
    """Take only the processor time that nobody else wants, from now on and with all that is started later.

    Where the kernel shares processor time out by session (`man 7 sched`, autogroup), a process's niceness counts
    within its session only: the session itself has to be nice too.
    """
    with contextlib.suppress(OSError):
        AUTOGROUP.write_text(str(LEAST_PRIORITY))
    if hasattr(os, "SCHED_IDLE"):
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    else:
        os.nice(LEAST_PRIORITY)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--control", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--slot", type=int, required=True)
    parser.add_argument("--idle", action="store_true")
    arguments = parser.parse_args()
    if arguments.idle:
        give_way()
    drop_kept_memory()
    for fd in (arguments.control, arguments.slot):
        os.set_inheritable(fd, False)
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    slot = SharedSlot(arguments.slot)
    Worker(Channel(socket.socket(fileno=arguments.control)), slot, arguments.folder).serve()


def _stop(number: int, frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise SystemExit(0)


if __name__ == "__main__":
    main()
