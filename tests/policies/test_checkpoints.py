"""Bad checkpoints get one line; hostile ones get no chance."""

from __future__ import annotations

import contextlib
import json
import struct
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch

from evalsuite.errors import UsageError
from evalsuite.policies.checkpoints import load_export, load_torchscript, save_export
from evalsuite.policies.small_network import CONTRACT, build
from evalsuite.policies.torch_policy import TorchPolicy
from tests.policies.archives import hostile_pickle, replacing, rewritten, with_json

PROGRAM = "models/model.json"


def refusal(load: Any, path: Path, **options: Any) -> str:
    """The one line that loading `path` answers with."""
    with pytest.raises(UsageError) as caught:
        load(path, **options)
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < 600
    return message


@pytest.mark.parametrize("load", [load_torchscript, load_export])
def test_a_pickled_module_is_refused_with_a_hint_how_to_export_it(load: Any, tmp_path: Path) -> None:
    for legacy in (False, True):
        path = tmp_path / f"whole-{legacy}.pt"
        torch.save(build(), path, _use_new_zipfile_serialization=not legacy)
        message = refusal(load, path)
        assert "examples/export_torch_policy.py" in message
        assert "pickle" in message


@pytest.mark.parametrize("load", [load_torchscript, load_export])
def test_a_hostile_pickle_is_never_loaded(load: Any, tmp_path: Path) -> None:
    mark = tmp_path / "it-ran"
    path = tmp_path / "model.pt"
    path.write_bytes(hostile_pickle(mark))
    refusal(load, path)
    assert not mark.exists()


