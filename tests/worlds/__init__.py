"""Small worlds for tests. Whoever has `FOLDER` on the search path has `grid` among the installed worlds."""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(__file__).parent
CHECKOUT = FOLDER.parent.parent


def environment_with_grid_world() -> dict[str, str]:
    """The environment for a command line in which the world `grid` is installed."""
    path = [str(FOLDER), str(CHECKOUT), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(entry for entry in path if entry)}
