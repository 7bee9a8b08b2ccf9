"""Settled episodes as columns: a million of them take tens of megabytes, and counting them takes no loop."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from evalsuite.records.record import Outcome, Record

OUTCOME_NAMES: tuple[Outcome, ...] = ("success", "failure", "error")
OUTCOME_CODES = {name: code for code, name in enumerate(OUTCOME_NAMES)}
SUCCESS, FAILURE, ERROR = range(3)
PREDICTION_NAMES = ("steps", "visible_correct", "point_error_px")


class Profile(NamedTuple):
    """What many episodes share."""

    run: str
    suite: str
    suite_sha256: str
    world: str
    interaction: str
    difficulty: str
    policy: str
    policy_sha256: str
    rehearsal: bool


@dataclass(frozen=True, eq=False)
class Episodes:
    """One row an episode.

    Args:
        profiles: the profiles that occur; `profile` holds a place in it for each row, shape (episodes,).
        scenarios: the ids that occur; `scenario` holds a place in it for each row.
        seed: shape (episodes,).
        outcome: 0 success, 1 failure, 2 error.
        solved_at_reset: whether the first goal's rule held before the first action: the scenario is invalid.
        prediction: shape (episodes, 3): steps compared, share of them with the right visibility, mean error of
            the predicted point in pixels; NaN where the policy gave none or the truth is unknown.
    """

    profiles: tuple[Profile, ...]
    profile: NDArray[np.int32]
    scenarios: tuple[str, ...]
    scenario: NDArray[np.int32]
    seed: NDArray[np.int64]
    outcome: NDArray[np.int8]
    solved_at_reset: NDArray[np.bool_]
    prediction: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.seed)

    def take(self, rows: NDArray[Any]) -> Episodes:
        """The episodes at `rows` (places or a mask), in that order."""
        return Episodes(
            self.profiles,
            self.profile[rows],
            self.scenarios,
            self.scenario[rows],
            self.seed[rows],
            self.outcome[rows],
            self.solved_at_reset[rows],
            self.prediction[rows],
        )

    def where(self, chosen: Sequence[bool]) -> NDArray[np.bool_]:
        """A mask over the episodes from one over `profiles`."""
        return np.asarray(chosen, dtype=np.bool_)[self.profile] if self.profiles else np.zeros(0, np.bool_)

    def keys(self, scenarios: dict[str, int] | None = None) -> NDArray[np.int64]:
        """(scenario, seed) as one number a row, comparable between Episodes that share `scenarios`.

        Args:
            scenarios: id -> number; extended by the ids that it lacks.
        """
        numbers = {} if scenarios is None else scenarios
        places = np.array([numbers.setdefault(name, len(numbers)) for name in self.scenarios], dtype=np.int64)
        return (places[self.scenario] << 32) | self.seed if len(self) else np.zeros(0, np.int64)


_SHARED = itemgetter(*Profile._fields[:-1])


@dataclass
class EpisodeTable:
    """Rows on their way to columns."""

    profiles: dict[tuple[Any, ...], int] = field(default_factory=dict)
    scenarios: dict[str, int] = field(default_factory=dict)
    profile: list[int] = field(default_factory=list)
    scenario: list[int] = field(default_factory=list)
    seed: list[int] = field(default_factory=list)
    outcome: list[int] = field(default_factory=list)
    solved_at_reset: list[bool] = field(default_factory=list)
    predicting: list[int] = field(default_factory=list)
    predictions: list[float] = field(default_factory=list)

    def extend(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Append settled attempts: mappings with a record's fields, those with a default perhaps left out.

        One loop over local names, with profiles as plain tuples: there may be millions of rows.
        """
        profiles, scenarios, nan = self.profiles, self.scenarios, float("nan")
        add_profile, add_scenario, add_seed = self.profile.append, self.scenario.append, self.seed.append
        add_outcome, add_solved = self.outcome.append, self.solved_at_reset.append
        steps, visible, error = PREDICTION_NAMES
        for row in rows:
            scenario = row["scenario"]
            add_profile(profiles.setdefault((*_SHARED(row), row.get("rehearsal", False)), len(profiles)))
            add_scenario(scenarios.setdefault(scenario, len(scenarios)))
            add_outcome(OUTCOME_CODES[row["outcome"]])
            add_solved(row.get("success_at_reset", False))
            prediction = row.get("prediction")
            if prediction:
                self.predicting.append(len(self.seed))
                self.predictions += (
                    prediction.get(steps, nan),
                    prediction.get(visible, nan),
                    prediction.get(error, nan),
                )
            add_seed(row["seed"])

    def columns(self) -> Episodes:
        """Every row."""
        prediction = np.full((len(self.seed), len(PREDICTION_NAMES)), np.nan, np.float32)
        prediction[self.predicting] = np.array(self.predictions, np.float32).reshape(-1, len(PREDICTION_NAMES))
        return Episodes(
            tuple(Profile(*each) for each in self.profiles),
            np.array(self.profile, np.int32),
            tuple(self.scenarios),
            np.array(self.scenario, np.int32),
            np.array(self.seed, np.int64),
            np.array(self.outcome, np.int8),
            np.array(self.solved_at_reset, np.bool_),
            prediction,
        )


def settling(episodes: Episodes) -> NDArray[np.int64]:
    """Places of the row of each (policy, scenario, seed) that settled it.

    That is the first that is no error, or else the last error, as in `evalsuite.records.settled`.
    """
    labels: dict[str, int] = {}
    label = np.array([labels.setdefault(each.policy, len(labels)) for each in episodes.profiles], np.int64)
    if not len(episodes):
        return np.zeros(0, np.int64)
    place = np.arange(len(episodes))
    rank = np.where(episodes.outcome == ERROR, 2 * len(episodes) - place, place)
    order = np.lexsort((rank, episodes.seed, episodes.scenario, label[episodes.profile]))
    same = np.ones(len(order), np.bool_)
    columns = (label[episodes.profile][order], episodes.scenario[order], episodes.seed[order])
    same[1:] = np.any([column[1:] != column[:-1] for column in columns], axis=0)
    return np.sort(order[same])


def from_records(records: Iterable[Record]) -> Episodes:
    """Records as columns, for each episode the final one that settled it."""
    table = EpisodeTable()
    table.extend(vars(record) for record in records if record.final)
    every = table.columns()
    return every.take(settling(every))


def joined(parts: Sequence[Episodes]) -> Episodes:
    """The episodes of all `parts`, one after the other."""
    if len(parts) == 1:
        return parts[0]
    if not parts:
        return EpisodeTable().columns()
    profiles: dict[Profile, int] = {}
    scenarios: dict[str, int] = {}
    new_profiles, new_scenarios = [], []
    for part in parts:
        profile = np.array([profiles.setdefault(each, len(profiles)) for each in part.profiles], np.int32)
        scenario = np.array([scenarios.setdefault(each, len(scenarios)) for each in part.scenarios], np.int32)
        new_profiles.append(profile[part.profile])
        new_scenarios.append(scenario[part.scenario])
    return Episodes(
        tuple(profiles),
        np.concatenate(new_profiles),
        tuple(scenarios),
        np.concatenate(new_scenarios),
        np.concatenate([part.seed for part in parts]),
        np.concatenate([part.outcome for part in parts]),
        np.concatenate([part.solved_at_reset for part in parts]),
        np.concatenate([part.prediction for part in parts]),
    )


def solved_at_reset(episodes: Episodes) -> list[str]:
    """The scenarios that were a success before the first action, sorted."""
    places = np.unique(episodes.scenario[episodes.solved_at_reset])
    return sorted(episodes.scenarios[place] for place in places)
