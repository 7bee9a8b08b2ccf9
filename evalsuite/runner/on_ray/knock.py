"""Whether a cluster answers: `python -m evalsuite.runner.on_ray.knock`, started by the head before it connects."""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import socket
from pathlib import Path

from evalsuite.runner.on_ray.cluster import first_line, import_ray, refusals
from evalsuite.runner.wire import Channel, Disconnected, hello


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--control", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--address", required=True)
    parser.add_argument("--temporary", required=True, help="the head's, where Ray leaves word of a cluster")
    arguments = parser.parse_args()
    os.set_inheritable(arguments.control, False)
    os.environ["TMPDIR"] = arguments.temporary
    channel = Channel(socket.socket(fileno=arguments.control))
    ray = import_ray()
    with contextlib.suppress(Disconnected):
        try:
            ray.init(address=arguments.address, logging_level=logging.CRITICAL, log_to_driver=False)
        except refusals(ray) as error:
            channel.send({**hello(), "refused": first_line(error)})
            return
        channel.send({**hello(), "address": ray.get_runtime_context().gcs_address})
    ray.shutdown()


if __name__ == "__main__":
    main()
