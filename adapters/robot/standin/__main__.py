"""`python -m evalsuite.adapters.robot.standin`: a simulated car, for whoever holds the other end of its input.

The first line of the input is {"token": ..., "settings": StandInSettings}; the first line of the output says where it
can be reached. The car is switched off when the input ends or its starter is gone.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable

from evalsuite.adapters.robot.standin.broadcast import Broadcast, Outlet, VideoOutlet, pace
from evalsuite.adapters.robot.standin.car import TICK
from evalsuite.adapters.robot.standin.control import Control, ControlServer
from evalsuite.adapters.robot.standin.faults import Faults
from evalsuite.adapters.robot.standin.settings import StandInSettings
from evalsuite.adapters.robot.standin.simulation import Simulation
from evalsuite.adapters.robot.standin.video_server import VideoServer

_PATIENCE = 0.5


def main() -> None:
    """Serve until the starter is gone."""
    starter = os.getppid()
    request = json.loads(sys.stdin.readline())
    settings = StandInSettings.model_validate(request["settings"])
    simulation = Simulation(settings)
    videos = {"car": VideoServer(), "overhead": VideoServer()}
    outlets: dict[str, list[Outlet]] = {name: [VideoOutlet(video)] for name, video in videos.items()}
    press_stop: Callable[[], None] = lambda: None  # noqa: E731
    if settings.link is not None:
        from evalsuite.adapters.robot.standin.dds_wires import DDSWires

        wires = DDSWires(settings.link, simulation)
        outlets["car"].append(wires)
        wires.start()
        press_stop = wires.press_stop
    views = {"car": settings.camera, "overhead": settings.overhead}
    broadcasts = tuple(Broadcast(simulation, name, views[name].rate, outlets[name]) for name in videos)

    def apply(faults: Faults) -> None:
        simulation.set_faults(faults)
        video = videos["car"]
        video.off, video.truncated, video.hanging = faults.camera_off, faults.truncated, faults.hanging

    apply(settings.faults)
    pace(TICK, simulation.catch_up)
    for broadcast in broadcasts:
        broadcast.start()
    server = ControlServer(Control(simulation, broadcasts, apply, press_stop), request["token"])
    threading.Thread(target=server.serve_forever, daemon=True).start()
    where = {"control": server.port, **{name: video.url for name, video in videos.items()}}
    print(json.dumps(where), flush=True)
    threading.Thread(target=_end_without, args=(starter,), daemon=True).start()
    sys.stdin.read()
    os._exit(0)


def _end_without(starter: int) -> None:
    stop = threading.Event()
    while not stop.wait(_PATIENCE):
        if os.getppid() != starter:
            os._exit(0)


if __name__ == "__main__":
    main()
