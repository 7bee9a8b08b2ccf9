"""What the MineStudio client needs around it: its own directory, and for a rehearsal a `java` and an `xvfb-run`.

MineStudio keeps a database, a lock of all resetting environments and its instances' folders in MINESTUDIO_DIR.
Each client gets one of its own, in which the engine is a link: a client that died can then not hold up another
(MineStudio#12, #23), and all of it goes with the folder.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

ENGINE_JAR = Path("engine") / "build" / "libs" / "mcprec-6.13.jar"
"""Where MineStudio 1.1.6 looks for the engine, below MINESTUDIO_DIR."""


def engine_folder() -> Path:
    """The user's MINESTUDIO_DIR, with MineStudio's own default."""
    return Path(os.environ.get("MINESTUDIO_DIR") or Path(tempfile.gettempdir()) / "MineStudio")


def real_environment(folder: Path) -> dict[str, str]:
    """Lay out `folder` for a client on the user's engine; returns the client's environment variables."""
    home = folder / "minestudio"
    home.mkdir()
    (home / "engine").symlink_to(engine_folder() / "engine")
    return _environment(folder, home)


def rehearsal_environment(folder: Path) -> dict[str, str]:
    """Lay out `folder` for a client on the stand-in: found by PATH, behind an empty jar."""
    home = folder / "minestudio"
    (home / ENGINE_JAR).parent.mkdir(parents=True)
    (home / ENGINE_JAR).touch()
    programs = folder / "bin"
    programs.mkdir()
    _write_program(programs / "java", f'exec "{sys.executable}" -m evalsuite.adapters.minecraft.standin "$@"')
    _write_program(programs / "xvfb-run", '[ "$1" = "-a" ] && shift\nexec "$@"')
    return {
        **_environment(folder, home),
        "PATH": os.pathsep.join([str(programs), os.environ.get("PATH", os.defpath)]),
        "PYTHONPATH": os.pathsep.join(os.path.abspath(entry) for entry in sys.path),
        "MINESTUDIO_GPU_RENDER": "0",
    }


def minerl_rehearsal_environment(folder: Path) -> dict[str, str]:
    """The same for MineRL, whose launcher runs its own Gradle wrapper, and that runs `java`."""
    programs = folder / "bin"
    programs.mkdir()
    path = os.pathsep.join(os.path.abspath(entry) for entry in sys.path)
    command = f'PYTHONPATH="{path}" exec "{sys.executable}" -m evalsuite.adapters.minecraft.standin "$@"'
    _write_program(programs / "java", command)
    return {
        **minerl_environment(folder),
        "PATH": os.pathsep.join([str(programs), os.environ.get("PATH", os.defpath)]),
        "JAVA_HOME": "",
    }


def minerl_environment(folder: Path) -> dict[str, str]:
    """MineRL copies its whole engine into the temporary folder: ours, so that it goes with it."""
    (folder / "tmp").mkdir(exist_ok=True)
    return {
        "TMPDIR": str(folder / "tmp"),
        "MALMO_MINECRAFT_OUTPUT_LOGDIR": str(folder),
        "PYTHONUNBUFFERED": "1",
        "PYTHONWARNINGS": "ignore",
        "PYTHONPATH": "",
    }


def _environment(folder: Path, home: Path) -> dict[str, str]:
    (folder / "tmp").mkdir(exist_ok=True)
    return {
        "MINESTUDIO_DIR": str(home),
        "MALMO_MINECRAFT_OUTPUT_LOGDIR": str(folder),
        "TMPDIR": str(folder / "tmp"),
        "PYTHONUNBUFFERED": "1",
        "PYTHONWARNINGS": "ignore",
    }


def _write_program(path: Path, body: str) -> None:
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
