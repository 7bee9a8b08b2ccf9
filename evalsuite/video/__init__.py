"""What an episode looked like, as a video that a browser plays. Needs the extra `video`: PyAV and Pillow."""

from __future__ import annotations

import importlib.util

from evalsuite.errors import UsageError
from evalsuite.extras import install_command

NEEDS = {"av": "PyAV", "PIL": "Pillow"}
REMEDY = install_command("video")


class VideoFault(Exception):
    """A video can't be written: the encoder or the disk refuses."""


def missing_for_videos() -> list[str]:
    """Which of the packages that videos need are not installed, by their names."""
    return [name for module, name in NEEDS.items() if importlib.util.find_spec(module) is None]


def check_videos_can_be_made(option: str) -> None:
    """Raise `UsageError` when `option` asks for videos and a package for them is missing."""
    missing = missing_for_videos()
    if missing:
        raise UsageError(f"{option} needs {' and '.join(missing)}: {REMEDY}")
