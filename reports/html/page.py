"""`index.html`: the whole report as one file that needs no server, no network and nothing beside it."""

from __future__ import annotations

import base64
import hashlib
import json
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalsuite.errors import UsageError
from evalsuite.extras import install_command
from evalsuite.reports.evaluation import Evaluation, read_evaluation
from evalsuite.reports.files import report_folder, write_whole
from evalsuite.reports.html.episode_data import ShownEpisode, browser_data, counted_episodes
from evalsuite.reports.html.figures import page_figures
from evalsuite.reports.html.links import EntryLinks
from evalsuite.reports.html.media import INLINE_BYTES, SIDE_FOLDER, Pictures, Videos, place_pictures, place_videos
from evalsuite.reports.html.summary import errors_summary, runs_summary, suites_summary
from evalsuite.reports.html.view_cache import LIMIT_SECONDS, views_of
from evalsuite.reports.html.view_pictures import ViewPictures
from evalsuite.reports.html_table import fragment
from evalsuite.reports.suite_of_suites import suites_of
from evalsuite.reports.tables import overview
from evalsuite.reports.tables.registry import all_tables
from evalsuite.reports.tables.table import Table
from evalsuite.reports.wording import counted, suite_name
from evalsuite.statistics.intervals import IntervalKind

if TYPE_CHECKING:
    from jinja2 import Environment

FILE_NAME = "index.html"
TEMPLATES = Path(__file__).with_name("templates")
SCRIPTS = Path(__file__).with_name("script")
SCRIPT_FILES = ("data.js", "address.js", "list.js", "filters.js", "episode.js", "start.js")
"""One script in this order."""

LINKED_VIDEOS = "The videos are linked where they lie, in the run folder: a copy of this page alone has none."
REHEARSAL = "Stand-ins played the simulators’ part: nothing here says how a policy does in the real world named."
SOME_REHEARSAL = "Where it says so, stand-ins played the simulators’ part; those numbers are kept apart from real ones."


def write(
    runs: Sequence[Path], out: Path | None, *, interval: IntervalKind = "wilson", view_bins: str | None = None
) -> list[Path]:
    """Write `index.html`, and a folder of pictures beside it only where they are too many for one file.

    Args:
        runs: run folders.
        out: where it goes; by default `report/` in the first run folder.
        interval: the kind of interval in tables and figures.
        view_bins: by which view difficulty is shown.

    Raises `UsageError`.
    """
    environment = _environment()
    evaluation = read_evaluation(runs, interval, view_bins)
    folder = report_folder(runs, out)
    episodes = counted_episodes(evaluation.results)
    views, remarks = _views(evaluation, episodes)
    pictures = place_pictures(views, folder)
    recorded = [(each.run, each.record.video) for each in episodes if each.record.video]
    videos = place_videos(recorded, folder, INLINE_BYTES - pictures.bytes)
    data = browser_data(evaluation, episodes, views=pictures.places, videos=videos.places)
    text = _render(environment, evaluation, episodes, pictures, videos, data, remarks)
    path = write_whole(folder / FILE_NAME, text.encode())
    if videos.places and not videos.inside:
        print(f"note: {path}: {LINKED_VIDEOS}", file=sys.stderr)
    return [path, *pictures.folder]


