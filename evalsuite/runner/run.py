"""A suite, policies and seeds in; a run folder out. The one entrance to the runner."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from evalsuite.errors import UsageError
from evalsuite.policies.references import PolicyReference
from evalsuite.records.folder import RunFolder, check_out
from evalsuite.records.header import BudgetCut, EarlyStop, PolicyEntry
from evalsuite.records.provenance import available_cores, utc_now
from evalsuite.records.reading import read_records, settled, tries_made
from evalsuite.records.record import EpisodeKey, Outcome, Record
from evalsuite.records.videos import actions_file, tidy_videos
from evalsuite.runner.attempt import Attempt
from evalsuite.runner.budget import Budget, Place, TimeIsOver, affordable, budget_cuts, in_even_order
from evalsuite.runner.driver import Driver
from evalsuite.runner.early_stop import EarlyStopper
from evalsuite.runner.executor import Executor
from evalsuite.runner.filming import FilmCrew, VideoMode
from evalsuite.runner.on_ray.cluster import RayOptions
from evalsuite.runner.on_ray.executor import RayExecutor
from evalsuite.runner.phases import RunLimits
from evalsuite.runner.plan import EpisodeQueue, plan_episodes
from evalsuite.runner.run_logs import RunLogs, policy_log
from evalsuite.runner.scratch import Scratch
from evalsuite.runner.status import OUTCOMES, RunStatus, Watcher
from evalsuite.runner.status_file import StatusFile, seconds_since
from evalsuite.runner.suite_worlds import attended_worlds, check_worlds, placement_of
from evalsuite.runner.time_spent import TimeSpent
from evalsuite.suite.later_measures import later_measures
from evalsuite.suite.scenario import Suite
from evalsuite.video import check_videos_can_be_made

REASON_CHARACTERS = 2000
WATCH_SECONDS = 0.2
SAMPLE_SECONDS = 0.1
ATTENDED_START_SECONDS = 3600.0
"""For a person to switch on what a world consists of."""


@dataclass(frozen=True)
class WorldGivenUp:
    """A world of which nothing more is played in this session, because attempts in it failed in a row.

    Args:
        reason: of the last failure.
        episodes_left: that the same call with the same run folder goes on with.
    """

    world: str
    reason: str
    episodes_left: int


@dataclass(frozen=True)
class RunResult:
    """What a call of `run_suite` came to.

    Args:
        out: the run folder.
        policies: label -> outcome -> settled episodes, those of earlier sessions included.
        steps: environment steps of this session.
        seconds: wall time of this session.
        interrupted: whether it was stopped before all episodes were settled and all videos made.
        stops: policies whose episodes were cut short, because a comparison had been decided.
        cuts: policies whose episodes were cut short, because a budget was spent.
        given_up: worlds of which nothing more was played.
        errors: label -> reason -> settled episodes that are errors; only policies that have some.
        logs: reason of an error -> the log of one such attempt, in the run folder.
        retried: episode -> why its last attempt had to be made again; only episodes that took more than one.
        refused: label -> why it can't be loaded, of checkpoints of a series that the others were played without.
        videos: how many were made in this session.
        videos_left: how many are still to be made, by the same call.
        video_faults: reason -> how many videos could not be made.
        time_spent: part -> seconds of this session's workers (see `evalsuite.runner.time_spent`).
    """

    out: Path
    suite: str
    suite_sha256: str
    total: int
    policies: Mapping[str, Mapping[Outcome, int]]
    steps: int
    seconds: float
    interrupted: bool
    stops: tuple[EarlyStop, ...] = ()
    cuts: tuple[BudgetCut, ...] = ()
    given_up: tuple[WorldGivenUp, ...] = ()
    errors: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    logs: Mapping[str, str] = field(default_factory=dict)
    retried: Mapping[EpisodeKey, str] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    videos: int = 0
    videos_left: int = 0
    video_faults: Mapping[str, int] = field(default_factory=dict)
    time_spent: Mapping[str, float] = field(default_factory=dict)

    @property
    def outcomes(self) -> dict[Outcome, int]:
        """Outcome -> settled episodes of all policies."""
        return {name: sum(outcomes[name] for outcomes in self.policies.values()) for name in OUTCOMES}

    @property
    def episodes(self) -> int:
        """How many episodes are settled, of `total`."""
        return sum(self.outcomes.values())


def run_suite(
    suite: Suite,
    references: Sequence[PolicyReference],
    *,
    seeds: Sequence[int] = (0,),
    out: Path,
    workers: int | None = None,
    policy_processes: int | None = None,
    rehearse: bool = False,
    trust_checkpoint: bool = False,
    progress: Watcher | None = None,
    limits: RunLimits | None = None,
    stopper: EarlyStopper | None = None,
    videos: VideoMode = "none",
    unfilmed: Collection[str] = (),
    budget: Budget | None = None,
    ray: RayOptions | None = None,
    retry_errors: bool = False,
    pythons: Mapping[str, str] | None = None,
    suite_file: Path | None = None,
) -> RunResult:
    """Play every scenario of `suite` with every policy and seed that `out` has not settled yet.

    SIGINT, SIGTERM and SIGHUP end it in good order (in the main thread): what was going on is dropped, what is
    recorded stays, and the same call goes on from there.

    Args:
        out: a folder that does not exist, or one that holds a part of the same run.
        workers: simulators at once; None for as many as pay, by what is measured while it runs, or as a cluster holds.
        policy_processes: of each policy, on this machine; None for as many as pay: one where it computes on a GPU.
        progress: called a few times a second.
        limits: time limits and numbers of attempts.
        stopper: cuts short what has been decided; without one every episode is played.
        videos: of which attempts to make one; needs the extra `video`. Those of an earlier session are seen to as well.
        unfilmed: labels of policies that get no videos.
        budget: how much of the run may be played; what is left, the same call with more of it goes on with.
        ray: play on a Ray cluster; None for processes of this machine.
        retry_errors: play what was settled as an error again; it stays one unless that goes better.
        pythons: world -> the interpreter of its workers, for those that are not to run under this one.
        suite_file: where `suite` was read: a mistake in it is named with its line, and where a lock beside it holds
            it, some of its scenarios are checked instead of all, which takes a world a hundredth of a second or more
            each.

    Raises:
        UsageError: before anything is written: a world is missing or refuses a scenario, a policy can't be
            loaded, `out` holds something else or can't be written. While it runs: `out` can't be written any more.
    """
    pythons = pythons or {}
    _check(suite, suite_file, references, seeds, workers, rehearse=rehearse, elsewhere=ray is not None, pythons=pythons)
    if policy_processes is not None and policy_processes < 1:
        raise UsageError(f"{policy_processes} policy processes can't do anything; at least 1")
    entries = policy_entries(references)
    check_out(out, suite, entries, rehearsal=rehearse)
    limits = limits or RunLimits()
    labels = [each.label for each in references]
    begun = time.monotonic()
    known = read_records(out)
    done = _done(known, retry_errors=retry_errors)
    places = None if budget is None else affordable(in_even_order(suite, seeds), len(labels), budget)
    in_order = stopper is not None or (budget is not None and budget.seconds is not None)
    queue = _queue(suite, labels, seeds, known, done, stopper, places, in_order=in_order)
    wanted = {episode.key for episode in plan_episodes(suite, labels, seeds, tries={})}
    session = _Session(suite, entries, seeds, wanted, known, rehearse, progress, begun, stopper, budget)
    session.leave_out(queue, [each for key, each in settled(known).items() if key not in done])
    attended = attended_worlds(suite)
    if attended and not rehearse:
        limits = replace(limits, start=max(limits.start, ATTENDED_START_SECONDS))
    waiting = Counter(episode.scenario.world for episode in queue)
    placement = placement_of(suite, pythons, rehearse=rehearse, elsewhere=ray is not None, file=suite_file)
    most = 1 if attended else workers or available_cores()
    if videos != "none":
        check_videos_can_be_made("a video")
    to_film = videos != "none" and any(actions_file(out / each.video).exists() for each in known if each.video)
    if not len(queue) and not to_film:
        if session.cuts():
            RunFolder.note_cuts_at(out, labels, session.cuts())
        session.report(0)
        return session.result(out, interrupted=False)
    with Scratch() as scratch:
        crew = None
        if videos != "none":
            crew = FilmCrew(
                scratch,
                out,
                suite,
                videos,
                unfilmed=unfilmed,
                most=most,
                rehearse=rehearse,
                limits=limits,
                placement=placement,
            )
            session.crew = crew
        recording = crew.recording if crew else lambda episode: None
        driver: Executor
        if ray is None:
            driver = Driver(
                scratch,
                references if len(queue) else (),
                workers=None if workers is None and not attended else placement.useful_workers(waiting, most),
                most_workers=max(1, placement.useful_workers(waiting, len(queue))),
                policy_processes=policy_processes,
                rehearse=rehearse,
                trust_checkpoint=trust_checkpoint,
                limits=limits,
                recording=recording,
                placement=placement,
            )
        else:
            driver = RayExecutor(
                scratch,
                references,
                ray,
                episodes=waiting,
                workers=workers,
                policy_processes=policy_processes,
                rehearse=rehearse,
                trust_checkpoint=trust_checkpoint,
                limits=limits,
                recording=recording,
            )
        with driver.interruptible(), ExitStack() as people:
            try:
                for world in attended if len(queue) else ():
                    people.enter_context(world.session(scratch.folder, rehearse=rehearse))
                session.report(0)
                driver.start()
                if not driver.interrupted:
                    with RunFolder.open(out, suite, entries, seeds, rehearsal=rehearse) as folder:
                        blinded_by = folder.header.run if attended else ""
                        known = folder.records
                        done = _done(known, retry_errors=retry_errors)
                        queue = _queue(
                            suite, labels, seeds, known, done, stopper, places, blinded_by, in_order=in_order
                        )
                        to_film_first = tidy_videos(out, known)
                        if crew is not None:
                            for record in to_film_first:
                                crew.film(record)
                        scratch.logs = RunLogs(out, folder.writer)
                        session.play(driver, queue, folder, scratch, blinded=bool(attended))
            finally:
                if crew is not None:
                    crew.close()
                driver.close()
            unfinished = session.status.settled < session.status.total or bool(crew and crew.left)
            return session.result(out, interrupted=driver.interrupted and unfinished)


def policy_entries(references: Sequence[PolicyReference]) -> list[PolicyEntry]:
    """The policies as a run's header has them."""
    return [
        PolicyEntry(label=each.label, reference=each.reference, sha256=each.sha256, step=each.step)
        for each in references
    ]


