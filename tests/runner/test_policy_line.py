"""A worker and a policy process find each other, and a worker knows what to do when its policy process is gone."""

from __future__ import annotations

import os
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evalsuite.crossview.spaces import Observation, noop_action
from evalsuite.runner import worker as worker_module
from evalsuite.runner.phases import Phase, RunLimits
from evalsuite.runner.plan import Episode
from evalsuite.runner.policy_line import call, listen
from evalsuite.runner.shared_observations import SharedSlot, create_slot_file
from evalsuite.runner.watched_simulator import PhaseClock
from evalsuite.runner.wire import Channel, Disconnected, Message
from evalsuite.runner.wire_actions import to_wire
from evalsuite.runner.worker import AskingActor, PolicyLost
from evalsuite.runner.worker_seat import WorkerSeat
from tests.worlds.grid_world import grid_scenario

TURN = 7
LIMIT_SECONDS = 10.0
SOMEBODY: Any = object()
"""In place of a process that is neither told nor asked anything."""


def observation() -> Observation:
    return {"image": np.zeros((4, 6, 3), np.uint8), "goal_mask": np.zeros((4, 6), np.uint8), "interaction": 1}


class Host:
    """A policy process as a worker sees it."""

    def __init__(self, scratch: Path, name: str) -> None:
        self.folder = scratch / name
        self.folder.mkdir(parents=True)
        self._listening = listen(self.folder)
        self.asked: list[Message] = []
        self._line: Channel | None = None

    def answer(self, *turns: float) -> None:
        """Wait for a request and answer it with an action that turns so far; then for the next."""
        for turn in turns:
            action = {**noop_action(), "camera": np.array([0.0, turn], np.float32)}
            self.hear().send({"type": "action", "action": to_wire(action)})

    def hear(self) -> Channel:
        if self._line is None:
            assert select.select([self._listening], [], [], LIMIT_SECONDS)[0]
            self._line = Channel(self._listening.accept()[0])
        assert select.select([self._line], [], [], LIMIT_SECONDS)[0]
        self.asked += self._line.arrived()
        return self._line

    def end(self) -> None:
        self._listening.close()
        if self._line is not None:
            self._line.close()


class Play:
    """An actor in a worker, the driver's end of its channel, and hosts."""

    def __init__(self, scratch: Path) -> None:
        self.scratch = scratch
        self.fd = create_slot_file()
        self.slot = SharedSlot(self.fd)
        mine, theirs = socket.socketpair()
        self.driver, self._channel = Channel(mine), Channel(theirs)

    def actor(self, process: str | None) -> AskingActor:
        """That the driver has told to ask `process`, if that is somebody."""
        request = {"policy": {"slot": 0, "turn": TURN, "suspect": False}, "policy_seed": 11}
        actor = AskingActor(self._channel, self.scratch, self.slot, PhaseClock(self.slot), request)
        assert self.driver.receive() == {"type": "begins", "turn": TURN}
        if process is not None:
            self.driver.send({"type": "ask", "turn": TURN, "process": process})
        return actor

    def host(self, name: str) -> Host:
        return Host(self.scratch, name)


@pytest.fixture
def play(tmp_path: Path) -> Iterator[Play]:
    play = Play(tmp_path / "scratch")
    yield play
    os.close(play.fd)


def meanwhile(do: Callable[[], Any]) -> threading.Thread:
    thread = threading.Thread(target=do)
    thread.start()
    return thread


def turned(actor: AskingActor) -> float:
    return float(actor.act(observation())["camera"][1])


def answered_once_by_a_process_that_is_gone(play: Play) -> AskingActor:
    host = play.host("policy-1")
    actor = play.actor("policy-1")
    thread = meanwhile(lambda: host.answer(1.0))
    turned(actor)
    thread.join()
    host.end()
    return actor


def test_they_meet_in_a_folder_of_a_long_name_and_know_at_once_when_the_other_is_gone(tmp_path: Path) -> None:
    folder = tmp_path / ("a" * 120)
    with pytest.raises(Disconnected, match="can't call"):
        call(folder)
    folder.mkdir()
    with pytest.raises(Disconnected, match="can't call"):
        call(folder)
    with listen(folder) as listening:
        calling = call(folder)
        called = Channel(listening.accept()[0])
        calling.send({"type": "observe", "number": 1})
        assert called.receive() == {"type": "observe", "number": 1}
        called.close()
        with pytest.raises(Disconnected, match="closed"):
            calling.receive()
        calling.close()


