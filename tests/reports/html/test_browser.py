"""The page in a real browser, used as a person does."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from evalsuite.reports.html import page
from tests.reports.html.small_runs import edit, full_run

ROWS = "#episode-table tbody tr"
FIRST = "agent/approach-easy-0/0"
PATIENCE_SECONDS = 10.0
SERIOUS = ("serious", "critical")


def until(tab: Any, expression: str) -> None:
    """Wait until it holds; Playwright's own way of waiting needs eval, which the page forbids."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not tab.evaluate(expression):
        assert time.monotonic() < deadline, expression
        time.sleep(0.02)


def column(tab: Any, key: str) -> list[str]:
    return [text.strip() for text in tab.locator(f"{ROWS} .{key}").all_inner_texts()]


def scenario_names(tab: Any) -> list[str]:
    return [text.strip() for text in tab.locator(f"{ROWS} th").all_inner_texts()]


def address(tab: Any) -> str:
    return str(tab.evaluate("decodeURIComponent(location.hash)"))


def is_open(tab: Any) -> bool:
    return bool(tab.evaluate("document.getElementById('episode').open"))


def wait_for_dialog(tab: Any, *, opened: bool) -> None:
    until(tab, f"document.getElementById('episode').open === {str(opened).lower()}")


def focused(tab: Any) -> str:
    return str(tab.evaluate("document.activeElement.textContent.trim() || document.activeElement.name"))


@pytest.mark.parametrize(
    ("known", "words"),
    [
        ({"first_seen_step": None, "sight_unknown_steps": 0}, "never"),
        ({"first_seen_step": None, "sight_unknown_steps": 10_000}, "not measured"),
        ({"first_seen_step": None, "sight_unknown_steps": None}, "not measured"),
        ({"first_seen_step": None, "sight_unknown_steps": 3}, "not where it was measured"),
        ({"first_seen_step": 7, "sight_unknown_steps": 0}, "step 7"),
        ({"first_seen_step": 7, "sight_unknown_steps": 3}, "by step 7"),
    ],
)
def test_a_sight_that_nobody_measured_is_not_called_none(
    known: dict[str, int | None], words: str, tab: Any, tmp_path: Path
) -> None:
    run = edit(full_run(tmp_path / "run", policies=["agent"], per_cell=1), lambda row: row.update(known))
    path = page.write([run], None)[0]
    tab.goto(f"{path.as_uri()}#e={quote(FIRST)}")
    wait_for_dialog(tab, opened=True)
    assert tab.locator(".card dl div", has_text="first in view").locator("dd").inner_text() == words


def test_of_a_row_of_goals_it_says_which_is_shown_and_how_many_were_reached(tab: Any, tmp_path: Path) -> None:
    def whole(row: dict[str, Any]) -> None:
        row.update(goals=6, score=1.0, outcome="success")

    path = page.write([edit(full_run(tmp_path / "run", policies=["agent"], per_cell=1), whole)], None)[0]
    tab.goto(path.as_uri())
    assert set(column(tab, "score")) == {"1.00"}
    tab.goto(f"{path.as_uri()}#e={quote(FIRST)}")
    wait_for_dialog(tab, opened=True)
    assert "6 of 6" in tab.inner_text(".card dl")
    assert "goal 1 of 6" in tab.inner_text(".views")
    assert "those of the first" in tab.inner_text("#episode-body")


def test_every_episode_is_listed_a_hundred_at_a_time(opened: Any) -> None:
    assert opened.locator(ROWS).count() == 100
    assert "180 episodes" in opened.inner_text("#episode-count")
    opened.click("text=Next page")
    assert opened.locator(ROWS).count() == 80
    assert opened.locator("#next-page").is_disabled()