class _Session:
    """Turns attempts into records and counts them."""

    def __init__(
        self,
        suite: Suite,
        entries: Sequence[PolicyEntry],
        seeds: Sequence[int],
        wanted: set[EpisodeKey],
        known: Sequence[Record],
        rehearse: bool,
        progress: Watcher | None,
        begun: float,
        stopper: EarlyStopper | None,
        budget: Budget | None,
    ) -> None:
        self._suite = suite
        self._suite_sha256 = suite.sha256()
        self._later = later_measures(suite)
        self._seeds = seeds
        self._sha256 = {entry.label: entry.sha256 for entry in entries}
        self._rehearse = rehearse
        self._progress = progress
        self._begun = begun
        self._reported = 0.0
        self._steps = 0
        self._stopper = stopper
        self._budget = budget
        self._settled: set[EpisodeKey] = set()
        self.crew: FilmCrew | None = None
        self.time_spent = TimeSpent()
        self.status = RunStatus(len(wanted), {entry.label: dict.fromkeys(OUTCOMES, 0) for entry in entries})
        for key, record in settled(known).items():
            if key in wanted:
                self._settled.add(key)
                self.status.count(record)
        self.status.resumed = self.status.settled
        self._errors_again: dict[EpisodeKey, Record] = {}
        self._given_up: tuple[WorldGivenUp, ...] = ()
        self.status.retried = {each.key: each.reason for each in known if not each.final and each.key in wanted}

    def leave_out(self, queue: EpisodeQueue, errors: Iterable[Record]) -> None:
        """Count as this run's episodes those that are settled and those that wait; `errors` that wait are both."""
        waiting = {episode.key for episode in queue}
        self._errors_again = {each.key: each for each in errors if each.key in waiting}
        for each in self._errors_again.values():
            self.status.discount(each)
        self.status.resumed = self.status.settled
        self.status.expect(queue)

    def play(
        self, driver: Executor, queue: EpisodeQueue, folder: RunFolder, scratch: Scratch, *, blinded: bool
    ) -> None:
        told = StatusFile(folder.path, folder.writer, blinded=blinded)
        time_is_over = TimeIsOver(queue) if self._budget is not None and self._budget.seconds is not None else None

        def take(attempt: Attempt) -> None:
            record = self._record(attempt, folder.header.run, _log_of(attempt, scratch))
            if self.crew is not None:
                record = self.crew.named(record, attempt)
            folder.append(record)
            if self.crew is not None:
                self.crew.film(record)
            self._steps += record.steps
            seconds = seconds_since(record.started)
            self.status.note_attempt(record, seconds)
            self.time_spent.add_attempt(record.seconds, seconds)
            if record.final:
                self._settled.add(record.key)
                self._errors_again.pop(record.key, None)
            if self._stopper is not None:
                self._stopper.settle([record])
                if self._stopper.prune(queue, self._sha256):
                    expect()
                for stop in self._stopper.stops:
                    folder.note_stop(stop)
            self.report(driver.steps_in_progress())

        def expect() -> None:
            playing = (each.episode for each in driver.activities() if each.episode is not None)
            self.status.expect([*queue, *(episode for world in queue.shelved.values() for episode in world), *playing])

        here = time.monotonic()

        def watch() -> None:
            nonlocal here
            if time.monotonic() - here >= SAMPLE_SECONDS:
                before, here = here, time.monotonic()
                self.time_spent.add_workers(driver.workers, driver.activities(), here - before)
            if time_is_over is not None and self.seconds_left == 0.0 and time_is_over.cut():
                expect()
            self.status.missing_policies = driver.missing_policies
            if time.monotonic() - self._reported >= WATCH_SECONDS:
                self.report(driver.steps_in_progress())
            if told.due:
                scratch.hand_over_logs()
                told.write(self.status, driver.activities(), driver.given_up)

        self.report(driver.steps_in_progress())
        told.write(self.status, driver.activities(), driver.given_up)
        driver.play(queue, on_attempt=take, on_engine=folder.note_engine, on_turn=watch, crew=self.crew)
        self._given_up = tuple(
            WorldGivenUp(world, reason, len(queue.shelved[world])) for world, reason in driver.given_up.items()
        )
        if self._budget is not None and not driver.interrupted:
            folder.note_cuts(list(self._sha256), self.cuts())
        self.report(0)
        self.time_spent.queued = driver.queued_seconds
        told.write(self.status, (), driver.given_up, ended=True)

    @property
    def seconds_left(self) -> float | None:
        """Of the budget; None where it is none of time."""
        if self._budget is None or self._budget.seconds is None:
            return None
        return max(0.0, self._begun + self._budget.seconds - time.monotonic())

    def cuts(self) -> list[BudgetCut]:
        """How far the budget has gone; empty without one, and where something else cut the run short."""
        if self._budget is None or self._given_up or (self._stopper is not None and self._stopper.stops):
            return []
        return budget_cuts(self._suite, list(self._sha256), self._seeds, self._settled, self._budget)

    def report(self, steps_in_progress: int) -> None:
        self._reported = time.monotonic()
        self.status.seconds = self._reported - self._begun
        self.status.steps = self._steps + steps_in_progress
        self.status.seconds_left = self.seconds_left
        self.status.videos_left = self.crew.left if self.crew else 0
        if self._progress is not None:
            self._progress(self.status)

    def result(self, out: Path, *, interrupted: bool) -> RunResult:
        for each in self._errors_again.values():
            self.status.count(each)
        return RunResult(
            out=out,
            suite=self._suite.suite,
            suite_sha256=self._suite_sha256,
            total=max(self.status.total, self.status.settled),
            policies=self.status.policies,
            steps=self._steps,
            seconds=time.monotonic() - self._begun,
            interrupted=interrupted,
            stops=self._stopper.stops if self._stopper is not None else (),
            cuts=() if interrupted else tuple(self.cuts()),
            given_up=self._given_up,
            errors=self.status.errors,
            logs=self.status.logs,
            retried=self.status.retried,
            videos=self.crew.made if self.crew else 0,
            videos_left=self.crew.left if self.crew else 0,
            video_faults=self.crew.faults if self.crew else {},
            time_spent=self.time_spent.parts,
        )

    def _record(self, attempt: Attempt, run: str, log: str) -> Record:
        episode, ended = attempt.episode, attempt.ended
        played: dict[str, object] = {"outcome": "error", "reason": attempt.reason}
        if ended is not None:
            summary = dict(ended["summary"])
            outcome = "success" if summary.pop("success") else "failure"
            measured = {name: ended[name] for name in ("goal_mask_pixels", "final_frame_sha256")}
            played = {**summary, **measured, "outcome": outcome}
        scenario = episode.scenario
        content = {
            "run": run,
            "suite": self._suite.suite,
            "suite_sha256": self._suite_sha256,
            "scenario": scenario.id,
            "world": scenario.world,
            "interaction": scenario.interaction,
            "difficulty": scenario.difficulty,
            "view": {**scenario.view.model_dump(mode="json"), **self._later.get(scenario.id, {})},
            "goals": len(scenario.goals),
            "policy": episode.policy,
            "policy_sha256": self._sha256[episode.policy],
            "seed": episode.seed,
            "attempt": episode.attempts,
            "final": attempt.final,
            "excused": attempt.excused,
            "steps": attempt.steps,
            "seconds": dict(attempt.seconds),
            "rehearsal": self._rehearse,
            "started": attempt.started,
            "finished": utc_now(),
            **({"report": attempt.report} if attempt.report else {}),
            **({"log": log} if log else {}),
            **played,
        }
        content["reason"] = " ".join(str(content["reason"]).split())[:REASON_CHARACTERS]
        return Record.model_validate(content)


