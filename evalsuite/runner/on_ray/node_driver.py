"""The driver on a node of a cluster: `python -m evalsuite.runner.on_ray.node_driver`, started by an actor of Ray's.

It plays the episodes that it is handed, with the same workers, watchdog, guard and shared memory as a run on one
machine, and tells of each attempt as soon as it is over. What follows from an attempt is decided at the head, which
has the queue and the records: nothing is tried again here.

It is a process of its own because Ray, when it ends an actor, kills the actor's children: as a grandchild the guard
survives that and cleans up.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import os
import selectors
import socket
import time
from collections.abc import Mapping, Sequence
from typing import Any

from evalsuite import __version__
from evalsuite.errors import PolicyRefused, UsageError
from evalsuite.policies.references import PolicyReference, parse_reference
from evalsuite.runner.attempt import Attempt
from evalsuite.runner.driver import Driver
from evalsuite.runner.on_ray.node_logs import NodeLogs
from evalsuite.runner.phases import RunLimits
from evalsuite.runner.plan import Episode, EpisodeQueue
from evalsuite.runner.scratch import Scratch
from evalsuite.runner.status import Activity
from evalsuite.runner.wire import Channel, Disconnected, Message, hello
from evalsuite.runner.world_survey import readiness_complaint
from evalsuite.suite.scenario import Scenario
from evalsuite.worlds import find_world

REPORT_SECONDS = 1.0
"""Between two signs of life."""


class HandedQueue(EpisodeQueue):
    """What the head has handed out. Nothing comes back to it, and nothing is given up: the head decides that."""

    def __init__(self) -> None:
        super().__init__(iter(()), ())

    def hand(self, episode: Episode) -> None:
        super().put_back(episode)

    def put_back(self, episode: Episode) -> None:
        pass

    def shelve(self, world: str) -> None:
        pass


class NodeDriver:
    """Serves the head's requests until it says `close` or is gone."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._queue = HandedQueue()
        self._numbers: dict[tuple[str, str, int], int] = {}
        self._records: dict[int, Message | None] = {}
        self._driver: Driver | None = None
        self._scratch = Scratch()
        self._left = 1
        self._reported = 0.0
        self._queued_seconds = 0.0

    def serve(self) -> None:
        with contextlib.suppress(Disconnected), self._scratch:
            self._channel.send({**hello(), "evalsuite": __version__, "folder": str(self._scratch.folder)})
            request = self._channel.receive()
            try:
                self._play(request)
            except UsageError as error:
                by_policy = isinstance(error, PolicyRefused)
                self._channel.send({"type": "refused", "reason": str(error), "policy": by_policy})
        with contextlib.suppress(Disconnected):
            self._channel.send({"type": "closed"})

    def _play(self, request: Message) -> None:
        check_worlds_here(request["worlds"], rehearse=request["rehearse"])
        self._driver = driver = Driver(
            self._scratch,
            policies_here(request["policies"]),
            workers=request["workers"],
            policy_processes=request["policy_processes"],
            rehearse=request["rehearse"],
            trust_checkpoint=request["trust_checkpoint"],
            limits=RunLimits(**request["limits"]),
            recording=self._begun,
        )
        with driver.interruptible():
            try:
                driver.start()
                if not driver.interrupted:
                    self._channel.send({"type": "ready"})
                    driver.play(
                        self._queue,
                        on_attempt=self._tell,
                        on_engine=self._tell_engine,
                        on_turn=lambda: None,
                        crew=self,
                    )
            finally:
                driver.close()

    @property
    def left(self) -> int:
        """Whether there may be more to play: the driver goes on until the head says otherwise."""
        return self._left

    def join(self, selector: selectors.BaseSelector) -> None:
        selector.register(self._channel, selectors.EVENT_READ, self._hear)

    def turn(self, *, stepping: bool) -> None:
        """Show the head a sign of life now and then."""
        assert self._driver is not None
        if time.monotonic() - self._reported >= REPORT_SECONDS:
            self._reported = time.monotonic()
            before, self._queued_seconds = self._queued_seconds, self._driver.queued_seconds
            workers = [self._as_message(each) for each in self._driver.activities()]
            self._scratch.hand_over_logs()
            self._say({"type": "alive", "workers": workers, "queued_seconds": self._queued_seconds - before})

    def _hear(self) -> None:
        try:
            for message in self._channel.arrived():
                if message["type"] == "episodes":
                    # Not before: the head has no run folder to keep anything in until it hands out episodes.
                    self._scratch.logs = self._scratch.logs or NodeLogs(self._say)
                    for each in message["episodes"]:
                        self._take(each)
                else:
                    self._stop()
        except Disconnected:
            self._stop()

    def _stop(self) -> None:
        assert self._driver is not None
        self._left = 0
        self._driver.interrupted = True

    def _take(self, handed: Message) -> None:
        scenario = Scenario.model_validate(handed["scenario"])
        tried = (handed["attempts"], handed["failed"], handed["excused"])
        episode = Episode(scenario, handed["policy"], handed["seed"], *tried)
        self._numbers[episode.key] = handed["number"]
        self._records[handed["number"]] = handed["record"]
        self._queue.hand(episode)

    def _begun(self, episode: Episode) -> Message | None:
        number = self._numbers[episode.key]
        self._say({"type": "begun", "number": number})
        return self._records.pop(number)

    def _as_message(self, activity: Activity) -> Message:
        episode = activity.episode
        return {
            "phase": activity.phase,
            "seconds": activity.seconds,
            "world": activity.world,
            "number": None if episode is None else self._numbers.get(episode.key),
            "steps": activity.steps,
        }

    def _tell(self, attempt: Attempt) -> None:
        if attempt.reason:
            self._scratch.hand_over_logs()
        content = {name: getattr(attempt, name) for name in ATTEMPT_FIELDS}
        self._say({"type": "attempt", "number": self._numbers.pop(attempt.episode.key), "attempt": content})

    def _tell_engine(self, world: str, engine: Mapping[str, str]) -> None:
        self._say({"type": "engine", "world": world, "engine": dict(engine)})

    def _say(self, message: Message) -> None:
        try:
            self._channel.send(message)
        except Disconnected:
            self._stop()


ATTEMPT_FIELDS = tuple(each.name for each in dataclasses.fields(Attempt) if each.name != "episode")
"""What travels of an attempt; the head knows the episode."""


def check_worlds_here(worlds: Sequence[str], *, rehearse: bool) -> None:
    """Raise `UsageError` unless each of `worlds` can run on this machine."""
    for name in worlds:
        if complaint := readiness_complaint(name, find_world(name), rehearse=rehearse):
            raise UsageError(complaint)


def policies_here(entries: Sequence[Mapping[str, Any]]) -> list[PolicyReference]:
    """The head's policies as they are on this machine. Raises `UsageError` when one is missing or another one."""
    references = []
    for entry in entries:
        found = parse_reference(f"{entry['label']}={entry['reference']}")
        if found.sha256 != entry["sha256"]:
            raise UsageError(
                f"the policy {entry['label']!r} ({entry['reference']}) is another one there: sha256 "
                f"{found.sha256[:12]}, not {entry['sha256'][:12]}; copy what the head has to the node"
            )
        references.append(found)
    return references


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--control", type=int, required=True)
    arguments = parser.parse_args()
    os.set_inheritable(arguments.control, False)
    NodeDriver(Channel(socket.socket(fileno=arguments.control))).serve()


if __name__ == "__main__":
    main()