def test_a_click_on_a_heading_sorts_and_a_second_one_turns_the_order(opened: Any) -> None:
    steps = opened.locator("th[data-key=steps]")
    assert steps.get_attribute("aria-sort") == "none"
    steps.locator("button").click()
    assert opened.locator("th[data-key=steps]").get_attribute("aria-sort") == "ascending"
    rising = [int(text) for text in column(opened, "steps")]
    assert rising == sorted(rising)
    opened.locator("th[data-key=steps] button").click()
    assert opened.locator("th[data-key=steps]").get_attribute("aria-sort") == "descending"
    falling = [int(text) for text in column(opened, "steps")]
    assert falling == sorted(falling, reverse=True)
    assert falling[0] > rising[0]


def test_difficulties_sort_from_easy_to_hard_and_not_by_letter(opened: Any) -> None:
    opened.locator("th[data-key=difficulty] button").click()
    assert column(opened, "difficulty")[0] == "easy"
    opened.select_option("[name=outcome]", "success")
    shown = list(dict.fromkeys(column(opened, "difficulty")))
    assert shown == ["easy", "medium", "hard"]


def test_filters_narrow_the_list_together(opened: Any) -> None:
    opened.select_option("[name=interaction]", "melee_hunt")
    opened.select_option("[name=difficulty]", "hard")
    opened.select_option("[name=policy]", "oracle")
    assert set(column(opened, "interaction")) == {"melee hunt"}
    assert set(column(opened, "policy")) == {"oracle"}
    assert opened.locator(ROWS).count() == 4
    opened.fill("[name=q]", "HARD-2")
    assert scenario_names(opened) == ["melee_hunt-hard-2"]
    opened.click("#clear")
    assert "180 episodes" in opened.inner_text("#episode-count")


def test_episodes_lost_against_another_policy_are_found(opened: Any) -> None:
    opened.select_option("[name=policy]", "agent")
    opened.select_option("[name=against]", "oracle")
    opened.select_option("[name=change]", "lost")
    assert set(column(opened, "outcome")) == {"○ failure"}
    lost = opened.locator(ROWS).count()
    opened.select_option("[name=change]", "gained")
    assert opened.locator("#nothing-found").is_visible()
    opened.select_option("[name=change]", "same")
    assert lost + opened.locator(ROWS).count() == 60


def test_an_episode_opens_with_what_was_asked_and_what_came_of_it(opened: Any) -> None:
    opened.fill("[name=q]", "approach-easy-0")
    opened.locator(ROWS).first.locator("td").first.click()
    wait_for_dialog(opened, opened=True)
    assert opened.inner_text("#episode-title") == "approach-easy-0"
    assert opened.locator("#episode .views img:not(.zoom img)").count() == 3
    until(opened, "[...document.querySelectorAll('#episode .views img')].every((each) => each.naturalWidth)")
    assert opened.locator("#episode .zoom").is_visible()
    shown = opened.inner_text("#episode")
    assert "approach done" in shown
    assert "18.3 m" in shown
    assert "evalsuite replay" in shown
    assert FIRST in shown
    opened.click("#show-mask")
    assert not opened.locator("#episode .picture > .mask").is_visible()


def test_the_episode_of_a_lone_policy_has_nothing_beside_it(tab: Any, tmp_path: Path) -> None:
    (path,) = page.write([full_run(tmp_path / "run", policies=["agent"], per_cell=1)], None)
    tab.goto(path.as_uri())
    tab.locator(ROWS).first.locator("th a").click()
    wait_for_dialog(tab, opened=True)
    assert tab.locator("#episode .card").count() == 1
    assert tab.locator("#beside").count() == 0
    loose = "(body) => [...body.childNodes].filter((each) => each.nodeType === Node.TEXT_NODE).map((each) => each.data)"
    assert tab.locator("#episode-body").evaluate(loose) == []


def test_the_two_policies_of_a_pair_stand_side_by_side(opened: Any) -> None:
    opened.locator(ROWS).first.locator("th a").click()
    wait_for_dialog(opened, opened=True)
    cards = opened.locator("#episode .card")
    assert cards.locator(".policy-name").all_inner_texts() == ["agent", "oracle"]
    boxes = [cards.nth(place).bounding_box() for place in range(2)]
    assert boxes[0]["y"] == boxes[1]["y"]
    opened.select_option("#beside", "random")
    assert cards.locator(".policy-name").all_inner_texts() == ["agent", "random"]
    assert address(opened).endswith("with=random")
    opened.select_option("#beside", "-")
    assert cards.count() == 1