def _log_of(attempt: Attempt, scratch: Scratch) -> str:
    """Where in the run folder stands what was said during an attempt that broke down; empty for any other."""
    logs = scratch.logs
    if logs is None or not attempt.reason:
        return ""
    scratch.hand_over_logs()
    by_policy = ""
    if attempt.fault in ("policy", "lost", "void"):
        by_policy = logs.file_of(policy_log(attempt.episode.policy, attempt.log))
    return by_policy or logs.file_of(attempt.log)


def _done(known: Iterable[Record], *, retry_errors: bool) -> dict[EpisodeKey, Record]:
    """What is not to be played again."""
    return {key: each for key, each in settled(known).items() if not (retry_errors and each.outcome == "error")}


def _queue(
    suite: Suite,
    labels: Sequence[str],
    seeds: Sequence[int],
    known: Sequence[Record],
    done: Mapping[EpisodeKey, Record],
    stopper: EarlyStopper | None,
    places: Sequence[Place] | None,
    blinded_by: str = "",
    *,
    in_order: bool,
) -> EpisodeQueue:
    episodes = plan_episodes(suite, labels, seeds, tries=tries_made(known), blinded_by=blinded_by, places=places)
    queue = EpisodeQueue(episodes, done.keys(), in_order=in_order or bool(blinded_by))
    if stopper is not None:
        stopper.settle(done.values())
        stopper.prune(queue, labels)
    return queue


