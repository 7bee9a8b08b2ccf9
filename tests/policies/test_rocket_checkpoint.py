"""`rocket2:` and `rocket3:` bring a checkpoint to life with the user's own code, or say in a line what is missing."""

from __future__ import annotations

import json
import sys
from collections import UserDict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from evalsuite.errors import UsageError
from evalsuite.policies.policy import Policy
from evalsuite.policies.references import load_policy, parse_reference
from evalsuite.policies.rocket_policy import MinePolicyWrapper
from evalsuite.testing import PolicyConformance
from evalsuite.testing.identity import identical
from tests.policies.archives import hostile_pickle
from tests.policies.cross_view_network import CrossViewNetwork, build

# Stand-ins for a user's checkouts. They have the names, the arguments and the habits of the published code
# (pre-trained backbones, weights loaded without being strict, words on stdout), around the tests' own network.
NETWORK = """
import json, pathlib, timm, torch
from tests.policies.cross_view_network import CrossViewNetwork

class Network(CrossViewNetwork):
    def __init__(self, width=16, pretrained_backbone=True):
        super().__init__(width)
        self.view_backbone = timm.create_model("timm/tiny.dino", pretrained=pretrained_backbone)
        print("tokens per step: 3")

    @classmethod
    def from_pretrained(cls, folder, *, local_files_only, map_location):
        folder = pathlib.Path(folder)
        network = cls(**json.loads((folder / "config.json").read_text()))
        data = (folder / "model.safetensors").read_bytes()
        start = 8 + int.from_bytes(data[:8], "little")
        tensors = {}
        for name, entry in json.loads(data[8:start]).items():
            first, last = entry["data_offsets"]
            numbers = torch.frombuffer(bytearray(data[start + first : start + last]), dtype=torch.float32)
            tensors[name] = numbers.reshape(entry["shape"])
        network.load_state_dict(tensors, strict=False)
        return network

def filled(content, **options):
    network = Network(**content["hyper_parameters"]["model"], **options)
    weights = {name.replace("mine_policy.", ""): value for name, value in content["state_dict"].items()}
    network.load_state_dict(weights, strict=False)
    return network
"""
ROCKET_2 = """
from network_of_the_user import Network as CrossViewRocket, filled
import torch

def load_cross_view_rocket(path):
    return filled(torch.load(path))
"""
ROCKET_3 = """
from network_of_the_user import Network as RocketPolicy, filled
import torch

def load_rocket3_policy(path, model_config=None):
    return filled(torch.load(path, map_location="cpu", weights_only=True), pretrained_backbone=False)
"""
TIMM = """
import torch

def create_model(name, pretrained=False):
    if pretrained:
        raise ConnectionError("no network")
    if name.startswith("timm/"):
        raise RuntimeError("unknown model " + name)
    return torch.nn.Linear(2, 2)
"""


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder on the path with both projects' modules, and nothing of them imported."""
    folder = tmp_path / "checkout"
    (folder / "rocket3").mkdir(parents=True)
    (folder / "model.py").write_text(ROCKET_2)
    (folder / "rocket3" / "__init__.py").touch()
    (folder / "rocket3" / "policy.py").write_text(ROCKET_3)
    (folder / "network_of_the_user.py").write_text(NETWORK)
    (folder / "timm.py").write_text(TIMM)
    monkeypatch.setattr(sys, "path", [str(folder), *sys.path])
    names = ("model", "rocket3", "rocket3.policy", "network_of_the_user", "timm")
    before = {name: sys.modules.pop(name) for name in names if name in sys.modules}
    yield folder
    for name in names:
        sys.modules.pop(name, None)
    sys.modules.update(before)


def weights(width: int = 16, without: str = "nothing") -> dict[str, torch.Tensor]:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        network = CrossViewNetwork(width)
    backbone = {"view_backbone.weight": torch.eye(2), "view_backbone.bias": torch.zeros(2)}
    return {name: each for name, each in {**network.state_dict(), **backbone}.items() if not name.startswith(without)}


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    """As the training writes it: the settings beside the weights, under the trainer's names."""
    return saved(tmp_path / "step=22000.ckpt", weights())


def saved(path: Path, tensors: dict[str, torch.Tensor]) -> Path:
    named = {f"mine_policy.{name}": each for name, each in tensors.items()}
    torch.save({"hyper_parameters": {"model": {"width": 16}, "devices": 8}, "state_dict": named}, path)
    return path