def _render(
    environment: Environment,
    evaluation: Evaluation,
    episodes: Sequence[ShownEpisode],
    pictures: Pictures,
    videos: Videos,
    data: dict[str, Any],
    remarks: Iterable[str],
) -> str:
    from markupsafe import Markup

    script = _script()
    figures, figures_missing = page_figures(evaluation)
    tables = all_tables(evaluation)
    several = len(evaluation.results) > 1
    glance = next((table for table in tables if table.kind == overview.KIND), None) if several else None
    rehearsals = [results.rehearsal for results in evaluation.results]
    runs = runs_summary(evaluation)
    return environment.get_template("page.html").render(
        title=_title(evaluation),
        version=version("evalsuite"),
        policy=_content_security_policy(script),
        style=Markup((TEMPLATES / "page.css").read_text(encoding="utf-8")),
        script=Markup(script),
        rehearsal=REHEARSAL if all(rehearsals) else SOME_REHEARSAL if any(rehearsals) else "",
        suites=suites_summary(evaluation),
        errors=errors_summary(evaluation, episodes),
        runs=runs,
        glance=None if glance is None else _shown(evaluation, glance),
        tables=[_shown(evaluation, table) for table in tables if table is not glance],
        figures=figures,
        figures_missing=figures_missing,
        remarks=[*_about_rest(evaluation, episodes), *_about_media(pictures, videos), *remarks],
        records=f"{counted(len(episodes), 'episode')} in {counted(len(runs), 'run folder')}",
        data=Markup(as_script_data(data)),
        inside=[*pictures.inside, *videos.inside],
    )


def _shown(evaluation: Evaluation, table: Table) -> dict[str, Any]:
    from markupsafe import Markup

    return {
        "title": table.title,
        "facts": table.facts,
        "legend": _sentence(table.legend),
        "notes": table.notes,
        "sources": table.sources,
        "fragment": Markup(fragment(table, EntryLinks(evaluation, table))),
    }


def _title(evaluation: Evaluation) -> str:
    header = suites_of(evaluation)
    if header is not None:
        return f"{header.suite} {header.version}"
    return ", ".join(dict.fromkeys(suite_name(results) for results in evaluation.results))


def _environment() -> Environment:
    try:
        from jinja2 import Environment, FileSystemLoader, StrictUndefined
    except ImportError as error:
        raise UsageError(f"the HTML report needs jinja2 ({error}): {install_command('reports')}") from error
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _views(
    evaluation: Evaluation, episodes: Sequence[ShownEpisode]
) -> tuple[dict[tuple[int, str], ViewPictures], list[str]]:
    """Views by place of the suite and scenario, and what has to be said of those that are missing."""
    found: dict[tuple[int, str], ViewPictures] = {}
    remarks = []
    deadline = time.monotonic() + LIMIT_SECONDS
    for place, results in enumerate(evaluation.results):
        wanted = {each.record.scenario for each in episodes if each.suite == place}
        folders = [run.folder for run in results.runs]
        views = views_of(folders, wanted, rehearse=results.rehearsal, deadline=deadline)
        found.update({(place, scenario): view for scenario, view in views.pictures.items()})
        if views.missing:
            remarks.append(views.missing)
    return found, remarks


def as_script_data(data: Any) -> str:
    """`data` as JSON that no text in it can lead out of a script element."""
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _script() -> str:
    parts = [(SCRIPTS / name).read_text(encoding="utf-8") for name in SCRIPT_FILES]
    return '(() => {\n"use strict";\n' + "\n".join(parts) + "})();\n"


def _content_security_policy(script: str) -> str:
    """Nothing is fetched but pictures and videos from beside the page, and no script runs but our own."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; img-src 'self' data: file:; "
        "media-src 'self' blob: file:; base-uri 'none'; form-action 'none'"
    )


def _about_rest(evaluation: Evaluation, episodes: Sequence[ShownEpisode]) -> Iterator[str]:
    total = sum(len(policy.episodes) for results in evaluation.results for policy in results.policies)
    if len(episodes) < total:
        yield f"The list holds the first {len(episodes):,} of {total:,} episodes; tables and figures are of all."


def _about_media(pictures: Pictures, videos: Videos) -> Iterator[str]:
    """What travels with the page when it is sent."""
    if pictures.folder:
        yield f"The views are files in {SIDE_FOLDER}/ beside this page: send them along."
    elif pictures.places:
        yield "The views are inside this file."
    if videos.inside:
        yield "The videos are inside this file."
    elif videos.places:
        yield LINKED_VIDEOS


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}." if text else ""
