"""A policy's process: `python -m evalsuite.runner.policy_host`, started by the driver, plays episodes with workers.

A policy is loaded here alone: the driver never imports torch, and a policy that crashes or hangs takes
nothing with it but its own episodes' memory, which is held here, one state a connection.

The driver tells workers to call here (`evalsuite.runner.policy_line`). What they ask is answered in batches
(`evalsuite.runner.batches`); the driver sees in shared memory that it is.
"""

from __future__ import annotations

import argparse
import os
import selectors
import signal
import socket
import sys
import time
from pathlib import Path

from evalsuite.crossview.spaces import Action
from evalsuite.errors import PolicyFault, PolicyServerLost, UsageError
from evalsuite.policies.policy import Policy, PrivilegedPolicy, State
from evalsuite.policies.references import load_unchanged
from evalsuite.runner.batches import Batches
from evalsuite.runner.policy_faults import answer, begin, policy_faults
from evalsuite.runner.policy_line import listen
from evalsuite.runner.policy_memory import PolicyMemory
from evalsuite.runner.shared_observations import ObservationReader, SharedSlot
from evalsuite.runner.wire import Channel, Disconnected, Message, hello
from evalsuite.runner.wire_actions import to_wire


class Guest:
    """An episode that is played from here: a worker's connection, its observations, and the policy's state."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.state: State = None
        self.request: Message = {}
        self.asked_at = 0.0
        self.suspect = False
        self._reader: ObservationReader | None = None
        self._slot: SharedSlot | None = None
        self._turn = 0

    def ask(self, request: Message, slots: list[SharedSlot]) -> None:
        """Take in a request; the first says whose it is."""
        if self._slot is None:
            self._slot, self._turn = slots[request["slot"]], request["turn"]
            self._reader, self.suspect = ObservationReader(self._slot), request["suspect"]
        self.request, self.asked_at = request, request["at"]

    @property
    def steps_per_second(self) -> float:
        """See `Asking`."""
        slot = self._slot
        return 1.0 / max(slot.step_seconds, 1e-6) if slot is not None and slot.between_observations else 0.0

    def take(self) -> None:
        """Say that the request begins to be answered."""
        assert self._slot is not None
        self._slot.take(self._turn, self.request["number"])

    def observation(self) -> dict[str, object]:
        """What the policy is shown."""
        assert self._reader is not None
        return self._reader.get(self.request["observation"])

    def reply(self, message: Message) -> None:
        """Answer the request. Raises `Disconnected`."""
        assert self._slot is not None
        number = self.request["number"]
        self.channel.send({**message, "number": number})
        self._slot.answer(self._turn, number)


class PolicyHost:
    """Plays episodes until the driver says `close` or is gone."""

    def __init__(
        self, channel: Channel, listening: socket.socket, memory: PolicyMemory, slots: list[SharedSlot]
    ) -> None:
        self._channel = channel
        self._listening = listening
        self._memory = memory
        self._slots = slots
        self._selector = selectors.DefaultSelector()
        self._guests: dict[Channel, Guest] = {}
        self._waiting: dict[Guest, None] = {}
        self._closed = False

    def serve(self) -> None:
        try:
            self._channel.send(hello())
            policy = self._load(self._channel.receive())
            if policy is not None:
                self._selector.register(self._channel, selectors.EVENT_READ, self._hear_driver)
                self._selector.register(self._listening, selectors.EVENT_READ, self._accept)
                self._play(policy, Batches(_batch(policy)))
        except PolicyServerLost as lost:
            raise SystemExit(str(lost)) from lost
        except Disconnected:
            return

    def _play(self, policy: Policy, batches: Batches) -> None:
        patience: float | None = None
        while not self._closed:
            for key, _ in self._selector.select(patience):
                key.data()
            others = (guest for guest in self._guests.values() if guest not in self._waiting)
            batch, seconds = batches.next_batch([*self._waiting], others)
            if batch:
                self._answer(policy, batches, batch)
            patience = seconds or (0.0 if self._waiting else None)

    def _hear_driver(self) -> None:
        self._closed = any(message["type"] == "close" for message in self._channel.arrived())

    def _accept(self) -> None:
        try:
            connection, _ = self._listening.accept()
        except OSError:
            return
        channel = Channel(connection)
        self._guests[channel] = Guest(channel)
        self._selector.register(channel, selectors.EVENT_READ, lambda: self._hear(channel))

    def _hear(self, channel: Channel) -> None:
        guest = self._guests[channel]
        try:
            for message in channel.arrived():
                guest.ask(message, self._slots)
                self._waiting[guest] = None
        except Disconnected:
            self._forget(guest)

    def _forget(self, guest: Guest) -> None:
        self._waiting.pop(guest, None)
        if self._guests.pop(guest.channel, None) is not None:
            self._selector.unregister(guest.channel)
            guest.channel.close()

    def _answer(self, policy: Policy, batches: Batches, batch: list[Guest]) -> None:
        now = time.monotonic()
        self._memory.begin_call(len(batch), sum(now - guest.asked_at for guest in batch))
        for guest in batch:
            del self._waiting[guest]
            guest.take()
        for guest, reply in zip(batch, self._replies(policy, batch), strict=True):
            try:
                guest.reply(reply)
            except Disconnected:
                self._forget(guest)
        batches.answered(len(batch), time.monotonic() - now)
        self._memory.end_call(batches.wall, batches.processor)

    def _load(self, request: Message) -> Policy | None:
        try:
            with policy_faults("load"):
                policy = load_unchanged(
                    request["reference"], request["sha256"], trust_checkpoint=request["trust_checkpoint"]
                )
            if isinstance(policy, PrivilegedPolicy):
                raise UsageError(f"{request['reference']} wants to be shown the ground truth; only the oracle is")
        except (UsageError, PolicyFault) as error:
            self._channel.send({"type": "refused", "reason": str(error)})
            return None
        self._channel.send(
            {
                "type": "ready",
                "batch": _batch(policy),
                "elsewhere": _computes_elsewhere(request["reference"]),
                "processor_seconds": time.process_time(),
            }
        )
        return policy

    @staticmethod
    def _replies(policy: Policy, batch: list[Guest]) -> list[Message]:
        """What each is told, in the order of `batch`."""
        replies: dict[Guest, Message] = {}
        for guest in batch:
            if "seed" in guest.request:
                try:
                    guest.state = begin(policy, guest.request["seed"])
                except PolicyFault as fault:
                    replies[guest] = _fault(fault)
        asked = [guest for guest in batch if guest not in replies]
        if asked:
            results = answer(policy, [guest.observation() for guest in asked], [guest.state for guest in asked])
            for guest, result in zip(asked, results, strict=True):
                replies[guest] = _reply(guest, result)
        return [replies[guest] for guest in batch]


def _reply(guest: Guest, result: tuple[Action, State] | PolicyFault) -> Message:
    if isinstance(result, PolicyFault):
        return _fault(result)
    action, guest.state = result
    return {"type": "action", "action": to_wire(action)}


def _batch(policy: Policy) -> int | None:
    """How many rows it always computes, if it says so."""
    batch = getattr(policy, "batch", None)
    return batch if isinstance(batch, int) and batch >= 1 else None


def _fault(fault: PolicyFault) -> Message:
    return {"type": "policy_fault", "reason": str(fault)}


def _computes_elsewhere(reference: str) -> bool:
    """Whether the policy that was loaded here computes on a GPU, or is only spoken to from here."""
    torch = sys.modules.get("torch")
    return reference.startswith(("ws://", "wss://")) or (torch is not None and torch.cuda.is_initialized())


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--control", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--memory", type=int, required=True)
    parser.add_argument("--slot", type=int, action="append", required=True)
    arguments = parser.parse_args()
    os.set_inheritable(arguments.control, False)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    slots = [SharedSlot(fd) for fd in arguments.slot]
    control = Channel(socket.socket(fileno=arguments.control))
    PolicyHost(control, listen(arguments.folder), PolicyMemory(arguments.memory), slots).serve()


if __name__ == "__main__":
    main()
