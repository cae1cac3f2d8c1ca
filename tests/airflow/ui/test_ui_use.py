"""What people do on the pages: search, follow links, use the keyboard, override; and what they see when things fail."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from conftest import Tab

from airflow_ai_slo import engine
from airflow_ai_slo.store import Store

SLOS = "/plugin/slos"
ROWS = ".overview tbody tr"


def names(page: Any) -> list[str]:
    return page.locator(f"{ROWS} th a").all_inner_texts()


def test_a_thousand_slos_are_searched_filtered_and_sorted_by_links_that_can_be_sent(visit: Callable[..., Tab]) -> None:
    tab = visit()
    page = tab.open(SLOS, ROWS)
    assert page.locator(ROWS).count() == 50
    page.get_by_role("button", name="Next").click()
    page.get_by_text("51–100 of 1,006 SLOs").wait_for()
    assert "offset=50" in page.url
    page.get_by_role("searchbox", name="Search SLOs").press_sequentially("bulk-01 bulk-0101", delay=40)
    page.get_by_text("No SLO fits these filters").wait_for()
    page.get_by_role("button", name="Clear filters").first.click()
    page.get_by_role("searchbox", name="Search SLOs").press_sequentially("bulk-0101", delay=40)
    page.wait_for_function("document.querySelectorAll('.overview tbody tr').length === 1")
    assert names(page) == ["bulk-0101"]
    assert "search=bulk-0101" in page.url
    assert "offset" not in page.url
    page.get_by_role("searchbox", name="Search SLOs").fill("")
    page.get_by_role("button", name="Burning").click()
    page.get_by_role("link", name="Inputs look like the training data").wait_for()
    sent = visit().open(f"{SLOS}?state=healthy&service=bulk-07&order=-name", ROWS)
    found = names(sent)
    assert found == sorted(found, reverse=True)
    assert sent.get_by_role("combobox", name="Service").input_value() == "bulk-07"
    assert sent.get_by_role("button", name="Healthy").get_attribute("aria-pressed") == "true"
    sent.get_by_role("button", name="Budget left").click()
    sent.wait_for_selector("th[aria-sort=ascending].remaining")
    assert tab.said == []


def test_typing_is_never_interrupted_on_the_first_visit(visit: Callable[..., Tab]) -> None:
    tab = visit(fresh=True)
    page = tab.open(SLOS, ROWS)
    page.get_by_role("searchbox", name="Search SLOs").focus()
    for letters in ("ord", "ers", "-com", "plete"):
        page.keyboard.type(letters, delay=30)
        page.wait_for_timeout(350)
    page.wait_for_function("document.querySelectorAll('.overview tbody tr').length === 1")
    assert page.get_by_role("searchbox", name="Search SLOs").input_value() == "orders-complete"
    assert page.evaluate("document.activeElement.type") == "search"


def test_the_keyboard_alone_leads_to_an_slo_and_back(visit: Callable[..., Tab]) -> None:
    page = visit().open(f"{SLOS}?search=orders-", ROWS)
    page.get_by_role("searchbox", name="Search SLOs").focus()
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.closest('.overview tbody') !== null"):
            break
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    title = page.evaluate("document.activeElement.textContent")
    page.keyboard.press("Enter")
    page.wait_for_selector(".tiles")
    assert page.locator("h1").inner_text() == title
    assert page.title().startswith(title)
    page.go_back()
    page.wait_for_selector(ROWS)
    assert "search=orders-" in page.url


def test_a_viewer_cannot_override_and_is_told_why(visit: Callable[..., Tab]) -> None:
    tab = visit("ann")
    page = tab.open(f"{SLOS}?view=freezes", ".callout.ice")
    page.get_by_text("You are ann, and may look only").wait_for()
    assert page.get_by_role("button", name="Override").count() == 0
    assert page.get_by_role("button", name="Release").count() == 0
    assert tab.said == []


def test_an_admin_overrides_with_a_reason_and_takes_it_back(visit: Callable[..., Tab], ui_store: Store) -> None:
    tab = visit("bob")
    page = tab.open(f"{SLOS}?view=freezes", ".callout.ice")
    page.get_by_role("button", name="Override…").click()
    dialog = page.get_by_role("dialog")
    assert page.evaluate("document.activeElement.tagName") == "TEXTAREA"
    dialog.get_by_role("button", name="Continue").click()
    dialog.get_by_text("Give a reason").wait_for()
    dialog.get_by_label("Reason").fill("Hotfix for duplicated <orders>")
    dialog.get_by_label("1 hour").check()
    dialog.get_by_role("button", name="Continue").click()
    dialog.get_by_text("every change to").wait_for()
    assert not any("Hotfix" in entry.detail for entry in engine.audit_log(ui_store, "orders"))
    dialog.get_by_role("button", name="Override the freeze").click()
    page.locator(".callout.warn").get_by_text("lets changes pass until").wait_for()
    page.locator(".audit").get_by_text("Hotfix for duplicated <orders>").first.wait_for()
    assert any("Hotfix" in entry.detail and entry.actor == "bob" for entry in engine.audit_log(ui_store, "orders"))
    page.get_by_role("button", name="Revoke override").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke it").click()
    page.wait_for_selector(".callout.ice")
    page.get_by_role("button", name="Override…").click()
    page.keyboard.press("Escape")
    assert page.get_by_role("dialog").count() == 0
    assert page.evaluate("document.activeElement.textContent") == "Override…"
    assert tab.said == []


def test_unknown_names_are_said_to_be_unknown(visit: Callable[..., Tab]) -> None:
    tab = visit()
    page = tab.open(f"{SLOS}?slo=nobodys", ".empty")
    assert "There is no SLO named nobodys" in page.locator(".empty").inner_text()
    page = tab.go(f"{SLOS}?view=service&service=nobodys", ".empty")
    page.get_by_text("There is no service named nobodys").wait_for()


def test_an_ended_session_leads_to_the_login_and_back(visit: Callable[..., Tab]) -> None:
    tab = visit(fresh=True)
    page = tab.open(f"{SLOS}?search=orders", ROWS)
    page.context.clear_cookies()
    page.route("**/ui/**", lambda route: route.abort())
    page.route("**/api/v2/**", lambda route: route.abort())
    page.get_by_role("button", name="Healthy").click()
    link = page.get_by_role("link", name="Log in again")
    link.wait_for()
    href = link.get_attribute("href") or ""
    assert href.startswith(f"{tab.origin}/api/v2/auth/login?next=")
    assert "search%3Dorders" in href


def test_without_any_slo_the_pages_say_how_to_begin(
    visit: Callable[..., Tab], stored_at: Callable[[str], None], tmp_path: Path
) -> None:
    stored_at(str(tmp_path / "empty.db"))
    page = visit(fresh=True).open(SLOS, ".onboarding")
    text = page.locator(".onboarding").inner_text()
    assert all(
        command in text
        for command in ("ai-slo suggest", "ai-slo apply slos/", "ai-slo init --template", "ai-slo import-history")
    )
    page.goto(page.url.replace(SLOS, "/"))
    page.get_by_role("link", name="Set up the first one").click()
    page.wait_for_selector(".onboarding")


def test_a_store_that_is_away_is_named_and_asked_again(
    visit: Callable[..., Tab], stored_at: Callable[[str], None], ui_store: Store
) -> None:
    tab = visit(fresh=True)
    page = tab.open(SLOS, ROWS)
    stored_at("/nowhere/at/all/slo.db")
    page.get_by_role("button", name="Healthy").click()
    page.get_by_text("The SLO store is away").wait_for()
    assert "/nowhere/at/all" in page.locator(".callout.bad").inner_text()
    assert page.locator(ROWS).count() > 0
    page.reload()
    page.get_by_text("The SLO store is away").wait_for()
    assert page.locator(ROWS).count() == 0
    stored_at(str(ui_store.engine.url.database))
    page.get_by_role("button", name="Try again").click()
    page.wait_for_selector(ROWS)
    assert page.get_by_text("The SLO store is away").count() == 0
