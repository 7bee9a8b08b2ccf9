"""From what a person types to a policy: a control's name, a factory, or a checkpoint."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from evalsuite import __version__
from evalsuite.errors import UsageError
from evalsuite.extras import install_command
from evalsuite.policies.policy import Policy, PrivilegedPolicy
from evalsuite.policies.rocket_reference import KINDS, RocketOptions, RocketReference, parse_rocket

if TYPE_CHECKING:
    from evalsuite.serving.messages import Hello

Kind = Literal[
    "noop", "random", "oracle", "factory", "torchscript", "export", "rocket2", "rocket3", "served", "trained"
]

_CONTROLS: dict[str, str] = {
    "noop": "evalsuite.policies.controls:NoopPolicy",
    "random": "evalsuite.policies.controls:RandomPolicy",
    "oracle": "evalsuite.policies.oracle:Oracle",
}
_TRAINED_FOLDER = Path(__file__).parent / "trained"
TRAINED: dict[str, Path] = {
    "doom-pretrained": _TRAINED_FOLDER / "pretrained.pt",
    "doom-finetuned": _TRAINED_FOLDER / "finetuned.pt",
}
"""Small checkpoints trained on Doom scenarios (examples/training), to be scored and told apart."""

_SERVED = ("ws://", "wss://")
ANSWER_SECONDS = 120.0
"""For a policy that is served to answer, where nobody else keeps watch."""

_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*", re.ASCII)
_FACTORY = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*:[^\W\d]\w*(?:\.[^\W\d]\w*)*")
_POSSIBLE = (
    "a policy is noop, random, oracle, doom-pretrained, doom-finetuned, package.module:factory, torchscript:FILE, "
    "export:FILE.pt2, rocket2:PATH, rocket3:PATH or ws://HOST:PORT, with LABEL= before it if you like"
)


@dataclass(frozen=True)
class PolicyReference:
    """A policy as it was named on the command line.

    Args:
        label: under which it is reported.
        reference: the text without the label.
        kind: what the text names.
        sha256: of the checkpoint's bytes (of its files' and its options' where it has several or some); for a
            control or a factory, of the reference, the version of evalsuite and the file of the factory's
            module: a changed policy is another policy. Of a policy that is served: as its server says.
        step: of training, of a checkpoint of a series; None for any other policy.
    """

    label: str
    reference: str
    kind: Kind
    sha256: str
    step: float | None = None

    @property
    def beside_simulator(self) -> bool:
        """Whether it is so cheap, or so privileged, that it runs in the simulator's own process."""
        return self.kind in _CONTROLS


def parse_reference(text: str) -> PolicyReference:
    """The policy that `text` names, as `REF` or `LABEL=REF`; loads nothing, but hashes the checkpoint.

    The label is the text before the first `=`, when that can be a label: so a path may hold `=`. Of a policy that is
    served, the server is asked.

    Raises:
        UsageError: the text names no policy, or a file, a module or a server that is not there.
    """
    label, equals, rest = text.partition("=")
    if not (equals and _LABEL.fullmatch(label)):
        if equals and _is_reference(rest) and not _is_reference(text):
            raise UsageError(
                f"policy {text!r}: {label!r} can't be a label; one holds the letters a to z, digits and . _ + - "
                f"and begins with a letter or a digit"
            )
        label, rest = "", text
    kind, default = _kind(rest)
    if kind == "served":
        hello = _ask_server(rest)
        return PolicyReference(label or _label(hello.label) or default, rest, kind, hello.sha256)
    return PolicyReference(label or default, rest, kind, _sha256(kind, rest))


def load_policy(reference: PolicyReference, *, trust_checkpoint: bool = False) -> Policy | PrivilegedPolicy:
    """Bring the policy to life. A factory's module is looked for in the current directory too, last.

    Args:
        trust_checkpoint: load an archive even where that may run code from it.

    Raises:
        UsageError: it can't be imported, made or read, or is no policy; its server serves another by now.
    """
    if reference.kind == "served":
        return _served(reference.reference, reference.sha256)
    if reference.kind in ("torchscript", "export", "trained", *KINDS):
        return _load_checkpoint(reference, trust_checkpoint)
    if reference.kind == "factory":
        return _made_by(reference.reference)
    module, _, name = _CONTROLS[reference.kind].partition(":")
    control = getattr(importlib.import_module(module), name)()
    return cast("Policy | PrivilegedPolicy", control)


def load_unchanged(text: str, sha256: str, *, trust_checkpoint: bool = False) -> Policy | PrivilegedPolicy:
    """The policy that `text`, which has no label, names, if it is still the one that had this hash.

    One that is served has no time limit of its own for an answer: whoever started this process keeps watch.

    Raises `UsageError` as `load_policy` does, and when it is another one by now.
    """
    if text.startswith(_SERVED):
        return _served(text, sha256, answer_seconds=None)
    reference = parse_reference(text)
    if reference.sha256 != sha256:
        raise _changed(text)
    return load_policy(reference, trust_checkpoint=trust_checkpoint)


def _is_reference(text: str) -> bool:
    try:
        _kind(text)
    except UsageError:
        return False
    return True


