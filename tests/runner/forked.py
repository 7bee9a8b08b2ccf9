"""A process for the tests of copies: says one thing over its control channel, or ends in some way."""

from __future__ import annotations

import argparse
import os
import resource
import socket
import sys
import time

import numpy as np

from evalsuite.runner.wire import Channel


def pages_fetched_for_pictures() -> int:
    """By a hundred times six that come and go together, each of 169 pages of 4 KiB."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(100):
        pictures = [np.ones((360, 640, 3), np.uint8) for _ in range(6)]
        del pictures
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--control", type=int, required=True)
    parser.add_argument("--folder", required=True)
    parser.add_argument("--fd", type=int, action="append", default=[])
    parser.add_argument("--say", required=True)
    arguments = parser.parse_args()
    if arguments.say.startswith("exit") or arguments.say == "abort":
        print("going", file=sys.stderr)
        if arguments.say == "abort":
            os.abort()
        sys.exit(int(arguments.say.split()[1]))
    if arguments.say == "cwd":
        says = os.getcwd()
    elif arguments.say == "pages":
        says = str(pages_fetched_for_pictures())
    elif arguments.say == "read":
        says = ", ".join(os.read(fd, 100).decode() for fd in arguments.fd)
    else:
        says = os.environ[arguments.say]
    Channel(socket.socket(fileno=arguments.control)).send({"type": "said", "says": says})
    time.sleep(60.0)


if __name__ == "__main__":
    main()
