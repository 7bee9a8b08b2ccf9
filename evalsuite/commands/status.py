"""`evalsuite status`: how a run stands, from another terminal while it runs, and afterwards."""

from __future__ import annotations

import argparse
import contextlib
import json
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.live import Live
from rich.text import Text

from evalsuite.records.covered import cut_sentences
from evalsuite.records.folder import driver_at_work
from evalsuite.records.header import RunHeader
from evalsuite.records.reading import SUITE_FILE, each_record, read_header
from evalsuite.records.suites_folder import SuitesHeader, holds_suites, read_suites_header, run_folders
from evalsuite.runner.progress import hours
from evalsuite.runner.status import WorldStatus
from evalsuite.runner.status_file import StatusReport, WorkerReport, WorldReport, read_status, seconds_since
from evalsuite.statistics.episodes import ERROR
from evalsuite.statistics.results import RunEpisodes, holding_cuts, read_run
from evalsuite.suite.files import read_suite

STALE_SECONDS = 10.0
"""Without a word from a driver that writes every second, after which it is said that it does not answer."""

REFRESH_SECONDS = 1.0
BETWEEN_SECONDS = 20.0
"""For a suite of suites to come from one of them to the next, when no driver is at work."""

WORKER_HEADINGS = ("worker", "phase", "for", "episode", "attempt", "steps", "so far")
HEADINGS = ("world", "settled", "errors", "attempts", "retries", "in flight", "episodes/min", "steps/s", "ETA")


