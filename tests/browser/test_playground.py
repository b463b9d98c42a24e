"""The playground in a real browser: search, slide, rerank, recommend, judge; by keyboard, on a phone."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests.browser.conftest import HOSTILE, PICTURE

pytestmark = pytest.mark.es

QUERY = "lightweight running shoes for wide feet"
PATIENCE_MS = 60_000
CARDS = ".eh-panel .eh-card"


def opened(page: Page, address: str, *, language: str = "en", tab: str | None = None) -> None:
    """Open the pages, and one of them."""
    page.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    page.goto(f"{address}/{language}/")
    if tab:
        page.get_by_role("tab", name=tab, exact=True).click()


def pictured(page: Page, name: str) -> None:
    """Keep a picture for the docs, where one is asked for."""
    folder = os.environ.get("PLAYGROUND_SCREENSHOTS")
    if folder:
        page.screenshot(path=Path(folder, f"{name}.png"))


def fits(page: Page) -> bool:
    """Whether nothing hangs over the edge of the window."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def search(page: Page, address: str, text: str, *, language: str = "en") -> None:
    """Open the page and search as a visitor does."""
    opened(page, address, language=language)
    query = page.locator("#query :is(textarea, input)")
    query.fill(text)
    query.press("Enter")
    expect(page.locator(CARDS).first).to_be_visible()


def titles(page: Page, panel: str) -> list[str]:
    """Return the titles of one column."""
    return page.get_by_role("region", name=panel, exact=True).locator(".eh-title").all_inner_texts()


def test_a_search_is_compared_and_turned(page: Page, playground: str) -> None:
    """Four recipes stand side by side with their reasons; a slider changes the fused ones at once."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    search(page, playground, QUERY)
    expect(page.locator(".eh-panel h3")).to_have_text(["BM25", "Hybrid", "Reranked", "With boosts"])
    expect(page.locator(".eh-why").first).to_contain_text("text match")
    assert all(
        page.locator(f".eh-bars .eh-{part}").count() for part in ("lexical", "semantic", "rerank")
    )
    pictured(page, "playground")
    slider = page.locator("#lexical-weight input[type=range]")
    slider.focus()
    slider.press("Home")
    hybrid = page.get_by_role("region", name="Hybrid", exact=True)
    expect(hybrid.locator("header")).to_contain_text("words 0.00 · meaning 1.00 · by request")
    expect(page.locator("#own-weights input")).to_be_checked()
    outside = [url for url in asked if not url.startswith((playground, "data:", "blob:"))]
    assert all("img.example.com" in url for url in outside)


def test_facets_narrow_and_stay_on_offer(page: Page, playground: str) -> None:
    """A chosen brand leaves its products alone, and other brands can still be chosen."""
    search(page, playground, "running shoes")
    brand = page.get_by_role("group", name="brand").or_(page.locator("fieldset", has_text="brand"))
    choice = brand.locator("label", has_text="Ridgelope").first
    offered = brand.locator("label").count()
    choice.click()
    expect(page.locator(".eh-card .eh-details", has_not_text="Ridgelope")).to_have_count(0)
    assert brand.locator("label").count() == offered


def test_a_hostile_title_is_text_and_a_picture_tells_nothing(page: Page, playground: str) -> None:
    """Markup and templates of a product are shown as they are; a picture's host gets no referrer."""
    told: list[dict[str, str]] = []

    def picture(route: Route, request: Request) -> None:
        told.append(request.all_headers())
        route.fulfill(body=SVG, content_type="image/svg+xml")

    page.route(PICTURE, picture)
    search(page, playground, "Ridgelope document.title taken running shoe")
    card = page.locator('[data-id="hostile"]').first
    card.scroll_into_view_if_needed()
    expect(card.locator(".eh-title")).to_have_text(HOSTILE)
    page.wait_for_function("document.querySelector('[data-id=hostile] img').naturalWidth > 0")
    assert page.title() != "taken"
    assert told
    assert all("referer" not in headers for headers in told)


SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40"><rect width="40" height="40"/></svg>'


def test_a_pasted_list_is_reranked(page: Page, playground: str) -> None:
    """Pasted lines come back scored, the best first."""
    search(page, playground, "shoes")
    page.get_by_role("tab", name="Rerank").click()
    page.locator("#rerank-query :is(textarea, input)").fill("red trail running shoe")
    page.locator("#pasted textarea").fill(
        "garlic press\nred trail running shoe for women\ndesk lamp"
    )
    page.locator("#rerank").click()
    lines = page.locator(".eh-ranked .eh-line")
    expect(lines).to_have_count(3)
    expect(lines.first).to_have_text("red trail running shoe for women")
    pictured(page, "playground-rerank")
    assert page.locator("#task").is_visible()


def test_a_phone_and_a_keyboard_are_enough(page: Page, playground: str) -> None:
    """At 390 pixels nothing hangs over; Tab leads from the query to the button; pages are Chinese."""
    page.set_viewport_size({"width": 390, "height": 844})
    search(page, playground, "跑鞋", language="zh")
    expect(page.locator(".eh-why").first).to_contain_text("第1名")
    assert fits(page)
    card = page.locator(CARDS).first.bounding_box()
    assert card is not None
    assert card["x"] >= 0
    assert card["x"] + card["width"] <= 390
    page.locator("#query :is(textarea, input)").focus()
    page.keyboard.press("Tab")
    expect(page.locator("button", has_text="搜索").last).to_be_focused()
    page.get_by_role("link", name="English").click()
    expect(page.locator("#query :is(textarea, input)")).to_have_value("跑鞋")
    expect(page.locator(CARDS).first).to_be_visible()


