"""A policy's process: `python -m evalsuite.runner.policy_host`, started by the driver, answers batches of episodes.

A policy is loaded here alone: the driver never imports torch, and a policy that crashes or hangs takes
nothing with it but its own episodes' memory, which is held here, one state a worker slot.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evalsuite.crossview.spaces import Action
from evalsuite.errors import PolicyFault, PolicyServerLost, UsageError
from evalsuite.policies.policy import Policy, PrivilegedPolicy, State
from evalsuite.policies.references import load_unchanged
from evalsuite.runner.policy_faults import answer, begin, policy_faults
from evalsuite.runner.shared_observations import ObservationReader, SharedSlot
from evalsuite.runner.wire import Channel, Disconnected, Message, hello
from evalsuite.runner.wire_actions import to_wire


@dataclass
class _Seat:
    """One worker slot: how to read its observations, and the state of the episode that it plays."""

    reader: ObservationReader
    state: State = field(default=None)


class PolicyHost:
    """Serves the driver's requests until it says `close` or is gone."""

    def __init__(self, channel: Channel, slots: list[SharedSlot]) -> None:
        self._channel = channel
        self._seats = [_Seat(ObservationReader(slot)) for slot in slots]

    def serve(self) -> None:
        try:
            self._channel.send(hello())
            policy = self._load(self._channel.receive())
            while policy is not None:
                message = self._channel.receive()
                if message["type"] == "close":
                    return
                begun, processor = time.perf_counter(), time.process_time()
                answers = self._answers(policy, message["requests"])
                self._channel.send(
                    {
                        "type": "actions",
                        "answers": answers,
                        "seconds": time.perf_counter() - begun,
                        "processor_seconds": time.process_time() - processor,
                    }
                )
        except PolicyServerLost as lost:
            raise SystemExit(str(lost)) from lost
        except Disconnected:
            return

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

    def _answers(self, policy: Policy, requests: list[Message]) -> list[Message]:
        """What each worker is told, in the order of `requests`."""
        answers: dict[int, Message] = {}
        asked: list[int] = []
        observations: list[dict[str, Any]] = []
        for request in requests:
            slot = request["slot"]
            seat = self._seats[slot]
            try:
                if "seed" in request:
                    seat.state = begin(policy, request["seed"])
            except PolicyFault as fault:
                answers[slot] = _fault(fault)
                continue
            asked.append(slot)
            observations.append(seat.reader.get(request["observation"]))
        if asked:
            results = answer(policy, observations, [self._seats[slot].state for slot in asked])
            for slot, result in zip(asked, results, strict=True):
                answers[slot] = self._reply(slot, result)
        return [answers[request["slot"]] for request in requests]

    def _reply(self, slot: int, result: tuple[Action, State] | PolicyFault) -> Message:
        if isinstance(result, PolicyFault):
            return _fault(result)
        action, self._seats[slot].state = result
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
    parser.add_argument("--slot", type=int, action="append", required=True)
    arguments = parser.parse_args()
    os.set_inheritable(arguments.control, False)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    slots = [SharedSlot(fd) for fd in arguments.slot]
    PolicyHost(Channel(socket.socket(fileno=arguments.control)), slots).serve()


if __name__ == "__main__":
    main()
