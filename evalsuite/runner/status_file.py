"""What a driver tells of itself in its run folder, for whoever asks from elsewhere while it runs.

Derived from the records and never the truth: it may be deleted at any time, and says nothing once its driver is gone.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from evalsuite.records.folder import STATUS_FILE
from evalsuite.records.provenance import utc_now
from evalsuite.runner.status import Activity, RunStatus, WorldStatus

WRITE_SECONDS = 1.0


class WorldReport(BaseModel):
    """One world. Rates are of this session; `eta_seconds` is None as long as nothing is known, or nobody plays it."""

    model_config = ConfigDict(frozen=True)

    total: int
    settled: int
    errors: int
    attempts: int
    retries: int
    in_flight: int
    episodes_per_minute: float
    steps_per_second: float
    eta_seconds: float | None


class WorkerReport(BaseModel):
    """One worker. Without an episode `scenario` is empty; `policy` is where nobody is to know who plays, too.

    Args:
        phase_seconds: how long it has been in its phase.
        episode_seconds: how long it has been at its episode.
    """

    model_config = ConfigDict(frozen=True)

    worker: int
    phase: str
    phase_seconds: float
    world: str
    scenario: str = ""
    policy: str = ""
    seed: int = 0
    attempt: int = 0
    steps: int = 0
    episode_seconds: float = 0.0


class StatusReport(BaseModel):
    """All of it.

    Args:
        writer: the driver that wrote this, as in the names of its files.
        written: UTC, ISO 8601.
        ended: whether the driver said that it was done, or stopped in good order.
        settled, total: episodes of the whole run, as far as this driver wants them.
        eta_seconds: until they are settled, or the budget is spent; None when nothing is known yet.
        given_up: world -> why nothing more of it is played.
        missing_policies: label -> why that policy is not there now, and is waited for; empty where it is not to be
            known which policy plays.
    """

    model_config = ConfigDict(frozen=True)

    writer: str
    written: str
    ended: bool
    settled: int
    total: int
    steps_per_second: float
    videos_left: int
    eta_seconds: float | None
    given_up: dict[str, str]
    worlds: dict[str, WorldReport]
    workers: list[WorkerReport]
    missing_policies: dict[str, str] = {}


class StatusFile:
    """The status of one driver, written at most once a second; where it can't be written it is left out.

    Args:
        run: the run folder.
        writer: of the driver.
        blinded: whether nobody is to know which policy plays.
    """

    def __init__(self, run: Path, writer: str, *, blinded: bool) -> None:
        self._path = run / STATUS_FILE
        self._writer = writer
        self._blinded = blinded
        self._written = -WRITE_SECONDS

    @property
    def due(self) -> bool:
        """Whether what was written last is old enough."""
        return time.monotonic() - self._written >= WRITE_SECONDS

    def write(
        self,
        status: RunStatus,
        activities: Sequence[Activity],
        given_up: Mapping[str, str],
        *,
        ended: bool = False,
    ) -> None:
        self._written = time.monotonic()
        in_flight = Counter(each.episode.scenario.world for each in activities if each.episode is not None)
        report = StatusReport(
            writer=self._writer,
            written=utc_now(),
            ended=ended,
            settled=status.settled,
            total=status.total,
            steps_per_second=round(status.steps / max(status.seconds, 1e-9), 1),
            videos_left=status.videos_left,
            eta_seconds=status.eta_seconds,
            given_up=dict(given_up),
            worlds={
                name: _world(world, in_flight[name], status.seconds) for name, world in sorted(status.worlds.items())
            },
            workers=[self._worker(each) for each in activities],
            missing_policies={} if self._blinded else dict(status.missing_policies),
        )
        unfinished = self._path.with_name(f".{STATUS_FILE}")
        with contextlib.suppress(OSError):
            unfinished.write_text(report.model_dump_json(indent=1))
            os.replace(unfinished, self._path)

    def _worker(self, activity: Activity) -> WorkerReport:
        idle = WorkerReport(
            worker=activity.worker,
            phase=activity.phase,
            phase_seconds=round(activity.seconds, 1),
            world=activity.world,
        )
        episode = activity.episode
        if episode is None:
            return idle
        return idle.model_copy(
            update={
                "world": episode.scenario.world,
                "scenario": episode.scenario.id,
                "policy": "" if self._blinded else episode.policy,
                "seed": episode.seed,
                "attempt": episode.attempts + 1,
                "steps": activity.steps,
                "episode_seconds": round(seconds_since(activity.started), 1),
            }
        )


def read_status(run: Path) -> StatusReport | None:
    """What the last driver at work in `run` told; None when that is not there, or can't be understood."""
    try:
        return StatusReport.model_validate_json((run / STATUS_FILE).read_bytes())
    except (OSError, ValidationError):
        return None


def seconds_since(moment: str) -> float:
    """Between `moment`, UTC in ISO 8601, and now."""
    then = datetime.fromisoformat(moment.replace("Z", "+00:00"))
    return max(0.0, (datetime.now(timezone.utc) - then).total_seconds())


def _world(world: WorldStatus, in_flight: int, seconds: float) -> WorldReport:
    settled_now = world.attempts - world.retries
    eta = None
    if world.settled >= world.total:
        eta = 0.0
    elif settled_now and in_flight:
        eta = round((world.total - world.settled) * world.worker_seconds / settled_now / in_flight, 1)
    return WorldReport(
        total=world.total,
        settled=world.settled,
        errors=world.errors,
        attempts=world.attempts,
        retries=world.retries,
        in_flight=in_flight,
        episodes_per_minute=round(60.0 * settled_now / max(seconds, 1e-9), 1),
        steps_per_second=round(world.steps / max(seconds, 1e-9), 1),
        eta_seconds=eta,
    )
