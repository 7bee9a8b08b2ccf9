"""Recorded episodes, played again from their scenario and seed with the policy that played them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from evalsuite.errors import UsageError
from evalsuite.policies.references import PolicyReference, parse_reference
from evalsuite.records.header import RunHeader
from evalsuite.records.provenance import utc_now
from evalsuite.records.reading import SUITE_FILE, read_header, read_records, settled
from evalsuite.records.record import EpisodeKey, Outcome, Record
from evalsuite.runner.attempt import Attempt
from evalsuite.runner.driver import Driver
from evalsuite.runner.phases import RunLimits
from evalsuite.runner.plan import Episode, EpisodeQueue
from evalsuite.runner.scratch import Scratch
from evalsuite.runner.suite_worlds import check_worlds, placement_of
from evalsuite.runner.wire import Message
from evalsuite.suite.files import load_suite
from evalsuite.suite.scenario import Suite


@dataclass(frozen=True)
class RecordedRun:
    """A run folder as it can be played again.

    Args:
        records: the record that settled each episode.
    """

    folder: Path
    header: RunHeader
    suite: Suite
    records: Mapping[EpisodeKey, Record]


@dataclass(frozen=True)
class Replayed:
    """What came of an episode when it was played again.

    Args:
        recorded: its record.
        final_frame_sha256: of the last picture; empty for an error.
        broke_down: whether the simulator or a process failed, so that nothing can be said of the episode.
        footage: what the worker's recorder kept.
    """

    recorded: Record
    outcome: Outcome
    reason: str
    steps: int
    final_frame_sha256: str
    broke_down: bool
    footage: Mapping[str, object]

    @property
    def same(self) -> bool:
        """Whether outcome, steps and last picture are those of the record."""
        now = (self.outcome, self.steps, self.final_frame_sha256)
        return now == (self.recorded.outcome, self.recorded.steps, self.recorded.final_frame_sha256)


def read_recorded_run(folder: Path) -> RecordedRun:
    """The run in `folder`. Raises `UsageError` when its suite is not there or not the one that was played."""
    header = read_header(folder)
    path = folder / SUITE_FILE
    if not path.exists():
        raise UsageError(f"{folder} can't be played again: {path.name}, the suite it was a run of, is not there")
    suite = load_suite(path)
    if suite.sha256() != header.suite_sha256:
        raise UsageError(
            f"{folder} can't be played again: {path.name} is {suite.sha256()[:12]}, but the run was of "
            f"{header.suite_sha256[:12]}; it was changed since"
        )
    return RecordedRun(folder, header, suite, settled(read_records(folder)))


def recorded_policies(run: RecordedRun, labels: Iterable[str]) -> list[PolicyReference]:
    """The run's policies with these labels, as they are now. Raises `UsageError` when one is not what it was."""
    references = []
    for entry in run.header.policies:
        if entry.label not in set(labels):
            continue
        reference = parse_reference(f"{entry.label}={entry.reference}")
        if reference.sha256 != entry.sha256:
            raise UsageError(
                f"the policy {entry.label!r} can't be played again: {entry.reference} is {reference.sha256[:12]} now, "
                f"but was {entry.sha256[:12]} in the run"
            )
        references.append(reference)
    return references


def replay_episodes(
    run: RecordedRun,
    records: Sequence[Record],
    *,
    recording: Callable[[Episode], Message | None] = lambda episode: None,
    on_replayed: Callable[[Replayed], None],
    on_engine: Callable[[str, Mapping[str, str]], None] = lambda world, engine: None,
    workers: int = 1,
    trust_checkpoint: bool = False,
    limits: RunLimits | None = None,
    pythons: Mapping[str, str] | None = None,
) -> bool:
    """Play the episodes of `records` again; the run folder is not written to. Returns False if it was interrupted.

    Args:
        recording: what the workers shall keep (see `evalsuite.runner.recording`); its files are there during
            `on_replayed` only.
        on_replayed: called for each episode, in the order in which they end.
        on_engine: called with world and engine when a simulator has come up.
        pythons: world -> the interpreter of its workers, for those that are not to run under this one.

    Raises `UsageError` when a world, the suite or a policy is not as it was.
    """
    references = recorded_policies(run, {record.policy for record in records})
    scenarios = {scenario.id: scenario for scenario in run.suite.scenarios}
    played = tuple(scenarios[name] for name in dict.fromkeys(record.scenario for record in records))
    suite, pythons = run.suite.model_copy(update={"scenarios": played}), pythons or {}
    check_worlds(suite, rehearse=run.header.rehearsal, pythons=pythons)
    placement = placement_of(suite, pythons, rehearse=run.header.rehearsal)
    waiting = Counter(scenarios[record.scenario].world for record in records)
    recorded = {record.key: record for record in records}

    def take(attempt: Attempt) -> None:
        if attempt.ended is not None or attempt.final:
            on_replayed(_replayed(recorded[attempt.episode.key], attempt))

    def episodes() -> Iterator[Episode]:
        for record in records:
            yield Episode(scenarios[record.scenario], record.policy, record.seed)

    with Scratch() as scratch:
        driver = Driver(
            scratch,
            references,
            workers=placement.useful_workers(waiting, workers),
            rehearse=run.header.rehearsal,
            trust_checkpoint=trust_checkpoint,
            limits=limits or RunLimits(),
            recording=recording,
            placement=placement,
        )
        with driver.interruptible():
            try:
                driver.start()
                queue = EpisodeQueue(episodes(), ())
                driver.play(queue, on_attempt=take, on_engine=on_engine, on_turn=lambda: None)
                for world, reason in driver.given_up.items():
                    for episode in queue.shelved[world]:
                        take(Attempt(episode, utc_now(), fault="simulator", reason=reason))
            finally:
                driver.close()
            return not driver.interrupted


def _replayed(record: Record, attempt: Attempt) -> Replayed:
    ended = attempt.ended
    outcome: Outcome = "error" if ended is None else "success" if ended["summary"]["success"] else "failure"
    return Replayed(
        recorded=record,
        outcome=outcome,
        reason=attempt.reason if ended is None else ended["summary"]["reason"],
        steps=attempt.steps,
        final_frame_sha256="" if ended is None else ended["final_frame_sha256"],
        broke_down=ended is None and not attempt.reason.startswith("policy fault"),
        footage=attempt.footage,
    )
