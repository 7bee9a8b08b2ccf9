"""Checkpoints on nodes that lack them: the head's bytes, put where the node's driver removes them again."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from evalsuite.errors import UsageError
from evalsuite.policies.references import PolicyReference
from evalsuite.policies.rocket_reference import KINDS, parse_rocket

SHIPPING_LIMIT_BYTES = 2 * 2**30
"""Of one policy's files; larger ones belong on the node's own disk."""


@dataclass(frozen=True)
class Checkpoint:
    """The files behind a reference.

    Args:
        path: as the reference names it, of a file or a folder.
        files: of which it consists.
    """

    path: str
    files: tuple[Path, ...]

    @property
    def is_folder(self) -> bool:
        return self.files != (Path(self.path),)


def checkpoint_of(source: PolicyReference) -> Checkpoint | None:
    """What `source` reads from disk; None for a control or a factory."""
    if source.kind in KINDS:
        rocket = parse_rocket(source.reference)
        return Checkpoint(str(rocket.path), rocket.files)
    if source.kind in ("torchscript", "export"):
        path = source.reference.partition(":")[2]
        return Checkpoint(path, (Path(path),))
    return None


def read_to_ship(source: PolicyReference, checkpoint: Checkpoint) -> dict[str, bytes]:
    """Name on the node -> content of each file. Raises `UsageError` for what can't be read or is too much."""
    try:
        size = sum(file.stat().st_size for file in checkpoint.files)
        if size > SHIPPING_LIMIT_BYTES:
            raise UsageError(
                f"{source.reference} is not on every node, and {size / 2**30:.1f} GiB are too much to send: "
                f"copy {checkpoint.path} to the same place on each node"
            )
        return {_name(source, checkpoint, file): file.read_bytes() for file in checkpoint.files}
    except OSError as error:
        raise UsageError(f"can't read {source.reference}: {error.strerror or error}") from error


def relocated(source: PolicyReference, checkpoint: Checkpoint, stored: str) -> str:
    """The reference for a node where the first of the files is stored as `stored`."""
    path = str(Path(stored).parent) if checkpoint.is_folder else stored
    kind, _, rest = source.reference.partition(":")
    return f"{kind}:{path}{rest[len(checkpoint.path) :]}" if rest.startswith(checkpoint.path) else source.reference


def _name(source: PolicyReference, checkpoint: Checkpoint, file: Path) -> str:
    return str(Path(source.sha256[:16]) / file.name)