def _check(
    suite: Suite,
    suite_file: Path | None,
    references: Sequence[PolicyReference],
    seeds: Sequence[int],
    workers: int | None,
    *,
    rehearse: bool,
    elsewhere: bool,
    pythons: Mapping[str, str],
) -> None:
    labels = [each.label for each in references]
    if not labels:
        raise UsageError("no policy was named; add --policy REF")
    for label in labels:
        if labels.count(label) > 1:
            raise UsageError(f"two policies have the label {label!r}; tell them apart with --policy LABEL=REF")
    if len(set(seeds)) != len(seeds) or not seeds:
        raise UsageError(f"seeds have to be different, and at least one: {', '.join(map(str, seeds))}")
    if min(seeds) < 0 or max(seeds) >= 2**31:
        raise UsageError(f"a seed lies in 0 to {2**31 - 1}")
    if workers is not None and workers < 1:
        raise UsageError(f"{workers} workers can't do anything; at least 1")
    if elsewhere and pythons:
        raise UsageError("--python names interpreters of this machine; leave it or --executor out")
    check_worlds(suite, rehearse=rehearse, file=suite_file, elsewhere=elsewhere, pythons=pythons)
    if elsewhere and (attended := attended_worlds(suite)):
        raise UsageError(f"a person sets up the world {attended[0].name!r}, and does so here: leave --executor out")
    if workers is not None and workers > 1 and attended_worlds(suite):
        raise UsageError(f"{workers} workers need as many rooms and people; leave --workers out")