def test_a_link_that_names_an_episode_opens_it(tab: Any, report: Path) -> None:
    tab.goto(f"{report.as_uri()}#e={quote('random/break-hard-3/0')}")
    wait_for_dialog(tab, opened=True)
    assert tab.inner_text("#episode-title") == "break-hard-3"
    assert tab.locator("#episode .policy-name").first.inner_text() == "random"


def test_a_link_to_an_episode_that_is_not_here_says_so(tab: Any, report: Path) -> None:
    tab.goto(f"{report.as_uri()}#e=nobody/nothing/7")
    assert "no episode called nobody/nothing/7" in tab.inner_text("#unknown-episode")
    assert not is_open(tab)


def test_back_closes_the_episode_and_forward_opens_it_again(opened: Any) -> None:
    opened.select_option("[name=policy]", "random")
    opened.locator(ROWS).nth(2).locator("th a").click()
    wait_for_dialog(opened, opened=True)
    there = address(opened)
    opened.go_back()
    wait_for_dialog(opened, opened=False)
    assert address(opened) == "#policy=random"
    assert opened.locator(ROWS).count() == 60
    opened.go_forward()
    wait_for_dialog(opened, opened=True)
    assert address(opened) == there


def test_a_number_in_a_table_leads_to_the_episodes_behind_it(opened: Any) -> None:
    link = opened.locator(
        "table[data-kind=success] a[href*='interaction=break'][href*='difficulty=hard'][href*='agent']"
    )
    link.first.click()
    assert opened.locator(ROWS).count() == 4
    assert set(column(opened, "policy")) == {"agent"}
    assert all(name.startswith("break-hard-") for name in scenario_names(opened))
    assert opened.input_value("[name=interaction]") == "break"
    assert focused(opened) == "Episodes"
    opened.go_back()
    until(opened, "document.querySelectorAll('#episode-table tbody tr').length === 100")


def test_a_bin_of_measured_view_difficulty_leads_to_its_episodes(opened: Any) -> None:
    opened.locator("table[data-kind=view-difficulty] a[href*='view_angle_deg_bin'][href*='oracle']").first.click()
    assert set(column(opened, "angle")) == {"25"}
    assert opened.locator("#chips .chip").count() == 1
    opened.click("#chips .chip")
    assert set(column(opened, "angle")) == {"25", "65", "105", "145"}


def test_every_link_of_the_tables_leads_to_as_many_episodes_as_it_says(opened: Any) -> None:
    links = opened.locator("#tables td.rate:has(a)")
    assert links.count() > 50
    for place in range(0, links.count(), 19):
        cell = links.nth(place)
        scored = int(re.search(r"n=(\d+)", cell.inner_text()).group(1))  # type: ignore[union-attr]
        cell.locator("a").click()
        found = re.search(r"(\d+)(?: of \d+)? episodes", opened.inner_text("#episode-count"))
        errors = re.search(r"(\d+) error", opened.inner_text("#episode-count"))
        assert found is not None
        assert int(found.group(1)) - (int(errors.group(1)) if errors else 0) == scored


def test_a_video_plays(opened: Any) -> None:
    opened.evaluate(f"location.hash = 'e={FIRST}&with=random'")
    wait_for_dialog(opened, opened=True)
    videos = opened.locator("#episode video")
    assert videos.count() == 2
    assert videos.first.get_attribute("preload") == "none"
    assert videos.first.get_attribute("poster").startswith("data:image/webp")
    opened.click("#play-both")
    until(opened, "[...document.querySelectorAll('#episode video')].every((each) => each.currentTime > 0.3)")
    assert videos.first.evaluate("(video) => [video.videoWidth, video.videoHeight]") == [160, 90]


