"""What names, clicks and slow answers may do to the pages: nothing that they should not."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import Tab
from past_kit import DAY, a_dag, add_runs, daily
from slo_kit import an_slo, seen
from slo_kit import daily as every_day
from ui_kit import HOSTILE

from airflow_ai_slo import SLO, engine, from_airflow
from airflow_ai_slo.store import Store, open_store
from airflow_ai_slo.store.connection import unchecked
from airflow_ai_slo.timetables import schedule_in_airflow

SLOS = "/plugin/slos"
ROWS = ".overview tbody tr"
NAMES = ["a/measurements", "..", "a/../b", "two\nlines", "it's; rm -rf $HOME `x`", "ü" * 250, "x%2Fy?#"]


@pytest.fixture
def other(stored_at: Callable[[str], None], tmp_path: Path) -> Store:
    """A store of its own for one test."""
    path = tmp_path / "other.db"
    unchecked(f"sqlite:///{path}").migrate()
    stored_at(str(path))
    return open_store(f"sqlite:///{path}")


def just_now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def test_an_slo_of_any_name_has_a_page_and_a_command_that_names_it(visit: Callable[..., Tab], other: Store) -> None:
    now = just_now()
    slos = [an_slo(name, service=HOSTILE, description=HOSTILE * 40, labels={"k" * 60: "v" * 200}) for name in NAMES]
    engine.apply(other, slos, now=now)
    tab = visit(fresh=True)
    page = tab.open(SLOS, ROWS)
    assert page.locator(ROWS).count() == len(NAMES)
    for name in NAMES:
        page.locator(f"{ROWS} th a").get_by_text(name.replace("\n", " "), exact=True).click()
        page.wait_for_selector(".tiles")
        assert page.locator(".head code").first.text_content() == name
        page.get_by_text("None yet.").wait_for()
        command = page.locator(".command code").first.text_content()
        assert shlex.split(command) == ["ai-slo", "record", name, "--good", "1", "--total", "1"]
        page.go_back()
        page.wait_for_selector(ROWS)
    assert page.evaluate("globalThis.hit") is None
    assert tab.said == []


def test_nothing_but_a_web_address_becomes_a_link_and_long_texts_do_not_widen_the_page(
    visit: Callable[..., Tab], other: Store
) -> None:
    now = just_now()
    engine.apply(other, [an_slo("long", service="s" * 250, display_name="t" * 250)], now=now - DAY)
    urls = [
        "javascript:globalThis.hit=1",
        " javascript:globalThis.hit=1",
        "data:text/html,x",
        "//evil.example",
        "http://a b",
    ]
    rows = [
        seen(now - timedelta(hours=n), 0, 1, slo="long", key=f"{n}" + "k" * 490, cause="other", value=1e300,
             attributes={"run_url": url, "dag": "d" * 240, "note": "n" * 3000})
        for n, url in enumerate(urls)
    ]  # fmt: skip
    engine.record(other, rows, now=now)
    engine.evaluate(other, at=now)
    for width in (375, 1280):
        tab = visit(fresh=True, width=width)
        page = tab.open(f"{SLOS}?slo=long", ".measurements tbody tr")
        assert page.locator(".measurements a").count() == 0
        assert page.evaluate(_TOO_WIDE) == []
        assert page.evaluate("globalThis.hit") is None
        page = tab.go(SLOS, ROWS)
        assert page.evaluate(_TOO_WIDE) == []
        assert tab.said == []


_TOO_WIDE = """() => [...document.querySelectorAll('.ai-slo *')]
    .filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
    .filter((one) => !one.closest('.figures, svg, pre, .unseen'))
    .map((one) => one.outerHTML.slice(0, 120))"""


def test_what_a_task_says_of_its_measurement_comes_first_and_what_is_left_out_is_counted(
    visit: Callable[..., Tab], other: Store
) -> None:
    now = just_now()
    engine.apply(other, [an_slo("told")], now=now - DAY)
    told = {"detail": "8 h 1 min old", "estimate": "true", **{f"name{n}": str(n) for n in range(9)}}
    engine.record(other, [seen(now, slo="told", key="k", attributes=told)], now=now)
    page = visit(fresh=True).open(f"{SLOS}?slo=told", ".measurements tbody tr")
    said = page.locator(".measurements tbody small").inner_text()
    assert said.startswith("8 h 1 min old, ")
    assert said.endswith(", 2 more")
    assert "estimate, name0 0, name1 1" in said


def test_a_page_of_rows_comes_once_however_often_it_is_asked_for(visit: Callable[..., Tab], other: Store) -> None:
    now = just_now()
    engine.apply(other, [an_slo("many")], now=now - DAY)
    engine.record(other, [seen(now - timedelta(minutes=n), slo="many") for n in range(60)], now=now)
    page = visit(fresh=True).open(f"{SLOS}?slo=many", ".measurements tbody tr")
    rows = page.locator(".measurements tbody tr")
    page.route("**/slo/measurements?*cursor*", _slowly)
    page.evaluate(_TWICE, "Show more")
    page.wait_for_function("document.querySelectorAll('.measurements tbody tr').length > 25")
    page.wait_for_timeout(300)
    assert rows.count() == 50
    page.get_by_role("button", name="Show more").click()
    page.wait_for_function("document.querySelectorAll('.measurements tbody tr').length === 60")
    assert len(set(page.locator(".measurements tbody code").all_inner_texts())) == 60


_TWICE = """(words) => {
    const button = [...document.querySelectorAll('button')].find((one) => one.textContent === words);
    button.click();
    button.click();
}"""


def _slowly(route: Any) -> None:
    answer = route.fetch()
    route.request.frame.page.wait_for_timeout(200)
    route.fulfill(response=answer)


def test_an_answer_from_before_a_write_is_not_shown_after_it(visit: Callable[..., Tab], other: Store) -> None:
    """A poll is under way while somebody overrides; what it says of the time before must not stay."""
    frozen(other)
    page = visit(fresh=True).open(f"{SLOS}?view=freezes", ".callout.ice")
    held: list[Any] = []

    def hold(route: Any) -> None:
        if held or route.request.method != "GET":
            route.continue_()
            return
        held.append((route, route.fetch()))

    page.route("**/api/v1/freezes", hold)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_timeout(300)
    assert held
    override(page)
    page.locator(".callout.warn").get_by_text("lets changes pass until").wait_for()
    route, answer = held[0]
    route.fulfill(response=answer)
    page.wait_for_timeout(500)
    assert page.locator(".callout.warn").count() == 1


def test_a_double_click_overrides_nothing_without_being_asked_and_nothing_twice(
    visit: Callable[..., Tab], other: Store
) -> None:
    frozen(other)
    page = visit(fresh=True).open(f"{SLOS}?view=freezes", ".callout.ice")
    override(page, confirm=False)
    strong = page.get_by_role("dialog").locator("button.strong")
    box = strong.bounding_box()
    assert strong.is_disabled()
    strong.get_by_text("Override the freeze").wait_for()
    page.wait_for_timeout(700)
    page.evaluate(
        """() => { const form = document.querySelector('dialog form'); form.requestSubmit(); form.requestSubmit(); }"""
    )
    page.locator(".callout.warn").wait_for()
    assert box
    assert [one.action for one in engine.audit_log(other, "scoring")].count("override") == 1


def test_a_session_that_ends_in_the_middle_of_a_decision_says_so(visit: Callable[..., Tab], other: Store) -> None:
    frozen(other)
    page = visit(fresh=True).open(f"{SLOS}?view=freezes", ".callout.ice")
    page.get_by_role("button", name="Release…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason").fill("done")
    page.context.clear_cookies()
    page.route("**/ui/**", lambda route: route.abort())
    page.route("**/api/v2/**", lambda route: route.abort())
    dialog.get_by_role("button", name="Release it").click()
    dialog.get_by_role("link", name="Log in again").wait_for()
    assert dialog.get_by_label("Reason").input_value() == "done"


def test_a_page_that_is_no_more_leads_to_the_last_one(visit: Callable[..., Tab], other: Store) -> None:
    engine.apply(other, [an_slo("one")], now=just_now())
    page = visit(fresh=True).open(f"{SLOS}?offset=100", ".empty")
    page.get_by_text("none of 1 SLOs").wait_for()
    page.get_by_role("button", name="Go to the last page").click()
    page.wait_for_selector(ROWS)
    assert "offset" not in page.url


def test_an_address_that_asks_for_what_there_is_none_of_leads_back(visit: Callable[..., Tab], other: Store) -> None:
    engine.apply(other, [an_slo("one")], now=just_now())
    tab = visit(fresh=True)
    page = tab.open(f"{SLOS}?state=bogus&offset=x", ".callout.bad")
    page.get_by_role("link", name="All SLOs").click()
    page.wait_for_selector(ROWS)
    page = tab.go(f"{SLOS}?slo=one&period=bogus", ".tiles")
    assert page.get_by_role("button", name="28d").get_attribute("aria-pressed") == "true"


def test_past_runs_are_taken_over_by_a_button(visit: Callable[..., Tab], other: Store) -> None:
    now = just_now()
    dag_id = a_dag("clicked")
    add_runs(dag_id, daily("." * 20 + "x" + "." * 9, until=now - DAY))
    slo = SLO(
        name="clicked-runs", service="past", objective="0.9", window="28d", alerting="none",
        indicator=from_airflow(dag_id=dag_id, finished_within="1h"), schedule=schedule_in_airflow(dag_id),
    )  # fmt: skip
    engine.apply(other, [slo], now=now - 80 * DAY)
    looking = visit("ann", fresh=True).open(SLOS, ".callout")
    looking.get_by_text("Someone who may change Airflow's variables can take over past runs here.").wait_for()
    tab = visit(fresh=True)
    page = tab.open(f"{SLOS}?slo=clicked-runs", ".empty")
    page.get_by_role("button", name="Take over the runs").wait_for()
    page = tab.go(SLOS, ".callout")
    sent: list[str] = []
    page.on("request", lambda request: request.method == "POST" and sent.append(request.url))
    page.get_by_role("button", name="Take over the runs").dblclick()
    page.wait_for_function("document.querySelector('.overview td.sli b').textContent !== 'unknown'")
    assert page.locator(".overview td.sli b").inner_text() in ("96.3%", "96.43%")  # 27 or 28 runs, by the hour
    assert page.get_by_role("button", name="Take over the runs").count() == 0
    assert len(sent) == 1
    assert tab.said == []


def frozen(store: Store) -> None:
    """A service that is frozen."""
    now = just_now()
    engine.apply(store, [an_slo("gone", window="28d")], now=now)
    engine.record(store, every_day("." * 26 + "xxxx", until=now, slo="gone"), now=now)
    engine.evaluate(store, at=now)


def override(page: Any, *, confirm: bool = True) -> None:
    """Through the dialog."""
    page.get_by_role("button", name="Override…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Reason").fill("hotfix")
    dialog.get_by_role("button", name="Continue").click()
    if confirm:
        dialog.get_by_role("button", name="Override the freeze").click()
