"""What is written, and what never is."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from evalsuite.errors import UsageError
from evalsuite.reports.html import episode_data, page
from evalsuite.reports.html.page import as_script_data
from tests.reports.html.small_runs import edit, full_run, rows_of
from tests.reports.run_folders import make_run, plausible, sha256_of

pytest.importorskip("jinja2", reason="needs jinja2: pip install 'evalsuite[reports]'")

SMALL: dict[str, Any] = {"policies": ["agent", "oracle"], "per_cell": 1}


def text_of(*runs: Path, out: Path | None = None) -> str:
    return page.write(runs, out)[0].read_text(encoding="utf-8")


def data_of(text: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    assert found is not None
    data: dict[str, Any] = json.loads(found[1])
    return data


def test_the_report_is_one_file_that_names_no_other(tmp_path: Path) -> None:
    written = page.write([full_run(tmp_path / "run", **SMALL)], None)
    assert written == [tmp_path / "run" / "report" / "index.html"]
    assert sorted(path.name for path in written[0].parent.iterdir()) == ["index.html"]
    text = written[0].read_text(encoding="utf-8")
    assert not re.search(r"""(?:src|href)=["'](?!#|data:)""", text)
    assert not re.search(r"""url\((?!#|["']?data:)""", text)


def test_the_only_script_that_may_run_is_the_one_inside(tmp_path: Path) -> None:
    text = text_of(full_run(tmp_path / "run", **SMALL))
    (script,) = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    assert policy is not None
    assert f"script-src 'sha256-{digest}'" in html.unescape(policy[1])
    assert "default-src 'none'" in html.unescape(policy[1])


def test_every_settled_episode_is_told_as_it_was_recorded(tmp_path: Path) -> None:
    run = full_run(tmp_path / "run")
    data = data_of(text_of(run))
    told = {}
    shown = data["episodes"]
    for place, scenario in enumerate(shown["scenario"]):
        key = (data["policies"][shown["policy"][place]], data["scenarios"]["id"][scenario], shown["seed"][place])
        outcome = ("success", "failure", "error")[shown["outcome"][place]]
        told[key] = (outcome, data["reasons"][shown["reason"][place]], shown["steps"][place], shown["nearest"][place])
    recorded = {
        (row["policy"], row["scenario"], row["seed"]): tuple(
            row[name] for name in ("outcome", "reason", "steps", "nearest_m")
        )
        for row in rows_of(run)
    }
    assert told == recorded


def in_rows(row: dict[str, Any]) -> None:
    """Six goals an episode, of which the agent reached two; nothing can be told of the target's being in view."""
    row.update(goals=6, first_seen_step=None, sight_unknown_steps=row["steps"] + 1)
    row["score"] = 1 / 3 if row["policy"] == "agent" else 1.0


def test_of_a_row_of_goals_the_page_shows_the_score_and_how_many_there_are(tmp_path: Path) -> None:
    assert "Mean score" not in text_of(full_run(tmp_path / "single", **SMALL))
    text = text_of(edit(full_run(tmp_path / "row", **SMALL), in_rows))
    (head,) = re.findall(r'<section id="summary".*?</section>', text, re.DOTALL)
    assert "Mean score" in head
    assert re.search(r'<td class="number">\d\.\d\d <span class="quiet">\[0\.\d\d, \d\.\d\d\]</span></td>', head)
    data = data_of(text)
    assert set(data["scenarios"]["goals"]) == {6}
    assert set(data["episodes"]["score"]) == {1.0, 0.33}


def test_whether_the_target_came_into_view_is_told_with_how_much_of_it_is_known(tmp_path: Path) -> None:
    data = data_of(text_of(edit(full_run(tmp_path / "run", **SMALL), in_rows)))["episodes"]
    assert set(data["firstSeen"]) == {None}
    assert data["sightUnknown"] == [steps + 1 for steps in data["steps"]]


def test_an_attempt_that_settled_nothing_and_a_repeated_episode_are_not_shown(tmp_path: Path) -> None:
    first, again = (full_run(tmp_path / name, **SMALL) for name in ("first", "again"))

    def unsettle(row: dict[str, Any]) -> None:
        if row["scenario"] == "break-easy-0":
            row["final"] = False

    shown = data_of(text_of(edit(first, unsettle), again))
    assert len(shown["episodes"]["scenario"]) == 30
    assert len(shown["runs"]) == 2


def test_a_label_of_two_checkpoints_is_told_apart_and_replayed_under_its_own(tmp_path: Path) -> None:
    runs = [make_run(tmp_path / name, plausible, checkpoint=name, **SMALL) for name in ("one", "two")]
    data = data_of(text_of(*runs))
    assert sorted(data["policies"]) == sorted(
        [*(f"agent@{sha256_of('agent' + each)[:8]}" for each in ("one", "two")), "oracle"]
    )
    assert set(data["episodes"]["recordedPolicy"]) == {"agent", None}


def test_a_rehearsal_is_marked_at_the_top_and_kept_apart(tmp_path: Path) -> None:
    real = make_run(tmp_path / "real", plausible, **SMALL)
    rehearsal = make_run(tmp_path / "rehearsal", plausible, rehearsal=True, **SMALL)
    assert '<p class="rehearsal">' not in text_of(real)
    alone = text_of(rehearsal)
    assert page.REHEARSAL in alone
    both = text_of(real, rehearsal)
    assert page.SOME_REHEARSAL in both
    assert [suite["rehearsal"] for suite in data_of(both)["suites"]] == [False, True]
    assert len({suite["slug"] for suite in data_of(both)["suites"]}) == 2