def test_a_video_too_large_for_the_page_plays_from_beside_it_and_its_loss_is_told(
    tab: Any, report: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "INLINE_BYTES", 0)
    (linked,) = page.write([report.parent.parent], report.parent / "linked")
    tab.goto(f"{linked.as_uri()}#e={FIRST}")
    wait_for_dialog(tab, opened=True)
    tab.locator("#episode video").first.evaluate("(video) => video.play()")
    until(tab, "document.querySelector('#episode video').currentTime > 0.1")
    alone = tmp_path / "sent.html"
    alone.write_bytes(linked.read_bytes())
    with tab.context.new_page() as other:
        other.goto(f"{alone.as_uri()}#e={FIRST}")
        other.locator("#episode video").first.evaluate("(video) => video.play().catch(() => 0)")
        other.wait_for_selector("text=can’t be played from")


def test_the_whole_browser_is_used_by_keyboard_alone(opened: Any) -> None:
    opened.focus("[name=policy]")
    opened.keyboard.type("random")
    opened.focus("#episode-table tbody th a[tabindex='0']")
    opened.keyboard.press("ArrowDown")
    opened.keyboard.press("ArrowDown")
    third = focused(opened)
    opened.keyboard.press("Enter")
    wait_for_dialog(opened, opened=True)
    assert opened.inner_text("#episode-title").endswith(third)
    opened.keyboard.press("ArrowRight")
    assert opened.inner_text("#episode-place") == "4 of 60"
    fourth = opened.inner_text("#episode-title")
    opened.keyboard.press("Escape")
    wait_for_dialog(opened, opened=False)
    until(opened, f"document.activeElement.textContent === {fourth!r}")
    opened.keyboard.press("End")
    opened.keyboard.press("Home")
    assert focused(opened) == scenario_names(opened)[0]


def test_one_tab_stop_leads_through_the_whole_list(opened: Any) -> None:
    assert opened.locator("#episode-table tbody [tabindex='0']").count() == 1


def test_arrow_keys_turn_the_page_at_its_end(opened: Any) -> None:
    opened.focus("#episode-table tbody th a[tabindex='0']")
    opened.keyboard.press("End")
    opened.keyboard.press("ArrowDown")
    assert opened.inner_text("#page-number").startswith("101–180")
    opened.keyboard.press("ArrowUp")
    assert opened.inner_text("#page-number").startswith("1–100")
    assert focused(opened) == scenario_names(opened)[-1]


@pytest.mark.parametrize("width", [360, 380, 600, 768, 1440])
def test_the_page_is_never_wider_than_the_window(tab: Any, report: Path, width: int) -> None:
    tab.set_viewport_size({"width": width, "height": 800})
    tab.goto(report.as_uri())
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    for edge in tab.evaluate(
        "[...document.querySelectorAll('.bar svg')].map((bar) => bar.getBoundingClientRect().right)"
    ):
        assert edge <= width, "a bar is drawn whole or not at all"
    tab.locator(ROWS).first.locator("th a").click()
    wait_for_dialog(tab, opened=True)
    assert tab.evaluate("document.getElementById('episode').scrollWidth") <= width


@pytest.mark.parametrize(("scheme", "rules"), [("light", []), ("dark", ["color-contrast"])], ids=["light", "dark"])
def test_axe_finds_no_serious_fault(tab: Any, small_report: Path, scheme: str, rules: list[str]) -> None:
    axe = pytest.importorskip("axe_playwright_python", reason="needs axe: pip install axe-playwright-python")
    tab.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    tab.goto(small_report.as_uri())
    tab.evaluate(Path(axe.__path__[0], "axe.min.js").read_text(encoding="utf-8"))
    assert serious_faults(tab, "document", rules) == []
    tab.locator(ROWS).first.locator("th a").click()
    wait_for_dialog(tab, opened=True)
    assert tab.locator("#episode video").count() == 1
    assert serious_faults(tab, "'#episode'", rules) == []


