"""A policy served from a node of a cluster: `python -m evalsuite.runner.on_ray.policy_server`, started by an actor.

It is served by websocket, as `evalsuite serve-policy` does, to the drivers of the same run on other nodes.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import queue
import select
import signal
import socket
import threading
import time

from evalsuite import __version__
from evalsuite.errors import UsageError
from evalsuite.runner.on_ray.node_driver import REPORT_SECONDS, policies_here
from evalsuite.runner.scratch import Scratch
from evalsuite.runner.wire import Channel, Disconnected, Message, hello

ROWS = 64
"""The most episodes in one call."""

STOP_SECONDS = 10.0


def serve(channel: Channel) -> None:
    """Load what the head asks for and serve it until the head says `close` or is gone."""
    from evalsuite.serving.server import bound, loaded, serve_policy, url_of

    with contextlib.suppress(Disconnected), Scratch() as scratch:
        channel.send({**hello(), "evalsuite": __version__, "folder": str(scratch.folder)})
        request = channel.receive()
        says: queue.SimpleQueue[Message] = queue.SimpleQueue()
        threading.Thread(target=_keep_watch, args=(channel, says), daemon=True).start()
        try:
            (reference,) = policies_here([request["policy"]])
            with bound(request["host"], 0, guarded=True) as listener:
                batches = loaded(reference, rows=ROWS, trust_checkpoint=request["trust_checkpoint"])
                url = url_of(listener, request["host"], secure=False)
                ready = {"type": "ready", "url": url}
                asyncio.run(
                    serve_policy(
                        reference, batches, listener, lambda: says.put(ready), token=request["token"], certificate=None
                    )
                )
        except UsageError as error:
            says.put({"type": "refused", "reason": str(error)})
            time.sleep(STOP_SECONDS)


def _keep_watch(channel: Channel, says: queue.SimpleQueue[Message]) -> None:
    """Tell the head what there is to tell, and that this process lives; end it when the head wants that, or is gone.

    A thread of its own, which can end the process while the policy is in a call that never returns.
    """
    with contextlib.suppress(Disconnected):
        while True:
            while not says.empty():
                channel.send(says.get())
            if select.select([channel], [], [], REPORT_SECONDS)[0] and channel.arrived():
                break
            channel.send({"type": "alive"})
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(STOP_SECONDS)
    os._exit(0)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--control", type=int, required=True)
    arguments = parser.parse_args()
    os.set_inheritable(arguments.control, False)
    serve(Channel(socket.socket(fileno=arguments.control)))


if __name__ == "__main__":
    main()
