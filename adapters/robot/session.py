"""A session: within it, the simulators of this run reach the operator at this terminal, or a scripted one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from evalsuite.adapters.robot.config import RobotConfig
from evalsuite.adapters.robot.operator import Operator
from evalsuite.adapters.robot.operator_socket import SOCKET_VARIABLE, OperatorServer
from evalsuite.adapters.robot.scripted_operator import ScriptedOperator
from evalsuite.adapters.robot.terminal_operator import TerminalOperator

SOCKET_NAME = "operator"


@contextmanager
def session(folder: Path, config: RobotConfig, *, rehearse: bool) -> Iterator[None]:
    """An operator listens in `folder`, and processes started within the block find them.

    Raises `UsageError` when a person is needed and this is no terminal.
    """
    if rehearse:
        with listening(folder, scripted(config)):
            yield
        return
    operator = TerminalOperator(config.stop_key)
    try:
        with listening(folder, operator):
            yield
    finally:
        operator.close()


@contextmanager
def listening(folder: Path, operator: Operator) -> Iterator[str]:
    """`operator` answers at a socket in `folder`; its path, which `EVALSUITE_ROBOT_OPERATOR` names meanwhile."""
    path = folder / SOCKET_NAME
    server = OperatorServer(path, operator)
    before = os.environ.get(SOCKET_VARIABLE)
    os.environ[SOCKET_VARIABLE] = str(path)
    try:
        yield str(path)
    finally:
        if before is None:
            del os.environ[SOCKET_VARIABLE]
        else:
            os.environ[SOCKET_VARIABLE] = before
        server.close()
        path.unlink(missing_ok=True)


def scripted(config: RobotConfig) -> ScriptedOperator:
    """The operator of a rehearsal of this robot."""
    return ScriptedOperator(radius=config.approach_radius, ahead=config.camera.ahead)
