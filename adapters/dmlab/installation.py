"""Finding the user's `deepmind_lab` and loading it, on every Python, without touching its files.

Upstream's package `__init__.py` imports `imp`, which Python 3.12 removed, and `pkg_resources`. All that it does is
to load the C module beside it under the name `deepmind_lab`; so does `load`, and `__init__.py` is never run.
"""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass, replace
from importlib.machinery import ExtensionFileLoader
from pathlib import Path
from typing import Any, Literal

from evalsuite.errors import SimulatorFault

MODULE = "deepmind_lab"
LIBRARY = f"{MODULE}.so"
FOLDER_VARIABLE = "EVALSUITE_DMLAB"
PROBE_SECONDS = 60.0
"""A renderer that starts takes some 2 s on a quiet machine, and more than 20 s on one with ten processes a core."""

INSTALL = (
    "it is on no package index: build upstream's wheel with Bazel (google-deepmind/lab, docs/users/build.md) or in a "
    f"container (dmlab-gym) and install it, or set {FOLDER_VARIABLE} to the folder that holds {LIBRARY}"
)

_ASSETS = (
    "baselab/assets.pk3",
    "baselab/vm.pk3",
    "baselab/game_scripts",
    "deepmind/level_generation/compile_map.sh",
    "q3map2/q3map2",
    "bspc",
)
_RENDERERS = {"software": "libdmlab_headless_sw.so", "hardware": "libdmlab_headless_hw.so"}
_LIBRARIES_NEEDED = {"software": "libosmesa6", "hardware": "EGL drivers"}


@dataclass(frozen=True)
class Probe:
    """What was found: `renderers`, or `problem` in one line and what to do about it."""

    folder: str = ""
    renderers: tuple[str, ...] = ()
    problem: str = ""
    remedy: str = ""


@dataclass(frozen=True)
class Answer:
    """What came of the attempt to start a renderer: `said` is empty when it came up."""

    what: Literal["started", "unloadable", "broken", "silent"]
    said: str = ""


def find_folder() -> Path | None:
    """The folder with the C module: named by `EVALSUITE_DMLAB`, or of the installed package; None without either.

    The variable may as well name the module itself, or the folder above, into which a wheel was unpacked.
    """
    named = os.environ.get(FOLDER_VARIABLE)
    if named:
        place = Path(named).absolute()
        if place.name == LIBRARY and place.is_file():
            return place.parent
        below = place / MODULE
        return below if (below / LIBRARY).is_file() and not (place / LIBRARY).is_file() else place
    spec = importlib.util.find_spec(MODULE)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations)))


def load() -> Any:
    """The C module, registered as `deepmind_lab`. Raises `SimulatorFault` when it can't be had."""
    if MODULE in sys.modules and hasattr(sys.modules[MODULE], "Lab"):
        return sys.modules[MODULE]
    folder = find_folder()
    if folder is None:
        raise SimulatorFault(f"{MODULE} is not installed; {INSTALL}")
    library = folder / LIBRARY
    loader = ExtensionFileLoader(MODULE, str(library))
    spec = importlib.util.spec_from_loader(MODULE, loader)
    assert spec is not None
    try:
        module = importlib.util.module_from_spec(spec)
        loader.exec_module(module)
    except ImportError as error:
        raise SimulatorFault(f"{library} can't be loaded: {str(error).removeprefix(f'{library}: ')}") from error
    sys.modules[MODULE] = module
    return module


def inventory() -> Probe:
    """What lies there, without starting anything: `renderers` are those that were built."""
    folder = find_folder()
    if folder is None:
        return Probe(problem=f"{MODULE} is not installed", remedy=INSTALL)
    whence = f" ({FOLDER_VARIABLE} names it)" if os.environ.get(FOLDER_VARIABLE) else ""
    if not folder.is_dir():
        return Probe(str(folder), problem=f"there is no folder {folder}{whence}", remedy=INSTALL)
    if not (folder / LIBRARY).is_file():
        return Probe(str(folder), problem=f"there is no {LIBRARY} in {folder}{whence}", remedy=INSTALL)
    absent = [name for name in _ASSETS if not (folder / name).exists()]
    if absent:
        lost = f"{folder} lacks {', '.join(absent)}{whence}"
        return Probe(str(folder), problem=lost, remedy="build the whole wheel; its runfiles belong beside the module")
    built = tuple(name for name, library in _RENDERERS.items() if (folder / library).is_file())
    if not built:
        return Probe(str(folder), problem=f"it was built without a headless renderer, in {folder}", remedy=INSTALL)
    return Probe(str(folder), built)


def probe(renderer: str, seconds: float = PROBE_SECONDS) -> Probe:
    """`inventory`, and whether `renderer`, one that was built, starts in a process that may take `seconds`."""
    found = inventory()
    if found.problem or renderer not in found.renderers:
        return found
    return _judged(found, renderer, _answer(found.folder, renderer, seconds))


def _judged(found: Probe, renderer: str, answer: Answer) -> Probe:
    version = ".".join(map(str, sys.version_info[:2]))
    if answer.what == "silent":
        problem = f"the {renderer} renderer gave {answer.said}: is the machine busy?"
        return replace(found, renderers=(), problem=problem, remedy="try again")
    if answer.what == "unloadable":
        remedy = f"build it for this Python, {version}, and with what it is linked to installed"
        return replace(found, renderers=(), problem=answer.said, remedy=remedy)
    if answer.what == "broken":
        needed = _LIBRARIES_NEEDED[renderer]
        remedy = f"it needs {needed}, and to be built for this Python, {version}"
        problem = f"the {renderer} renderer does not start: {answer.said}"
        return replace(found, renderers=(), problem=problem, remedy=remedy)
    return found


_answers: dict[tuple[str, str], Answer] = {}


def _answer(folder: str, renderer: str, seconds: float) -> Answer:
    """What starting it came to, found out once; silence says nothing of it and is not kept."""
    key = (folder, renderer)
    if key not in _answers:
        answer = _start(folder, renderer, seconds)
        if answer.what == "silent":
            return answer
        _answers[key] = answer
    return _answers[key]


def forget_answers() -> None:
    """Start the renderers anew when they are next asked about."""
    _answers.clear()


_ATTEMPT = """
import json, sys
from evalsuite.adapters.dmlab import installation
from evalsuite.errors import SimulatorFault

def answer(what, said=""):
    print()
    print(json.dumps([what, said]))
    sys.exit()

try:
    module = installation.load()
except SimulatorFault as fault:
    answer("unloadable", str(fault))
try:
    lab = module.Lab('tests/empty_room_test', ['RGB_INTERLEAVED'], renderer=sys.argv[1])
    lab.observation_spec()
except (RuntimeError, ValueError, TypeError) as error:
    answer("broken", str(error))
answer("started")
"""


def _start(folder: str, renderer: str, seconds: float) -> Answer:
    """Make a `Lab` of the module in `folder`, in a process of its own."""
    command = [sys.executable, "-c", _ATTEMPT, renderer]
    environment = {**os.environ, FOLDER_VARIABLE: folder}
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False, env=environment)
    except subprocess.TimeoutExpired:
        return Answer("silent", f"no answer in {seconds:g} s")
    try:
        what, said = json.loads(done.stdout.splitlines()[-1])
        return Answer(what, _last_line(said))
    except (ValueError, IndexError):
        pass
    said = _last_line(done.stderr or done.stdout)
    if done.returncode < 0:
        died = f"it died of {signal.Signals(-done.returncode).name}"
        return Answer("broken", f"{died} ({said})" if said else died)
    return Answer("broken", said or f"it ended with {done.returncode}")


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1][:200] if lines else ""
