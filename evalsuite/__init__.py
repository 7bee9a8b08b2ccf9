"""Zero-shot cross-environment evaluation of cross-view-goal agents."""

from __future__ import annotations


def __getattr__(name: str) -> str:
    """`__version__`, looked up when it is asked for: the command should be ready to be interrupted at once."""
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("evalsuite")
    except PackageNotFoundError:
        return "0+unknown"
