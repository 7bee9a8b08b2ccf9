"""Pictures and videos of the page: inside it as long as it stays small enough to be sent, files beside it otherwise."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from evalsuite.records.videos import POSTER_ENDING, VIDEO_ENDING
from evalsuite.reports.files import write_whole
from evalsuite.reports.html.view_pictures import ViewPictures, zoom_of

INLINE_BYTES = 24_000_000
"""Of text: what mail services let through as an attachment, with room for the page itself."""

SIDE_FOLDER = "index_files"
BASE64_GROWTH = 4 / 3


@dataclass(frozen=True)
class Medium:
    """A file inside the page: the id of the element that holds it, and its text."""

    id: str
    text: str


@dataclass(frozen=True)
class Pictures:
    """Of the page's scenarios.

    Args:
        places: (place of the suite, scenario id) -> for each kind of picture either `#id` of a medium or a URL.
        inside: what the page holds of them.
        folder: beside it, with the pictures; empty when they are inside.
        bytes: of text that they take up in the page.
    """

    places: Mapping[tuple[int, str], Mapping[str, Any]]
    inside: tuple[Medium, ...]
    folder: tuple[Path, ...]
    bytes: int


@dataclass(frozen=True)
class Videos:
    """Like `Pictures`; `places` goes from (run folder, path in it) to where the page finds the video and its poster.

    A poster is the first picture of its video; an empty text where there is none.
    """

    places: Mapping[tuple[Path, str], tuple[str, str]]
    inside: tuple[Medium, ...]


def place_pictures(views: Mapping[tuple[int, str], ViewPictures], out: Path) -> Pictures:
    """Put the pictures into the page, or, when they exceed `INLINE_BYTES`, into a folder beside it in `out`."""
    size = int(sum(len(each.start) + len(each.goal) + len(each.mask) for each in views.values()) * BASE64_GROWTH)
    within = size <= INLINE_BYTES
    places: dict[tuple[int, str], dict[str, Any]] = {}
    inside: list[Medium] = []
    for number, (key, view) in enumerate(views.items()):
        place: dict[str, Any] = {}
        kinds = (("start", view.start, "webp"), ("goal", view.goal, "webp"), ("mask", view.mask, "png"))
        for kind, content, ending in kinds:
            if within:
                inside.append(Medium(f"{kind}-{number}", data_url(content, f"image/{ending}")))
                place[kind] = f"#{inside[-1].id}"
            else:
                path = out / SIDE_FOLDER / f"{number}-{kind}.{ending}"
                place[kind] = f"{SIDE_FOLDER}/{write_whole(path, content).name}"
        zoom = zoom_of(view.mask)
        if zoom is not None:
            place["zoom"] = [round(value, 4) for value in (zoom.x, zoom.y, zoom.half_width, zoom.left, zoom.top)]
        places[key] = place
    folder = () if within else (out / SIDE_FOLDER,)
    return Pictures(places, tuple(inside), folder, size if within else 0)


def place_videos(recorded: Iterable[tuple[Path, str]], out: Path, room: int) -> Videos:
    """Put the videos into the page when all of them fit into `room` bytes of text, or else link them.

    A path that leads out of its run folder is passed over, and so is what is no MP4 file: a run folder may come
    from anywhere, and nothing else of the reader's disk belongs on a page that is sent around.
    """
    found: dict[tuple[Path, str], Path] = {}
    for run, name in dict.fromkeys(recorded):
        path = _video_within(run, name)
        if path is not None:
            found[run, name] = path
    if sum(path.stat().st_size for path in found.values()) * BASE64_GROWTH > room:
        start = out.resolve()
        linked = {key: (_url(path, start), _url(_poster(path), start)) for key, path in found.items()}
        return Videos(linked, ())
    places: dict[tuple[Path, str], tuple[str, str]] = {}
    inside = []
    for number, (key, path) in enumerate(found.items()):
        inside.append(Medium(f"video-{number}", base64.b64encode(path.read_bytes()).decode()))
        places[key] = (f"#{inside[-1].id}", "")
    return Videos(places, tuple(inside))


def _video_within(run: Path, name: str) -> Path | None:
    try:
        path = (run / name).resolve()
        there = path.suffix == VIDEO_ENDING and path.is_relative_to(run.resolve()) and path.is_file()
    except (OSError, ValueError):
        return None
    return path if there else None


def _poster(video: Path) -> Path | None:
    path = video.with_suffix(POSTER_ENDING)
    return path if path.is_file() else None


def _url(path: Path | None, start: Path) -> str:
    return "" if path is None else quote(os.path.relpath(path, start))


def data_url(content: bytes, kind: str) -> str:
    """`content` as a URL that needs no file."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