def test_only_the_first_request_says_whose_it_is_and_the_driver_can_see_how_far_they_are(play: Play) -> None:
    host = play.host("policy-1")
    actor = play.actor("policy-1")
    thread = meanwhile(lambda: host.answer(3.0, -4.0))
    assert (turned(actor), turned(actor)) == (3.0, -4.0)
    thread.join()
    first, second = host.asked
    assert (first["slot"], first["turn"], first["seed"], first["number"]) == (0, TURN, 11, 1)
    assert second["number"] == 2
    assert not {"slot", "turn", "seed", "layout"} & {*second, *second["observation"]}
    assert play.slot.requests(TURN).asked == 2
    assert play.slot.requests(TURN + 1).asked == 0


def test_a_worker_that_was_named_nobody_waits_to_be_told(play: Play) -> None:
    host = play.host("policy-2")
    actor = play.actor(None)
    play.driver.send({"type": "ask", "turn": TURN - 1, "process": "policy-of-another-turn"})
    play.driver.send({"type": "ask", "turn": TURN, "process": "policy-2"})
    thread = meanwhile(lambda: host.answer(5.0))
    assert turned(actor) == 5.0
    thread.join()


def test_a_process_that_is_gone_before_it_has_answered_is_replaced_by_another(play: Play) -> None:
    first, second = play.host("policy-1"), play.host("policy-2")
    actor = play.actor("policy-1")

    def lose_the_first() -> None:
        first.hear()
        first.end()
        play.driver.send({"type": "ask", "turn": TURN, "process": "policy-2"})
        second.answer(6.0)

    thread = meanwhile(lose_the_first)
    assert turned(actor) == 6.0
    thread.join()
    assert first.asked == second.asked
    assert second.asked[0]["seed"] == 11


@pytest.mark.parametrize(("alone", "fault"), [(True, "lost"), (False, "void")])
def test_what_a_lost_process_remembered_is_lost_as_the_driver_says(play: Play, alone: bool, fault: str) -> None:
    actor = answered_once_by_a_process_that_is_gone(play)
    play.driver.send({"type": "policy_lost", "turn": TURN - 1, "reason": "of the turn before", "alone": False})
    play.driver.send({"type": "policy_lost", "turn": TURN, "reason": "it was killed", "alone": alone})
    with pytest.raises(PolicyLost, match="it was killed") as lost:
        actor.act(observation())
    assert lost.value.fault == fault


def test_another_process_is_of_no_use_once_the_first_has_answered(play: Play) -> None:
    play.host("policy-2")
    actor = answered_once_by_a_process_that_is_gone(play)
    play.driver.send({"type": "ask", "turn": TURN, "process": "policy-2"})
    with pytest.raises(PolicyLost, match="was replaced") as lost:
        actor.act(observation())
    assert lost.value.fault == "void"


def test_a_connection_that_breaks_without_a_word_makes_the_attempt_void_after_a_while(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "WORD_SECONDS", 0.2)
    actor = answered_once_by_a_process_that_is_gone(play)
    with pytest.raises(PolicyLost, match="broke") as lost:
        actor.act(observation())
    assert lost.value.fault == "void"


def test_a_worker_owes_nothing_while_it_waits_for_a_policy_and_is_overdue_when_it_ignores_the_answer() -> None:
    seat = WorkerSeat(0, RunLimits(wake=0.05))
    seat.occupy(Episode(grid_scenario("one"), "policy", 0, 0, 0, 0), "2026-01-01T00:00:00Z")
    seat.owe()
    seat.child = SOMEBODY
    seat.memory.beat(Phase.WAITING)
    seat.memory.ask(seat.turn, 1)
    assert seat.overdue() is None
    time.sleep(0.1)
    assert seat.overdue() is None
    assert seat.activity().seconds >= 0.1
    seat.memory.take(seat.turn, 1)
    seat.memory.answer(seat.turn, 1)
    assert not seat.waits_for_policy
    time.sleep(0.1)
    assert seat.overdue() is Phase.WAITING
    seat.close()
