"""Every page in a real browser, in Airflow's own UI."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from ui_kit import DAG_ID, HOSTILE, ODD

from airflow_ai_slo import engine
from airflow_ai_slo.core.measurement import Measurement
from airflow_ai_slo.store import Store

SLOS = "/plugin/slos"
PAGES = {
    "list": (SLOS, ".overview tbody tr", "1–50 of 1,006 SLOs"),
    "slo": (f"{SLOS}?slo=orders-complete", ".plot .line", "Pipeline failure"),
    "services": (f"{SLOS}?view=services&search=shops", ".services tbody tr", "What shops see of what was ordered"),
    "service": (f"{SLOS}?view=service&service=orders", ".overview", "Audit log"),
    "freezes": (f"{SLOS}?view=freezes", ".callout.ice", "orders is frozen"),
    "incidents": (f"{SLOS}?view=incidents", ".incidents tbody tr", "Inputs look like the training data"),
    "home": ("/", ".strip .tally", "with a spent budget"),
    "dag": (f"/dags/{DAG_ID}/plugin/dag-slos", ".overview", "Orders are complete by 06:00"),
    "task": (f"/dags/{DAG_ID}/tasks/complete/plugin/task-slos", ".overview", "Orders are complete by 06:00"),
}
OURS = tuple(name for name, (path, *_) in PAGES.items() if path.startswith(SLOS))


@pytest.mark.parametrize("name", PAGES)
def test_every_page_shows_its_figures_and_says_nothing_on_the_console(visit: Callable, name: str) -> None:
    path, wait, text = PAGES[name]
    tab = visit()
    page = tab.open(path, wait)
    page.get_by_text(text).first.wait_for()
    assert page.locator(".callout.bad").count() == 0
    assert tab.said == []


SCROLLED = """() => {
  const content = document.querySelector("[data-testid=main-content]");
  return content.scrollWidth - content.clientWidth;
}"""


BEYOND = """() => [...document.querySelectorAll(".ai-slo *")]
  .filter((it) => it.getBoundingClientRect().right > innerWidth + 1 && !it.closest("pre"))
  .map((it) => it.outerHTML.slice(0, 90))"""


@pytest.mark.parametrize("width", [320, 375])
def test_no_page_scrolls_sideways_on_a_phone(visit: Callable, width: int) -> None:
    tab = visit(width=width)
    for name in OURS:
        path, wait, _ = PAGES[name]
        page = tab.go(path, wait)
        assert page.evaluate("document.documentElement.scrollWidth") == width, name
        assert page.evaluate(SCROLLED) == 0, name
        assert page.evaluate(BEYOND) == [], name


CONTRAST = """() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgb = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return canvas.getImageData(0, 0, 1, 1).data;
  };
  const linear = (c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  const light = ([r, g, b]) => 0.2126 * linear(r / 255) + 0.7152 * linear(g / 255) + 0.0722 * linear(b / 255);
  const behind = (it) => {
    for (; it; it = it.parentElement) {
      const colour = rgb(getComputedStyle(it).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return [255, 255, 255];
  };
  const hasText = (it) => [...it.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
  const found = [];
  for (const it of document.querySelectorAll(".ai-slo :is(h1, h2, b, small, a, button, .badge, td, th, p, dt, dd)")) {
    if (!hasText(it) || it.closest("[disabled]")) continue;
    const [more, less] = [light(rgb(getComputedStyle(it).color)), light(behind(it))].sort((x, y) => y - x);
    const ratio = (more + 0.05) / (less + 0.05);
    if (ratio < 4.5) found.push([it.className, it.textContent.slice(0, 30), Math.round(ratio * 100) / 100]);
  }
  return found;
}"""


@pytest.mark.parametrize("dark", [False, True])
def test_the_theme_is_airflows_and_every_text_can_be_read(visit: Callable, dark: bool) -> None:
    tab = visit(dark=dark)
    for name in ("list", "slo", "freezes", "home"):
        path, wait, _ = PAGES[name]
        page = tab.go(path, wait)
        assert page.evaluate("getComputedStyle(document.querySelector('.ai-slo')).colorScheme") == (
            "dark" if dark else "light"
        )
        assert page.evaluate(CONTRAST) == [], name
    assert tab.said == []


def test_text_of_others_stays_text(visit: Callable) -> None:
    tab = visit()
    page = tab.open(f"{SLOS}?search={quote('ranking/eu')}", ".overview tbody tr")
    page.get_by_role("link", name=HOSTILE).click()
    page.wait_for_selector(".measurements")
    assert page.locator("h1").inner_text() == HOSTILE
    assert page.get_by_text(f"note {HOSTILE}").count() > 0
    assert page.locator(".ai-slo img").count() == 0
    assert page.evaluate("globalThis.hit") is None
    page.reload()
    page.wait_for_selector("h1")
    assert page.locator("h1").inner_text() == HOSTILE
    assert quote(ODD, safe="") in page.url.replace("+", "%20")
    assert tab.said == []


def test_times_are_in_the_users_zone_with_utc_beside_them(visit: Callable) -> None:
    page = visit(fresh=True).open(f"{SLOS}?slo=orders-complete", ".measurements tbody time")
    shown = page.locator(".measurements tbody time").first
    at = datetime.fromisoformat(shown.get_attribute("datetime") or "")
    assert shown.get_attribute("title") == f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    assert shown.inner_text() != f"{at.astimezone(UTC):%Y-%m-%d %H:%M}"
    page.evaluate("localStorage.setItem('timezone', JSON.stringify('Asia/Tokyo'))")
    page.reload()
    page.wait_for_selector(".measurements tbody time")
    assert shown.inner_text() == f"{at.astimezone(UTC) + timedelta(hours=9):%Y-%m-%d %H:%M}"


def test_a_chart_is_read_with_the_arrow_keys_and_as_a_table(visit: Callable) -> None:
    page = visit().open(f"{SLOS}?slo=orders-complete", ".scan")
    assert "lowest −43% on" in (page.locator("svg.area").get_attribute("aria-label") or "")
    slider = page.get_by_role("slider", name="Read the chart point by point")
    slider.focus()
    page.keyboard.press("End")
    assert "Budget left −42.9%" in (slider.get_attribute("aria-valuetext") or "")
    page.keyboard.press("Home")
    assert "Budget left 100%" in page.locator(".tip").inner_text()
    page.keyboard.press("Escape")
    assert page.locator(".tip").count() == 0
    page.get_by_role("button", name="Show figures").click()
    assert "−42.9%" in page.locator(".figures tbody tr").first.inner_text()


def test_measurements_lead_to_the_tasks_run_and_can_be_filtered(visit: Callable) -> None:
    page = visit().open(f"{SLOS}?slo=orders-complete", ".measurements tbody tr")
    link = page.locator(".measurements tbody a").first
    assert (link.get_attribute("href") or "").startswith("http://airflow.example/run")
    page.get_by_role("button", name="Show more").click()
    page.wait_for_function("document.querySelectorAll('.measurements tbody tr').length > 25")
    page.get_by_role("button", name="Bad only").click()
    page.wait_for_function(
        "[...document.querySelectorAll('.measurements tbody .badge')].every((it) => it.textContent === 'Bad')"
    )
    assert page.url.endswith("bad=true")
    assert page.locator(".measurements tbody tr").count() == 4
    page.get_by_role("button", name="Show YAML").click()
    assert "kind: SLO" in page.locator("pre").inner_text()


def test_windows_stand_in_the_order_of_their_length(visit: Callable) -> None:
    page = visit().open(f"{SLOS}?slo=orders-complete", ".measurements tbody tr")
    table = page.locator("table", has=page.get_by_text("Burn per window"))
    assert table.locator("tbody tr > :first-child").all_inner_texts() == ["2 runs", "4 runs", "8 runs", "28d"]


def test_an_slo_of_a_frozen_service_says_that_its_service_is(visit: Callable) -> None:
    page = visit().open(f"{SLOS}?search=orders-fresh", ".overview tbody tr")
    assert "Service frozen" in page.locator(".overview tbody tr").first.inner_text()


def test_a_dag_without_slos_says_what_to_do(visit: Callable) -> None:
    tab = visit()
    page = tab.open("/dags/unmeasured/plugin/dag-slos", ".ai-slo .empty")
    assert "ai-slo suggest --dag unmeasured" in page.locator(".ai-slo .empty").inner_text()
    page = tab.go(f"/dags/{DAG_ID}/tasks/other/plugin/task-slos", ".ai-slo .empty:has-text('No SLO of this task yet')")
    assert page.locator(".ai-slo .empty").count() == 1


HIDE = """(hidden) => {
  Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


def test_new_figures_come_by_themselves_and_not_while_nobody_looks(visit: Callable, ui_store: Store) -> None:
    tab = visit(fresh=True)
    tab.page.clock.install()
    page = tab.open(f"{SLOS}?search=orders-answers", ".overview .badge.unknown")
    asked: list[str] = []
    page.on("request", lambda request: "/api/v1/slos" in request.url and asked.append(request.url))
    page.evaluate(HIDE, True)
    page.clock.run_for(120_000)
    assert asked == []
    now = datetime.now(UTC)
    engine.record(ui_store, [Measurement(slo="orders-answers", key="first", at=now, good=9, total=10)], now=now)
    engine.evaluate(ui_store, at=now)
    page.evaluate(HIDE, False)
    page.wait_for_selector(".overview .sli .good")
    assert len(asked) == 1
    page.clock.run_for(31_000)
    page.wait_for_timeout(300)
    assert len(asked) == 2
    assert page.locator(".loading").count() == 0
