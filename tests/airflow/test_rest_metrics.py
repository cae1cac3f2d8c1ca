"""``GET /metrics``, scraped over HTTP from a real API server of Airflow."""

from __future__ import annotations

import gzip
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from api_server import ApiServer, api_server
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_plain
from slo_kit import an_slo, daily

from airflow_ai_slo import engine
from airflow_ai_slo.store import Store, open_store

METRICS = "/ai-slo/api/v1/metrics"
PROMETHEUS = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;"
    "q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1"
)
"""What Prometheus 3 asks with."""


@pytest.fixture(scope="module")
def slo_store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    store = open_store(f"sqlite:///{tmp_path_factory.mktemp('store') / 'slo.db'}")
    now = datetime.now(UTC)
    slo = an_slo("rec-runs", service="recommender", window="28d")
    engine.apply(store, [slo], now=now)
    engine.record(store, daily("." * 26 + "xxxx", until=now, slo=slo.name), now=now)
    engine.evaluate(store, at=now)
    return store


@pytest.fixture(scope="module")
def server(airflow_home: Path, slo_store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    url = slo_store.engine.url.render_as_string(hide_password=False)
    folder = tmp_path_factory.mktemp("server")
    spool = folder / "spool.jsonl"
    spool.write_text('{"slo": "rec-runs"}\n', encoding="utf-8")
    with api_server(folder, AI_SLO_STORE_URL=url, AI_SLO_SPOOL=str(spool)) as running:
        yield running


def test_nobody_scrapes_without_a_login(server: ApiServer) -> None:
    answer = server.call(METRICS)
    assert answer.status == 401
    assert "rec-runs" not in str(answer.body)


def test_a_viewers_token_scrapes_openmetrics(server: ApiServer, slo_store: Store) -> None:
    answer = server.call(METRICS, token=server.token("ann"), Accept=PROMETHEUS)
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0; charset=utf-8")
    found = {
        (sample.name, *sample.labels.values()): sample.value
        for family in read_openmetrics(answer.body)
        for sample in family.samples
    }
    at = datetime.fromtimestamp(found["ai_slo_snapshot_timestamp_seconds",], UTC)
    (said,) = engine.status(slo_store, at=at)
    assert said.budget.remaining is not None
    key = ("recommender", "rec-runs")
    assert found["ai_slo_error_budget_remaining_ratio", *key] == float(said.budget.remaining)
    assert found["ai_slo_freeze", "hard", "recommender"] == 1
    assert found["ai_slo_spool_waiting_measurements",] == 1


def test_who_asks_for_nothing_gets_text(server: ApiServer) -> None:
    answer = server.call(METRICS, token=server.token("ann"), Accept="*/*")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    names = {family.name for family in read_plain(answer.body)}
    assert {"ai_slo_sli_ratio", "ai_slo_build_info"} <= names


def test_it_comes_packed_where_that_is_asked_for(server: ApiServer) -> None:
    headers = {"Authorization": f"Bearer {server.token('ann')}", "Accept-Encoding": "gzip"}
    request = urllib.request.Request(f"{server.origin}{METRICS}", headers=headers)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=180) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        assert b"ai_slo_sli_ratio" in gzip.decompress(answer.read())


def test_the_limit_is_the_askers(server: ApiServer) -> None:
    token = server.token("ann")
    cut = server.call(f"{METRICS}?max_series=0", token=token)
    assert "\nai_slo_slos_left_out 1.0\n" in cut.body
    assert 'slo="rec-runs"' not in cut.body
    wrong = server.call(f"{METRICS}?max_series=-1", token=token)
    assert wrong.status == 422
    assert wrong.body["detail"].startswith("query max_series: ")


def test_without_a_store_the_scrape_fails(airflow_home: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'nowhere' / 'slo.db'}"
    with api_server(tmp_path, AI_SLO_STORE_URL=url) as running:
        answer = running.call(METRICS, token=running.token("ann"))
    assert answer.status == 503
    assert "unable to open database file" in answer.body["detail"]