@pytest.mark.parametrize(("kind", "load"), [("torchscript_file", load_torchscript), ("export_file", load_export)])
def test_a_file_cut_off_at_any_length_gives_one_line(
    kind: str, load: Any, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    whole = request.getfixturevalue(kind).read_bytes()
    for share in (0.0, 0.001, 0.3, 0.9, 0.9999):
        path = tmp_path / f"cut-{share}.pt2"
        path.write_bytes(whole[: int(len(whole) * share)])
        message = refusal(load, path)
        assert str(path) in message


@pytest.mark.parametrize("load", [load_torchscript, load_export])
def test_a_missing_file_or_a_folder_gives_one_line(load: Any, tmp_path: Path) -> None:
    assert "No such file" in refusal(load, tmp_path / "none.pt")
    assert "directory" in refusal(load, tmp_path)


def test_each_kind_names_the_other_when_it_is_given_it(torchscript_file: Path, export_file: Path) -> None:
    assert f"export:{export_file}" in refusal(load_torchscript, export_file)
    assert f"torchscript:{torchscript_file}" in refusal(load_export, torchscript_file)


@pytest.mark.parametrize(("kind", "load"), [("torchscript_file", load_torchscript), ("export_file", load_export)])
@pytest.mark.parametrize("trust", [False, True])
def test_a_flipped_byte_in_any_member_is_noticed(
    kind: str, load: Any, trust: bool, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    whole = request.getfixturevalue(kind)
    with zipfile.ZipFile(whole) as archive:
        members = [each for each in archive.infolist() if each.file_size > 8]
    for member in (members[0], max(members, key=lambda each: each.file_size)):
        content = bytearray(whole.read_bytes())
        name, extra = struct.unpack_from("<HH", content, member.header_offset + 26)
        content[member.header_offset + 30 + name + extra + member.file_size // 2] ^= 0x01
        path = tmp_path / "flipped.pt2"
        path.write_bytes(content)
        assert f"{path} is cut off or damaged" in refusal(load, path, trust=trust)


def test_a_damaged_weight_in_an_export_archive_is_noticed(export_file: Path, tmp_path: Path) -> None:
    content = bytearray(export_file.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path = tmp_path / "damaged.pt2"
    path.write_bytes(content)
    assert "damaged" in refusal(load_export, path)


def test_an_archive_without_its_contract_says_what_is_missing(torchscript_file: Path, tmp_path: Path) -> None:
    bare = rewritten(
        torchscript_file, tmp_path / "bare.pt", lambda name, content: None if name.startswith("extra") else content
    )
    assert "carries no evalsuite.json" in refusal(load_torchscript, bare)


@pytest.mark.parametrize(
    ("change", "field"),
    [({"format": 2}, "format"), ({"image_size": [112]}, "image_size"), ({"colour": 1}, "colour")],
)
def test_a_contract_with_a_mistake_names_the_field(
    change: dict[str, Any], field: str, torchscript_file: Path, tmp_path: Path
) -> None:
    wrong = with_json(
        torchscript_file, tmp_path / "wrong.pt", "extra/evalsuite.json", lambda value: value.update(change)
    )
    assert f"evalsuite.json: {field}" in refusal(load_torchscript, wrong)


def test_a_hostile_pickle_inside_a_torchscript_archive_does_not_run(torchscript_file: Path, tmp_path: Path) -> None:
    for member in ("data.pkl", "constants.pkl", "code/__torch__.py.debug_pkl"):
        mark = tmp_path / f"it-ran-{Path(member).name}"
        path = rewritten(torchscript_file, tmp_path / "hostile.pt", replacing(member, hostile_pickle(mark)))
        for trust in (False, True):
            with contextlib.suppress(UsageError):
                load_torchscript(path, trust=trust)
            assert not mark.exists(), f"the pickle in {member} ran"


class SavesWhatItSees(torch.nn.Module):
    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        torch.save(image, self.path)
        return image


@pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")
def test_torchscript_that_writes_files_is_refused(tmp_path: Path) -> None:
    path, mark = tmp_path / "spy.pt", tmp_path / "seen.bin"
    torch.jit.save(torch.jit.script(SavesWhatItSees(str(mark))), str(path), _extra_files={"evalsuite.json": "{}"})
    message = refusal(load_torchscript, path)
    assert "'save'" in message
    assert "--trust-checkpoint" in message
    assert not mark.exists()


def test_sample_inputs_are_never_unpickled_and_a_plain_export_needs_no_trust(export_file: Path, tmp_path: Path) -> None:
    mark = tmp_path / "it-ran"
    path = rewritten(
        export_file,
        tmp_path / "hostile.pt2",
        replacing("data/sample_inputs/model.pt", hostile_pickle(mark)),
    )
    assert isinstance(load_export(path), TorchPolicy)
    assert not mark.exists()


def test_the_sample_inputs_would_run_under_trust(export_file: Path, tmp_path: Path) -> None:
    """The attack is real: so the test above proves something."""
    mark = tmp_path / "it-ran"
    path = rewritten(
        export_file,
        tmp_path / "hostile.pt2",
        replacing("data/sample_inputs/model.pt", hostile_pickle(mark)),
    )
    refusal(load_export, path, trust=True)
    assert mark.exists()


def pickle_a_weight(config: dict[str, Any]) -> None:
    next(iter(config["config"].values()))["use_pickle"] = True


def test_a_weight_that_needs_unpickling_asks_for_trust(export_file: Path, tmp_path: Path) -> None:
    path = with_json(export_file, tmp_path / "p.pt2", "data/weights/model_weights_config.json", pickle_a_weight)
    assert "--trust-checkpoint" in refusal(load_export, path)


def hostile_guard(program: dict[str, Any]) -> None:
    program["guards_code"] = ["__import__('os').mkdir('it-ran')"]


def test_guard_code_is_left_out(export_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = with_json(export_file, tmp_path / "guards.pt2", PROGRAM, hostile_guard)
    load_export(path)
    assert not (tmp_path / "it-ran").exists()


def hostile_expression(program: dict[str, Any]) -> None:
    value = next(iter(program["graph_module"]["graph"]["tensor_values"].values()))
    value["sizes"][0] = {"as_expr": {"expr_str": "__import__('os').mkdir('it-ran')", "hint": None}}


def target(name: str) -> Any:
    def change(program: dict[str, Any]) -> None:
        program["graph_module"]["graph"]["nodes"][0]["target"] = name

    return change


def hostile_name(program: dict[str, Any]) -> None:
    program["graph_module"]["graph"]["inputs"][0]["as_tensor"]["name"] = "x=__import__('os').mkdir('it-ran')"


def hostile_tree(program: dict[str, Any]) -> None:
    signature = program["graph_module"]["module_call_graph"][0]["signature"]
    signature["out_spec"] = json.dumps([1, {"type": "os.system", "context": "null", "children_spec": []}])


@pytest.mark.parametrize(
    "change",
    [
        hostile_expression,
        hostile_name,
        hostile_tree,
        target("torch.hub.load"),
        target("torch.load"),
        target("torch.ops.aten.save.default"),
        target("torch.ops.aten.from_file.default"),
        target("torch.ops.load_library"),
        target("_operator.attrgetter"),
        target("#extension:thing"),
    ],
)
def test_a_program_that_reaches_beyond_a_network_asks_for_trust(
    change: Any, export_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = with_json(export_file, tmp_path / "hostile.pt2", PROGRAM, change)
    assert "--trust-checkpoint" in refusal(load_export, path)
    assert not (tmp_path / "it-ran").exists()


@pytest.mark.parametrize(
    "member", ["data/aotinductor/model/x.so", "data/weights/model.pt", "data/constants/opaque_obj_0"]
)
def test_members_that_hold_code_or_pickles_ask_for_trust(member: str, export_file: Path, tmp_path: Path) -> None:
    path = rewritten(export_file, tmp_path / "more.pt2", lambda _, content: content, {member: b"?"})
    assert "--trust-checkpoint" in refusal(load_export, path)


@pytest.mark.parametrize("member", [PROGRAM, "data/weights/model_weights_config.json"])
@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"graph_module": 3, "config": {"a": 1}}'])
def test_an_unreadable_program_gives_one_line(member: str, content: bytes, export_file: Path, tmp_path: Path) -> None:
    path = rewritten(export_file, tmp_path / "odd.pt2", replacing(member, content))
    refusal(load_export, path)


class KeepsItsMemory(torch.nn.Module):
    memory: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("memory", torch.zeros(1))

    def forward(
        self,
        image: torch.Tensor,
        goal_image: torch.Tensor,
        goal_mask: torch.Tensor,
        interaction: torch.Tensor,
    ) -> dict[str, torch.Tensor]:
        self.memory.add_(1.0)
        return {"buttons": self.memory.expand(1, 9) + 0.0, "camera": self.memory.expand(1, 2) + 0.0}


def test_a_model_that_keeps_memory_in_itself_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "remembers.pt2"
    save_export(KeepsItsMemory(), CONTRACT.model_copy(update={"state": ()}), path)
    assert "keep all memory in the state" in refusal(load_export, path)


def test_an_export_for_any_batch_size_loads_too(tmp_path: Path) -> None:
    path = tmp_path / "dynamic.pt2"
    rows = torch.export.Dim("rows", min=1, max=64)
    inputs = (
        torch.zeros((2, 112, 112, 3), dtype=torch.uint8),
        torch.zeros((2, 112, 112, 3), dtype=torch.uint8),
        torch.zeros((2, 112, 112), dtype=torch.uint8),
        torch.zeros((2,), dtype=torch.int64),
        torch.zeros((2, 128)),
    )
    program = torch.export.export(build(), inputs, dynamic_shapes=({0: rows},) * 5)
    contract = CONTRACT.model_copy(update={"batch": 4})
    torch.export.save(program, path, extra_files={"evalsuite.json": contract.model_dump_json()})
    assert isinstance(load_export(path), TorchPolicy)
