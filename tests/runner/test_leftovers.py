from __future__ import annotations

import mmap
import secrets
from pathlib import Path

import pytest

from evalsuite.runner.leftovers import LEFTOVERS, declare_leftover, sweep_leftovers


def test_a_declared_file_is_swept_and_its_neighbours_are_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(LEFTOVERS, str(tmp_path / "leftovers"))
    token = secrets.token_hex(6)
    ours, neighbour = Path(f"/dev/shm/evaltest-{token}-a"), Path(f"/dev/shm/evaltest-other-{token}")
    declare_leftover(f"/dev/shm/evaltest-{token}-*")
    try:
        for path in (ours, neighbour):
            path.touch()
        assert sweep_leftovers(tmp_path / "leftovers") == [str(ours)]
        assert neighbour.exists()
    finally:
        for path in (ours, neighbour):
            path.unlink(missing_ok=True)


def test_a_file_that_a_living_process_maps_is_not_swept(tmp_path: Path) -> None:
    shared = Path(f"/dev/shm/evaltest-{secrets.token_hex(6)}")
    shared.write_bytes(b"picture")
    (tmp_path / "leftovers").write_text("/dev/shm/evaltest-*\n")
    try:
        with open(shared, "r+b") as file, mmap.mmap(file.fileno(), 0):
            assert sweep_leftovers(tmp_path / "leftovers") == []
        assert sweep_leftovers(tmp_path / "leftovers") == [str(shared)]
    finally:
        shared.unlink(missing_ok=True)


@pytest.mark.parametrize(
    "pattern", ["/dev/shm/*", "/dev/shm/abc*", "/etc/somethinglong*", "/dev/shm/../etc/passwd-long"]
)
def test_a_declaration_that_is_too_wide_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="too wide or outside"):
        declare_leftover(pattern)


def test_a_pattern_that_got_into_the_file_all_the_same_is_not_swept(tmp_path: Path) -> None:
    precious = tmp_path / "precious-results"
    precious.touch()
    (tmp_path / "leftovers").write_text(f"{precious}\n{tmp_path}/*\n")
    assert sweep_leftovers(tmp_path / "leftovers") == []
    assert precious.exists()


def test_outside_a_worker_nothing_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(LEFTOVERS, raising=False)
    declare_leftover("/dev/shm/evaltest-nobody-*")
