"""What a result may depend on besides suite and checkpoint: versions, hardware, the state of the source."""

from __future__ import annotations

import contextlib
import os
import platform
import subprocess
import sys
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from evalsuite.records.header import Provenance

PACKAGES = ("evalsuite", "numpy", "gymnasium", "torch", "vizdoom")
GIT_LIMIT_SECONDS = 5.0


def utc_now() -> str:
    """The present moment in UTC, ISO 8601 with milliseconds."""
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def provenance() -> Provenance:
    """Of this process, here and now; takes milliseconds, and 10 s at the very most."""
    return Provenance(
        started=utc_now(), command=tuple(sys.argv), versions=_versions(), hardware=_hardware(), git=_git()
    )


def _versions() -> dict[str, str]:
    versions = {"python": platform.python_version()}
    for package in PACKAGES:
        with contextlib.suppress(PackageNotFoundError):
            versions[package] = version(package)
    return versions


def _hardware() -> dict[str, Any]:
    hardware: dict[str, Any] = {"platform": platform.platform(), "cpu": _cpu_model(), "cores": available_cores()}
    with contextlib.suppress(OSError, ValueError):
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        hardware["memory_gib"] = round(memory / 2**30, 1)
    return hardware


def available_cores() -> int:
    """CPU cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _cpu_model() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _git() -> dict[str, Any] | None:
    commit = _ask_git("rev-parse", "HEAD")
    if not commit:
        return None
    changes = _ask_git("status", "--porcelain", "--untracked-files=no")
    return {"commit": commit, "dirty": None if changes is None else bool(changes)}


def _ask_git(*arguments: str) -> str | None:
    try:
        asked = subprocess.run(
            ["git", *arguments], capture_output=True, text=True, timeout=GIT_LIMIT_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return asked.stdout.strip()
