"""A real engine's episode, filmed by playing it again, and played again once more."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from evalsuite.adapters.doom.simulator import DoomSimulator
from evalsuite.crossview.environment import CrossViewEnv
from evalsuite.policies.references import parse_reference
from evalsuite.records.reading import read_records
from evalsuite.records.videos import video_file
from evalsuite.runner.replay import Replayed, read_recorded_run, replay_episodes
from evalsuite.runner.run import run_suite
from evalsuite.suite import find_suite
from tests.video.moving_pictures import difference, pictures_of

SCENARIO = "doom-quick/interact-easy-0001"


def test_a_doom_episode_is_filmed_from_its_start_view_to_its_last_and_comes_out_the_same_again(
    tmp_path: Path, simulator: DoomSimulator
) -> None:
    suite, _ = find_suite("doom-quick")
    (scenario,) = [each for each in suite.scenarios if each.id == SCENARIO]
    result = run_suite(
        suite.model_copy(update={"scenarios": (scenario,)}),
        [parse_reference("oracle")],
        out=tmp_path / "run",
        workers=1,
        videos="all",
    )
    assert (result.outcomes["success"], result.videos, result.video_faults) == (1, 1, {})
    (record,) = read_records(tmp_path / "run")
    video = video_file(tmp_path / "run", record)
    assert video is not None
    pictures = pictures_of(video)
    assert len(pictures) == record.steps + 1
    assert {picture.shape for picture in pictures} == {(312, 480, 3)}
    observation, _ = CrossViewEnv(simulator, scenario).reset(seed=0)
    start = np.asarray(Image.fromarray(observation["image"]).resize((480, 270), Image.Resampling.BOX))
    assert difference(pictures[0][:270, :320], start[:, :320]) < 8
    assert difference(pictures[-1][:270, :320], start[:, :320]) > 8
    again: list[Replayed] = []
    run = read_recorded_run(tmp_path / "run")
    assert replay_episodes(run, [record], on_replayed=again.append)
    assert again[0].same