@dataclass(frozen=True)
class Standing:
    """How the run in a folder stands.

    Args:
        alive: whether a driver holds the folder.
        writer: that driver, or the last one that told anything.
        since: when it began (UTC, ISO 8601); empty when that is not known.
        told: what it said last; None when nothing of it is there.
        worlds: name -> that world's part: by the driver while it is alive, else by the records.
        notes: what else there is to know.
    """

    out: Path
    header: RunHeader
    alive: bool
    writer: str
    since: str
    told: StatusReport | None
    worlds: dict[str, WorldReport]
    notes: list[str] = field(default_factory=list)

    @property
    def settled(self) -> int:
        return sum(world.settled for world in self.worlds.values())

    @property
    def total(self) -> int:
        return sum(world.total for world in self.worlds.values())

    @property
    def silent_seconds(self) -> float:
        """Since the driver said something."""
        return 0.0 if self.told is None else seconds_since(self.told.written)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `evalsuite status` takes."""
    parser.add_argument(
        "run", metavar="DIR", type=Path, help="the run folder, or the folder of a suite of suites: all that is in it"
    )
    parser.add_argument("--watch", action="store_true", help="say it again every second until the driver is gone")
    parser.add_argument("--json", action="store_true", help="print one JSON object; with --watch one a second")


def execute(arguments: argparse.Namespace) -> int:
    """Say how the run stands; with --watch as long as it runs."""
    run: Path = arguments.run
    several = read_suites_header(run) if holds_suites(run) else None
    standings = _standings(run, several)
    last_alive = time.monotonic()
    console = Console(highlight=False, markup=False, emoji=False)
    on_screen = arguments.watch and console.is_terminal and not arguments.json
    with Live(console=console, auto_refresh=False) if on_screen else contextlib.nullcontext() as live:
        while True:
            if any(standing.alive for standing in standings):
                last_alive = time.monotonic()
            if arguments.json:
                shown = json.dumps(_several_as_json(run, several, standings) if several else as_json(standings[0]))
            else:
                shown = "\n".join(_several_lines(run, several, standings) if several else lines(standings[0]))
            if live is not None:
                live.update(Text(shown), refresh=True)
            else:
                print(shown, flush=True)
            gone = time.monotonic() - last_alive >= (BETWEEN_SECONDS if several else 0.0)
            if not arguments.watch or (gone and not any(standing.alive for standing in standings)):
                return 0
            time.sleep(REFRESH_SECONDS)
            standings = _standings(run, several)


def _standings(run: Path, several: SuitesHeader | None) -> list[Standing]:
    return [read_standing(each) for each in (run_folders(run) if several else [run])]


def _several_lines(run: Path, header: SuitesHeader, standings: Sequence[Standing]) -> Iterator[str]:
    settled, total = (sum(getattr(each, name) for each in standings) for name in ("settled", "total"))
    yield f"{run}: {header.suite} {header.version}: {settled:,} of {total:,} episodes settled in what was begun"
    for standing in standings:
        yield ""
        yield from lines(standing)
    if left := _not_begun(header, standings):
        yield ""
        yield f"not begun: {', '.join(left)}"


def _several_as_json(run: Path, header: SuitesHeader, standings: Sequence[Standing]) -> dict[str, object]:
    return {
        "out": str(run),
        "suite": header.suite,
        "suite_sha256": header.sha256,
        "alive": any(each.alive for each in standings),
        "runs": [as_json(each) for each in standings],
        "not_begun": _not_begun(header, standings),
    }


def _not_begun(header: SuitesHeader, standings: Sequence[Standing]) -> list[str]:
    begun = {each.header.suite_sha256 for each in standings}
    return [each.suite for each in header.members if each.sha256 not in begun]


def read_standing(run: Path) -> Standing:
    """How the run in the folder `run` stands. Raises `UsageError` when there is none."""
    header = read_header(run)
    holder = driver_at_work(run)
    told = read_status(run)
    if holder is not None:
        writer, since = holder
        told = told if told is not None and told.writer == writer else None
        worlds = told.worlds if told is not None else _by_records(read_run(run))
        return Standing(run, header, True, writer, since, told, worlds)
    recorded = read_run(run)
    notes = cut_sentences(holding_cuts(recorded)) + [stop.sentence for stop in header.stops]
    return Standing(run, header, False, told.writer if told else "", "", told, _by_records(recorded), notes)


def as_json(standing: Standing) -> dict[str, object]:
    """The object that `--json` prints."""
    told = standing.told if standing.alive else None
    return {
        "out": str(standing.out),
        "suite": standing.header.suite,
        "suite_sha256": standing.header.suite_sha256,
        "alive": standing.alive,
        "since": standing.since,
        "silent_seconds": round(standing.silent_seconds, 1) if told else None,
        "ended_well": standing.told.ended if standing.told and not standing.alive else None,
        "settled": standing.settled,
        "total": standing.total,
        "eta_seconds": told.eta_seconds if told else None,
        "steps_per_second": told.steps_per_second if told else None,
        "videos_left": told.videos_left if told else None,
        "given_up": standing.told.given_up if standing.told else {},
        "missing_policies": told.missing_policies if told else {},
        "worlds": {name: world.model_dump() for name, world in standing.worlds.items()},
        "workers": [worker.model_dump() for worker in told.workers] if told else [],
        "notes": standing.notes,
    }


def lines(standing: Standing) -> Iterator[str]:
    """The same for a person."""
    told, header = standing.told, standing.header
    what = f"{header.suite} {header.suite_version}{', a rehearsal' if header.rehearsal else ''}"
    yield f"{standing.out}: {what}: {standing.settled:,} of {standing.total:,} episodes settled"
    if not standing.alive:
        yield _how_it_ended(standing)
        if told is not None and told.videos_left:
            yield f"videos still to be made: {told.videos_left}; the same command makes them"
    elif told is None:
        yield f"a driver is at work{_since(standing)}; it has not told anything yet"
    else:
        pace = f"ETA {hours(told.eta_seconds)}, {told.steps_per_second:.0f} steps/s"
        yield f"a driver is at work{_since(standing)}; {pace}"
        if standing.silent_seconds > STALE_SECONDS:
            yield f"it has not said anything for {standing.silent_seconds:.0f} s: it is stopped, or the disk is full"
        if told.videos_left:
            yield f"{told.videos_left} videos to make"
        yield from (f"{label} is waited for: {reason}" for label, reason in told.missing_policies.items())
    yield from _given_up(standing)
    yield ""
    paced = standing.alive and (told is None or len(standing.worlds) > 1)
    yield from _table(
        HEADINGS, [_world_row(name, each, standing.alive, paced) for name, each in standing.worlds.items()]
    )
    if standing.alive and told is not None:
        busy = [worker for worker in told.workers if worker.scenario or worker.phase != "idle"]
        yield ""
        yield from _table(WORKER_HEADINGS, map(_worker_row, busy)) if busy else ()
        if len(busy) < len(told.workers):
            yield f"{len(told.workers) - len(busy)} of {len(told.workers)} workers are idle"
    yield from (f"note: {note}" for note in standing.notes)


def _how_it_ended(standing: Standing) -> str:
    told, whole = standing.told, standing.settled >= standing.total
    if told is not None and told.ended and told.settled >= told.total and not whole:
        return "no driver is at work, and all that the last one was asked for is settled"
    if told is None or told.ended:
        return "no driver is at work" + ("" if whole else "; the same command goes on with what is left")
    ago = _duration(standing.silent_seconds)
    return f"no driver is at work: the last one was killed {ago} ago or a little later, or broke down" + (
        "" if whole else "; the same command goes on with what is left"
    )


def _given_up(standing: Standing) -> Iterator[str]:
    if standing.told is not None:
        verb = "is" if standing.alive else "was"
        yield from (f"{world} {verb} given up: {reason}" for world, reason in standing.told.given_up.items())


def _since(standing: Standing) -> str:
    if not standing.since:
        return ""
    return f" since {standing.since[:19].replace('T', ' ')} UTC ({_duration(seconds_since(standing.since))})"


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else hours(seconds)


def _world_row(name: str, world: WorldReport, alive: bool, paced: bool) -> tuple[str, ...]:
    """`paced` tells whether a pace of its own is shown, which leaves out what is still in progress."""
    settled_of = f"{world.settled:,} of {world.total:,}"
    counts = (settled_of, f"{world.errors:,}", f"{world.attempts:,}", f"{world.retries:,}")
    if not alive:
        return (name, *counts, "", "", "", "")
    rate = f"{world.episodes_per_minute:.1f}"
    pace = (f"{world.steps_per_second:.0f}", hours(world.eta_seconds)) if paced else ("", "")
    return (name, *counts, str(world.in_flight), rate, *pace)


def _worker_row(worker: WorkerReport) -> tuple[str, ...]:
    phase = {"waking": "starting up", "waiting": "waits for policy"}.get(worker.phase, worker.phase.replace("_", " "))
    here = (str(worker.worker), phase, _duration(worker.phase_seconds))
    if not worker.scenario:
        return (*here, "", "", "", "")
    episode = "/".join(part for part in (worker.policy, worker.scenario, str(worker.seed)) if part)
    return (*here, episode, str(worker.attempt), str(worker.steps), _duration(worker.episode_seconds))


def _table(headings: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """Aligned; a column in which nothing stands is left out."""
    table = [headings, *rows]
    kept = [column for column in range(len(headings)) if any(row[column] for row in table[1:])]
    widths = {column: max(len(row[column]) for row in table) for column in kept}
    for row in table:
        yield "  ".join(row[column].ljust(widths[column]) for column in kept).rstrip()


def _by_records(run: RunEpisodes) -> dict[str, WorldReport]:
    """What there is of each world, by the records alone."""
    worlds: dict[str, WorldStatus] = {}
    for scenario in read_suite(run.folder / SUITE_FILE).scenarios:
        worlds.setdefault(scenario.world, WorldStatus()).total += len(run.header.policies) * len(run.header.seeds)
    for record in each_record(run.folder):
        world = worlds.setdefault(record.world, WorldStatus())
        world.attempts += 1
        world.retries += not record.final
    episodes = run.episodes
    for name, world in worlds.items():
        mine = episodes.where([profile.world == name for profile in episodes.profiles])
        world.settled = int(mine.sum())
        world.errors = int((episodes.outcome[mine] == ERROR).sum())
    return {
        name: WorldReport(
            total=world.total,
            settled=world.settled,
            errors=world.errors,
            attempts=world.attempts,
            retries=world.retries,
            in_flight=0,
            episodes_per_minute=0.0,
            steps_per_second=0.0,
            eta_seconds=None,
        )
        for name, world in sorted(worlds.items())
    }
