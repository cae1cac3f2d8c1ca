"""The page of 1,000 SLOs in Airflow's UI, against Airflow's own page of DAGs; the limit is one second to paint."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from airflow_ai_slo import SLO, engine
from airflow_ai_slo.core.measurement import Measurement
from airflow_ai_slo.store import open_store
from airflow_ai_slo.store.connection import unchecked
from benchmarks.measure import say

_TIMES = 7
_OURS, _PEER = ".ai-slo .overview tbody tr:nth-child(50)", "text=bench_dag_49"
_DAGS = """
from airflow.sdk import DAG
for n in range(50):
    globals()[f"dag_{n}"] = DAG(f"bench_dag_{n:02}", schedule=None)
"""


def run(folder: Path) -> dict[str, Any]:
    """Seconds until the last of 50 rows is painted: of a page loaded with a warm cache, and of a link followed."""
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError:
        return {"skipped": "playwright is not installed"}
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with sync_playwright() as running:
        try:
            browser = running.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        except Error as error:
            return {"skipped": f"no Chromium: {error.message.splitlines()[0]}"}
        return _measured(browser, folder)


def _measured(browser: Any, folder: Path) -> dict[str, Any]:
    from tests.airflow.api_server import api_server

    environment = _airflow(folder)
    with api_server(folder, **environment) as server:
        context = browser.new_context(viewport={"width": 1280, "height": 4000})
        context.add_cookies([{"name": "_token", "value": server.token("bob"), "url": server.origin}])
        page = context.new_page()
        page.set_default_timeout(120_000)
        found = {
            "load": _turns(
                lambda: _load(page, f"{server.origin}/plugin/slos", _OURS),
                lambda: _load(page, f"{server.origin}/dags", _PEER),
            ),
            "click": _turns(lambda: _click(page, "SLOs", _OURS), lambda: _click(page, "Dags", _PEER)),
        }
        browser.close()
    return found


def _turns(ours: Callable[[], float], peer: Callable[[], float]) -> dict[str, float]:
    """Both in turn, after one of each that does not count: medians, and their ratio."""
    pairs = [(ours(), peer()) for _ in range(_TIMES + 1)][1:]
    mine, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    return {"seconds": mine, "peer_seconds": theirs, "ratio": mine / theirs}


_PAINTED = """() => new Promise((done) => {
  requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() / 1000)));
})"""


def _load(page: Any, address: str, last: str) -> float:
    page.goto(address, wait_until="commit")
    page.wait_for_selector(last)
    return float(page.evaluate(_PAINTED))


def _click(page: Any, name: str, last: str) -> float:
    start = page.evaluate("performance.now() / 1000")
    page.get_by_test_id("nav-sidebar").get_by_role("link", name=name, exact=True).click()
    page.wait_for_selector(last)
    return float(page.evaluate(_PAINTED)) - float(start)


def _airflow(folder: Path) -> dict[str, str]:
    """A home of Airflow with 50 DAGs, and a store with 1,000 SLOs."""
    (folder / "dags").mkdir()
    (folder / "dags" / "bench_dags.py").write_text(_DAGS, encoding="utf-8")
    url = f"sqlite:///{folder / 'slo.db'}"
    unchecked(url).migrate()
    _fill(url)
    environment = {
        "AIRFLOW_HOME": str(folder),
        "AIRFLOW__CORE__DAGS_FOLDER": str(folder / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{folder / 'airflow.db'}",
        "AIRFLOW__API_AUTH__JWT_SECRET": "only for the benchmark, and long enough for the signature",
        "AI_SLO_STORE_URL": url,
    }
    for command in (["db", "migrate"], ["dags", "reserialize"]):
        say(f"airflow {' '.join(command)}")
        subprocess.run(
            [sys.executable, "-m", "airflow", *command], env=os.environ | environment, check=True, capture_output=True
        )
    return environment


def _fill(url: str) -> None:
    store, now = open_store(url), datetime.now(UTC)
    slos = [SLO(name=f"slo-{n:04}", service=f"service-{n % 50}", objective=0.9, window="28d") for n in range(1000)]
    engine.apply(store, slos, now=now - timedelta(days=30))
    runs = [
        Measurement(slo=slo.name, key=f"{day}", at=now - timedelta(days=day), good=int((n + day) % 11 != 0), total=1)
        for n, slo in enumerate(slos)
        for day in range(28)
    ]
    engine.record(store, runs, now=now)
    engine.evaluate(store, at=now)