def serious_faults(tab: Any, of: str, rules: list[str]) -> list[tuple[str, str, str]]:
    """What axe finds there by `rules`, or by all of them where none is named."""
    options = {"resultTypes": ["violations"], **({"runOnly": rules} if rules else {})}
    found = tab.evaluate(f"(options) => axe.run({of}, options)", options)
    assert found["passes"]
    return [
        (fault["id"], node["html"][:200], node["failureSummary"])
        for fault in found["violations"]
        if fault["impact"] in SERIOUS
        for node in fault["nodes"]
    ]


def test_nothing_that_a_record_says_becomes_a_part_of_the_page(tab: Any, tmp_path: Path) -> None:
    attack = "</script><script>window.hit=1</script><img src=x onerror='window.hit=2'>'\"&{{7*7}}"

    def spoil(row: dict[str, Any]) -> None:
        row["reason"] = f"{row['outcome']} {attack}"
        row["scenario"] = f"{row['scenario']}{attack}"
        row["world"] = attack
        row["view"]["extra"] = attack
        row["video"] = f"javascript:window.hit=3//{attack}.mp4"

    run = full_run(tmp_path / "run", policies=[f"agent{attack}", "oracle"], references={f"agent{attack}": attack})
    (path,) = page.write([edit(run, spoil)], None)
    tab.goto(path.as_uri())
    assert attack in tab.inner_text("#summary")
    assert any(attack in name for name in scenario_names(tab))
    tab.locator(ROWS).first.locator("th a").click()
    wait_for_dialog(tab, opened=True)
    assert attack in tab.inner_text("#episode .why >> nth=0")
    tab.wait_for_timeout(200)
    assert tab.evaluate("window.hit") is None
    assert tab.locator("img[src=x]").count() == 0
    assert "49" not in tab.title()


def test_the_page_forbids_any_script_but_its_own(opened: Any, faults: list[str]) -> None:
    opened.evaluate(
        "document.body.append(document.createRange().createContextualFragment('<p onclick=\"hit=1\">x</p>'))"
    )
    opened.evaluate("document.body.lastElementChild.click()")
    opened.evaluate("document.body.append(Object.assign(document.createElement('script'), {text: 'window.hit=2'}))")
    opened.wait_for_timeout(200)
    assert opened.evaluate("window.hit") is None
    assert len([fault for fault in faults if "Content Security Policy" in fault]) == 2
    faults.clear()


def test_the_page_asks_for_nothing_but_itself(tab: Any, report: Path) -> None:
    asked: list[str] = []
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto(f"{report.as_uri()}#e={FIRST}")
    wait_for_dialog(tab, opened=True)
    tab.wait_for_timeout(200)
    assert [url for url in asked if not url.startswith(("data:", "blob:"))] == [f"{report.as_uri()}"]


def test_on_paper_only_what_can_be_read_there_remains(opened: Any) -> None:
    opened.emulate_media(media="print")
    assert not opened.locator("#filters").is_visible()
    assert not opened.locator("nav").is_visible()
    assert opened.locator("#tables table").first.is_visible()


def test_lost_and_gained_pairs_lead_to_just_those_episodes(tab: Any, pair_report: Path) -> None:
    tab.goto(pair_report.as_uri())
    links = tab.locator("table[data-kind=change] a[href*='change=']")
    assert links.count() >= 12
    for place in range(0, links.count(), 9):
        pairs = int(links.nth(place).inner_text())
        links.nth(place).click()
        assert tab.locator(ROWS).count() == pairs
        assert len(set(column(tab, "outcome"))) <= 1


def test_scenarios_sort_by_number_and_not_by_letter(tab: Any, pair_report: Path) -> None:
    tab.goto(f"{pair_report.as_uri()}#q=approach-easy&policy=after&sort=scenario")
    assert scenario_names(tab) == [f"approach-easy-{number}" for number in range(12)]
