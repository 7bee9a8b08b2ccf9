"""Worlds to measure with. Whoever has `FOLDER` on the search path has them among the installed worlds."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent
