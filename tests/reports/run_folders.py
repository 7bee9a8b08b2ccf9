"""Small real run folders, written through the same door as a run writes them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path

from evalsuite.records.header import PolicyEntry, Provenance, RunHeader
from evalsuite.records.reading import EPISODES_FOLDER, HEADER_FILE
from evalsuite.records.record import Outcome, Record

INTERACTIONS = ("approach", "break", "interact", "melee_hunt", "archery")
DIFFICULTIES = ("easy", "medium", "hard")
MOMENT = "2030-01-01T00:00:00.000Z"

Judge = Callable[[str, str, str, int], Outcome]
"""(policy, interaction, difficulty, number of the scenario in its cell) -> outcome."""


def sha256_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def make_run(
    folder: Path,
    judge: Judge,
    *,
    policies: Iterable[str] = ("agent", "oracle", "random"),
    references: dict[str, str] | None = None,
    per_cell: int = 4,
    seeds: tuple[int, ...] = (0,),
    suite: str = "small-suite",
    rehearsal: bool = False,
    checkpoint: str = "1",
    world: str = "doom",
) -> Path:
    """A finished run of `suite`: five interactions, three difficulties, `per_cell` scenarios in each."""
    policies = tuple(policies)
    references = {"oracle": "oracle", "random": "random", "noop": "noop", **(references or {})}
    entries = tuple(
        PolicyEntry(
            label=label,
            reference=references.get(label, f"torchscript:{label}.pt"),
            sha256=sha256_of(references.get(label, label + checkpoint)),
        )
        for label in policies
    )
    run = sha256_of(str(folder))[:16]
    header = RunHeader(
        run=run,
        suite=suite,
        suite_version="1.0",
        suite_sha256=sha256_of(suite),
        scenarios=len(INTERACTIONS) * len(DIFFICULTIES) * per_cell,
        policies=entries,
        seeds=seeds,
        rehearsal=rehearsal,
        engines={"doom": {"vizdoom": "1.3.2"}},
        sessions=(
            Provenance(
                started=MOMENT,
                command=("evalsuite", "run", suite),
                versions={"python": "3.11.7", "evalsuite": "0.1.0"},
                hardware={"cores": 2},
                git={"commit": "0123456789abcdef", "dirty": True},
            ),
        ),
    )
    (folder / EPISODES_FOLDER).mkdir(parents=True)
    (folder / HEADER_FILE).write_text(header.model_dump_json(by_alias=True), encoding="utf-8")
    with open(folder / EPISODES_FOLDER / "0-writer.jsonl", "wb") as file:
        for entry in entries:
            for interaction in INTERACTIONS:
                for difficulty in DIFFICULTIES:
                    for number in range(per_cell):
                        for seed in seeds:
                            outcome = judge(entry.label, interaction, difficulty, number)
                            record = Record(
                                run=run,
                                suite=suite,
                                suite_sha256=header.suite_sha256,
                                scenario=f"{interaction}-{difficulty}-{number}",
                                world=world,
                                interaction=interaction,
                                difficulty=difficulty,
                                view={"manhattan_m": 20.0},
                                policy=entry.label,
                                policy_sha256=entry.sha256,
                                seed=seed,
                                attempt=1,
                                final=True,
                                outcome=outcome,
                                reason="as the test wants it",
                                rehearsal=rehearsal,
                                started=MOMENT,
                                finished=MOMENT,
                            )
                            file.write(record.line())
    return folder


def plausible(policy: str, interaction: str, difficulty: str, number: int) -> Outcome:
    """The oracle always succeeds, random never, an agent the less the harder it is; one episode in 20 is an error."""
    if policy == "oracle":
        return "success"
    if policy == "random":
        return "failure"
    if number % 20 == 19:
        return "error"
    share = {"easy": 0.8, "medium": 0.5, "hard": 0.2}[difficulty] - 0.03 * INTERACTIONS.index(interaction)
    return "success" if (number * 0.618) % 1.0 < share else "failure"
