"""What the adapter relies on in upstream's `Lab` class, held by the stand-in and by the real one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evalsuite.adapters.dmlab.engine import LEVEL, LEVELS, OBSERVATIONS, LevelCache
from evalsuite.adapters.dmlab.level import level_of, statements
from evalsuite.suite.scenario import Scenario
from tests.adapters.dmlab.conftest import play_module

STILL = np.zeros(7, np.intc)
FORWARD = np.array([0, 0, 0, 1, 0, 0, 0], np.intc)
MakeLab = Callable[..., Any]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> LevelCache:
    return LevelCache(tmp_path_factory.mktemp("maps"))


@pytest.fixture
def make(player: str, facing: Callable[..., Scenario], cache: LevelCache, tmp_path: Path) -> Iterator[MakeLab]:
    """Make a `Lab` of 80 x 60 pixels whose agent is on its way to a tomato; they are closed in the end."""
    scenario = facing("interact", start=(11.0, 3.0))
    level = statements(level_of(scenario), scenario)
    made: list[Any] = []

    def lab(observations: list[str] = OBSERVATIONS, level_name: str = LEVEL, **config: Any) -> Any:
        usual = {"levelDirectory": str(LEVELS), "width": "80", "height": "60", "hasAltCameras": "true", "level": level}
        new = play_module(player).Lab(
            level_name,
            observations,
            config={**usual, **config},
            renderer="software",
            level_cache=cache,
            temp_folder=str(tmp_path),
        )
        made.append(new)
        return new

    yield lab
    for each in made:
        each.close()


def test_an_action_is_seven_numbers_with_upstreams_names_and_ranges(make: MakeLab) -> None:
    spec = make().action_spec()
    assert [(each["name"], each["min"], each["max"]) for each in spec] == [
        ("LOOK_LEFT_RIGHT_PIXELS_PER_FRAME", -512, 512),
        ("LOOK_DOWN_UP_PIXELS_PER_FRAME", -512, 512),
        ("STRAFE_LEFT_RIGHT", -1, 1),
        ("MOVE_BACK_FORWARD", -1, 1),
        ("FIRE", 0, 1),
        ("JUMP", 0, 1),
        ("CROUCH", 0, 1),
    ]


def test_observations_have_the_shapes_and_dtypes_of_their_spec(make: MakeLab) -> None:
    lab = make()
    lab.reset(seed=1)
    seen = lab.observations()
    assert set(seen) == set(OBSERVATIONS)
    specs = {each["name"]: each for each in lab.observation_spec()}
    for name, array in seen.items():
        wanted = specs[name]["shape"]
        assert array.dtype == specs[name]["dtype"]
        assert len(array.shape) == len(wanted)
        assert all(b in (0, a) for a, b in zip(array.shape, wanted, strict=True)), "0 stands for any length"
    assert seen["RGB_INTERLEAVED"].shape == (60, 80, 3)


def test_a_config_value_that_is_no_text_is_a_type_error(make: MakeLab) -> None:
    with pytest.raises(TypeError):
        make(width=80)


def test_a_width_that_is_no_multiple_of_four_is_refused(make: MakeLab) -> None:
    with pytest.raises(RuntimeError, match="multiple of 4"):
        make(width="82")


def test_an_unknown_level_is_refused(make: MakeLab) -> None:
    with pytest.raises(RuntimeError, match="Level not found"):
        make(level_name="no_such_level")


def test_an_unknown_observation_is_refused(make: MakeLab) -> None:
    with pytest.raises(ValueError, match="Unknown observation 'NOPE'"):
        make(["NOPE"])


def test_nothing_can_be_asked_before_the_first_reset(make: MakeLab) -> None:
    lab = make()
    assert not lab.is_running()
    assert lab.num_steps() == 0
    for ask in (lab.observations, lab.events, lambda: lab.step(STILL)):
        with pytest.raises(RuntimeError, match="wrong status"):
            ask()


def test_a_seed_is_a_python_int(make: MakeLab) -> None:
    lab = make()
    assert lab.reset(seed=3)
    with pytest.raises(ValueError, match="'seed' must be int or None"):
        lab.reset(seed=np.int64(3))


@pytest.mark.parametrize(
    ("action", "error"),
    [
        ([0] * 7, TypeError),
        (np.zeros(7, np.int64), ValueError),
        (np.zeros(6, np.intc), ValueError),
        (np.zeros((1, 7), np.intc), ValueError),
    ],
)
def test_an_action_of_another_type_dtype_or_shape_is_refused(
    make: MakeLab, action: Any, error: type[Exception]
) -> None:
    lab = make()
    lab.reset(seed=1)
    with pytest.raises(error):
        lab.step(action)


def test_steps_are_counted_in_frames_from_the_last_reset(make: MakeLab) -> None:
    lab = make()
    lab.reset(seed=1)
    lab.step(STILL, 3)
    lab.step(STILL, num_steps=2)
    assert lab.num_steps() == 5
    lab.reset(seed=1)
    assert lab.num_steps() == 0


def test_ten_pixels_for_two_frames_turn_two_degrees_right_or_down(make: MakeLab) -> None:
    for axis, index, sign in ((0, 4, -1), (1, 3, 1)):
        lab = make()
        lab.reset(seed=1)
        lab.step(STILL, 6)
        before = lab.observations()["CROSSVIEW.POSE"][index]
        action = STILL.copy()
        action[axis] = 10
        lab.step(action, 2)
        turned = lab.observations()["CROSSVIEW.POSE"][index] - before
        assert sign * turned == pytest.approx(2.109, abs=0.02)


def test_full_speed_is_320_units_a_second(make: MakeLab) -> None:
    lab = make()
    lab.reset(seed=1)
    lab.step(FORWARD, 12)
    before = lab.observations()["CROSSVIEW.POSE"]
    lab.step(FORWARD, 3)
    gone = np.linalg.norm((lab.observations()["CROSSVIEW.POSE"] - before)[:2])
    assert gone * 60 / 3 == pytest.approx(320, rel=0.06)


def test_touching_a_fruit_is_reported_once_and_rewarded(make: MakeLab) -> None:
    lab = make()
    lab.reset(seed=1)
    told: list[Any] = []
    rewards = 0.0
    for _ in range(60):
        rewards += lab.step(FORWARD, 1)
        told += lab.events()
    assert told == [("taken", ["tomato-1", "touched"])]
    assert rewards == 1.0


def test_an_observation_that_is_kept_stays_as_it_was(make: MakeLab) -> None:
    lab = make()
    lab.reset(seed=1)
    kept = lab.observations()["RGB_INTERLEAVED"]
    before = kept.copy()
    lab.step(np.array([60, 0, 0, 1, 0, 0, 0], np.intc), 8)
    lab.observations()
    assert (kept == before).all()


def test_properties_are_text_and_known_by_name(make: MakeLab) -> None:
    lab = make()
    lab.reset(seed=1)
    lab.write_property("look", "off")
    assert lab.read_property("look") == "off"
    with pytest.raises(TypeError, match="not readable"):
        lab.read_property("nope")
    with pytest.raises(TypeError, match="not writable"):
        lab.write_property("nope", "1")
    with pytest.raises(TypeError):
        lab.write_property("look", 1)


@pytest.mark.parametrize(("asked", "pictures"), [("view", 1), ("mask", 2), ("both", 3)])
def test_looking_gives_as_many_pictures_as_asked_for(make: MakeLab, asked: str, pictures: int) -> None:
    lab = make()
    lab.reset(seed=1)
    lab.write_property("look", f"{asked} 520 150 60 10 70 thing 1")
    answer = lab.observations()["CROSSVIEW.LOOK"]
    assert answer.shape == (pictures, 60, 80, 3)
    if asked != "view":
        assert (answer[-2] != answer[-1]).any(axis=-1).sum() > 5, "the tomato, white and black"
    lab.write_property("look", "off")
    assert lab.observations()["CROSSVIEW.LOOK"].shape == (1, 1, 1, 1)


def test_after_the_end_observations_and_steps_raise(make: MakeLab) -> None:
    lab = make(episodeSeconds="0.5")
    lab.reset(seed=1)
    lab.step(STILL, 100)
    assert not lab.is_running()
    assert lab.num_steps() == 100, "frames that were asked for, not those that there were"
    with pytest.raises(RuntimeError, match="wrong status"):
        lab.observations()
    with pytest.raises(RuntimeError, match="wrong status"):
        lab.step(STILL)
    lab.reset(seed=1)
    assert lab.is_running()


def test_close_says_whether_there_was_something_to_close(make: MakeLab) -> None:
    lab = make()
    lab.reset(seed=1)
    assert lab.close()
    assert not lab.close()
    assert not lab.is_running()
    with pytest.raises(RuntimeError, match="wrong status"):
        lab.observations()


def test_resets_after_the_first_are_alike(make: MakeLab) -> None:
    lab = make()
    lab.reset(seed=1)
    seen = []
    for _ in range(2):
        lab.reset(seed=1)
        lab.step(np.array([20, 3, 0, 1, 0, 0, 0], np.intc), 20)
        seen.append(lab.observations())
    assert (seen[0]["RGB_INTERLEAVED"] == seen[1]["RGB_INTERLEAVED"]).all()
    assert (seen[0]["CROSSVIEW.POSE"] == seen[1]["CROSSVIEW.POSE"]).all()


def test_a_map_is_asked_of_the_cache_and_given_to_it(make: MakeLab, cache: LevelCache, tmp_path: Path) -> None:
    make().reset(seed=1)
    kept = list(cache._folder.glob("*.pk3"))
    assert len(kept) == 1
    before = kept[0].stat().st_mtime_ns
    make().reset(seed=1)
    assert list(cache._folder.glob("*.pk3")) == kept
    assert kept[0].stat().st_mtime_ns == before, "it was fetched, not made again"
