"""`--python`: the interpreter of a world's simulators, whose dependencies may not agree with another world's."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Sequence

from evalsuite.runner.interpreters import check_pythons


def add_python(parser: argparse.ArgumentParser) -> None:
    """Let `parser` take `--python`; `arguments.python` is then a list of (world, interpreter)."""
    parser.add_argument(
        "--python",
        metavar="WORLD=PYTHON",
        type=world_and_python,
        action="append",
        default=[],
        help="run the simulators of WORLD under this interpreter, such as minecraft=/opt/minecraft/bin/python, where "
        "the same evalsuite and what the world needs is installed; may be repeated",
    )


def world_and_python(text: str) -> tuple[str, str]:
    """Such as ("doom", "/opt/doom/bin/python") for "doom=/opt/doom/bin/python", for argparse."""
    world, _, python = text.partition("=")
    if not world or not python:
        raise argparse.ArgumentTypeError(f"{text!r} should be WORLD=PYTHON, such as doom=/opt/doom/bin/python")
    found = shutil.which(os.path.expanduser(python))
    if found is None:
        raise argparse.ArgumentTypeError(f"{text}: there is no program {python!r}; name an interpreter")
    return world, os.path.abspath(found)


def asked_pythons(
    arguments: argparse.Namespace, worlds: Sequence[str] | None = None, suite: str = "the suite"
) -> dict[str, str]:
    """World -> interpreter, for those that are not to run under this one; of several for one world the last counts.

    Raises `UsageError` for a world that is not among `worlds`, those of `suite`, where these are known.
    """
    if worlds is not None:
        check_pythons(dict(arguments.python), worlds, suite)
    return {world: python for world, python in arguments.python if python != sys.executable}
