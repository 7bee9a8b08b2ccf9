"""The operator of a rehearsal: does in the simulated room what a person does in a real one, exactly."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from evalsuite.adapters.robot.operator import Instruction, Picture, Ready, Signal, Stopped
from evalsuite.adapters.robot.room import joined_room, mark
from evalsuite.adapters.robot.standin.scene import Start


@dataclass
class ScriptedOperator:
    """Sets car and ball by the back door of the room that an instruction names.

    Args:
        radius: metres from the ball within which a goal counts as reached.
        ahead: how far the car's camera is ahead of its middle, in metres.
        said: what was asked and told, in order; for tests.
    """

    radius: float = 0.5
    ahead: float = 0.0
    said: list[str] = field(default_factory=list)

    def attach(self, signal: Callable[[Signal, str], None]) -> None:
        self._signal = signal
        self._dismissed = threading.Event()

    def prepare(self, instruction: Instruction) -> Ready | Stopped:
        self.said += [instruction.scenario, *instruction.text, instruction.problem]
        robot = mark(instruction.start, self.ahead)
        car = joined_room(instruction.room)
        try:
            car.place_ball(instruction.target[0], instruction.target[1])
            car.place_car(Start(x=robot.x, y=robot.y, yaw=robot.yaw))
        finally:
            car.close()
        return Ready()

    def verdict(self, question: str, room: str) -> bool | None:
        self.said.append(question)
        car = joined_room(room)
        try:
            truth = car.truth(look=True)
        finally:
            car.close()
        return truth.distance is not None and truth.distance <= self.radius and bool(truth.ball_pixels)

    def stop(self, reason: str) -> None:
        """Press the emergency stop."""
        self._signal("stop", reason)

    def tell(self, text: str) -> None:
        self.said.append(text)

    def show(self, picture: Picture) -> None:
        """Nobody looks."""

    def dismiss(self) -> None:
        """Nothing here waits."""
