"""From robot.yaml, or nothing, to a simulator that is connected."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from evalsuite.adapters.robot.config import CONFIG_VARIABLE, RobotConfig, named_config
from evalsuite.adapters.robot.link import RobotFault
from evalsuite.adapters.robot.operator import Instruction, Stopped
from evalsuite.adapters.robot.operator_socket import SOCKET_VARIABLE, OperatorServer, RemoteOperator
from evalsuite.adapters.robot.rehearsal import execution_asked, rehearsal_config, start_car, with_tags
from evalsuite.adapters.robot.rig import Rig
from evalsuite.adapters.robot.room import RealRoom, RehearsalRoom, Room
from evalsuite.adapters.robot.session import SOCKET_NAME, scripted
from evalsuite.adapters.robot.simulator import RobotSimulator
from evalsuite.crossview.geometry import Pose
from evalsuite.errors import UsageError


def session_config(*, rehearse: bool) -> RobotConfig:
    """What the operator's side of a session has to know. Raises `UsageError` when no robot is named."""
    named = named_config()
    if rehearse:
        return rehearsal_config(named)
    if named is None:
        raise UsageError(f"no robot is named: write its robot.yaml and set {CONFIG_VARIABLE}=robot.yaml")
    asked = execution_asked()
    return named if asked is None else named.model_copy(update={"execution": asked})


def make_real() -> RobotSimulator:
    """The named robot, connected. As long as it can't be reached, a person is asked to look after it.

    A robot whose battery is empty must not use up the attempts at all that is left to play.
    """
    config = session_config(rehearse=False)
    with contextlib.ExitStack() as opened:
        operator = RemoteOperator()
        opened.callback(operator.close)
        while True:
            try:
                return _connected(config, RealRoom(config), operator, opened)
            except RobotFault as fault:
                said = operator.prepare(_help_with(config, fault), lambda: None)
                if isinstance(said, Stopped):
                    raise


def make_rehearsal(folder: Path) -> RobotSimulator:
    """A simulated car, connected; outside a session with a scripted operator of its own, in `folder`."""
    config = session_config(rehearse=True)
    with contextlib.ExitStack() as opened:
        path = os.environ.get(SOCKET_VARIABLE)
        if path is None:
            path = str(folder / SOCKET_NAME)
            server = OperatorServer(Path(path), scripted(config))
            opened.callback(server.close)
        operator = RemoteOperator(path)
        opened.callback(operator.close)
        car = start_car(config)
        opened.callback(car.close)
        return _connected(with_tags(config, car), RehearsalRoom(car), operator, opened)


def _help_with(config: RobotConfig, fault: RobotFault) -> Instruction:
    """Asks a person to look after a robot that can't be reached."""
    nowhere = Pose(x=0.0, y=0.0, z=0.0)
    text = ("The robot can't be reached. Look after it; Enter tries again.",)
    return Instruction(config.name, nowhere, nowhere.position, "", text, problem=str(fault))


def _connected(
    config: RobotConfig, room: Room, operator: RemoteOperator, opened: contextlib.ExitStack
) -> RobotSimulator:
    """A simulator that closes what is `opened`, once it is there."""

    def confirm(question: str) -> bool:
        return operator.verdict(question, room.address) is True

    rig = Rig(config, confirm, operator.tell)
    opened.callback(rig.close)
    operator.on_stop = rig.commands.stop
    return RobotSimulator(config, rig, room, operator, opened.pop_all())