def loaded(text: str, trust: bool = False) -> MinePolicyWrapper:
    policy = load_policy(parse_reference(text), trust_checkpoint=trust)
    assert isinstance(policy, MinePolicyWrapper)
    return policy


def refusal(text: str) -> str:
    with pytest.raises(UsageError) as caught:
        loaded(text)
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < 600
    return message


def first_action(policy: Policy) -> Any:
    return policy.act([PolicyConformance().observation(0, 0)], [policy.initial_state()])[0][0]


class TestRocket2(PolicyConformance):
    @pytest.fixture(autouse=True)
    def _reference(self, checkout: Path, checkpoint: Path) -> None:
        self.reference = f"rocket2:{checkpoint}?batch=4"

    def make_policy(self) -> Policy:
        return loaded(self.reference)


@pytest.mark.parametrize("kind", ["rocket2", "rocket3"])
@pytest.mark.usefixtures("checkout")
def test_the_weights_of_the_checkpoint_are_the_ones_that_act(kind: str, checkpoint: Path) -> None:
    network = CrossViewNetwork()
    network.load_state_dict({name: each for name, each in weights().items() if not name.startswith("view_backbone")})
    expected = first_action(MinePolicyWrapper(network.eval(), deterministic=True))
    assert identical(first_action(loaded(f"{kind}:{checkpoint}?deterministic=1")), expected)
    assert not identical(first_action(MinePolicyWrapper(build(), deterministic=True)), expected)


@pytest.mark.parametrize("kind", ["rocket2", "rocket3"])
@pytest.mark.usefixtures("checkout")
def test_a_folder_in_the_hub_s_layout_gives_the_same_policy(kind: str, checkpoint: Path, tmp_path: Path) -> None:
    folder = tmp_path / "ROCKET-2-1.5x-17w"
    folder.mkdir()
    (folder / "config.json").write_text('{"width": 16}')
    header: dict[str, Any] = {}
    data = b""
    for name, each in weights().items():
        content = each.numpy().tobytes()
        header[name] = {"dtype": "F32", "shape": each.shape, "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    text = json.dumps(header).encode()
    (folder / "model.safetensors").write_bytes(len(text).to_bytes(8, "little") + text + data)
    reference = f"{kind}:{folder}?deterministic=1"
    assert parse_reference(reference).label == "ROCKET-2-1.5x-17w"
    assert identical(first_action(loaded(reference)), first_action(loaded(f"{kind}:{checkpoint}?deterministic=1")))


@pytest.mark.usefixtures("checkout")
def test_what_the_user_s_code_prints_stays_out_of_stdout(checkpoint: Path, capsys: pytest.CaptureFixture[str]) -> None:
    loaded(f"rocket2:{checkpoint}")
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "tokens per step" in printed.err


@pytest.mark.usefixtures("checkout")
def test_making_backbones_is_left_as_it_was(checkpoint: Path) -> None:
    loaded(f"rocket2:{checkpoint}")
    with pytest.raises(ConnectionError):
        sys.modules["timm"].create_model("tiny", pretrained=True)


@pytest.mark.usefixtures("checkout")
def test_weights_that_the_checkpoint_lacks_are_named_but_for_the_value_head_s(tmp_path: Path) -> None:
    message = refusal(f"rocket2:{saved(tmp_path / 'a.ckpt', weights(without='turn'))}")
    assert "lacks 2 of the network's weights (turn.weight first)" in message
    loaded(f"rocket2:{saved(tmp_path / 'b.ckpt', weights(without='value_head'))}")


@pytest.mark.usefixtures("checkout")
def test_weights_of_another_network_get_one_line(tmp_path: Path) -> None:
    assert "could not be loaded: RuntimeError" in refusal(f"rocket2:{saved(tmp_path / 'a.ckpt', weights(width=8))}")


@pytest.mark.parametrize("kind", ["rocket2", "rocket3"])
@pytest.mark.usefixtures("checkout")
def test_a_checkpoint_that_needs_unpickling_asks_for_trust_and_loads_with_it(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "pickled.ckpt"
    parameters = {"model": Settings(width=Width(16)), "optimizer": Settings}
    torch.save({"hyper_parameters": parameters, "state_dict": weights()}, path)
    message = refusal(f"{kind}:{path}")
    assert "--trust-checkpoint" in message
    loaded(f"{kind}:{path}", trust=True)


class Settings(UserDict[str, Any]):
    """A type of the training's own, which weights_only does not know."""


class Width(int):
    """Another."""


@pytest.mark.usefixtures("checkout")
def test_a_hostile_pickle_is_never_loaded(tmp_path: Path) -> None:
    mark, path = tmp_path / "it-ran", tmp_path / "model.ckpt"
    path.write_bytes(hostile_pickle(mark))
    for kind in ("rocket2", "rocket3"):
        assert "--trust-checkpoint" in refusal(f"{kind}:{path}")
    assert not mark.exists()


@pytest.mark.usefixtures("checkout")
def test_files_that_are_no_checkpoint_get_one_line(checkpoint: Path, tmp_path: Path) -> None:
    whole = checkpoint.read_bytes()
    for share in (0.0, 0.01, 0.5, 0.999):
        path = tmp_path / f"cut-{share}.ckpt"
        path.write_bytes(whole[: int(len(whole) * share)])
        assert str(path) in refusal(f"rocket2:{path}")
    torch.save([1, 2], tmp_path / "list.pt")
    assert "holds no network's weights" in refusal(f"rocket2:{tmp_path / 'list.pt'}")
    (tmp_path / "model.safetensors").write_bytes(b"?")
    assert "name the folder" in refusal(f"rocket2:{tmp_path / 'model.safetensors'}")
    assert "has no config.json" in refusal(f"rocket2:{tmp_path}")


@pytest.mark.parametrize(
    ("kind", "project", "module"), [("rocket2", "ROCKET-2", "model"), ("rocket3", "ROCKET-3", "rocket3")]
)
def test_without_the_user_s_code_one_line_says_where_it_is(
    kind: str, project: str, module: str, checkpoint: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    message = refusal(f"{kind}:{checkpoint}")
    assert f"need {project}'s own code (ModuleNotFoundError: No module named {module!r})" in message
    assert f"git clone https://github.com/CraftJarvis/{project}" in message
    assert "PYTHONPATH" in message


def test_a_module_of_the_same_name_is_not_taken_for_it(checkout: Path, checkpoint: Path) -> None:
    (checkout / "model.py").write_text("VERSION = 1\n")
    assert "model.py has no load_cross_view_rocket and so is not ROCKET-2's" in refusal(f"rocket2:{checkpoint}")
    sys.modules.pop("model")
    (checkout / "model.py").write_text("raise RuntimeError('operator torchvision::nms\\ndoes not exist')\n")
    assert "could not be imported: RuntimeError: operator torchvision::nms does not exist" in refusal(
        f"rocket2:{checkpoint}"
    )


def test_a_checkout_in_the_current_directory_is_found(
    checkout: Path, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sys.path.remove(str(checkout))
    monkeypatch.chdir(checkout)
    loaded(f"rocket3:{checkpoint}")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ("sampled=1", "no option 'sampled'; there are deterministic, guidance, batch, device"),
        ("guidance=-1", "guidance=-1: Input should be greater than or equal to 0"),
        ("guidance=nan", "guidance=nan"),
        ("guidance=", "guidance="),
        ("deterministic=maybe", "deterministic=maybe: Input should be a valid boolean"),
        ("batch=6", "batch=6: should be 1 or a multiple of 4"),
        ("device=tpu", "device=tpu"),
        ("guidance=1&guidance=2", "an option is given twice"),
        ("guidance", "after the ? come options as name=value"),
    ],
)
def test_a_mistaken_option_is_named(options: str, sentence: str, checkpoint: Path) -> None:
    assert sentence in refusal(f"rocket2:{checkpoint}?{options}")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
@pytest.mark.usefixtures("checkout")
def test_a_device_that_is_not_there_gets_one_line(checkpoint: Path) -> None:
    assert "there is no device cuda:1 here: leave out device=" in refusal(f"rocket2:{checkpoint}?device=cuda:1")


def test_a_reference_is_known_by_its_bytes_and_its_options(checkpoint: Path, tmp_path: Path) -> None:
    plain = parse_reference(f"rocket2:{checkpoint}")
    assert (plain.kind, plain.label, plain.beside_simulator) == ("rocket2", "step-22000", False)
    assert parse_reference(f"best=rocket3:{checkpoint}?guidance=1.5").label == "best"
    same = tmp_path / "what?not.ckpt"
    same.write_bytes(checkpoint.read_bytes())
    assert parse_reference(f"rocket2:{same}?").sha256 == plain.sha256
    assert parse_reference(f"rocket2:{checkpoint}?guidance=0").sha256 == plain.sha256
    guided = parse_reference(f"rocket2:{checkpoint}?guidance=1.5")
    assert guided.sha256 == parse_reference(f"rocket2:{same}?guidance=1.50").sha256 != plain.sha256
