"""Runs of shipped suites as a policy might have made them: with views, times and predictions, from a seed."""

from __future__ import annotations

import hashlib
import math
import random
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path

from evalsuite.records.header import PolicyEntry, Provenance, RunHeader
from evalsuite.records.reading import EPISODES_FOLDER, HEADER_FILE, SUITE_FILE
from evalsuite.records.record import Outcome, Record
from evalsuite.suite.catalogue import find_suite
from evalsuite.suite.files import save_suite
from evalsuite.suite.scenario import Scenario
from tests.reports.run_folders import sha256_of

BEGIN = datetime(2030, 1, 1, tzinfo=timezone.utc)
REFERENCES = {"oracle": "oracle", "random": "random", "noop": "noop"}


def detailed_run(
    folder: Path,
    skills: Mapping[str, float],
    *,
    suite: str = "doom-standard",
    seeds: Sequence[int] = (0,),
    rehearsal: bool = False,
    predicts: bool = True,
    error_share: float = 0.01,
) -> Path:
    """A finished run: the greater a policy's skill (0 about a half in the easy cells), the more it succeeds.

    Policies meet the same luck on the same scenario and seed, as they do in truth, so that pairs are alike.
    """
    suite_of, _ = find_suite(suite)
    run = sha256_of(str(folder.name) + suite)[:16]
    entries = tuple(
        PolicyEntry(
            label=label,
            reference=REFERENCES.get(label, f"torchscript:{label}.pt"),
            sha256=sha256_of(REFERENCES.get(label, label)),
        )
        for label in skills
    )
    header = RunHeader(
        run=run,
        suite=suite_of.suite,
        suite_version=suite_of.version,
        suite_sha256=suite_of.sha256(),
        scenarios=len(suite_of.scenarios),
        policies=entries,
        seeds=tuple(seeds),
        rehearsal=rehearsal,
        engines={suite_of.scenarios[0].world: {"engine": "1.0"}},
        sessions=(
            Provenance(
                started=BEGIN.isoformat(),
                command=("evalsuite", "run", suite),
                versions={"python": "3.11.7", "evalsuite": "0.1.0"},
                hardware={"cores": 2},
                git=None,
            ),
        ),
    )
    (folder / EPISODES_FOLDER).mkdir(parents=True)
    (folder / HEADER_FILE).write_text(header.model_dump_json(by_alias=True), encoding="utf-8")
    save_suite(suite_of, folder / SUITE_FILE)
    clock = BEGIN
    with open(folder / EPISODES_FOLDER / "0-writer.jsonl", "wb") as file:
        for entry in entries:
            for scenario in suite_of.scenarios:
                for seed in seeds:
                    record = _record(header, entry, scenario, seed, skills[entry.label], clock, predicts, error_share)
                    clock += timedelta(seconds=sum(record.seconds.values()) / 2)
                    file.write(record.line())
    return folder


def _record(
    header: RunHeader,
    entry: PolicyEntry,
    scenario: Scenario,
    seed: int,
    skill: float,
    clock: datetime,
    predicts: bool,
    error_share: float,
) -> Record:
    common = random.Random(f"{scenario.id} {seed}")
    own = random.Random(f"{scenario.id} {seed} {entry.label}")
    luck = common.gauss(0.0, 0.8) + own.gauss(0.0, 0.6)
    burden = (
        {"easy": 0.0, "medium": 0.6, "hard": 1.3}.get(scenario.difficulty, 0.0)
        + scenario.view.view_angle_deg / 120
        + {"archery": 0.7, "melee_hunt": 0.4}.get(scenario.interaction, 0.0)
    )
    outcome: Outcome = "success" if skill + luck > burden else "failure"
    if entry.label == "oracle":
        outcome = "success"
    elif entry.label in REFERENCES:
        outcome = "failure"
    elif own.random() < error_share:
        outcome = "error"
    steps = own.randint(60, 400) if outcome == "success" else 600
    seconds = {
        "start": 0.0,
        "reset": round(0.2 + own.random() / 5, 6),
        "goal_view": 0.01,
        "step": round(steps * own.gauss(0.008, 0.001), 6),
        "policy": round(steps * own.gauss(0.02, 0.004), 6),
    }
    prediction = None
    if predicts and entry.label not in REFERENCES:
        right = 1 / (1 + math.exp(-(1.2 + skill / 3 + own.gauss(0, 0.4))))
        prediction = {"steps": float(steps), "visible_correct": right, "point_error_px": abs(own.gauss(24, 8))}
    return Record(
        run=header.run,
        suite=header.suite,
        suite_sha256=header.suite_sha256,
        scenario=scenario.id,
        world=scenario.world,
        interaction=scenario.interaction,
        difficulty=scenario.difficulty,
        view={**scenario.view.model_dump(), "covisibility": max(0.0, 0.6 - scenario.view.view_angle_deg / 150.0)},
        policy=entry.label,
        policy_sha256=entry.sha256,
        seed=seed,
        attempt=1,
        final=True,
        outcome=outcome,
        reason=f"{scenario.interaction} done" if outcome == "success" else f"{steps} steps are over",
        steps=0 if outcome == "error" else steps,
        path_m=10.0,
        nearest_m=1.0,
        prediction=prediction,
        seconds=seconds,
        final_frame_sha256=hashlib.sha256(scenario.id.encode()).hexdigest(),
        rehearsal=header.rehearsal,
        started=clock.isoformat(),
        finished=(clock + timedelta(seconds=sum(seconds.values()))).isoformat(),
    )
