"""ROCKET-2 and ROCKET-3 checkpoints, brought to life by the user's own installation of their code.

Nothing of that code is here: `rocket2:` imports the module `model` of a ROCKET-2 checkout and calls its
`load_cross_view_rocket`, `rocket3:` imports `rocket3.policy` and calls its `load_rocket3_policy`; a folder goes to
their class's `from_pretrained`. Around those calls three things are seen to that they leave open:

- the checkpoint is first read here with weights_only; one that needs unpickling is refused unless it is trusted,
  and then, as when it was saved on a GPU, they are given a copy of its weights that any reader can load;
- the vision backbones are made without downloading their pre-trained weights, which the checkpoint replaces;
- every weight of the network, but for the unused value head's, must have come from the checkpoint.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import pickle
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import torch
from torch.types import Storage

from evalsuite.errors import UsageError
from evalsuite.policies.guidance import Guidance
from evalsuite.policies.mine_policy import MinePolicyModel
from evalsuite.policies.rocket_policy import MinePolicyWrapper
from evalsuite.policies.rocket_reference import RocketKind, RocketReference

_MODULES: dict[RocketKind, str] = {"rocket2": "model", "rocket3": "rocket3.policy"}
_LOADERS: dict[RocketKind, str] = {"rocket2": "load_cross_view_rocket", "rocket3": "load_rocket3_policy"}
_CLASSES: dict[RocketKind, str] = {"rocket2": "CrossViewRocket", "rocket3": "RocketPolicy"}
_PROJECTS: dict[RocketKind, str] = {"rocket2": "ROCKET-2", "rocket3": "ROCKET-3"}

_TRAINER_PREFIX = "mine_policy."
_UNUSED_HEAD = "value_head."


def load_rocket(reference: RocketReference, *, trust: bool = False) -> MinePolicyWrapper:
    """The policy in a checkpoint. Raises `UsageError`: its code, the file or the device is missing or unfit."""
    device = _device(reference)
    with contextlib.redirect_stdout(sys.stderr):
        code = _code(reference.kind)
        with _backbones_without_download():
            network = _from_folder(reference, code) if reference.path.is_dir() else _from_file(reference, code, trust)
    try:
        network.to(device).eval().requires_grad_(False)
    except RuntimeError as error:
        raise UsageError(f"{reference.path} can't be put on {device}: {_one_line(error)}") from error
    options = reference.options
    model = cast("MinePolicyModel", network)
    if options.guidance:
        model = Guidance(model, options.guidance)
    try:
        return MinePolicyWrapper(model, deterministic=options.deterministic, batch=options.batch, device=device)
    except UsageError as error:
        raise UsageError(f"{reference.path}: {error}") from error


def _code(kind: RocketKind) -> dict[str, Callable[..., Any]]:
    """The loader and the class of the user's installation, by their names."""
    project = _PROJECTS[kind]
    how = (
        f"git clone https://github.com/CraftJarvis/{project}, add that folder to PYTHONPATH, and install minestudio, "
        f"timm, einops and huggingface_hub beside it"
    )
    try:
        module = importlib.import_module(_MODULES[kind])
    except ImportError as error:
        raise UsageError(f"{kind}: policies need {project}'s own code ({_one_line(error)}): {how}") from error
    except Exception as error:
        raise UsageError(f"{project}'s own code could not be imported: {_one_line(error)}") from error
    found = {name: getattr(module, name, None) for name in (_LOADERS[kind], _CLASSES[kind])}
    for name, part in found.items():
        if not callable(part):
            raise UsageError(f"{module.__file__} has no {name} and so is not {project}'s: {how}")
    return cast("dict[str, Callable[..., Any]]", found)


def _device(reference: RocketReference) -> torch.device:
    device = torch.device(reference.options.device)
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise UsageError(f"there is no device {device} here: leave out device= to run {reference.path} on the CPU")
    return device


def _from_folder(reference: RocketReference, code: Mapping[str, Callable[..., Any]]) -> torch.nn.Module:
    _, weights = reference.files
    with _one_line_failures(weights):
        network = cast("Any", code[_CLASSES[reference.kind]]).from_pretrained(
            str(reference.path), local_files_only=True, map_location="cpu"
        )
        names = _safetensors_names(weights)
    return _complete(network, names, weights)


