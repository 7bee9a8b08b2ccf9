"""Worlds that run under another interpreter than the driver's, and what that interpreter says of them beforehand."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import tempfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalsuite import __version__
from evalsuite.errors import UsageError
from evalsuite.runner.scratch import without_search_path
from evalsuite.runner.wire import WIRE_VERSION
from evalsuite.suite.scenario import Scenario

ANSWER_SECONDS = 120.0
"""For an interpreter to start and look at a world."""

_PROBE = """
import json, sys
try:
    from evalsuite import __version__
    from evalsuite.runner.wire import WIRE_VERSION
except ImportError as error:
    print()
    print(json.dumps({"lacks": str(error), "python": sys.version.split()[0]}))
else:
    if [__version__, WIRE_VERSION] == json.loads(sys.argv[1]):
        from evalsuite.runner.world_survey import main
        main()
    else:
        print()
        print(json.dumps({"evalsuite": __version__}))
"""


@dataclass(frozen=True)
class WorldThere:
    """A world under another interpreter.

    Args:
        complaint: why its scenarios can't be played there; empty when they can.
        place: of the scenario that the complaint is about, among those that were shown; None when it is about none.
        attended: whether a person sets up its episodes.
        most_workers: how many of its simulators can be up at once; None for as many as one likes.
        missing_for_videos: packages that are not installed there.
    """

    complaint: str = ""
    place: int | None = None
    attended: bool = False
    most_workers: int | None = None
    missing_for_videos: tuple[str, ...] = ()


def ask_about(world: str, python: str, scenarios: Sequence[Scenario], *, rehearse: bool) -> WorldThere:
    """What `python` says of `world` and of `scenarios` of it.

    Raises `UsageError` when it is no interpreter, or has no `evalsuite`, or another one.
    """
    plain = [scenario.model_dump(mode="json") for scenario in scenarios]
    answer = json.loads(_answer(python, world, json.dumps({"world": world, "rehearse": rehearse, "scenarios": plain})))
    return WorldThere(**{**answer, "missing_for_videos": tuple(answer.get("missing_for_videos", ()))})


@functools.lru_cache(maxsize=64)
def _answer(python: str, world: str, request: str) -> str:
    """The survey as JSON. What went wrong is not remembered, so that it can be mended and asked again."""
    option = f"--python {world}={python}"
    command = [python, "-c", _PROBE, json.dumps([__version__, WIRE_VERSION])]
    with tempfile.TemporaryDirectory(prefix="evalsuite-") as elsewhere:
        try:
            done = subprocess.run(
                command,
                input=request,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=ANSWER_SECONDS,
                cwd=elsewhere,
                env=without_search_path(os.environ),
            )
        except subprocess.TimeoutExpired as error:
            raise UsageError(f"{option}: it did not answer within {ANSWER_SECONDS:g} s") from error
        except OSError as error:
            raise UsageError(f"{option}: it can't be run: {error.strerror or error}; name a Python") from error
    answer = _last_object(done.stdout)
    if answer is None or not answer.keys() & {"complaint", "lacks", "evalsuite"}:
        said = (done.stderr.strip() or done.stdout.strip() or "nothing").splitlines()[-1][:300]
        raise UsageError(f"{option}: it does not answer as a Python does; it said: {said}")
    if "lacks" in answer:
        raise UsageError(
            f"{option}: its Python {answer['python']} has no evalsuite ({answer['lacks']}); {_remedy(python)}"
        )
    if "evalsuite" in answer:
        raise UsageError(
            f"{option}: it has evalsuite {answer['evalsuite']}, and this is {__version__}; {_remedy(python)}"
        )
    if answer["complaint"] and answer["place"] is None:
        raise UsageError(f"{option}: {answer['complaint']}")
    return json.dumps(answer)


def _last_object(text: str) -> dict[str, Any] | None:
    lines = text.strip().splitlines()
    try:
        answer = json.loads(lines[-1]) if lines else None
    except ValueError:
        return None
    return answer if isinstance(answer, dict) else None


def _remedy(python: str) -> str:
    root = Path(__file__).parent.parent.parent
    what = str(root) if (root / "pyproject.toml").exists() else f"evalsuite=={__version__}"
    return f"install this one there: {python} -m pip install {what}"


def check_pythons(pythons: Mapping[str, str], worlds: Sequence[str], suite: str = "the suite") -> None:
    """Raise `UsageError` for an interpreter of a world that is not among `worlds`, those of `suite`."""
    for world, python in pythons.items():
        if world not in worlds:
            raise UsageError(f"--python {world}={python}: {suite} has no world {world!r}; it has {', '.join(worlds)}")


def pythons_of(worlds: Collection[str], pythons: Mapping[str, str]) -> dict[str, str]:
    """Those of `pythons` that are for one of `worlds`."""
    return {world: python for world, python in pythons.items() if world in worlds}
