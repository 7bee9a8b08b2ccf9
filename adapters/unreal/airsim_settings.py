"""The settings.json that AirSim needs for our pictures, and what a running server's settings lack.

`python -m evalsuite.adapters.unreal.airsim_settings FILE [--mode ComputerVision]` writes a whole new file. It never
touches one that exists: AirSim's own lies in Documents/AirSim/settings.json, and merging is the owner's to do.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from evalsuite.adapters.unreal.specification import HEIGHT, HORIZONTAL_FOV, WIDTH
from evalsuite.errors import UsageError

MODES = ("ComputerVision", "Multirotor", "Car")
DEPTH_WIDTH, DEPTH_HEIGHT = 160, 120
"""Of image type 2, by which a walker is stopped: any size does, a small one is quick."""

IMAGE_TYPES = {0: "Scene", 1: "DepthPlanar", 2: "DepthPerspective", 5: "Segmentation"}


def wanted_settings(mode: str = "ComputerVision", dialect: str = "cosys") -> dict[str, Any]:
    """A whole settings.json for a mode."""
    return {
        "SettingsVersion": 2.0 if dialect == "cosys" else 1.2,
        "SimMode": mode,
        "ViewMode": "NoDisplay",
        "ClockSpeed": 1.0,
        "CameraDefaults": {
            "CaptureSettings": [
                {
                    "ImageType": kind,
                    "Width": DEPTH_WIDTH if kind == 2 else WIDTH,
                    "Height": DEPTH_HEIGHT if kind == 2 else HEIGHT,
                    "FOV_Degrees": HORIZONTAL_FOV,
                }
                for kind in IMAGE_TYPES
            ]
        },
    }


def shortcomings(settings: Mapping[str, Any], dialect: str = "cosys") -> Iterator[str]:
    """Each key that must change, with the value it needs, in the words of settings.json.

    Masks need whole segmentation pictures of Microsoft's server, and whole depth pictures of Cosys's beside.
    """
    mode = settings.get("SimMode", "")
    if mode not in MODES:
        yield f"SimMode: {' or '.join(MODES)} (it is {mode!r})"
    given = {
        int(each.get("ImageType", 0)): each
        for each in settings.get("CameraDefaults", {}).get("CaptureSettings", [])
        if isinstance(each, dict)
    }
    for kind in (0, 5) if dialect == "microsoft" else (0, 1, 5):
        capture = given.get(kind, {})
        for key, value in (("Width", WIDTH), ("Height", HEIGHT)):
            if capture.get(key) != value:
                found = capture.get(key, "not set")
                yield f"CameraDefaults.CaptureSettings[ImageType {kind}].{key}: {value} (it is {found})"


def write_settings(path: Path, mode: str, dialect: str) -> None:
    """Write a new file. Raises `UsageError` when there is one already."""
    text = json.dumps(wanted_settings(mode, dialect), indent=2) + "\n"
    try:
        with open(path, "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError(f"{path} exists: name a new file and take over what you want of it") from None
    except OSError as error:
        raise UsageError(f"{path} can't be written: {error.strerror}") from error


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m evalsuite.adapters.unreal.airsim_settings",
        description="Write the settings.json that evalsuite needs of AirSim.",
    )
    parser.add_argument("file", metavar="FILE", type=Path, help="a new one; what exists is never touched")
    parser.add_argument("--mode", choices=MODES, default=MODES[0], help="default: %(default)s")
    parser.add_argument(
        "--dialect", choices=("cosys", "microsoft"), default="cosys", help="whose AirSim; default: %(default)s"
    )
    arguments = parser.parse_args()
    try:
        write_settings(arguments.file, arguments.mode, arguments.dialect)
    except UsageError as error:
        raise SystemExit(f"error: {error}") from None


if __name__ == "__main__":
    main()
