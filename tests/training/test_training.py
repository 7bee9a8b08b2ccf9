"""Training, small: the teacher reaches goals, a network learns from it, its archive decides as it did in training."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from evalsuite.crossview.environment import CrossViewEnv
from evalsuite.crossview.spaces import BUTTONS
from evalsuite.errors import UsageError
from evalsuite.policies.checkpoint_folder import read_checkpoint_folder
from evalsuite.policies.checkpoints import load_torchscript
from evalsuite.suite.scenario import Scenario
from examples.training.arena import TRAINING_SEEDS, VALIDATION_SEEDS, DecisionDoom, scenarios_for_training
from examples.training.decisions import PRESSED, STEPS_PER_DECISION, TURNS_DEGREES
from examples.training.demonstrations import saved_scenarios
from examples.training.fitting import Fit, export, fit
from examples.training.imitation import fit_eyes, fix_eyes, saved_episodes
from examples.training.learning import Streams, seen_lesson, shown_to
from examples.training.network import CrossViewNetwork, far_sighted, image_size
from examples.training.rollouts import Episode, load_episodes, play, save_episodes
from examples.training.student import Student, student


@pytest.fixture(scope="module")
def env() -> Iterator[CrossViewEnv]:
    with tempfile.TemporaryDirectory() as name:
        scenario = scenarios()[0]
        env = CrossViewEnv(DecisionDoom(Path(name)), scenario, share_goal_view=True)
        yield env
        env.close()


def scenarios() -> list[Scenario]:
    """Two of each interaction, at twenty metres; one of each comes first."""
    with tempfile.TemporaryDirectory() as name:
        made = list(scenarios_for_training(VALIDATION_SEEDS[1], 30, Path(name)))
    easy = [each for each in made if each.difficulty == "easy"]
    first = list({each.goals[0].interaction: each for each in easy}.values())
    assert (len(first), len(easy)) == (5, 10)
    return first + [each for each in easy if each not in first]


@pytest.fixture(scope="module")
def lessons(env: CrossViewEnv) -> list[Episode]:
    return [play(env, scenario) for scenario in scenarios()[:5]]


@pytest.mark.slow
def test_the_teacher_reaches_most_goals_at_twenty_metres(env: CrossViewEnv, lessons: list[Episode]) -> None:
    others = [play(env, scenario) for scenario in scenarios()[5:]]
    assert sum(episode.success for episode in lessons + others) > 5


@pytest.mark.slow
def test_episodes_come_back_from_their_file_as_they_were(lessons: list[Episode], tmp_path: Path) -> None:
    save_episodes(lessons, tmp_path / "teacher-0000.npz")
    for saved, episode in zip(load_episodes(tmp_path / "teacher-0000.npz"), lessons, strict=True):
        for name, value in vars(episode).items():
            assert np.array_equal(getattr(saved, name), value), name


@pytest.mark.slow
def test_a_network_learns_and_leaves_a_series_and_is_taken_up(lessons: list[Episode], tmp_path: Path) -> None:
    save_episodes(lessons, tmp_path / "teacher-0000.npz")
    torch.manual_seed(0)
    network = CrossViewNetwork()
    fit_eyes(network, tmp_path, Fit("eyes", 2, 1e-3), tmp_path, 0)
    fix_eyes(network)
    seen = [shown_to(network, episode) for episode in lessons]
    how = Fit("memory", 30, 1e-3, snapshots=3, before=5000)
    record = fit(network, Streams(seen, streams=4, window=8, seed=0), how, tmp_path)
    assert record["losses"][0]["turn"] < np.log(len(TURNS_DEGREES))
    series = read_checkpoint_folder(tmp_path / "series").checkpoints
    steps = [each.step for each in series]
    assert len(steps) == 3
    assert steps[-1] == 5000 + record["decisions"]

    again = CrossViewNetwork()
    fix_eyes(again)
    fit(again, Streams(seen, streams=4, window=8, seed=0), how, tmp_path)
    assert torch.equal(again.heads.weight, network.heads.weight), "a finished run was not taken up"
    with pytest.raises(UsageError, match="a run of 30 steps, not 40"):
        fit(again, Streams(seen, streams=4, window=8, seed=0), Fit("memory", 40, 1e-3), tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("far", [False, True])
def test_an_archive_decides_as_its_network_did_in_training(env: CrossViewEnv, far: bool, tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = CrossViewNetwork(far_sighted=far).eval()
    export(network, tmp_path / "network.pt")
    policy = load_torchscript(tmp_path / "network.pt")
    states = [policy.initial_state(0)]
    observation, _ = env.reset(seed=0, options={"scenario": scenarios()[0]})
    actor = Student(network, observation)
    for _ in range(5):
        decision = actor.decide(observation)
        actor.note(decision)
        for step in range(STEPS_PER_DECISION):
            (action,), states = policy.act([observation], states)  # type: ignore[assignment]
            pressed = dict(zip(PRESSED, map(int, decision.pressed), strict=True))
            pressed["use"] &= step < STEPS_PER_DECISION - 1
            assert action["camera"][1] == TURNS_DEGREES[decision.turn]
            assert {name: action[name] for name in BUTTONS} == dict.fromkeys(BUTTONS, 0) | pressed
        observation, *_ = env.step(decision.action)


def test_who_is_far_sighted_sees_what_its_eyes_saw_before_and_more_of_what_is_far_away() -> None:
    torch.manual_seed(0)
    near = CrossViewNetwork().eval()
    far = far_sighted(near).eval()
    height, width = image_size(far)
    picture = torch.full((1, height, width, 3), 90, dtype=torch.uint8)
    code = torch.randn(1, 64)
    with_speck = picture.clone()
    with_speck[:, 140:142, 300:302] = 250
    with torch.inference_mode():
        before = near.look(with_speck[:, ::2, ::2], code)
        seen, nothing = far.look(with_speck, code), far.look(picture, code)
    assert torch.allclose(seen[:, : before.shape[1]], before, atol=1e-4)
    changed = (seen - nothing).abs()[:, before.shape[1] :]
    columns = changed[0, :64]
    assert int(columns.argmax()) in (36, 37, 38)


def test_a_folder_of_other_scenarios_is_refused_and_so_is_one_without_episodes(tmp_path: Path) -> None:
    made = saved_scenarios(TRAINING_SEEDS[5], 5, tmp_path)
    assert saved_scenarios(TRAINING_SEEDS[5], 5, tmp_path) == made
    with pytest.raises(UsageError, match="of another seed or count"):
        saved_scenarios(TRAINING_SEEDS[5], 10, tmp_path)
    with pytest.raises(UsageError, match="seeds for training"):
        saved_scenarios(5, 10, tmp_path / "other")
    with pytest.raises(UsageError, match="no episodes"):
        list(saved_episodes(tmp_path))


def test_training_says_in_one_line_what_can_not_be_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for asked, said in (
        (("--out", "data", "--count", "-3"), "error: --count -3: at least 1 scenario\n"),
        (("--out", "file"), "error: file is no folder: name one, or one that is not there yet\n"),
    ):
        command = [sys.executable, "-m", "examples.training.demonstrations", *asked]
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=tmp_path, env=environment)
        assert (done.returncode, done.stderr) == (2, said)
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


@pytest.mark.slow
def test_a_network_can_be_guided_by_the_teacher(env: CrossViewEnv) -> None:
    episode = play(env, scenarios()[0], student(CrossViewNetwork().eval()), guided=0.5)
    differs = (episode.done != episode.taught).any(axis=1)
    assert differs.any()
    assert not differs.all()
    assert len(seen_lesson(episode).rows["seen"]) == len(episode.done), "what its eyes saw was not kept"
