"""A suite, policies and seeds in; a run folder out. The one entrance to the runner."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from evalsuite.errors import UsageError
from evalsuite.policies.references import PolicyReference
from evalsuite.records.folder import RunFolder, check_out
from evalsuite.records.header import EarlyStop, PolicyEntry
from evalsuite.records.provenance import available_cores, utc_now
from evalsuite.records.reading import attempts_made, read_records, settled
from evalsuite.records.record import EpisodeKey, Outcome, Record
from evalsuite.records.videos import actions_file, tidy_videos
from evalsuite.runner.driver import Attempt, Driver
from evalsuite.runner.early_stop import EarlyStopper
from evalsuite.runner.filming import FilmCrew, VideoMode
from evalsuite.runner.phases import RunLimits
from evalsuite.runner.plan import EpisodeQueue, plan_episodes
from evalsuite.runner.scratch import Scratch
from evalsuite.runner.status import OUTCOMES, RunStatus, Watcher
from evalsuite.suite.files import line_in
from evalsuite.suite.scenario import Suite
from evalsuite.video import check_videos_can_be_made
from evalsuite.worlds import AttendedWorld, World, find_world

REASON_CHARACTERS = 2000
WATCH_SECONDS = 0.2
ATTENDED_START_SECONDS = 3600.0
"""For a person to switch on what a world consists of."""


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
        errors: label -> reason -> settled episodes that are errors; only policies that have some.
        retried: episode -> why its last attempt had to be made again; only episodes that took more than one.
        videos: how many were made in this session.
        videos_left: how many are still to be made, by the same call.
        video_faults: reason -> how many videos could not be made.
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
    errors: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    retried: Mapping[EpisodeKey, str] = field(default_factory=dict)
    videos: int = 0
    videos_left: int = 0
    video_faults: Mapping[str, int] = field(default_factory=dict)

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
    rehearse: bool = False,
    trust_checkpoint: bool = False,
    progress: Watcher | None = None,
    limits: RunLimits | None = None,
    stopper: EarlyStopper | None = None,
    videos: VideoMode = "none",
    unfilmed: Collection[str] = (),
) -> RunResult:
    """Play every scenario of `suite` with every policy and seed that `out` has not settled yet.

    SIGINT, SIGTERM and SIGHUP end it in good order (in the main thread): what was going on is dropped, what is
    recorded stays, and the same call goes on from there.

    Args:
        out: a folder that does not exist, or one that holds a part of the same run.
        workers: simulators at once; None for as many as there are cores.
        progress: called a few times a second.
        limits: time limits and numbers of attempts.
        stopper: cuts short what has been decided; without one every episode is played.
        videos: of which attempts to make one; needs the extra `video`. Those of an earlier session are seen to as well.
        unfilmed: labels of policies that get no videos.

    Raises:
        UsageError: before anything is written: a world is missing or refuses a scenario, a policy can't be
            loaded, `out` holds something else or can't be written. While it runs: `out` can't be written any more.
    """
    _check(suite, references, seeds, workers, rehearse=rehearse)
    entries = [PolicyEntry(label=each.label, reference=each.reference, sha256=each.sha256) for each in references]
    check_out(out, suite, entries, rehearsal=rehearse)
    limits = limits or RunLimits()
    labels = [each.label for each in references]
    begun = time.monotonic()
    known = read_records(out)
    queue = _queue(suite, labels, seeds, known, stopper)
    wanted = {episode.key for episode in plan_episodes(suite, labels, seeds, attempts={})}
    session = _Session(suite, entries, wanted, known, rehearse, progress, begun, stopper)
    session.leave_out(queue)
    attended = attended_worlds(suite)
    if attended and not rehearse:
        limits = replace(limits, start=max(limits.start, ATTENDED_START_SECONDS))
    most = 1 if attended else workers or available_cores()
    if videos != "none":
        check_videos_can_be_made("a video")
    to_film = videos != "none" and any(actions_file(out / each.video).exists() for each in known if each.video)
    if not len(queue) and not to_film:
        session.report(0)
        return session.result(out, interrupted=False)
    with Scratch() as scratch:
        crew = None
        if videos != "none":
            crew = FilmCrew(scratch, out, suite, videos, unfilmed=unfilmed, most=most, rehearse=rehearse, limits=limits)
            session.crew = crew
        driver = Driver(
            scratch,
            references if len(queue) else (),
            workers=min(most, len(queue)),
            rehearse=rehearse,
            trust_checkpoint=trust_checkpoint,
            limits=limits,
            recording=crew.recording if crew else lambda episode: None,
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
                        queue = _queue(suite, labels, seeds, folder.records, stopper, blinded_by)
                        to_film_first = tidy_videos(out, folder.records)
                        if crew is not None:
                            for record in to_film_first:
                                crew.film(record)
                        session.play(driver, queue, folder)
            finally:
                if crew is not None:
                    crew.close()
                driver.close()
            unfinished = session.status.settled < session.status.total or bool(crew and crew.left)
            return session.result(out, interrupted=driver.interrupted and unfinished)


class _Session:
    """Turns attempts into records and counts them."""

    def __init__(
        self,
        suite: Suite,
        entries: Sequence[PolicyEntry],
        wanted: set[EpisodeKey],
        known: Sequence[Record],
        rehearse: bool,
        progress: Watcher | None,
        begun: float,
        stopper: EarlyStopper | None,
    ) -> None:
        self._suite = suite
        self._suite_sha256 = suite.sha256()
        self._sha256 = {entry.label: entry.sha256 for entry in entries}
        self._rehearse = rehearse
        self._progress = progress
        self._begun = begun
        self._reported = 0.0
        self._steps = 0
        self._stopper = stopper
        self.crew: FilmCrew | None = None
        self.status = RunStatus(len(wanted), {entry.label: dict.fromkeys(OUTCOMES, 0) for entry in entries})
        for key, record in settled(known).items():
            if key in wanted:
                self.status.count(record.policy, record.outcome, record.reason)
        self.status.resumed = self.status.settled
        self.status.retried = {each.key: each.reason for each in known if not each.final and each.key in wanted}

    def leave_out(self, queue: EpisodeQueue) -> None:
        """Count as this run's episodes those that are settled and those that wait."""
        self.status.total = self.status.settled + len(queue)

    def play(self, driver: Driver, queue: EpisodeQueue, folder: RunFolder) -> None:
        def take(attempt: Attempt) -> None:
            record = self._record(attempt, folder.header.run)
            if self.crew is not None:
                record = self.crew.named(record, attempt)
            folder.append(record)
            if self.crew is not None:
                self.crew.film(record)
            self._steps += record.steps
            if record.final:
                self.status.count(record.policy, record.outcome, record.reason)
            else:
                self.status.retries += 1
                self.status.retried[record.key] = record.reason
            if self._stopper is not None:
                self._stopper.settle([record])
                self.status.total -= self._stopper.prune(queue, self._sha256)
                for stop in self._stopper.stops:
                    folder.note_stop(stop)
            self.report(driver.steps_in_progress())

        def watch() -> None:
            if time.monotonic() - self._reported >= WATCH_SECONDS:
                self.report(driver.steps_in_progress())

        driver.play(queue, on_attempt=take, on_engine=folder.note_engine, on_turn=watch, crew=self.crew)
        self.report(0)

    def report(self, steps_in_progress: int) -> None:
        self._reported = time.monotonic()
        self.status.seconds = self._reported - self._begun
        self.status.steps = self._steps + steps_in_progress
        self.status.videos_left = self.crew.left if self.crew else 0
        if self._progress is not None:
            self._progress(self.status)

    def result(self, out: Path, *, interrupted: bool) -> RunResult:
        return RunResult(
            out=out,
            suite=self._suite.suite,
            suite_sha256=self._suite_sha256,
            total=self.status.total,
            policies=self.status.policies,
            steps=self._steps,
            seconds=time.monotonic() - self._begun,
            interrupted=interrupted,
            stops=self._stopper.stops if self._stopper is not None else (),
            errors=self.status.errors,
            retried=self.status.retried,
            videos=self.crew.made if self.crew else 0,
            videos_left=self.crew.left if self.crew else 0,
            video_faults=self.crew.faults if self.crew else {},
        )

    def _record(self, attempt: Attempt, run: str) -> Record:
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
            "view": scenario.view.model_dump(mode="json"),
            "policy": episode.policy,
            "policy_sha256": self._sha256[episode.policy],
            "seed": episode.seed,
            "attempt": episode.attempts,
            "final": attempt.final,
            "steps": attempt.steps,
            "seconds": dict(attempt.seconds),
            "rehearsal": self._rehearse,
            "started": attempt.started,
            "finished": utc_now(),
            **({"report": attempt.report} if attempt.report else {}),
            **played,
        }
        content["reason"] = " ".join(str(content["reason"]).split())[:REASON_CHARACTERS]
        return Record.model_validate(content)


