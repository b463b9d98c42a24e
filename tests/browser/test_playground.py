"""The playground in a real browser: type, search, slide, filter, rerank; by keyboard, on a phone."""

from __future__ import annotations

import os

import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests.browser.conftest import HOSTILE, PICTURE

pytestmark = pytest.mark.es

QUERY = "lightweight running shoes for wide feet"
PATIENCE_MS = 60_000
CARDS = ".eh-panel .eh-card"


def search(page: Page, address: str, text: str, *, language: str = "en") -> None:
    """Open the page and search as a visitor does."""
    page.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    page.goto(f"{address}/{language}/")
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
    target = os.environ.get("PLAYGROUND_SCREENSHOT")
    if target:
        page.screenshot(path=target)
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
    assert page.locator("#task").is_visible()


def test_a_phone_and_a_keyboard_are_enough(page: Page, playground: str) -> None:
    """At 390 pixels nothing hangs over; Tab leads from the query to the button; pages are Chinese."""
    page.set_viewport_size({"width": 390, "height": 844})
    search(page, playground, "跑鞋", language="zh")
    expect(page.locator(".eh-why").first).to_contain_text("第1名")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
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
