"""A policy's process: `python -m evalsuite.runner.policy_host`, started by the driver, answers batches of episodes.

A policy is loaded here alone: the driver never imports torch, and a policy that crashes or hangs takes
nothing with it but its own episodes' memory, which is held here, one state a worker slot.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evalsuite.crossview.spaces import BUTTONS, Action
from evalsuite.errors import PolicyFault, UsageError
from evalsuite.policies.policy import Policy, PrivilegedPolicy, State
from evalsuite.policies.references import load_policy, parse_reference
from evalsuite.runner.policy_faults import answer, begin, policy_faults
from evalsuite.runner.shared_observations import ObservationReader, SharedSlot
from evalsuite.runner.wire import Channel, Disconnected, Message, hello


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
                self._channel.send({"type": "actions", "answers": self._answers(policy, message["requests"])})
        except Disconnected:
            return

    def _load(self, request: Message) -> Policy | None:
        try:
            with policy_faults("load"):
                reference = parse_reference(request["reference"])
                if reference.sha256 != request["sha256"]:
                    raise UsageError(f"{reference.reference} has changed since the run was started; start it again")
                policy = load_policy(reference, trust_checkpoint=request["trust_checkpoint"])
            if isinstance(policy, PrivilegedPolicy):
                raise UsageError(f"{request['reference']} wants to be shown the ground truth; only the oracle is")
        except (UsageError, PolicyFault) as error:
            self._channel.send({"type": "refused", "reason": str(error)})
            return None
        self._channel.send({"type": "ready"})
        return policy

    def _answers(self, policy: Policy, requests: list[Message]) -> list[Message]:
        answers: dict[int, Message] = {}
        asked: list[Message] = []
        observations: list[dict[str, Any]] = []
        for request in requests:
            seat = self._seats[request["slot"]]
            try:
                if request["first"]:
                    seat.state = begin(policy, request["seed"])
            except PolicyFault as fault:
                answers[request["id"]] = {"id": request["id"], "fault": str(fault)}
                continue
            asked.append(request)
            observations.append(seat.reader.get(request["observation"], fresh=request["first"]))
        if asked:
            states = [self._seats[request["slot"]].state for request in asked]
            for request, result in zip(asked, answer(policy, observations, states), strict=True):
                answers[request["id"]] = self._reply(request, result)
        return list(answers.values())

    def _reply(self, request: Message, result: tuple[Action, State] | PolicyFault) -> Message:
        if isinstance(result, PolicyFault):
            return {"id": request["id"], "fault": str(result)}
        action, self._seats[request["slot"]].state = result
        plain: dict[str, Any] = {name: action[name] for name in BUTTONS}
        plain["camera"] = [float(angle) for angle in action["camera"]]
        if "prediction" in action:
            plain["prediction"] = action["prediction"]
        return {"id": request["id"], "action": plain}


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
