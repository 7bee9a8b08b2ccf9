"""A simulated car in a process of its own, on the rehearsal world and on the real wires.

    with SimulatedCar.start(StandInSettings(link=rehearsal_link(domain=42))) as car:
        car.set_scene(Scene(ball=(0.0, 1.5), boxes=(Crate(low=(-0.4, 0.9, 0.0), high=(0.4, 1.1, 0.5)),)))
        open_camera(car.camera_url); car.set_faults(latency=0.1); car.truth().moving

It has a back door (`SimulatedCar`) and the doors that a real car has: DDS and HTTP video.
"""

from evalsuite.adapters.robot.standin.faults import Faults
from evalsuite.adapters.robot.standin.scene import Crate, Plate, Scene, Start
from evalsuite.adapters.robot.standin.settings import StandInSettings, View, rehearsal_link
from evalsuite.adapters.robot.standin.simulated_car import Address, SimulatedCar, Truth

__all__ = [
    "Address",
    "Crate",
    "Faults",
    "Plate",
    "Scene",
    "SimulatedCar",
    "StandInSettings",
    "Start",
    "Truth",
    "View",
    "rehearsal_link",
]
