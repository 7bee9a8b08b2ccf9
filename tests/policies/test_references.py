"""What a person types becomes a policy, or one line that says what is wrong."""

from __future__ import annotations

import contextlib
import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalsuite.errors import UsageError
from evalsuite.policies.controls import NoopPolicy, RandomPolicy
from evalsuite.policies.references import PolicyReference, load_policy, parse_reference

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A module of policies in the current directory, under a name that no other test uses."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    path = tmp_path / f"policies_of_{tmp_path.name.replace('-', '_')}.py"
    path.write_text(
        "from evalsuite.policies.controls import NoopPolicy\n"
        "class Holder:\n    make = NoopPolicy\n"
        "def broken():\n    raise ValueError('no weights\\nto be found')\n"
        "def wrong():\n    return 3\n"
        "def needy(path):\n    return NoopPolicy()\n"
        "number = 4\n"
    )
    return path


def refusal(text: str) -> str:
    """The one line that `text` is answered with."""
    with pytest.raises(UsageError) as caught:
        load_policy(parse_reference(text))
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("name", ["noop", "random", "oracle"])
def test_a_control_is_named_by_its_name_and_runs_beside_the_simulator(name: str) -> None:
    reference = parse_reference(name)
    assert (reference.label, reference.reference, reference.kind) == (name, name, name)
    assert reference.beside_simulator


def test_the_controls_come_to_life() -> None:
    assert isinstance(load_policy(parse_reference("noop")), NoopPolicy)
    assert isinstance(load_policy(parse_reference("random")), RandomPolicy)


@pytest.mark.parametrize(
    ("text", "label", "rest"),
    [
        ("mine=noop", "mine", "noop"),
        ("v1.2+b_c-d=random", "v1.2+b_c-d", "random"),
    ],
)
def test_a_label_stands_before_the_first_equals_sign(text: str, label: str, rest: str) -> None:
    reference = parse_reference(text)
    assert (reference.label, reference.reference) == (label, rest)


def test_a_path_may_hold_equals_signs(tmp_path: Path) -> None:
    path = tmp_path / "lr=0.1 step=3.pt"
    path.write_bytes(b"weights")
    plain = parse_reference(f"torchscript:{path}")
    assert (plain.label, plain.reference) == ("lr-0.1-step-3", f"torchscript:{path}")
    labelled = parse_reference(f"best=torchscript:{path}")
    assert (labelled.label, labelled.reference) == ("best", f"torchscript:{path}")


def test_a_checkpoint_is_known_by_the_hash_of_its_bytes_wherever_it_lies(tmp_path: Path) -> None:
    content = bytes(range(256)) * 9000
    hashes = set()
    for name in ("a.pt2", "b.pt2"):
        (tmp_path / name).write_bytes(content)
        reference = parse_reference(f"export:{tmp_path / name}")
        assert not reference.beside_simulator
        hashes.add(reference.sha256)
    assert hashes == {hashlib.sha256(content).hexdigest()}


def test_a_factory_whose_module_changed_is_another_policy(module: Path) -> None:
    text = f"{module.stem}:NoopPolicy"
    before = parse_reference(text)
    assert before == parse_reference(text)
    module.write_text(module.read_text() + "# changed\n")
    assert parse_reference(text).sha256 != before.sha256


def test_a_factory_in_the_current_directory_is_found_and_called(module: Path) -> None:
    reference = parse_reference(f"{module.stem}:Holder.make")
    assert (reference.kind, reference.label) == ("factory", "make")
    assert isinstance(load_policy(reference), NoopPolicy)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("broken", "could not be made: ValueError: no weights to be found"),
        ("wrong", "made a int, which lacks initial_state"),
        ("needy", "could not be made: TypeError"),
        ("number", "is of type int; name a function or a class"),
        ("nothing", "has no 'nothing'"),
    ],
)
def test_a_factory_that_does_not_make_a_policy_gets_one_line(module: Path, name: str, sentence: str) -> None:
    assert sentence in refusal(f"{module.stem}:{name}")


def test_a_file_that_python_s_own_module_hides_is_to_be_renamed(module: Path) -> None:
    assert "is a module of Python's own library" not in refusal("queue:Policy")
    module.with_name("queue.py").write_text("def make(): ...\n")
    assert "'queue' is a module of Python's own library; rename the one here" in refusal("queue:make")


def test_a_module_that_can_not_be_imported_gets_one_line(module: Path) -> None:
    module.write_text("raise RuntimeError('no\\nlicence')")
    assert "could not be imported: RuntimeError: no licence" in refusal(f"{module.stem}:make")
    module.with_name("with_a_slip.py").write_text("def make(:\n")
    assert "could not be imported: SyntaxError" in refusal("with_a_slip:make")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "there is no policy ''"),
        (
            "nop",
            "a policy is noop, random, oracle, doom-pretrained, doom-finetuned, package.module:factory, "
            "torchscript:FILE, export:FILE.pt2, rocket2:PATH",
        ),
        ("mine=", "a policy is"),
        ("no_such_module_anywhere:make", "there is no module"),
        ("no_such_package.module:make", "could not be imported: ModuleNotFoundError"),
        ("torchscript:/nowhere/model.pt", "can't read the checkpoint /nowhere/model.pt: No such file"),
        ("export:", "name the file: export:FILE"),
        ("rocket2:/x", "can't read the checkpoint /x: No such file"),
        ("rocket3:/x", "can't read the checkpoint /x: No such file"),
        ("../module:make", "there is no policy"),
    ],
)
def test_what_names_no_policy_gets_one_line(text: str, sentence: str) -> None:
    assert sentence in refusal(text)


@given(st.text(max_size=30).filter(lambda text: ":" not in text))
def test_any_text_is_a_reference_or_a_usage_error(text: str) -> None:
    with contextlib.suppress(UsageError):
        assert isinstance(parse_reference(text), PolicyReference)


def test_the_example_that_exports_a_model_writes_what_can_be_scored(tmp_path: Path) -> None:
    for kind, name in (("torchscript", "mine.pt"), ("export", "mine.pt2")):
        done = subprocess.run(
            [sys.executable, str(ROOT / "examples" / "export_torch_policy.py"), name],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        reference = parse_reference(f"{kind}:{tmp_path / name}")
        assert reference.label == "mine"
        load_policy(reference)


@pytest.mark.parametrize("label", ["a b", "", "ü", "-x"])
def test_what_can_be_no_label_is_told_what_a_label_may_hold(label: str) -> None:
    assert "can't be a label; one holds the letters a to z, digits and . _ + -" in refusal(f"{label}=noop")


@pytest.mark.parametrize("kind", ["torchscript", "export"])
def test_a_checkpoint_without_a_file_is_asked_for_one(kind: str) -> None:
    assert f"name the file: {kind}:FILE" in refusal(f"{kind}:")
    assert f"name the file: {kind}:FILE" in refusal(f"mine={kind}:")
