"""`rocket2:PATH?options` and `rocket3:PATH?options`, read without torch.

PATH is a checkpoint file (.ckpt, .pt, .pth) or a folder in the Hugging Face hub's layout (config.json and
model.safetensors). What follows the last `?` are options, joined by `&`:

    deterministic=1   take the likeliest action; else actions are drawn, as in ROCKET's own scripts
    guidance=1.5      classifier-free guidance of that strength, at twice the cost; else none
    batch=8           run the network at this batch size: 1 (the default) or a multiple of 4
    device=cuda:0     where the network runs; else on the CPU
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import parse_qsl

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from evalsuite.errors import UsageError

RocketKind = Literal["rocket2", "rocket3"]
KINDS: tuple[RocketKind, ...] = ("rocket2", "rocket3")

FOLDER_FILES = ("config.json", "model.safetensors")
_CHECKPOINT_ENDINGS = (".ckpt", ".pt", ".pth", ".bin")


class RocketOptions(BaseModel):
    """How a network is run. The defaults are a sampled action, no guidance, one row, the CPU."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    deterministic: bool = False
    guidance: Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)] = 0.0
    batch: Annotated[int, Field(ge=1, le=256)] = 1
    device: Annotated[str, Field(pattern=r"^(cpu|cuda(:\d{1,2})?)$")] = "cpu"

    @field_validator("batch")
    @classmethod
    def _gives_each_row_the_same_kernel(cls, batch: int) -> int:
        if batch != 1 and batch % 4:
            raise ValueError("should be 1 or a multiple of 4: at other sizes a row's result depends on its place")
        return batch


@dataclass(frozen=True)
class RocketReference:
    """What a `rocket2:` or `rocket3:` reference says."""

    kind: RocketKind
    path: Path
    options: RocketOptions

    @property
    def label(self) -> str:
        """The name of the file without its ending, or of the folder."""
        return self.path.stem if self.path.suffix in _CHECKPOINT_ENDINGS else self.path.name

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that hold the network. Raises `UsageError` where one is missing."""
        if not self.path.is_dir():
            return (self.path,)
        files = tuple(self.path / name for name in FOLDER_FILES)
        for file in files:
            if not file.is_file():
                raise UsageError(
                    f"the folder {self.path} has no {file.name}: name a folder that holds "
                    f"{' and '.join(FOLDER_FILES)}, or a checkpoint file in it"
                )
        return files


def parse_rocket(reference: str) -> RocketReference:
    """Read a reference that begins with one of `KINDS` and a colon. Raises `UsageError` that names the option."""
    kind, _, rest = reference.partition(":")
    path, mark, query = rest.rpartition("?")
    if not mark:
        path, query = rest, ""
    if not path:
        raise UsageError(f"{reference} names no checkpoint: write {kind}:PATH, a file or a folder")
    for known in KINDS:
        if kind == known:
            return RocketReference(known, Path(path), _options(reference, query))
    raise UsageError(f"{reference} is neither rocket2: nor rocket3:")


def _options(reference: str, query: str) -> RocketOptions:
    known = ", ".join(RocketOptions.model_fields)
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=True) if query else []
    except ValueError as error:
        raise UsageError(f"{reference}: after the ? come options as name=value, joined by &: {known}") from error
    options = dict(pairs)
    if len(options) < len(pairs):
        raise UsageError(f"{reference}: an option is given twice")
    try:
        return RocketOptions.model_validate(options)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = str(first["loc"][0])
        if first["type"] == "extra_forbidden":
            raise UsageError(f"{reference}: there is no option {name!r}; there are {known}") from error
        message = first["msg"].removeprefix("Value error, ")
        raise UsageError(f"{reference}: {name}={first['input']}: {message}") from error
