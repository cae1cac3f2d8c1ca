"""One API server of Airflow on a store of its own, and one browser, for every test of the pages."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import ui_kit
from api_server import ApiServer, api_server
from browser_kit import chromium

from airflow_ai_slo.store import Store, open_store
from airflow_ai_slo.store.connection import unchecked

playwright = pytest.importorskip("playwright.sync_api")

ZONE = "Europe/Berlin"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(item.fspath).parent == Path(__file__).parent:
            item.add_marker(pytest.mark.airflow)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    with chromium() as launched:
        yield launched


@pytest.fixture(scope="session")
def ui_store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A month of a shop, and a thousand SLOs more."""
    url = f"sqlite:///{tmp_path_factory.mktemp('ui') / 'slo.db'}"
    unchecked(url).migrate()
    opened = open_store(url)
    now = datetime.now(UTC)
    ui_kit.fill(opened, now)
    ui_kit.thousand(opened, now)
    return opened


@pytest.fixture(scope="session")
def server(
    browser: Any, airflow_home: Path, ui_store: Store, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ApiServer]:
    """Airflow with a DAG; asks for the browser first, lest it start where there is none."""
    ui_kit.dags()
    url = ui_store.engine.url.render_as_string(hide_password=False)
    with api_server(tmp_path_factory.mktemp("ui-server"), AI_SLO_STORE_URL=url) as running:
        yield running


@dataclass
class Tab:
    """A browser's page and everything it complained of."""

    page: Any
    origin: str
    said: list[str] = field(default_factory=list)

    def open(self, path: str, wait: str = ".ai-slo") -> Any:
        """Load a page of Airflow's, and wait for something on it."""
        self.page.goto(f"{self.origin}{path}")
        self.page.wait_for_selector(wait)
        return self.page

    def go(self, path: str, wait: str) -> Any:
        """Go on to another page as a link does, without loading Airflow's UI once more."""
        if not self.page.url.startswith(self.origin):
            return self.open(path, wait)
        self.page.evaluate(_GO, path)
        self.page.wait_for_selector(wait)
        return self.page


_GO = "(path) => { history.pushState({}, '', path); dispatchEvent(new PopStateEvent('popstate', { state: {} })); }"


@pytest.fixture(scope="session")
def contexts(browser: Any, server: ApiServer) -> Iterator[Callable[[str, bool, bool], Any]]:
    """A user's browser, light or dark; the same one again, its cache filled, unless a fresh one is asked for."""
    tokens = {user: server.token(user) for user in ("ann", "bob")}
    kept: dict[tuple[str, bool], Any] = {}

    def begin(user: str, dark: bool, fresh: bool) -> Any:
        if not fresh and (user, dark) in kept:
            return kept[user, dark]
        context = browser.new_context(timezone_id=ZONE, color_scheme="dark" if dark else "light")
        context.set_default_timeout(60_000)
        context.add_init_script(f"localStorage.setItem('theme', {json.dumps('dark' if dark else 'light')})")
        context.add_cookies([{"name": "_token", "value": tokens[user], "url": server.origin}])
        if not fresh:
            kept[user, dark] = context
        return context

    yield begin
    for context in kept.values():
        context.close()


@pytest.fixture
def visit(contexts: Callable[[str, bool, bool], Any], server: ApiServer) -> Iterator[Callable[..., Tab]]:
    """Open a browser's page as a user: ``visit("ann", width=375, dark=True)``."""
    tabs = []

    def begin(user: str = "bob", *, width: int = 1280, dark: bool = False, fresh: bool = False) -> Tab:
        tab = Tab(contexts(user, dark, fresh).new_page(), server.origin)
        tab.page.set_viewport_size({"width": width, "height": 900})
        tab.page.on("console", lambda message: message.type in ("error", "warning") and tab.said.append(message.text))
        tab.page.on("pageerror", lambda error: tab.said.append(str(error)))
        tabs.append((tab, fresh))
        return tab

    yield begin
    for tab, fresh in tabs:
        (tab.page.context if fresh else tab.page).close()


@pytest.fixture
def stored_at(server: ApiServer) -> Iterator[Callable[[str], None]]:
    """Let Airflow's connection ``slo_default`` name another store for a while."""
    token = server.token("bob")
    connection = {"connection_id": "slo_default", "conn_type": "ai_slo"}

    def point(path: str) -> None:
        server.call("/api/v2/connections/slo_default", token=token, method="DELETE")
        made = server.call("/api/v2/connections", token=token, body={**connection, "schema": path})
        assert made.status == 201, made.body

    yield point
    server.call("/api/v2/connections/slo_default", token=token, method="DELETE")
