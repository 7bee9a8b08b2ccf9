"""Making a torch.export archive (.pt2) safe to load: what could run code is refused or left out.

`torch.export.load` (read in torch 2.13) unpickles the sample inputs, any weight or constant marked
`use_pickle`, and the older formats without restriction; it hands `expr_str` to `sympy.sympify`, which
evaluates Python; it runs `guards_code`; it looks targets up by name from `torch` downwards; and it loads the
native libraries of AOTInductor. None of that is needed for a plain network. So the archive is read here as zip
and JSON, checked against what a plain network holds, and written anew without the rest.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from evalsuite.errors import UsageError

_KEPT = re.compile(
    r"data/weights/(weight_\d+|model_weights_config\.json)"
    r"|data/constants/(tensor_\d+|model_constants_config\.json)"
    r"|models/model\.json|extra/[\w.-]+|archive_format|archive_version|byteorder|\.data/(version|serialization_id)"
)
_SAMPLE_INPUTS = "data/sample_inputs/model.pt"
_PAYLOAD = re.compile(r"(weight|tensor)_\d+")
_NAME = re.compile(r"[A-Za-z_][\w.]*", re.ASCII)
_NAMING_KEYS = frozenset(
    ("name", "as_name", "parameter_name", "buffer_name", "tensor_constant_name", "user_input_name", "fqn")
)
_NEVER_PLAIN = frozenset(("as_graph", "as_custom_obj", "custom_obj", "as_operator", "token"))
_ATEN = re.compile(r"torch\.ops\.aten\.(\w+)\.(\w+)", re.ASCII)
_SYMBOLIC_TARGETS = frozenset(
    f"{module}{name}"
    for module, names in {
        "_operator.": ("add", "sub", "mul", "floordiv", "truediv", "mod", "neg", "getitem"),
        "torch.sym_": ("int", "float", "max", "min", "not"),
        "math.": ("ceil", "floor", "trunc"),
    }.items()
    for name in names
)
_SYMBOL = r"Symbol\('[su]\d+'(?:, (?:positive|nonnegative|integer)=True)*\)"
_EXPRESSION = re.compile(
    rf"(?:{_SYMBOL}|Integer|Add|Mul|FloorDiv|CeilDiv|PythonMod|Mod|Max|Min|\b[su]\d+\b|\b\d+\b|[-+(), ]){{1,200}}",
    re.ASCII,
)
_PLAIN_TREES = frozenset((None, "builtins.tuple", "builtins.list", "builtins.dict"))
_ONLY_IF_TRUSTED = "if you trust whoever made it, add --trust-checkpoint"


def plain_archive(path: Path) -> io.BytesIO:
    """A copy in memory of the archive at `path` that holds nothing but a plain network.

    Raises:
        UsageError: the archive is damaged, or needs something that could run code.
    """
    members = _members(path)
    if "models/model.json" not in members:
        raise UsageError(f"{path} holds no exported program called 'model': save it with torch.export.save")
    for name in ("data/weights/model_weights_config.json", "data/constants/model_constants_config.json"):
        _check_payloads(path, _json(path, members, name))
    members["models/model.json"] = json.dumps(_plain_program(path, _json(path, members, "models/model.json"))).encode()
    members[_SAMPLE_INPUTS] = b""
    copy = io.BytesIO()
    with zipfile.ZipFile(copy, "w", zipfile.ZIP_STORED) as archive:
        for name, content in members.items():
            archive.writestr(f"archive/{name}", content)
    copy.seek(0)
    return copy


def _members(path: Path) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(path) as archive:
            if any(each.compress_type != zipfile.ZIP_STORED for each in archive.infolist()):
                raise UsageError(f"{path} is a compressed zip: save it with torch.export.save")
            names = {each: each.partition("/")[2] for each in archive.namelist()}
            odd = [name for name in names.values() if name != _SAMPLE_INPUTS and not _KEPT.fullmatch(name)]
            if odd:
                raise UsageError(f"{path} holds {odd[0]!r}, which a plain network does not: {_ONLY_IF_TRUSTED}")
            return {name: archive.read(full) for full, name in names.items() if name != _SAMPLE_INPUTS}
    except (OSError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError) as error:
        raise UsageError(f"{path} is damaged ({error}): copy or export it again") from error


def _json(path: Path, members: dict[str, bytes], name: str) -> dict[str, Any]:
    try:
        content = json.loads(members[name])
    except (KeyError, ValueError, RecursionError) as error:
        raise UsageError(f"{path} lacks a readable {name!r}: copy or export it again") from error
    if not isinstance(content, dict):
        raise UsageError(f"{path} has no object in {name!r}: copy or export it again")
    return content


def _check_payloads(path: Path, config: dict[str, Any]) -> None:
    payloads = config.get("config")
    if not isinstance(payloads, dict) or not all(isinstance(each, dict) for each in payloads.values()):
        raise UsageError(f"{path} has an unreadable list of weights: copy or export it again")
    for name, payload in payloads.items():
        if payload.get("use_pickle") is not False or not _PAYLOAD.fullmatch(str(payload.get("path_name"))):
            raise UsageError(f"{path} needs unpickling for {name!r}: {_ONLY_IF_TRUSTED}")


def _plain_program(path: Path, program: dict[str, Any]) -> dict[str, Any]:
    try:
        module = program["graph_module"]
        module["metadata"] = {}
        module["module_call_graph"] = [call for call in module["module_call_graph"] if call["fqn"] == ""]
        for node in module["graph"]["nodes"]:
            node["metadata"] = {}
        trees = [call["signature"][spec] for call in module["module_call_graph"] for spec in ("in_spec", "out_spec")]
        symbols = list(program["range_constraints"])
        plain_trees = all(_is_plain_tree(json.loads(tree)[1]) for tree in trees)
        kinds = ("tensor", "sym_int", "sym_bool", "sym_float")
        values = [name for kind in kinds for name in module["graph"][f"{kind}_values"]]
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(f"{path} has an unreadable program: export it again with this version of torch") from error
    program["guards_code"] = []
    module.pop("treespec_namedtuple_fields", None)
    doubt = next(_doubts(program), None)
    if not plain_trees:
        doubt = "an input or output that is no tuple, list or dict"
    if odd := [name for name in (*symbols, *values) if not _NAME.fullmatch(name)]:
        doubt = f"the name {odd[0]!r}"
    if doubt is not None:
        raise UsageError(f"{path} holds {doubt:.80}, which a plain network does not: {_ONLY_IF_TRUSTED}")
    return program


def _doubts(value: Any, key: str = "") -> Iterator[str]:
    """Yield, in words, each thing in a serialized program that could reach beyond tensor arithmetic."""
    if isinstance(value, dict):
        for name, each in value.items():
            if name in _NEVER_PLAIN:
                yield f"a {name.removeprefix('as_').replace('_', ' ')}"
            yield from _doubts(each, name)
    elif isinstance(value, list):
        for each in value:
            yield from _doubts(each, key)
    elif key == "target":
        if not _is_plain_target(value):
            yield f"the operation {value!r}"
    elif key == "expr_str":
        if not (isinstance(value, str) and _EXPRESSION.fullmatch(value)):
            yield f"the expression {value!r}"
    elif key == "forward_arg_names" or key in _NAMING_KEYS:
        plain = value is None or value == "" or (isinstance(value, str) and _NAME.fullmatch(value))
        if not plain:
            yield f"the name {value!r}"


def _is_plain_target(target: object) -> bool:
    if not isinstance(target, str):
        return False
    found = _ATEN.fullmatch(target)
    if found is None:
        return target in _SYMBOLIC_TARGETS
    overload = getattr(getattr(torch.ops.aten, found[1], None), found[2], None)
    if not isinstance(overload, torch._ops.OpOverload):
        return False
    return all(argument.name != "filename" for argument in overload._schema.arguments)


def _is_plain_tree(tree: Any) -> bool:
    if tree["type"] not in _PLAIN_TREES:
        return False
    context = tree["context"]
    keys = json.loads(context) if isinstance(context, str) else context
    if keys is not None and not (isinstance(keys, list) and all(isinstance(key, str) for key in keys)):
        return False
    return all(_is_plain_tree(child) for child in tree["children_spec"])
