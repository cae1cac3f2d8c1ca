"""The REST API, asked over HTTP from a real API server of Airflow."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from api_server import ApiServer, api_server
from slo_kit import an_slo, daily

from airflow_ai_slo import engine
from airflow_ai_slo.store import Store, open_store

FREEZES = "/ai-slo/api/v1/freezes"


@pytest.fixture(scope="module")
def slo_store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A frozen service and one with budget."""
    store = open_store(f"sqlite:///{tmp_path_factory.mktemp('store') / 'slo.db'}")
    now = datetime.now(UTC)
    for service, bad in (("recommender", 4), ("ranking/eu", 1)):
        slo = an_slo(f"{service[:4]}-runs", service=service, window="28d")
        engine.apply(store, [slo], now=now)
        engine.record(store, daily("." * (30 - bad) + "x" * bad, until=now, slo=slo.name), now=now)
    engine.evaluate(store, at=now)
    return store


@pytest.fixture(scope="module")
def server(airflow_home: Path, slo_store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiServer]:
    url = slo_store.engine.url.render_as_string(hide_password=False)
    with api_server(tmp_path_factory.mktemp("server"), AI_SLO_STORE_URL=url) as running:
        yield running


def test_nothing_answers_without_a_login(server: ApiServer) -> None:
    for path in (f"{FREEZES}/recommender", "/ai-slo/api/v1/docs", "/ai-slo/api/v1/openapi.json"):
        answer = server.call(path)
        assert answer.status in (401, 404), path
        assert "recommender" not in str(answer.body)
    assert server.call(f"{FREEZES}/recommender").status == 401
    assert server.call(f"{FREEZES}/recommender", token="forged").status == 403


def test_a_viewer_learns_what_the_command_would_say(server: ApiServer, slo_store: Store) -> None:
    token = server.token("ann")
    frozen = server.call(f"{FREEZES}/recommender", token=token)
    assert (frozen.status, frozen.body["outcome"]) == (200, "frozen")
    said = engine.gate(lambda: slo_store, "recommender", now=datetime.now(UTC))
    assert frozen.body == said.to_dict()
    (entry,) = [one for one in engine.audit_log(slo_store, "recommender") if one.actor == "REST (ann)"]
    assert entry.action == "frozen"


def test_labels_and_age_are_those_of_the_command(server: ApiServer) -> None:
    token = server.token("bob")
    assert server.call(f"{FREEZES}/recommender?label=docs&label=p0", token=token).body["outcome"] == "allowed"
    assert server.call(f"{FREEZES}/recommender?label=docs,p0", token=token).body["outcome"] == "allowed"
    assert server.call(f"{FREEZES}/ranking/eu", token=token).body["outcome"] == "allowed"
    assert server.call(f"{FREEZES}/ranking%2Feu?max_age_hours=0.0000001", token=token).body["outcome"] == "unknown"
    assert server.call(f"{FREEZES}/nobodys", token=token).body["outcome"] == "unknown"
    wrong = server.call(f"{FREEZES}/recommender?max_age_hours=-1", token=token)
    assert (wrong.status, wrong.body["detail"].partition(":")[0]) == (422, "query max_age_hours")


def test_an_override_shows(server: ApiServer, slo_store: Store) -> None:
    now = datetime.now(UTC)
    token = server.token("ann")
    engine.override(slo_store, "recommender", author="kim", reason="hotfix", until=now + timedelta(hours=1), now=now)
    answer = server.call(f"{FREEZES}/recommender", token=token).body
    assert (answer["outcome"], answer["override"]["author"]) == ("allowed", "kim")
