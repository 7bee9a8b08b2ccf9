"""A cluster of the run's own, on this machine alone: `python -m evalsuite.runner.on_ray.own_cluster`.

In a process of its own that the head starts, and so in a session of its own, by which the guard finds all that Ray
starts: some of Ray's processes write over their environment, and would otherwise stay for a while when the head is
killed.

What is started there has its temporary files where the head has them, not below this process's own folder: a node's
driver that outlives a killed head sweeps what its workers declared, and the guard removes that folder beneath it.
"""

from __future__ import annotations

import argparse
import logging
import os
import socket
from pathlib import Path

from evalsuite.runner.on_ray.cluster import LOCAL, import_ray
from evalsuite.runner.wire import Channel, Disconnected, hello

STORE_BYTES = 128 * 2**20
"""Of shared memory: nothing but checkpoints goes through it, and what does not fit lies on the disk."""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--control", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--cpus", type=int, required=True)
    parser.add_argument("--temporary", required=True, help="the head's folder for temporary files")
    arguments = parser.parse_args()
    os.environ["TMPDIR"] = arguments.temporary
    os.set_inheritable(arguments.control, False)
    channel = Channel(socket.socket(fileno=arguments.control))
    ray = import_ray()
    ray.init(
        address=LOCAL,
        num_cpus=arguments.cpus,
        include_dashboard=False,
        object_store_memory=STORE_BYTES,
        _temp_dir=str(arguments.folder),
        logging_level=logging.CRITICAL,
        log_to_driver=False,
    )
    try:
        channel.send({**hello(), "address": ray.get_runtime_context().gcs_address})
        channel.receive()
    except Disconnected:
        pass
    finally:
        ray.shutdown()


if __name__ == "__main__":
    main()
