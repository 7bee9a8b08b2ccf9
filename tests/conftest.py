"""Settings for every test: a slow machine is no failure, CI draws the same examples every time, nobody sets a width."""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")
os.environ.pop("COLUMNS", None)
