"""Whether the cluster's head and this machine's node in it are still there.

Without its head Ray tries to reach it for a minute and then ends this process, with words of its own; without the node
that it is connected to, it does nothing any more, and says nothing.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping
from typing import Any

from evalsuite.errors import UsageError

LOOK_SECONDS = 3.0
"""Between two looks."""

GONE_SECONDS = 30.0
"""Time for what comes back by itself, and before Ray gives up."""

ANSWER_SECONDS = 1.0


class Contact:
    """Looks now and then whether somebody listens.

    Args:
        addresses: what there has to be, for a person -> where it listens, HOST:PORT.
    """

    def __init__(self, addresses: Mapping[str, str]) -> None:
        self._addresses = addresses
        self._looked = 0.0
        self._gone_since: dict[str, float] = {}
        self.lost = False

    def watch(self) -> None:
        """Called often. Raises `UsageError` when somebody has not been there for too long."""
        if time.monotonic() - self._looked < LOOK_SECONDS:
            return
        for what, address in self._addresses.items():
            if _listens(address):
                self._gone_since.pop(what, None)
            elif time.monotonic() - self._gone_since.setdefault(what, time.monotonic()) > GONE_SECONDS:
                self.lost = True
                why = f"{what} ({address}) is gone"
                raise UsageError(f"{why}: see that it is there, then run the same command to go on from here")
        self._looked = time.monotonic()


def contact_of(ray: Any) -> Contact:
    """With the cluster that `ray` is connected to."""
    context = ray.get_runtime_context()
    node = next(each for each in ray.nodes() if each["NodeID"] == context.get_node_id())
    return Contact(
        {
            "the head of the Ray cluster": context.gcs_address,
            "this machine's node of the Ray cluster": f"{node['NodeManagerAddress']}:{node['NodeManagerPort']}",
        }
    )


def _listens(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), ANSWER_SECONDS).close()
    except OSError:
        return False
    return True
