"""A folder of checkpoints becomes a series, or one line that says what is wrong."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from evalsuite.errors import UsageError
from evalsuite.policies.checkpoint_folder import read_checkpoint_folder


def holding(folder: Path, *names: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).write_bytes(name.encode())
    return folder


def steps(folder: Path) -> dict[str, float | None]:
    return {each.label: each.step for each in read_checkpoint_folder(folder).checkpoints}


def refusal(folder: Path) -> str:
    with pytest.raises(UsageError) as caught:
        read_checkpoint_folder(folder)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_checkpoints_come_by_their_number_and_not_by_their_spelling(tmp_path: Path) -> None:
    folder = holding(tmp_path / "series", "step-1000.pt", "step-20k.pt", "step-200.pt2", "step-3.pt")
    assert list(steps(folder).items()) == [("step-3", 3), ("step-200", 200), ("step-1000", 1000), ("step-20k", 20000)]


def test_each_is_a_policy_of_its_kind_with_the_hash_of_its_file(tmp_path: Path) -> None:
    script, export = read_checkpoint_folder(holding(tmp_path, "1.pt", "2.pt2")).checkpoints
    assert (script.kind, script.reference) == ("torchscript", f"torchscript:{tmp_path / '1.pt'}")
    assert (export.kind, export.reference) == ("export", f"export:{tmp_path / '2.pt2'}")
    assert script.sha256 == hashlib.sha256(b"1.pt").hexdigest()


def test_of_several_numbers_the_last_that_differs_in_all_names_is_the_step(tmp_path: Path) -> None:
    names = ("epoch=0-step=500.pt", "epoch=0-step=1000.pt", "epoch=1-step=1500.pt")
    assert list(steps(holding(tmp_path / "a", *names)).values()) == [500, 1000, 1500]
    assert list(steps(holding(tmp_path / "b", "rocket2-step-10-seed-7.pt", "rocket2-step-20-seed-7.pt")).values()) == [
        10,
        20,
    ]


def test_what_has_no_number_is_named_and_left_out_and_what_is_hidden_is_passed_over(tmp_path: Path) -> None:
    found = read_checkpoint_folder(holding(tmp_path, "last.pt", "step-1.pt", ".step-2.pt.tmp", ".step-2.pt", "log.txt"))
    assert [each.label for each in found.checkpoints] == ["step-1"]
    assert found.unnumbered == ("last.pt",)


def test_a_folder_that_is_no_series_gets_one_line(tmp_path: Path) -> None:
    assert "No such file" in refusal(tmp_path / "nowhere")
    assert "holds no checkpoint: name the files by training step" in refusal(holding(tmp_path / "empty"))
    assert "(best.pt has none)" in refusal(holding(tmp_path / "unnumbered", "best.pt"))
    twice = refusal(holding(tmp_path / "twice", "step-1000.pt", "step-1k.pt", "step-2000.pt"))
    assert "step-1000.pt and step-1k.pt are both of step 1000" in twice
    (tmp_path / "unreadable").mkdir()
    (tmp_path / "unreadable" / "step-1.pt").mkdir()
    assert "can't read the checkpoint" in refusal(tmp_path / "unreadable")
