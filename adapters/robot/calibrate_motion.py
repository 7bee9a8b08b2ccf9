"""What timed pulses come to: `python -m evalsuite.adapters.robot.calibrate_motion robot.yaml --out pulses.yaml`.

Two pulses each ahead, to the right (where the robot can) and on the spot, from a standstill. Somebody measures with a
tape and a protractor and types what it was; a robot with odometry measures itself.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from evalsuite.adapters.robot.commands import CommandThread
from evalsuite.adapters.robot.config import RobotConfig, load_config
from evalsuite.adapters.robot.limits import Limits
from evalsuite.adapters.robot.link import RobotFault, RobotLink, Velocity, open_link
from evalsuite.adapters.robot.pulses import Pulses, Scale, fit, save_pulses
from evalsuite.crossview.geometry import wrap_degrees
from evalsuite.errors import UsageError

CONNECT_SECONDS = 15.0
_SECONDS = (1.0, 2.0)
_SETTLE = 0.7

Ask = Callable[[str], str]


def measure(
    commands: CommandThread, link: RobotLink, limits: Limits, ask: Ask, seconds: tuple[float, float] = _SECONDS
) -> Pulses:
    """Drive the pulses of an armed robot and fit them; `ask` puts a question to a person and returns the answer.

    `seconds` are those of the two pulses, the shorter one first; both grow until they are longer than the ramps.

    Raises `RobotFault`, and `UsageError` for measurements that fit no robot.
    """
    speed, turn = 0.8 * limits.speed, min(40.0, 0.8 * limits.turn)
    ramp = max(speed / limits.acceleration, turn / limits.turn_acceleration)
    shorter = max(seconds[0], 1.2 * ramp)
    course = _Course(commands, link, ask, (shorter, shorter + seconds[1] - seconds[0]))
    forward = course.fitted("metres ahead", Velocity(forward=speed), speed)
    right = Scale()
    if "sideways" in link.abilities:
        right = course.fitted("metres to the right", Velocity(right=speed), speed)
    return Pulses(forward=forward, right=right, turn=course.fitted("degrees clockwise", Velocity(turn=turn), turn))


@dataclass(frozen=True)
class _Course:
    """Two pulses each way, and what they came to."""

    commands: CommandThread
    link: RobotLink
    ask: Ask
    seconds: tuple[float, float]

    def fitted(self, what: str, velocity: Velocity, speed: float) -> Scale:
        shorter, longer = ((seconds, self._went(what, velocity, speed, seconds)) for seconds in self.seconds)
        return fit(speed, shorter, longer)

    def _went(self, what: str, velocity: Velocity, speed: float, seconds: float) -> float:
        if "odometry" not in self.link.abilities:
            self.ask(f"Mark where the robot stands and press Enter: it will go some {speed * seconds:.2g} {what}.")
            _pulse(self.commands, velocity, seconds)
            return _number(self.ask, f"How many {what} did it go? ")
        before = self.link.odometry()
        _pulse(self.commands, velocity, seconds)
        after = self.link.odometry()
        _pulse(self.commands, Velocity(-velocity.forward, -velocity.right, -velocity.turn), seconds)
        if before is None or after is None:
            raise RobotFault("the odometry ceased; look after the robot, then start again")
        if velocity.turn:
            return abs(wrap_degrees(after.yaw - before.yaw))
        return math.hypot(after.x - before.x, after.y - before.y)


def _pulse(commands: CommandThread, velocity: Velocity, seconds: float) -> None:
    trips = len(commands.trips)
    commands.drive(velocity, seconds)
    if not commands.wait(seconds + 5.0):
        raise RobotFault("the command thread does not come to rest; connect again")
    if len(commands.trips) > trips:
        raise RobotFault(f"the pulse was cut: {commands.trips[-1].detail}; start again")
    time.sleep(_SETTLE)


def _number(ask: Ask, question: str) -> float:
    while True:
        answer = ask(question)
        try:
            return float(answer.replace(",", "."))
        except ValueError:
            question = f"{answer!r} is no number; once more: "


def _confirmed(question: str) -> bool:
    return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")


def calibrate(config: RobotConfig, out: Path, ask: Ask, confirm: Callable[[str], bool]) -> Pulses:
    """Connect, measure, write `out`. Raises `RobotFault`, `UsageError`, `OSError`."""
    camera = None
    if config.camera.source != "link":
        from evalsuite.adapters.robot.cameras import open_camera

        camera = open_camera(config.camera.source)
    link = open_link(config.link, camera)
    try:
        link.connect(CONNECT_SECONDS)
        commands = CommandThread(link, config.limits, confirm=confirm)
        try:
            commands.arm()
            pulses = measure(commands, link, config.limits, ask)
        finally:
            commands.close()
    finally:
        link.close()
    save_pulses(out, pulses)
    return pulses


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m evalsuite.adapters.robot.calibrate_motion",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("config", type=Path, help="robot.yaml")
    parser.add_argument("--out", type=Path, default=Path("pulses.yaml"), help="the file to write (default %(default)s)")
    arguments = parser.parse_args()
    try:
        pulses = calibrate(load_config(arguments.config), arguments.out, input, _confirmed)
    except (UsageError, RobotFault, OSError) as error:
        print(f"evalsuite: {error}", file=sys.stderr)
        return 2
    except (KeyboardInterrupt, EOFError):
        print("evalsuite: interrupted; nothing was written", file=sys.stderr)
        return 130
    print(f"{arguments.out}: ahead x{pulses.forward.gain:.3f}, turn x{pulses.turn.gain:.3f}; name it in pulses:")
    return 0


if __name__ == "__main__":
    sys.exit(main())