def _kind(reference: str) -> tuple[Kind, str]:
    control: Literal["noop", "random", "oracle"]
    for control in ("noop", "random", "oracle"):
        if reference == control:
            return control, control
    if reference in TRAINED:
        return "trained", reference
    kind: Literal["torchscript", "export"]
    for kind in ("torchscript", "export"):
        if reference == f"{kind}:":
            raise UsageError(f"{reference} names no file; name the file: {kind}:FILE")
        if reference.startswith(f"{kind}:"):
            return kind, _label(Path(reference.partition(":")[2]).stem) or kind
    rocket: Literal["rocket2", "rocket3"]
    for rocket in KINDS:
        if reference.startswith(f"{rocket}:"):
            return rocket, _label(parse_rocket(reference).label) or rocket
    if reference.startswith(_SERVED):
        return "served", "served"
    if _FACTORY.fullmatch(reference):
        name = re.split(r"[.:]", reference)[-1]
        return "factory", name if _LABEL.fullmatch(name) else "factory"
    raise UsageError(f"there is no policy {reference!r}: {_POSSIBLE}")


def _label(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._+-]+", "-", name).lstrip("._+-")


def _ask_server(url: str) -> Hello:
    with _serving_needs():
        from evalsuite.serving.served_policy import ServedPolicy
    with ServedPolicy(url) as policy:
        return policy.hello


def _served(url: str, sha256: str, *, answer_seconds: float | None = ANSWER_SECONDS) -> Policy:
    with _serving_needs():
        from evalsuite.serving.served_policy import reconnected
    policy = reconnected(url, answer_seconds=answer_seconds)
    if policy.hello.sha256 != sha256:
        policy.close()
        raise _changed(url)
    return policy


@contextmanager
def _serving_needs() -> Iterator[None]:
    try:
        yield
    except ImportError as error:
        raise UsageError(
            f"a policy that is served needs websockets and msgpack ({error}): install them with "
            f"{install_command('serve')}"
        ) from error


def _changed(reference: str) -> UsageError:
    return UsageError(f"{reference} has changed since the run was started; start it again")


def _sha256(kind: Kind, reference: str) -> str:
    if kind in KINDS:
        return _rocket_sha256(parse_rocket(reference))
    if kind in ("torchscript", "export"):
        return _file_sha256(Path(reference.partition(":")[2]))
    if kind == "trained":
        return _file_sha256(TRAINED[reference])
    digest = hashlib.sha256(f"{reference}\n{__version__}".encode())
    if kind == "factory" and (origin := _module_file(reference)) is not None:
        digest.update(_file_sha256(origin).encode())
    return digest.hexdigest()


def _rocket_sha256(rocket: RocketReference) -> str:
    parts = [_file_sha256(file) for file in rocket.files]
    if rocket.options != RocketOptions():
        parts.append(rocket.options.model_dump_json())
    return parts[0] if len(parts) == 1 else hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _file_sha256(path: Path) -> str:
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    except OSError as error:
        raise UsageError(f"can't read the checkpoint {path}: {error.strerror or error}") from error
    return digest.hexdigest()


def _module_file(reference: str) -> Path | None:
    module = reference.partition(":")[0]
    _add_current_directory()
    name = module.partition(".")[0]
    if name in sys.stdlib_module_names and (Path(f"{name}.py").exists() or Path(name).is_dir()):
        raise UsageError(f"policy {reference}: {name!r} is a module of Python's own library; rename the one here")
    try:
        found = importlib.util.find_spec(module)
    except Exception as error:
        raise _import_failed(reference, error) from error
    if found is None:
        raise UsageError(f"policy {reference}: there is no module {module!r} here or installed; check the name")
    return Path(found.origin) if found.has_location and found.origin else None


def _made_by(reference: str) -> Policy:
    module, _, path = reference.partition(":")
    _add_current_directory()
    try:
        made: Any = importlib.import_module(module)
    except Exception as error:
        raise _import_failed(reference, error) from error
    for name in path.split("."):
        if not hasattr(made, name):
            raise UsageError(f"policy {reference}: {module!r} has no {path!r}; check the name after the colon")
        made = getattr(made, name)
    if not callable(made):
        raise UsageError(f"policy {reference}: {path!r} is of type {type(made).__name__}; name a function or a class")
    try:
        policy = made()
    except UsageError as error:
        raise UsageError(f"policy {reference}: {error}") from error
    except Exception as error:
        raise UsageError(f"policy {reference} could not be made: {_one_line(error)}") from error
    if not isinstance(policy, Policy):
        raise UsageError(
            f"policy {reference} made a {type(policy).__name__}, which lacks initial_state() or "
            f"act(observations, states); see evalsuite/policies/policy.py"
        )
    return policy


def _load_checkpoint(reference: PolicyReference, trust: bool) -> Policy:
    try:
        import torch  # noqa: F401
    except ImportError as error:
        raise UsageError(
            f"{reference.reference} needs torch ({error}): install it with {install_command('torch')}"
        ) from error
    if reference.kind in KINDS:
        from evalsuite.policies.rocket_checkpoint import load_rocket

        _add_current_directory()
        return load_rocket(parse_rocket(reference.reference), trust=trust)
    from evalsuite.policies.checkpoints import load_export, load_torchscript

    if reference.kind == "trained":
        return load_torchscript(TRAINED[reference.reference])
    load = load_torchscript if reference.kind == "torchscript" else load_export
    return load(Path(reference.reference.partition(":")[2]), trust=trust)


def _add_current_directory() -> None:
    here = os.getcwd()
    if here not in sys.path and "" not in sys.path:
        sys.path.append(here)


def _import_failed(reference: str, error: Exception) -> UsageError:
    return UsageError(f"policy {reference} could not be imported: {_one_line(error)}")


def _one_line(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"[:300]
