"""What Minecraft needs on a machine, what of it is there, and the command that brings the rest."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from evalsuite.adapters.minecraft.launchers import ENGINE_JAR, engine_folder
from evalsuite.extras import install_command
from evalsuite.worlds import Readiness

NEEDS_INSTALL = install_command("minecraft")
CLIENT_INSTALL = "pip install --no-deps minestudio==1.1.6 gym3==0.3.3"
"""MineStudio pins stale releases of what it does not need here (and with them CUDA's torch): hence --no-deps."""

ENGINE_INSTALL = "python -m minestudio.simulator.entry -y"
LASTING_FOLDER = 'export MINESTUDIO_DIR="$HOME/minestudio"'
"""MineStudio's own default lies in the temporary folder and is gone one day."""

JAVA_INSTALL = "sudo apt-get install -y openjdk-8-jre-headless"
DISPLAY_INSTALL = "sudo apt-get install -y xvfb"
GPU_DISPLAY_INSTALL = "install VirtualGL for vglrun, or unset MINESTUDIO_GPU_RENDER and use xvfb-run"

NEEDS = (
    "absl",
    "attr",
    "av",
    "cffi",
    "coloredlogs",
    "cv2",
    "daemoniker",
    "diskcache",
    "einops",
    "gym",
    "gym3",
    "hydra",
    "imageio",
    "jinja2",
    "lxml",
    "minecraft_data",
    "psutil",
    "Pyro4",
    "torch",
    "xmltodict",
)
"""Modules that importing `minestudio.simulator` takes, found by importing it in an empty environment."""


@dataclass(frozen=True)
class Missing:
    """Something that is not there and the commands that bring it, a line each."""

    what: str
    remedy: str


def missing_client() -> Iterator[Missing]:
    """What the Python side lacks."""
    if importlib.util.find_spec("minestudio") is None:
        needs = f"{NEEDS_INSTALL}\n" if any(_absent()) else ""
        yield Missing("the client minestudio", f"{needs}{CLIENT_INSTALL}")
    elif any(_absent()):
        yield Missing(f"modules of the client: {', '.join(_absent())}", f"{NEEDS_INSTALL}\n{CLIENT_INSTALL}")


def missing_engine() -> Iterator[Missing]:
    """What the engine's side lacks. The client would ask for the jar on the terminal and wait."""
    if shutil.which("java") is None:
        yield Missing("java", JAVA_INSTALL)
    if os.environ.get("MINESTUDIO_GPU_RENDER") == "1":
        if shutil.which("vglrun") is None:
            yield Missing("vglrun (a display on the GPU)", GPU_DISPLAY_INSTALL)
    elif shutil.which("xvfb-run") is None:
        yield Missing("xvfb-run (a display)", DISPLAY_INSTALL)
    jar = engine_folder() / ENGINE_JAR
    if not jar.is_file():
        named = bool(os.environ.get("MINESTUDIO_DIR"))
        if named:
            yield Missing(f"the engine {jar}", ENGINE_INSTALL)
        else:
            what = "the engine (MINESTUDIO_DIR is not set either: keep its line in ~/.profile)"
            yield Missing(what, f"{LASTING_FOLDER}\n{ENGINE_INSTALL}")


def look() -> Readiness:
    """Whether Minecraft can run here, in rehearsal only, or not."""
    if not sys.platform.startswith("linux"):
        return Readiness("missing", f"{sys.platform} is not supported yet", "use Linux")
    client, engine = list(missing_client()), list(missing_engine())
    if client:
        return Readiness("missing", _listed(client), client[0].remedy)
    if engine:
        return Readiness("rehearsal only", f"minestudio {_version()}, but {_listed(engine)}", _remedies(engine))
    return Readiness("ready", f"minestudio {_version()}, java, a display and {engine_folder() / ENGINE_JAR}")


def _absent() -> list[str]:
    return [name for name in NEEDS if importlib.util.find_spec(name) is None]


def _version() -> str:
    try:
        return version("minestudio")
    except PackageNotFoundError:
        return "of unknown version"


def _listed(missing: list[Missing]) -> str:
    return "missing: " + ", ".join(each.what for each in missing)


def _remedies(missing: list[Missing]) -> str:
    return "\n".join(each.remedy for each in missing)