def _queue(
    suite: Suite,
    labels: Sequence[str],
    seeds: Sequence[int],
    known: Sequence[Record],
    stopper: EarlyStopper | None,
    blinded_by: str = "",
) -> EpisodeQueue:
    done = settled(known)
    episodes = plan_episodes(suite, labels, seeds, attempts=attempts_made(known), blinded_by=blinded_by)
    queue = EpisodeQueue(episodes, done.keys(), in_order=bool(blinded_by) or stopper is not None)
    if stopper is not None:
        stopper.settle(done.values())
        stopper.prune(queue, labels)
    return queue


def _check(
    suite: Suite, references: Sequence[PolicyReference], seeds: Sequence[int], workers: int | None, *, rehearse: bool
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
    check_worlds(suite, rehearse=rehearse)
    if workers is not None and workers > 1 and attended_worlds(suite):
        raise UsageError(f"{workers} workers need as many rooms and people; leave --workers out")


def check_worlds(suite: Suite, *, rehearse: bool, file: Path | None = None) -> None:
    """Raise `UsageError` unless every world of `suite` is there and takes every scenario of its own.

    A mistake in a scenario is named with its line in `file`, the suite's.
    """
    worlds: dict[str, World] = {}
    for place, scenario in enumerate(suite.scenarios):
        if scenario.world not in worlds:
            with _placed(file, place, "world"):
                worlds[scenario.world] = find_world(scenario.world)
    for name, world in worlds.items():
        readiness = world.readiness()
        if readiness.state == "missing":
            raise UsageError(f"the world {name!r} can't run here: {readiness.detail}; {readiness.advice}".rstrip("; "))
        if readiness.state == "rehearsal only" and not rehearse:
            raise UsageError(
                f"the world {name!r} can only be rehearsed here ({readiness.detail}): add --rehearse"
                + (f", or {readiness.advice}" if readiness.remedy else "")
            )
    for place, scenario in enumerate(suite.scenarios):
        with _placed(file, place):
            worlds[scenario.world].check(scenario)


def attended_worlds(suite: Suite) -> list[AttendedWorld]:
    """Those of its worlds that a person sets up."""
    return [world for name in suite.worlds if isinstance(world := find_world(name), AttendedWorld)]


@contextmanager
def _placed(file: Path | None, scenario: int, *below: str) -> Iterator[None]:
    try:
        yield
    except UsageError as error:
        if file is None:
            raise
        line = line_in(file, ("scenarios", scenario, *below))
        raise UsageError(f"{file}:{line}: {error}") from error
