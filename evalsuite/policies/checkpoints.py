"""Torch checkpoints on disk: TorchScript (.pt) and torch.export (.pt2) archives, written and safely read.

Neither way of reading runs Python code from the file unless it is trusted. `torch.jit.load` has an unpickler of
its own that knows only TorchScript's types; the operations that touch files (`aten::save`,
`aten::from_file`) are refused here. `torch.export.load` is given a cleaned copy (see
`evalsuite.policies.export_archive`). A model stays a program all the same: it may use up time and memory.
"""

from __future__ import annotations

import logging
import os
import re
import tempfile
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from pydantic import ValidationError

from evalsuite.errors import UsageError
from evalsuite.policies.export_archive import plain_archive
from evalsuite.policies.torch_policy import Model, ModelContract, TorchPolicy

CONTRACT_FILE = "evalsuite.json"
_FILE_OPERATION = re.compile(rb"\.[\s\\]*(save|from_file)\b")
_HOW_TO_EXPORT = "export the model with save_torchscript or save_export, as examples/export_torch_policy.py does"


def load_torchscript(path: Path, *, trust: bool = False) -> TorchPolicy:
    """The policy in a TorchScript archive. Raises `UsageError`."""
    names = _archive_names(path)
    if "models/model.json" in names:
        raise UsageError(f"{path} is a torch.export archive: name it as export:{path}")
    if "constants.pkl" not in names or not any(name.startswith("code/") for name in names):
        raise UsageError(f"{path} is a pickled checkpoint (torch.save), which could run code: {_HOW_TO_EXPORT}")
    try:
        if not trust:
            _refuse_file_operations(path)
        extra = {CONTRACT_FILE: ""}
        with _quiet():
            module = torch.jit.load(str(path), map_location="cpu", _extra_files=extra)  # type: ignore[no-untyped-call]
    except (RuntimeError, OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    return _policy(path, module.eval(), extra[CONTRACT_FILE])


def load_export(path: Path, *, trust: bool = False) -> TorchPolicy:
    """The policy in a torch.export archive. Raises `UsageError`."""
    names = _archive_names(path)
    if "models/model.json" not in names:
        kind = "a TorchScript archive" if "constants.pkl" in names else "a pickled checkpoint (torch.save)"
        hint = f"name it as torchscript:{path}" if "constants.pkl" in names else _HOW_TO_EXPORT
        raise UsageError(f"{path} is {kind}, not a torch.export archive: {hint}")
    extra = {CONTRACT_FILE: ""}
    source = str(path) if trust else plain_archive(path)
    try:
        with _quiet():
            program = torch.export.load(source, extra_files=extra)
            module = program.module()
    except Exception as error:
        raise _unreadable(path, error) from error
    return _policy(path, module, extra[CONTRACT_FILE])


def save_torchscript(model: torch.nn.Module, contract: ModelContract, path: Path) -> None:
    """Write `model` with its contract as a TorchScript archive, whole or not at all. Raises `UsageError`."""
    with _quiet():
        script = torch.jit.script(model.eval())
        _write(path, lambda file: torch.jit.save(script, file, _extra_files=_contract_file(contract)))


def save_export(model: torch.nn.Module, contract: ModelContract, path: Path) -> None:
    """Write `model` with its contract as a torch.export archive for `contract.batch` rows. Raises `UsageError`."""
    height, width = contract.image_size
    rows = contract.batch
    inputs = (
        torch.zeros((rows, height, width, 3), dtype=torch.uint8),
        torch.zeros((rows, height, width, 3), dtype=torch.uint8),
        torch.zeros((rows, height, width), dtype=torch.uint8),
        torch.zeros((rows,), dtype=torch.int64),
        *(torch.zeros((rows, *each.shape), dtype=getattr(torch, each.dtype)) for each in contract.state),
    )
    with _quiet():
        program = torch.export.export(model.eval(), inputs)
        _write(path, lambda file: torch.export.save(program, file, extra_files=_contract_file(contract)))


def _contract_file(contract: ModelContract) -> dict[str, str]:
    return {CONTRACT_FILE: contract.model_dump_json()}


def _write(path: Path, save: Callable[[str], None]) -> None:
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as folder:
            whole = Path(folder) / "model.pt2"
            save(str(whole))
            os.replace(whole, path)
    except OSError as error:
        raise UsageError(f"can't write {path}: {error.strerror or error}") from error


def _archive_names(path: Path) -> set[str]:
    """The members of a torch zip archive, without its top folder. Every byte is checked against its checksum."""
    try:
        with path.open("rb") as file:
            head = file.read(4)
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                if damaged := _damaged_member(archive):
                    raise UsageError(f"{path} is cut off or damaged (in {damaged!r}): copy it again")
                return {name.partition("/")[2] for name in archive.namelist()}
    except (OSError, zipfile.BadZipFile) as error:
        raise UsageError(f"can't read the checkpoint {path}: {error}") from error
    if head.startswith(b"PK"):
        raise UsageError(f"{path} is cut off or damaged (a zip archive without its end): copy it again")
    if head.startswith(b"\x80"):
        raise UsageError(f"{path} is a pickle, which could run code: {_HOW_TO_EXPORT}")
    raise UsageError(f"{path} is not a torch archive: {_HOW_TO_EXPORT}")


def _damaged_member(archive: zipfile.ZipFile) -> str | None:
    try:
        return archive.testzip()
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        return str(error)


def _refuse_file_operations(path: Path) -> None:
    reader = torch._C.PyTorchFileReader(str(path))
    for name in reader.get_all_records():
        if name.startswith("code/") and name.endswith(".py"):
            found = _FILE_OPERATION.search(reader.get_record(name))
            if found:
                operation = found[1].decode()
                raise UsageError(
                    f"{path} calls {operation!r}, which touches files: if you trust whoever made it, "
                    f"add --trust-checkpoint"
                )


def _policy(path: Path, model: Model, contract: str | bytes) -> TorchPolicy:
    if not contract:
        raise UsageError(f"{path} carries no {CONTRACT_FILE}, which says how to call it: {_HOW_TO_EXPORT}")
    try:
        checked = ModelContract.model_validate_json(contract)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise UsageError(f"{path}: {CONTRACT_FILE}: {field or 'contract'}: {first['msg']}") from error
    try:
        return TorchPolicy(model, checked)
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from error


def _unreadable(path: Path, error: Exception) -> UsageError:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return UsageError(f"torch can't load {path} ({lines[0] if lines else type(error).__name__:.160}): export it again")


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence what torch says of its own formats: TorchScript's deprecation, and load's logged tracebacks."""
    logger = logging.getLogger("torch.export")
    silent = logger.disabled
    logger.disabled = True
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=r"`torch\.jit\.", category=DeprecationWarning)
            yield
    finally:
        logger.disabled = silent
