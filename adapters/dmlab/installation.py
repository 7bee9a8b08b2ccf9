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
from functools import lru_cache
from importlib.machinery import ExtensionFileLoader
from pathlib import Path
from typing import Any

from evalsuite.errors import SimulatorFault

MODULE = "deepmind_lab"
FOLDER_VARIABLE = "EVALSUITE_DMLAB"
PROBE_SECONDS = 20.0

INSTALL = (
    "it is on no package index: build upstream's wheel with Bazel (google-deepmind/lab, docs/users/build.md) or in a "
    f"container (dmlab-gym) and install it, or set {FOLDER_VARIABLE} to the folder that holds deepmind_lab.so"
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


@dataclass(frozen=True)
class Probe:
    """What was found: `renderers` that start, or `problem` in one line and what to do about it."""

    folder: str = ""
    renderers: tuple[str, ...] = ()
    problem: str = ""
    remedy: str = ""


def find_folder() -> Path | None:
    """The folder with the C module: named by `EVALSUITE_DMLAB`, or of the installed package; None without either."""
    named = os.environ.get(FOLDER_VARIABLE)
    if named:
        return Path(named)
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
    loader = ExtensionFileLoader(MODULE, str(folder / f"{MODULE}.so"))
    spec = importlib.util.spec_from_loader(MODULE, loader)
    assert spec is not None
    try:
        module = importlib.util.module_from_spec(spec)
        loader.exec_module(module)
    except ImportError as error:
        raise SimulatorFault(f"{folder / MODULE}.so can't be loaded: {error}") from error
    sys.modules[MODULE] = module
    return module


def inventory() -> Probe:
    """What lies there, without starting anything: `renderers` are those that were built."""
    folder = find_folder()
    if folder is None:
        return Probe(problem="deepmind_lab is not installed", remedy=INSTALL)
    if not (folder / f"{MODULE}.so").is_file():
        return Probe(str(folder), problem=f"there is no deepmind_lab.so in {folder}", remedy=INSTALL)
    absent = [name for name in _ASSETS if not (folder / name).exists()]
    if absent:
        lost = f"{folder} lacks {', '.join(absent)}"
        return Probe(str(folder), problem=lost, remedy="build the whole wheel; its runfiles belong beside the module")
    built = tuple(name for name, library in _RENDERERS.items() if (folder / library).is_file())
    if not built:
        return Probe(str(folder), problem="it was built without a headless renderer", remedy=INSTALL)
    return Probe(str(folder), built)


@lru_cache(maxsize=4)
def probe(seconds: float = PROBE_SECONDS) -> Probe:
    """`inventory`, and which renderers start: each is tried in a process that may take `seconds`."""
    found = inventory()
    if found.problem:
        return found
    answers = {name: _start(name, seconds) for name in found.renderers}
    working = tuple(name for name, complaint in answers.items() if not complaint)
    if not working:
        name, complaint = next(iter(answers.items()))
        version = ".".join(map(str, sys.version_info[:2]))
        remedy = f"it needs libosmesa6 (software) or EGL drivers (hardware), and to be built for this Python, {version}"
        return replace(found, renderers=(), problem=f"the {name} renderer does not start: {complaint}", remedy=remedy)
    return replace(found, renderers=working)


def _start(renderer: str, seconds: float) -> str:
    """Make a `Lab` in a process of its own: empty when it came up, else what it said."""
    code = (
        "import json, sys\n"
        "from evalsuite.adapters.dmlab import installation\n"
        "lab = installation.load().Lab('tests/empty_room_test', ['RGB_INTERLEAVED'], renderer=sys.argv[1])\n"
        "print(json.dumps(len(lab.observation_spec())))\n"
    )
    command = [sys.executable, "-c", code, renderer]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        return f"no answer in {seconds:g} s"
    try:
        if done.returncode == 0 and json.loads(done.stdout.splitlines()[-1]):
            return ""
    except (ValueError, IndexError):
        pass
    said = (done.stderr or done.stdout).strip().splitlines()
    if done.returncode < 0:
        return f"it died of {signal.Signals(-done.returncode).name}" + (f" ({said[-1][:200]})" if said else "")
    return said[-1][:200] if said else f"it ended with {done.returncode}"
