"""The pages where Airflow lives under a prefix, on a PostgreSQL store that nobody has migrated yet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
from api_server import api_server
from slo_kit import NOW, an_slo, seen
from sqlalchemy import make_url

from airflow_ai_slo import engine
from airflow_ai_slo.store import open_store
from airflow_ai_slo.store.connection import unchecked

ROWS = ".overview tbody tr"


def test_everything_works_under_a_prefix_once_the_store_is_migrated(
    browser: Any, airflow_home: Path, postgres_server: str, tmp_path: Path
) -> None:
    plain = postgres_server.replace("postgresql+psycopg://", "postgresql://", 1)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute("CREATE DATABASE prefixed")
    url = make_url(postgres_server).set(database="prefixed").render_as_string(hide_password=False)
    settings = {"AI_SLO_STORE_URL": url, "AIRFLOW__API__BASE_URL": "http://127.0.0.1/air/flow"}
    with api_server(tmp_path, **settings) as server:
        root = f"{server.origin}/air/flow"
        login = {"username": "bob", "password": "of the admin"}
        token = server.call("/air/flow/auth/token", body=login).body["access_token"]
        context = browser.new_context()
        context.set_default_timeout(60_000)
        context.add_cookies([{"name": "_token", "value": token, "url": server.origin}])
        page = context.new_page()
        page.goto(f"{root}/plugin/slos")
        page.get_by_text("The SLO store is not migrated.").wait_for()
        assert "ai-slo db upgrade" in page.locator(".callout.bad").inner_text()
        assert server.call("/air/flow/ai-slo/api/v1/slos", token=token).status == 503
        unchecked(url).migrate()
        page.get_by_role("button", name="Try again").click()
        page.wait_for_selector(".onboarding")
        store = open_store(url)
        engine.apply(store, [an_slo("under/prefix")], now=NOW)
        engine.record(store, [seen(slo="under/prefix")], now=NOW)
        page.reload()
        page.wait_for_selector(ROWS)
        page.get_by_role("link", name="under/prefix").click()
        page.wait_for_selector(".tiles")
        assert page.url.startswith(f"{root}/plugin/slos?slo=under")
        page.get_by_role("link", name="← All SLOs").click()
        page.wait_for_selector(ROWS)
        page.context.clear_cookies()
        page.get_by_role("button", name="Healthy").click()
        link = page.get_by_role("link", name="Log in again")
        link.wait_for()
        assert (link.get_attribute("href") or "").startswith(f"{root}/api/v2/auth/login?next=")
        context.close()
