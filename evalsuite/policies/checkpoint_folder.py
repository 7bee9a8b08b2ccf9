"""A folder of checkpoints of one training run: which of its files is of which training step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from evalsuite.errors import UsageError
from evalsuite.numbers_in_names import numbers_in
from evalsuite.policies.references import PolicyReference, parse_reference

ENDINGS = {".pt": "torchscript", ".pt2": "export"}
"""Of a checkpoint's file -> what its reference begins with."""


@dataclass(frozen=True)
class CheckpointFolder:
    """What a folder holds.

    Args:
        checkpoints: by training step, ascending.
        unnumbered: names of files that look like checkpoints, but have no number.
    """

    checkpoints: tuple[PolicyReference, ...]
    unnumbered: tuple[str, ...]


def read_checkpoint_folder(folder: Path) -> CheckpointFolder:
    """The checkpoints in `folder`, each labelled with its file's name without the ending; loads none, but hashes all.

    The training step is the number in the name (`step-20k.pt`: 20000). Of several numbers it is the last in which all
    names differ, so that `epoch=2-step=9000.pt` is of step 9000, and so is `step-9000-seed-1.pt`. Hidden files are
    passed over: one that is being written may have such a name.

    Raises:
        UsageError: the folder can't be read or holds no checkpoint, two are of the same step, or one can't be read.
    """
    paths = _checkpoint_files(folder)
    numbered = [path for path in paths if numbers_in(path.stem)]
    if not numbered:
        lacks = f"no checkpoint with a number in its name ({paths[0].name} has none)" if paths else "no checkpoint"
        raise UsageError(
            f"--policy-series {folder} holds {lacks}: name the files by training step, such as step-1000.pt "
            "(TorchScript) or step-1000.pt2 (torch.export)"
        )
    steps = _steps([path.stem for path in numbered])
    by_step: dict[float, Path] = {}
    for step, path in zip(steps, numbered, strict=True):
        if step in by_step:
            raise UsageError(
                f"--policy-series {folder}: {by_step[step].name} and {path.name} are both of step {step:.15g}; "
                "move one of them elsewhere"
            )
        by_step[step] = path
    checkpoints = (
        replace(parse_reference(f"{ENDINGS[path.suffix]}:{path}"), step=step) for step, path in sorted(by_step.items())
    )
    return CheckpointFolder(tuple(checkpoints), tuple(path.name for path in paths if path not in numbered))


def _checkpoint_files(folder: Path) -> list[Path]:
    try:
        paths = sorted(folder.iterdir())
    except OSError as error:
        raise UsageError(
            f"--policy-series {folder}: {error.strerror or error}; name a folder of checkpoints"
        ) from error
    return [path for path in paths if path.suffix in ENDINGS and not path.name.startswith(".")]


def _steps(names: Sequence[str]) -> list[float]:
    """The number of each of `names` that counts: from the end, the first place where all of them differ."""
    numbers = [[each.value for each in numbers_in(name)] for name in names]
    for place in range(1, min(map(len, numbers)) + 1):
        values = [each[-place] for each in numbers]
        if len(set(values)) == len(values):
            return values
    return [each[-1] for each in numbers]
