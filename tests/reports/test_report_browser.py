"""The HTML page in a real browser: Chromium, from the system or from Playwright."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from browser_kit import chromium
from report_builder import many, report

from airflow_ai_slo.reports import render_html

playwright = pytest.importorskip("playwright.sync_api")


@pytest.fixture(scope="module")
def browser() -> Iterator:
    with chromium() as launched:
        yield launched


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> str:
    file = tmp_path_factory.mktemp("report") / "report.html"
    file.write_text(render_html(report()), encoding="utf-8")
    return file.as_uri()


@pytest.mark.parametrize("width", [320, 360, 768, 1280])
def test_no_width_scrolls_sideways_and_nothing_else_is_fetched_or_blocked(browser, address, width):
    page = browser.new_page(viewport={"width": width, "height": 800})
    fetched, said = [], []
    page.on("request", lambda request: fetched.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(address)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert fetched == [address]
    assert said == []
    page.close()


def test_it_reads_the_same_without_javascript(browser, address):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    assert page.locator("article").count() == 6
    assert page.locator(".scan, .filter:not([hidden])").count() == 0
    context.close()


def test_a_plot_is_read_point_by_point_with_the_arrow_keys(browser, address):
    page = browser.new_page()
    page.goto(address)
    article = page.locator("#slo-features-drift")
    article.scroll_into_view_if_needed()
    plot = article.get_by_role("slider")
    plot.focus()
    plot.press("End")
    assert plot.get_attribute("aria-valuetext") == (
        "2026-08-31 06:00 UTC. Budget left −10.9%. SLI 88.91%, burn 0×. "
        "Frozen 2026-08-08 06:04 UTC to now by features-drift. "
        "Page opened 2026-08-04 06:00 UTC, still open: burn 2.1 over 6h and 30m, budget spent"
    )
    plot.press("ArrowLeft")
    assert plot.get_attribute("aria-valuetext").startswith("2026-08-30 06:00 UTC. Budget left ")
    assert article.locator(".tip").is_visible()
    plot.press("Escape")
    assert not article.locator(".tip").is_visible()
    page.close()


def test_hundreds_of_slos_are_filtered_by_words(browser, tmp_path):
    file = tmp_path / "many.html"
    file.write_text(render_html(many(30, points=20)), encoding="utf-8")
    page = browser.new_page()
    page.goto(file.as_uri())
    page.get_by_label("Filter").fill("service-1 slo-01")
    assert page.locator(".overview tbody tr:visible").count() == 10
    assert page.locator("article:visible").count() == 10
    assert page.get_by_text("10 of 30 SLOs").is_visible()
    page.close()


def test_dark_follows_the_reader_and_print_is_always_on_white(browser, address):
    page = browser.new_page(color_scheme="dark")
    page.goto(address)
    paper = "getComputedStyle(document.querySelector('article')).backgroundColor"
    assert page.evaluate(paper) == "rgb(23, 28, 35)"
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate(paper) == "rgb(255, 255, 255)"
    page.close()
