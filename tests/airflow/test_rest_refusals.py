"""What the REST API refuses, and how it says so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from api_server import ApiServer, api_server
from fastapi.routing import APIRoute
from rest_kit import ROOT, escaped, fill, get, just_now

from airflow_ai_slo.plugin import api
from airflow_ai_slo.store import Store


@pytest.fixture(scope="module")
def token(rest_store: Store, rest_server: ApiServer) -> str:
    fill(rest_store, just_now())
    return rest_server.token("ann")


def _routes() -> Iterator[tuple[str, str]]:
    for route in api.build().routes:
        assert isinstance(route, APIRoute), route
        for method in sorted(route.methods or ()):
            yield method, route.path


def test_no_route_answers_without_a_login(rest_server: ApiServer, token: str) -> None:
    asked = 0
    for method, path in _routes():
        url = ROOT + path.replace("{name:path}", "reco-rows").replace("{service:path}", "recommender")
        url = url.replace("{dag_id}", "train").replace("{task_id}", "score")
        for sent, status in (("", 401), ("forged", 403)):
            answer = rest_server.call(url, method=method, token=sent)
            assert answer.status == status, (method, path)
            assert "reco" not in str(answer.body)
            asked += 1
    assert asked > 20


@pytest.mark.parametrize(
    "path",
    [
        "/slos/nope",
        "/slos/%00",
        "/slos/a%00b",
        "/slos/" + "x" * 10_000,
        "/slos/" + "%F0%9F%98%80" * 200,
        "/slos/%FF%FE",
        "/slos/..%2F..%2Fetc%2Fpasswd",
        "/slos/'%20OR%20''%3D'",
        "/slos/nope/measurements",
        "/services/nope",
        "/services/%00",
        "/dags/%00/slos",
        "/tasks/train/%00/slos",
        "/freezes/%00",
        "/freezes/" + "x" * 10_000,
        "/nothing",
    ],
)
def test_what_is_not_there_is_a_404_of_one_line(rest_server: ApiServer, token: str, path: str) -> None:
    answer = get(rest_server, path, token)
    assert answer.status == 404
    assert 0 < len(answer.body["detail"]) < 700
    assert "\n" not in answer.body["detail"]
    assert "Traceback" not in answer.body["detail"]


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/slos?limit=0", "query limit"),
        ("/slos?limit=501", "query limit"),
        ("/slos?limit=many", "query limit"),
        ("/slos?offset=-1", "query offset"),
        ("/slos?order_by=colour", "order_by"),
        ("/slos?state=fine", "query state"),
        ("/slos?freeze=icy", "query freeze"),
        ("/slos?search=" + "x" * 201, "query search"),
        ("/slos/reco-rows?period=soon", "query period"),
        ("/slos/reco-rows?period=99999d", "query period"),
        ("/slos/reco-rows/measurements?start=2026-01-01", "query start"),
        ("/slos/reco-rows/measurements?start=now", "query start"),
        ("/slos/reco-rows/measurements?limit=1001", "query limit"),
        ("/slos/reco-rows/measurements?cursor=bm9uZQ", "query cursor"),
        ("/slos/reco-rows/measurements?cursor=%00", "query cursor"),
        ("/slos/reco-rows/measurements?cursor=WzFlNDAwLCAieCJd", "query cursor"),
        ("/slos/reco-rows/measurements?cursor=WzEsICJcdTAwMDAiXQ", "query cursor"),
        ("/freezes/recommender?max_age_hours=0", "query max_age_hours"),
        ("/freezes/recommender?label=a%00b", "query label"),
        ("/freezes/recommender?label=" + "x" * 300, "query label"),
        ("/freezes/recommender?label=" + "x," * 900, "query label"),
        ("/audit?limit=0", "query limit"),
        ("/audit?since=today", "query since"),
        ("/incidents?open=perhaps", "query open"),
        ("/incidents?service=%00", "query service"),
    ],
)
def test_what_is_wrong_is_a_422_that_names_the_field(rest_server: ApiServer, token: str, path: str, field: str) -> None:
    answer = get(rest_server, path, token)
    assert answer.status == 422
    assert answer.body["detail"].startswith(field)
    assert "\n" not in answer.body["detail"]


def test_a_session_in_a_browser_is_a_login_too(rest_server: ApiServer, token: str) -> None:
    assert rest_server.call(f"{ROOT}/me", Cookie=f"_token={token}").body["name"] == "ann"
    assert rest_server.call(f"{ROOT}/me", Cookie="_token=forged").status in (401, 403)


def test_names_that_are_sql_are_only_names(rest_server: ApiServer, token: str) -> None:
    for odd in ("'; DROP TABLE ai_slo_slo; --", '"', "\\", "%", "_", "a\u2028b", "ÄÖ"):
        assert get(rest_server, f"/slos?search={escaped(odd)}", token).status == 200
        assert get(rest_server, f"/slos?service={escaped(odd)}", token).body["slos"] == []
        assert get(rest_server, f"/dags/{escaped(odd)}/slos", token).body["slos"] == []
    assert get(rest_server, "/slos", token).body["total_entries"] == 5


def test_a_store_that_is_away_is_a_503_without_its_password(airflow_home: Path, tmp_path: Path) -> None:
    away = "postgresql+psycopg://slo:s3cret@127.0.0.1:1/slo?connect_timeout=2"
    with api_server(tmp_path, AI_SLO_STORE_URL=away) as server:
        token = server.token("ann")
        for path in ("/slos", "/slos/x", "/slos/x/measurements", "/services", "/freezes", "/summary", "/dags/x/slos"):
            answer = get(server, path, token)
            assert answer.status == 503, path
            assert "s3cret" not in str(answer.body)
            assert "\n" not in answer.body["detail"]
        assert get(server, "/me", token).status == 200
        assert get(server, "/freezes/x", token).body["outcome"] == "unknown"
