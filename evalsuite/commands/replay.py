"""`evalsuite replay`: one recorded episode again, and whether it came out the same. Writes nothing into the run."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from evalsuite.commands.interpreters import add_python, asked_pythons
from evalsuite.commands.main import EXIT_INTERRUPTED
from evalsuite.commands.time_limits import add_time_limit, run_limits
from evalsuite.errors import UsageError
from evalsuite.records.episode_names import episode_name, find_episode
from evalsuite.records.record import Record
from evalsuite.records.videos import POSTER_ENDING, VIDEO_ENDING, unfinished
from evalsuite.runner.plan import Episode
from evalsuite.runner.replay import Replayed, read_recorded_run, replay_episodes
from evalsuite.runner.wire import Message
from evalsuite.video import check_videos_can_be_made

EXIT_DIFFERENT = 1
SHOWN_OF_A_HASH = 12


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "exit code: 0 it came out the same, 1 it came out differently, 2 it can't be played again"
    parser.add_argument("run", metavar="DIR", type=Path, help="the run folder")
    parser.add_argument(
        "episode",
        metavar="EPISODE",
        help="policy/scenario/seed, such as oracle/doom-quick/approach-easy-0000/0; a part that no other has is enough",
    )
    parser.add_argument("--video", action="store_true", help="film it")
    parser.add_argument(
        "--out", metavar="FILE", type=Path, help="where the video goes; default: named after the episode, right here"
    )
    parser.add_argument("--trust-checkpoint", action="store_true", help="allow a checkpoint to run code on loading")
    add_time_limit(parser)
    add_python(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of lines")


def execute(arguments: argparse.Namespace) -> int:
    run = read_recorded_run(arguments.run)
    record = run.records[find_episode(run.records, arguments.episode)]
    video = _video(arguments, record)
    replayed: list[Replayed] = []

    def compare_engine(world: str, engine: Mapping[str, str]) -> None:
        for name, then in run.header.engines.get(world, {}).items():
            if engine.get(name) != then:
                print(f"note: recorded with {name} {then}, now {engine.get(name, 'without it')}", file=sys.stderr)

    def recording(episode: Episode) -> Message | None:
        return None if video is None else {"kind": "film", "path": str(unfinished(video))}

    try:
        went_through = replay_episodes(
            run,
            [record],
            recording=recording,
            on_replayed=replayed.append,
            on_engine=compare_engine,
            trust_checkpoint=arguments.trust_checkpoint,
            limits=run_limits(arguments.time_limit),
            pythons=asked_pythons(arguments),
        )
        if not went_through:
            print("interrupted: nothing can be said of it", file=sys.stderr)
            return EXIT_INTERRUPTED
        (now,) = replayed
        if now.broke_down and record.outcome != "error":
            raise UsageError(f"{episode_name(record)} can't be played again: {now.reason}")
        if video is not None:
            _keep(video, now)
    finally:
        for path in () if video is None else (video, video.with_suffix(POSTER_ENDING)):
            unfinished(path).unlink(missing_ok=True)
    if arguments.json:
        print(json.dumps(as_json(now, video)))
    else:
        print(verdict(now))
        if video is not None:
            print(video)
    return 0 if now.same else EXIT_DIFFERENT


def as_json(now: Replayed, video: Path | None) -> dict[str, object]:
    """The object that `--json` prints."""
    return {
        "episode": episode_name(now.recorded),
        "same": now.same,
        "video": None if video is None else str(video),
        **{
            when: {name: getattr(each, name) for name in ("outcome", "steps", "final_frame_sha256", "reason")}
            for when, each in (("was", now.recorded), ("now", now))
        },
    }


def verdict(now: Replayed) -> str:
    """In one line, or two: whether it came out the same, and what it was and is."""
    then, name = now.recorded, episode_name(now.recorded)
    if now.same:
        return f"the same: {name}: {_told(then.outcome, then.steps, then.final_frame_sha256)}"
    was = _told(then.outcome, then.steps, then.final_frame_sha256)
    came = _told(now.outcome, now.steps, now.final_frame_sha256)
    return f"different: {name}: was {was} ({then.reason}),\nnow {came} ({now.reason})"


def _told(outcome: str, steps: int, sha256: str) -> str:
    picture = f", last picture {sha256[:SHOWN_OF_A_HASH]}" if sha256 else ""
    return f"{outcome} after {steps} step{'s' * (steps != 1)}{picture}"


def _video(arguments: argparse.Namespace, record: Record) -> Path | None:
    """Where the video is to go, or None for no video."""
    if not arguments.video:
        if arguments.out is not None:
            raise UsageError("--out names the video's file; add --video")
        return None
    check_videos_can_be_made("--video")
    out: Path = arguments.out or Path(episode_name(record).replace("/", "-") + VIDEO_ENDING)
    if out.suffix != VIDEO_ENDING:
        raise UsageError(f"--out {out}: a video's file ends in {VIDEO_ENDING}")
    if out.is_dir() or not out.absolute().parent.is_dir():
        raise UsageError(f"--out {out} can't be written: name a file in a folder that is there")
    try:
        tempfile.TemporaryFile(dir=out.absolute().parent).close()
    except OSError as error:
        raise UsageError(f"--out {out} can't be written: {error.strerror or error}; name another folder") from error
    return out.absolute()


def _keep(video: Path, now: Replayed) -> None:
    """Put the finished film in its place. Raises `UsageError` when there is none."""
    if "filmed" not in now.footage:
        raise UsageError(f"it can't be filmed: {now.footage.get('film_fault') or now.reason}")
    unfinished(video).replace(video)