def test_errors_are_told_with_their_reasons(tmp_path: Path) -> None:
    run = full_run(tmp_path / "run", judge=lambda policy, *_: "error" if policy == "agent" else "success", **SMALL)
    text = text_of(run)
    assert "15 errors of agent" in text
    assert "the simulator died of SIGKILL" in text


def test_many_kinds_of_error_are_counted_though_not_all_are_named(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", lambda *_: "error", policies=["agent"], per_cell=2)
    numbers = iter(range(100))

    def differ(row: dict[str, Any]) -> None:
        row["reason"] = f"fault number {next(numbers)}"

    assert "10 errors more of 10 other kinds" in text_of(edit(run, differ))


def test_without_the_suite_file_the_page_says_why_there_are_no_views(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", plausible, **SMALL)
    text = text_of(run)
    assert "The views of 15 of 15 scenarios are not shown" in text
    assert data_of(text)["scenarios"]["pictures"] == [None] * 15


def test_more_episodes_than_a_browser_can_sort_are_cut_and_the_page_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(episode_data, "MOST_EPISODES", 20)
    text = text_of(make_run(tmp_path / "run", plausible, **SMALL))
    assert len(data_of(text)["episodes"]["scenario"]) == 20
    assert "The list holds the first 20 of 30 episodes" in text


def test_pictures_beyond_the_budget_lie_beside_the_page_which_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = full_run(tmp_path / "run", **SMALL)
    monkeypatch.setattr("evalsuite.reports.html.media.INLINE_BYTES", 1000)
    written = page.write([run], None)
    assert len(list(written[1].iterdir())) == 3 * 15
    text = written[0].read_text(encoding="utf-8")
    assert "files in index_files/ beside this page" in text
    for place in data_of(text)["scenarios"]["pictures"]:
        assert all((written[0].parent / place[kind]).is_file() for kind in ("start", "goal", "mask"))


def test_that_a_copy_of_the_page_has_no_videos_is_told_where_they_are_linked(
    report: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    page.write([report.parent.parent], tmp_path / "inside")
    assert "a copy of this page" not in capsys.readouterr().err
    monkeypatch.setattr(page, "INLINE_BYTES", 0)
    (path,) = page.write([report.parent.parent], tmp_path / "linked")
    assert f"note: {path}: The videos are linked" in capsys.readouterr().err


def test_a_record_that_names_another_file_as_its_video_gets_none(tmp_path: Path) -> None:
    secret = tmp_path / "secret.mp4"
    secret.write_bytes(b"private")
    run = full_run(tmp_path / "run", **SMALL)
    names = iter(
        ["../secret.mp4", str(secret), "run.json", "videos/none.mp4", "videos/link.mp4", "\0.mp4", "a" * 5000 + ".mp4"]
    )
    (run / "videos").mkdir()
    (run / "videos" / "link.mp4").symlink_to(secret)

    def name_a_video(row: dict[str, Any]) -> None:
        row["video"] = next(names, None)

    text = text_of(edit(run, name_a_video))
    assert set(data_of(text)["episodes"]["video"]) == {None}
    assert base64.b64encode(b"private").decode() not in text


def test_a_number_that_is_none_is_shown_as_unknown(tmp_path: Path) -> None:
    def spoil(row: dict[str, Any]) -> None:
        row["path_m"] = float("inf")
        row["view"]["view_angle_deg"] = float("nan")

    data = data_of(text_of(edit(full_run(tmp_path / "run", **SMALL), spoil)))
    assert set(data["episodes"]["path"]) == {None}
    assert {view[data["measures"].index("view_angle_deg")] for view in data["scenarios"]["view"]} == {None}


def test_text_in_the_data_cannot_end_the_script_that_holds_it() -> None:
    hostile = {"a": "</script><!--<script>&amp;\u2028"}
    text = as_script_data(hostile)
    assert not set("<>&\u2028") & set(text)
    assert json.loads(text) == hostile


def test_the_same_records_make_the_same_page(tmp_path: Path) -> None:
    run = full_run(tmp_path / "run", **SMALL)
    assert text_of(run, out=tmp_path / "a") == text_of(run, out=tmp_path / "b")


def test_a_page_that_cannot_be_written_is_one_line_for_the_person(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UsageError, match="can't write"):
        page.write([make_run(tmp_path / "run", plausible, **SMALL)], tmp_path / "file")


@pytest.mark.parametrize("missing", ["jinja2", "matplotlib"])
def test_without_a_package_the_person_is_told_or_the_page_does_without(tmp_path: Path, missing: str) -> None:
    run = make_run(tmp_path / "run", plausible, **SMALL)
    code = f"import sys; sys.modules[{missing!r}] = None; from evalsuite.commands.main import main; sys.exit(main())"
    asked = [sys.executable, "-c", code, "report", str(run), "--to", "html"]
    done = subprocess.run(asked, capture_output=True, text=True, timeout=60, check=False)
    if missing == "jinja2":
        assert done.returncode == 2
        assert '[reports]"' in done.stderr
        assert done.stderr.count("\n") == 1
    else:
        assert done.returncode == 0
        assert "There are no figures" in (run / "report" / "index.html").read_text(encoding="utf-8")