def rows(file: Path) -> list[dict[str, str]]:
    """Return the grades that are in the file."""
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_a_pool_is_judged_by_key_and_by_click(page: Page, playground: str, grades: Path) -> None:
    """A grade is in the file before the next product; nothing tells of ranks; undo and skip work."""
    opened(page, playground, tab="Judge")
    shown = page.locator("#judging [data-item]")
    expect(shown).to_contain_text("0 of 6 judged")
    assert "secret-recipe" not in page.content()
    pictured(page, "playground-judge")
    first = shown.get_attribute("data-item")
    page.keyboard.press("3")
    expect(shown).to_contain_text("1 of 6 judged")
    (row,) = rows(grades)
    assert (f"{row['query_id']} {row['product_id']}", row["grade"], row["judge"]) == (
        *(first, "3"),
        "ann",
    )
    page.keyboard.press("u")
    expect(shown).to_contain_text("Taken back")
    assert shown.get_attribute("data-item") == first
    assert rows(grades) == []
    page.get_by_role("button", name="Skip").click()
    expect(shown).to_contain_text("Skipped")
    for done in range(1, 6):
        assert shown.get_attribute("data-item") != first
        button = page.locator('#grading [data-act="1"]')
        button.focus()
        page.keyboard.press("Enter")
        expect(shown).to_contain_text(f"{done} of 6 judged")
        expect(button).to_be_focused()
    expect(shown).to_have_attribute("data-item", first or "")
    page.reload()
    page.get_by_role("tab", name="Judge", exact=True).click()
    expect(shown).to_contain_text("5 of 6 judged")
    page.keyboard.press("0")
    expect(page.locator("#judging .eh-finished")).to_contain_text("Everything is judged")
    expect(page.locator("#grading")).to_be_hidden()
    assert sorted(row["grade"] for row in rows(grades)) == ["0", *["1"] * 5]
    grades.unlink()


def test_a_phone_can_judge(page: Page, playground: str, grades: Path) -> None:
    """The buttons stay in sight below a long product, and the pages are Chinese."""
    page.set_viewport_size({"width": 390, "height": 844})
    opened(page, playground, language="zh", tab="标注")
    expect(page.locator("#judging .eh-query")).to_contain_text("顾客搜索")
    assert fits(page)
    button = page.get_by_role("button", name="完全符合")
    box = button.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 844
    button.click()
    expect(page.locator("#judging [data-item]")).to_contain_text("已标注 1 / 6")
    assert [row["grade"] for row in rows(grades)] == ["3"]
    grades.unlink()


def test_products_are_recommended(page: Page, playground: str) -> None:
    """A product is found, picked and answered with others and their reasons; a wrong id is said."""
    opened(page, playground, tab="Recommend")
    expect(page.locator("#recommended")).to_contain_text("Pick a product")
    find = page.locator("#find :is(textarea, input)")
    find.fill("zzzzqqq")
    expect(page.locator("#found")).to_contain_text("No product has this name or id")
    find.fill("trail running")
    pick = page.locator("#found .eh-pick").first
    picked = pick.get_attribute("data-id") or ""
    pick.click()
    similar = page.get_by_role("region", name="Similar products", exact=True)
    expect(similar.locator(".eh-card")).to_have_count(8)
    expect(similar.locator(".eh-why").first).to_contain_text("title like")
    assert similar.locator(f'[data-id="{picked}"]').count() == 0
    pictured(page, "playground-recommend")
    ids = page.locator("#ids :is(textarea, input)")
    expect(ids).to_have_value(picked)
    page.get_by_label("To go with a cart").check()
    expect(page.locator("#recommended .eh-note").first).to_contain_text("es-hybrid bought-together")
    ids.fill("no-such-product")
    ids.press("Enter")
    expect(page.locator("#recommended .eh-unknown")).to_contain_text("not in the index")
    expect(page.locator("#recommended .eh-note").first).to_be_visible()
    page.get_by_label("Trending").check()
    expect(page.get_by_role("region", name="Popular", exact=True)).to_be_visible()
    expect(page.locator("#ids")).to_be_hidden()


def test_a_phone_shows_recommendations(page: Page, playground: str) -> None:
    """Picking comes before the products, nothing hangs over, and the reasons are Chinese."""
    page.set_viewport_size({"width": 390, "height": 844})
    opened(page, playground, language="zh", tab="推荐")
    page.locator("#recommended .eh-pick").first.click()
    expect(page.locator("#recommended .eh-why").first).to_contain_text("第1名")
    assert fits(page)
    kind, card = (
        page.locator(name).first.bounding_box() for name in ("#kind", "#recommended .eh-card")
    )
    assert kind is not None
    assert card is not None
    assert kind["y"] < card["y"]
    assert card["x"] + card["width"] <= 390