def _from_file(reference: RocketReference, code: Mapping[str, Callable[..., Any]], trust: bool) -> torch.nn.Module:
    path = reference.path
    if path.suffix == ".safetensors":
        raise UsageError(f"{path} does not say which network it is for: name the folder that holds it and config.json")
    with _plain_checkpoint(path, trust) as (plain, names):
        with _one_line_failures(path):
            network = code[_LOADERS[reference.kind]](str(plain))
        return _complete(network, names, path)


def _safetensors_names(path: Path) -> set[str]:
    """The tensors' names: a JSON object behind its length in 8 bytes, little-endian (safetensors' README)."""
    with path.open("rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
    return set(header) - {"__metadata__"}


@contextmanager
def _plain_checkpoint(path: Path, trust: bool) -> Iterator[tuple[Path, set[str]]]:
    """A file that can be read with weights_only and without a GPU, and the names of the weights in it."""
    places: set[str] = set()

    def on_cpu(storage: Storage, place: str) -> Storage:
        places.add(place)
        return storage

    unpickled = False
    try:
        content = torch.load(path, map_location=on_cpu, weights_only=True)
    except pickle.UnpicklingError as error:
        if not trust:
            raise UsageError(
                f"{path} holds more than weights, and reading that could run code: if you trust whoever made it, "
                f"add --trust-checkpoint"
            ) from error
        unpickled = True
        with _one_line_failures(path):
            content = torch.load(path, map_location=on_cpu, weights_only=False)
    except (OSError, RuntimeError, EOFError, ValueError) as error:
        raise UsageError(f"can't read the checkpoint {path} ({_one_line(error)}): copy it again") from error
    weights = content.get("state_dict", content) if isinstance(content, Mapping) else None
    if not isinstance(weights, Mapping) or not any(isinstance(each, torch.Tensor) for each in weights.values()):
        raise UsageError(f"{path} holds no network's weights: name a checkpoint of the training, or its state dict")
    names = {str(name).replace(_TRAINER_PREFIX, "") for name in weights}
    if not unpickled and places <= {"cpu"}:
        yield path, names
        return
    with tempfile.TemporaryDirectory(prefix="evalsuite-") as folder:
        copy = Path(folder) / "weights.ckpt"
        torch.save(_essentials(content, weights), copy)
        yield copy, names


def _essentials(content: Mapping[str, Any], weights: Mapping[str, Any]) -> dict[str, Any]:
    """What the loaders read of a checkpoint, in plain types."""
    tensors = {str(name): each for name, each in weights.items() if isinstance(each, torch.Tensor)}
    if "state_dict" not in content:
        return tensors
    parameters = content.get("hyper_parameters")
    settings = parameters.get("model") if isinstance(parameters, Mapping) else None
    return {"state_dict": tensors, "hyper_parameters": {"model": _plain(settings or {})}}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _plain(value[name]) for name in value}
    if value is None or isinstance(value, bool):
        return value
    for kind in (int, float, str):
        if isinstance(value, kind):
            return kind(value)
    try:
        return [_plain(each) for each in value]
    except TypeError as error:
        raise UsageError(f"the checkpoint's settings hold a {type(value).__name__}, which is not plain data") from error


def _complete(network: object, names: set[str], path: Path) -> torch.nn.Module:
    if not isinstance(network, torch.nn.Module):
        raise UsageError(f"loading {path} gave a {type(network).__name__}, not a network")
    missing = [name for name in network.state_dict() if name not in names and not name.startswith(_UNUSED_HEAD)]
    if missing:
        raise UsageError(
            f"{path} lacks {len(missing)} of the network's weights ({missing[0]} first): they would stay random; "
            f"name a checkpoint of this network"
        )
    return network


@contextmanager
def _backbones_without_download() -> Iterator[None]:
    """Let `timm.create_model` make its models without weights, and know them with and without `timm/`.

    The released code asks for pre-trained backbones under names that start with `timm/`: weights that the
    checkpoint overwrites, and names that timm refuses since 1.0.31.
    """
    timm: Any = sys.modules.get("timm")
    if timm is None:
        yield
        return
    create = timm.create_model

    def without_weights(name: str, *arguments: Any, **options: Any) -> Any:
        return create(name.removeprefix("timm/"), *arguments, **{**options, "pretrained": False})

    timm.create_model = without_weights
    try:
        yield
    finally:
        timm.create_model = create


@contextmanager
def _one_line_failures(path: Path) -> Iterator[None]:
    try:
        yield
    except UsageError:
        raise
    except Exception as error:
        raise UsageError(f"the checkpoint {path} could not be loaded: {_one_line(error)}") from error


def _one_line(error: BaseException) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"[:300]
