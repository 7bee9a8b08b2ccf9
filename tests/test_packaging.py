"""What is installed is what is in the checkout, and the core stays light."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

if sys.version_info >= (3, 11):
    import tomllib
else:
    tomllib = pytest.importorskip("tomli")

ROOT = Path(__file__).resolve().parents[1]
HEAVY = (
    "torch",
    "websockets",
    "vizdoom",
    "matplotlib",
    "pandas",
    "PIL",
    "scipy",
    "pyarrow",
    "av",
    "pytest",
    "evalsuite.adapters",
    "evalsuite.reports",
)
LIGHT_ROOMS = ("crossview", "policies", "records", "runner", "statistics", "suite", "commands", "gate")
TORCH_MODULES = (
    "checkpoints",
    "export_archive",
    "guidance",
    "mine_policy",
    "minestudio_observations",
    "rocket_checkpoint",
    "rocket_policy",
    "small_network",
    "torch_policy",
)


def setuptools_table() -> dict[str, object]:
    with (ROOT / "pyproject.toml").open("rb") as file:
        table: dict[str, object] = tomllib.load(file)["tool"]["setuptools"]
    return table


def packages_in_the_checkout() -> set[str]:
    found: set[str] = set()
    for top in ("evalsuite", "adapters", "reports", "scenarios"):
        for file in (ROOT / top).rglob("*.py"):
            parts = file.parent.relative_to(ROOT).parts
            found.add(".".join(parts if top == "evalsuite" else ("evalsuite", *parts)))
    return found


def test_every_folder_with_python_files_is_a_listed_package() -> None:
    assert set(setuptools_table()["packages"]) == packages_in_the_checkout()  # type: ignore[call-overload]


def test_every_package_has_an_init_file() -> None:
    folders = setuptools_table()["package-dir"]
    assert isinstance(folders, dict)
    for package in packages_in_the_checkout():
        top = next(name for name in sorted(folders, key=len, reverse=True) if f"{package}.".startswith(f"{name}."))
        folder = ROOT / folders[top] / package.removeprefix(top).lstrip(".").replace(".", "/")
        assert (folder / "__init__.py").is_file(), f"{folder} has no __init__.py"


def core_modules() -> list[str]:
    modules = ["evalsuite", "evalsuite.errors", "evalsuite.seeding", "evalsuite.worlds"]
    for room in LIGHT_ROOMS:
        for file in sorted((ROOT / "evalsuite" / room).glob("*.py")):
            if file.stem not in TORCH_MODULES:
                modules.append(f"evalsuite.{room}" + ("" if file.stem == "__init__" else f".{file.stem}"))
    return modules


def test_the_core_imports_no_simulator_no_adapter_and_nothing_heavy(tmp_path: Path) -> None:
    code = (
        "import importlib, json, sys\n"
        f"for name in {core_modules()!r}: importlib.import_module(name)\n"
        f"print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == []
