"""Zero-shot cross-environment evaluation of cross-view-goal agents."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("evalsuite")
except PackageNotFoundError:
    __version__ = "0+unknown"
