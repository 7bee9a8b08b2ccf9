from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import pytest

from evalsuite.adapters.robot.config import CONFIG_VARIABLE, RobotConfig, load_config, named_config
from evalsuite.errors import UsageError

TAGS = """
overhead:
  camera: {source: "1", calibration: overhead.yaml}
  robot: {id: 0, size: 0.15, height: 0.2}
  floor: [{id: 10, x: -1.0, y: 0.0}]
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "robot.yaml"
    path.write_text(text)
    return path


def test_an_empty_mapping_is_a_ros2_robot_that_an_operator_scores(tmp_path: Path) -> None:
    config = load_config(written(tmp_path, "name: car"))
    assert (config.link.kind, config.execution, config.rate, config.overhead) == ("dds", "blocking", 2.0, None)


def test_every_mistake_has_a_line_of_its_own(tmp_path: Path) -> None:
    path = written(tmp_path, "link: {knd: dds}\nlimits: {speed: -1}\nexecution: blokking\n")
    with pytest.raises(UsageError) as caught:
        load_config(path)
    lines = str(caught.value).splitlines()
    assert [line.split(": ")[1] for line in lines] == ["link.knd", "execution", "limits.speed"]
    assert "did you mean 'kind'?" in lines[0]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("- a list", "a robot's file is a mapping"),
        ("link: [", "robot.yaml:1: not YAML"),
        ("limits: {geofence: [[0, 0], [1, 1]]}", "three corners"),
        ("execution: !!python/object:os.system {}", "not YAML"),
        (TAGS.replace("id: 10", "id: 0"), "tag 0 is named twice"),
        ("link: {kind: camera}\ncamera: {source: '0'}", "write motion: false"),
        ("link: {kind: camera}\nmotion: false", "needs camera.source"),
        ("limits: {geofence: [[0, 0], [1, 1], [1, 0]]}", "describe the tags under overhead"),
        (TAGS.replace('source: "1", ', ""), "camera.source is 'link'"),
        (TAGS.replace("id: 10", "id: 999"), "tags 0 to 586, not 999"),
        (TAGS + "  family: 36h12\n", "36h12' is none of"),
        (TAGS + "limits: {geofence: [[0, 0], [1, 1], [2, 2]]}", "enclose nothing"),
        ("step: .inf", "step: should be a finite number"),
    ],
)
def test_a_mistake_is_told(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        load_config(written(tmp_path, text))


def test_a_rule_about_several_fields_is_told_without_the_whole_file(tmp_path: Path) -> None:
    path = written(tmp_path, "link: {kind: camera}\ncamera: {source: '0'}")
    with pytest.raises(UsageError) as caught:
        load_config(path)
    assert str(caught.value) == f"{path}: a link of kind camera can't drive: write motion: false"


def test_the_examples_of_the_readme_are_as_they_should_be(tmp_path: Path) -> None:
    page = (Path(str(files("evalsuite.adapters.robot"))) / "README.md").read_text(encoding="utf-8")
    examples = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert len(examples) > 5
    for example in examples:
        assert load_config(written(tmp_path, example)).name


def test_paths_are_taken_from_the_folder_of_the_file(tmp_path: Path) -> None:
    config = load_config(written(tmp_path, TAGS + "goals: photos\nlimits: {stop_file: STOP}\n"))
    assert config.goals == tmp_path / "photos"
    assert config.limits.stop_file == tmp_path / "STOP"
    assert config.overhead is not None
    assert config.overhead.camera.calibration == tmp_path / "overhead.yaml"


def test_the_environment_names_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(CONFIG_VARIABLE, raising=False)
    assert named_config() is None
    monkeypatch.setenv(CONFIG_VARIABLE, str(written(tmp_path, "name: the one")))
    found = named_config()
    assert isinstance(found, RobotConfig)
    assert found.name == "the one"
