"""The review page in a real browser: answered by keyboard, remembered, downloaded, and read back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from browser_kit import chromium

from airflow_ai_slo.measure.judged.answers import read_answers
from airflow_ai_slo.measure.judged.drawing import Item, Sample
from airflow_ai_slo.measure.judged.sheet import Sheet, write_sheet

playwright = pytest.importorskip("playwright.sync_api")

TEXTS = ["</script><b>x</b> & <img src=x onerror=alert(1)>", "two\nlines \u2028", "=1+1"]
SAMPLE = Sample(tuple(Item(str(i), "", {"answer": text}) for i, text in enumerate(TEXTS)), {"": 9})
SHEET = Sheet(
    id="s0123456789",
    slo="faithful",
    key="k",
    at=datetime(2026, 3, 1, tzinfo=UTC),
    question="Is <it> right?",
    reviewers=1,
    population={"": 9},
    items=[(one.key, "") for one in SAMPLE.items],
)


@pytest.fixture(scope="module")
def browser() -> Iterator:
    with chromium() as launched:
        yield launched


def test_a_review_by_keyboard_comes_back_as_verdicts(browser, tmp_path: Path) -> None:
    address = write_sheet(tmp_path, SHEET, SAMPLE).html.as_uri()
    page = browser.new_page()
    fetched, said = [], []
    page.on("request", lambda request: fetched.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(address)
    assert page.locator("h1").inner_text() == "Is <it> right?"
    assert page.locator("dd").text_content() == TEXTS[0]
    page.keyboard.press("y")
    assert page.locator("dd").text_content() == TEXTS[1]
    page.keyboard.press("n")
    page.locator("#note").fill('=cmd, "quoted"')
    page.locator("h1").click()
    page.keyboard.press("s")
    page.reload()
    assert page.locator("#where").inner_text() == "item 3 of 3, 3 answered"
    assert page.locator("[data-say=skip]").get_attribute("aria-pressed") == "true"

    page.locator("#csv").click()
    assert page.locator("#said").inner_text() == "Write your name first."
    page.locator("#reviewer").fill("Anna y/n")
    files = []
    for button in ("#csv", "#json"):
        with page.expect_download() as download:
            page.locator(button).click()
        files.append(tmp_path / download.value.suggested_filename)
        download.value.save_as(files[-1])
    assert files[0].name == "faithful-20260301T000000-s0123456789-verdicts-Anna-y-n.csv"
    for file in files:
        found = [(one.item, one.ok, one.reviewer) for one in read_answers(SHEET, [file])]
        assert found == [(1, True, "Anna y/n"), (2, False, "Anna y/n"), (3, None, "Anna y/n")]
    assert read_answers(SHEET, files) == read_answers(SHEET, files[:1])
    assert "'=cmd" in files[0].read_text()
    assert json.loads(files[1].read_text())["verdicts"][2]["note"] == '=cmd, "quoted"'
    assert [url for url in fetched if not url.startswith("blob:")] == [address, address]
    assert said == []
    page.close()


@pytest.mark.parametrize("width", [320, 768])
def test_no_width_scrolls_sideways(browser, tmp_path: Path, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.goto(write_sheet(tmp_path, SHEET, SAMPLE).html.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") == width
    page.close()
