"""Where the videos of a run lie in its folder, and which of them are there.

A record names its video before it is made: a named video is there whole or not at all. Beside it lies its poster.
Until it is made, the episode's actions wait in its place, so that a killed run can go on with its videos too.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path

from evalsuite.records.record import Record

VIDEOS_FOLDER = "videos"
VIDEO_ENDING, POSTER_ENDING, ACTIONS_ENDING = ".mp4", ".jpg", ".actions"


def video_name(policy: str, scenario: str, seed: int, attempt: int) -> str:
    """Where in the run folder the video of an attempt belongs: a label and a scenario's id are good parts of a path."""
    return f"{VIDEOS_FOLDER}/{policy}/{scenario}/{seed}-{attempt}{VIDEO_ENDING}"


def video_file(run: Path, record: Record) -> Path | None:
    """The video of `record` in the folder `run`, if it is there."""
    return _there(run, record, VIDEO_ENDING)


def poster_file(run: Path, record: Record) -> Path | None:
    """The first picture of that video, a JPEG, if it is there."""
    return _there(run, record, POSTER_ENDING)


def unfinished(video: Path) -> Path:
    """Where a video, or its poster, lies while it is made."""
    return video.with_name(f".{video.name}")


def actions_file(video: Path) -> Path:
    """Where the actions wait from which a video is to be made."""
    return video.with_suffix(ACTIONS_ENDING)


def finish_video(video: Path) -> None:
    """Put what was made in `unfinished(video)` in its place, its poster first."""
    for path in (video.with_suffix(POSTER_ENDING), video):
        unfinished(path).replace(path)
    actions_file(video).unlink(missing_ok=True)


def discard_video(video: Path) -> None:
    """Remove what there is of a video that is not to be made."""
    for path in (video, video.with_suffix(POSTER_ENDING)):
        unfinished(path).unlink(missing_ok=True)
    actions_file(video).unlink(missing_ok=True)


def tidy_videos(run: Path, records: Iterable[Record]) -> list[Record]:
    """Remove what is half made and folders without videos; returns the records whose videos can still be made.

    Not while a driver is at work in `run`.
    """
    known = {record.video: record for record in records if record.video}
    for path in sorted((run / VIDEOS_FOLDER).rglob("*"), reverse=True):
        name = path.with_suffix(VIDEO_ENDING).relative_to(run).as_posix()
        if path.is_file() and (path.name.startswith(".") or (path.suffix == ACTIONS_ENDING and name not in known)):
            path.unlink()
        elif path.is_dir():
            with contextlib.suppress(OSError):
                path.rmdir()
    waiting = [record for name, record in known.items() if actions_file(run / name).is_file()]
    for record in list(waiting):
        if video_file(run, record) is not None:
            actions_file(run / str(record.video)).unlink()
            waiting.remove(record)
    return waiting


def _there(run: Path, record: Record, ending: str) -> Path | None:
    if not record.video:
        return None
    path = (run / record.video).with_suffix(ending)
    return path if path.is_file() else None
