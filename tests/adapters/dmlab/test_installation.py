"""What `evalsuite worlds` says of DMLab, and that it loads without upstream's own __init__.py."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest

from evalsuite.adapters.dmlab import installation
from evalsuite.adapters.dmlab.engine import CACHE_VARIABLE
from evalsuite.adapters.dmlab.specification import ACTIONS_VARIABLE, RENDERER_VARIABLE, SIZE_VARIABLE
from evalsuite.adapters.dmlab.world import WORLD
from evalsuite.commands.main import main
from evalsuite.crossview.simulator import Simulator
from evalsuite.errors import SimulatorFault

UPSTREAMS_INIT = "import imp\nraise SystemExit('upstream\\'s __init__.py was run')\n"

C_MODULE = """
#include <Python.h>
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "deepmind_lab", NULL, -1, NULL};
PyMODINIT_FUNC PyInit_deepmind_lab(void) {
  PyObject *module = PyModule_Create(&definition);
  Py_INCREF((PyObject *)&PyBaseObject_Type);
  PyModule_AddObject(module, "Lab", (PyObject *)&PyBaseObject_Type);
  return module;
}
"""
HEADERS = Path(sysconfig.get_path("include"))
needs_compiler = pytest.mark.skipif(
    not shutil.which("cc") or not (HEADERS / "Python.h").is_file(),
    reason="a C module is built for this test: it needs cc and this Python's headers",
)


@pytest.fixture(autouse=True)
def without_dmlab(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv(installation.FOLDER_VARIABLE, raising=False)
    monkeypatch.setitem(sys.modules, installation.MODULE, None)
    monkeypatch.delitem(sys.modules, installation.MODULE)
    for variable in (RENDERER_VARIABLE, SIZE_VARIABLE, ACTIONS_VARIABLE, CACHE_VARIABLE):
        monkeypatch.delenv(variable, raising=False)
    installation.forget_answers()
    yield
    installation.forget_answers()


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A wheel as upstream's build makes it, but for the C module, which is an empty file."""
    folder = tmp_path / installation.MODULE
    for name in (*installation._ASSETS, "deepmind_lab.so", "libdmlab_headless_sw.so"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    (folder / "__init__.py").write_text(UPSTREAMS_INIT, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    return folder


def test_without_it_there_is_the_rehearsal_and_a_word_on_how_to_get_it() -> None:
    readiness = WORLD.readiness()
    assert readiness.state == "rehearsal only"
    assert "not installed" in readiness.detail
    for word in ("Bazel", "dmlab-gym", installation.FOLDER_VARIABLE):
        assert word in readiness.remedy


def test_the_installed_package_is_found_without_running_its_init(installed: Path) -> None:
    assert installation.find_folder() == installed
    assert installation.inventory() == installation.Probe(str(installed), ("software",))


def test_a_folder_named_by_the_environment_comes_first(
    installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(installation.FOLDER_VARIABLE, str(tmp_path / "other"))
    assert installation.find_folder() == tmp_path / "other"
    problem = installation.inventory().problem
    assert problem == f"there is no folder {tmp_path / 'other'} (EVALSUITE_DMLAB names it)"
    (tmp_path / "other").mkdir()
    assert "there is no deepmind_lab.so in" in installation.inventory().problem
    assert installation.inventory().problem.endswith("(EVALSUITE_DMLAB names it)")


@pytest.mark.parametrize("named", ["", "..", "deepmind_lab.so"])
def test_the_variable_may_name_the_folder_the_one_above_or_the_module(
    installed: Path, named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = installed.parent if named == ".." else installed / named
    monkeypatch.setenv(installation.FOLDER_VARIABLE, str(place))
    assert installation.inventory() == installation.Probe(str(installed), ("software",))


def test_assets_that_are_lost_are_named(installed: Path) -> None:
    (installed / "baselab/vm.pk3").unlink()
    readiness = WORLD.readiness()
    assert readiness.state == "rehearsal only"
    assert "lacks baselab/vm.pk3" in readiness.detail


def test_a_module_that_does_not_load_is_said_to_be_so_in_one_line(installed: Path) -> None:
    readiness = WORLD.readiness()
    assert readiness.state == "rehearsal only"
    assert readiness.detail == f"{installed / 'deepmind_lab.so'} can't be loaded: file too short"
    assert "osmesa" not in readiness.remedy
    with pytest.raises(SimulatorFault, match="can't be loaded"):
        installation.load()
    assert (installed / "__init__.py").read_text(encoding="utf-8") == UPSTREAMS_INIT


@pytest.mark.parametrize(
    ("variable", "value"),
    [(RENDERER_VARIABLE, "gpu"), (SIZE_VARIABLE, "800x600"), (ACTIONS_VARIABLE, "degree"), (CACHE_VARIABLE, "/proc/x")],
)
def test_a_mistake_in_a_variable_is_told_before_anything_is_written(
    variable: str, value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(variable, value)
    monkeypatch.chdir(tmp_path)
    out = tmp_path / "run"
    assert main(["run", "dmlab-fruit", "--rehearse", "--policy", "noop", "--out", str(out)]) == 2
    said = capsys.readouterr().err
    assert f"{variable} is {value!r}" in said
    assert len(said.strip().splitlines()) == 1
    assert not list(tmp_path.iterdir())
    assert variable in WORLD.readiness().detail


def test_a_folder_for_maps_that_is_not_there_yet_is_not_made_by_looking(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "new" / "maps"))
    assert WORLD.readiness().state == "rehearsal only"
    assert not list(tmp_path.iterdir())


def test_a_renderer_asked_for_that_was_not_built_is_said_to_be_not_there(
    installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(RENDERER_VARIABLE, "hardware")
    readiness = WORLD.readiness()
    assert readiness.state == "rehearsal only"
    assert readiness.detail == f"the renderer hardware is not there (asked for by {RENDERER_VARIABLE})"
    assert readiness.remedy.endswith(f"{RENDERER_VARIABLE}=software")


def in_a_new_process(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    command = [sys.executable, "-B", "-c", code]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


@needs_compiler
def test_the_c_module_loads_though_upstreams_init_can_not_be_imported(installed: Path) -> None:
    source = installed.parent / "module.c"
    source.write_text(C_MODULE, encoding="utf-8")
    built = installed / "deepmind_lab.so"
    command = ["cc", "-shared", "-fPIC", f"-I{HEADERS}", str(source), "-o", str(built)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    before = {file: file.read_bytes() for file in installed.rglob("*") if file.is_file()}
    imported = in_a_new_process("import deepmind_lab", installed.parent)
    assert imported.returncode != 0
    if sys.version_info >= (3, 12):
        assert "No module named 'imp'" in imported.stderr
    loading = (
        "from evalsuite.adapters.dmlab.installation import load\n"
        "module = load()\n"
        "import deepmind_lab\n"
        "print(deepmind_lab is module, module.__name__, module.Lab.__name__)\n"
    )
    loaded = in_a_new_process(loading, installed.parent)
    assert loaded.stdout.split() == ["True", "deepmind_lab", "object"], loaded.stderr
    assert {file: file.read_bytes() for file in installed.rglob("*") if file.is_file()} == before


def test_silence_is_no_word_against_the_renderer_and_is_not_remembered(installed: Path) -> None:
    in_haste = installation.probe("software", 0.01)
    assert in_haste.problem == "the software renderer gave no answer in 0.01 s: is the machine busy?"
    assert in_haste.remedy == "try again"
    assert "can't be loaded" in installation.probe("software").problem
    assert "can't be loaded" in installation.probe("software", 0.01).problem


def test_the_real_simulator_is_not_started_without_the_module(tmp_path: Path) -> None:
    with pytest.raises(SimulatorFault, match="--rehearse"):
        WORLD.make(tmp_path)


def test_the_rehearsal_needs_nothing(tmp_path: Path) -> None:
    simulator = WORLD.make(tmp_path, rehearse=True)
    assert isinstance(simulator, Simulator)
    assert simulator.spec.rehearsal
    simulator.close()


def test_scenarios_made_without_the_engine_are_said_to_be_measured_on_the_stand_in(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("labmaze", reason="mazes are made by labmaze: pip install 'evalsuite[dmlab]'")
    line = ["synthesize", "dmlab", "--count", "1", "--seed", "1", "--workers", "1"]
    assert main([*line, "--out", str(tmp_path / "new.yaml")]) == 0
    (note,) = capsys.readouterr().err.splitlines()
    assert note == "note: the views are measured on the stand-in's pictures: deepmind_lab is not installed"


def test_where_the_engine_lies_it_measures_the_views(installed: Path) -> None:
    assert WORLD.stand_in_measures() == ""
