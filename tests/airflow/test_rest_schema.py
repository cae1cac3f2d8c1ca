"""The published schema is what the server says and what the routes answer."""

from __future__ import annotations

import json
from pathlib import Path

from api_server import ApiServer
from fastapi.routing import APIRoute
from pydantic import BaseModel
from rest_kit import ODD, escaped, fill, get, just_now

from airflow_ai_slo.plugin import api
from airflow_ai_slo.plugin.api import schema
from airflow_ai_slo.store import Store

KEPT = Path(__file__).parents[2] / "docs" / "reference" / "openapi.json"


def test_the_kept_schema_is_that_of_the_routes() -> None:
    said = "python -m airflow_ai_slo.plugin.api.schema > docs/reference/openapi.json"
    assert KEPT.read_text(encoding="utf-8") == schema.text(api.build()), f"it has changed: {said}"


def test_the_schema_names_every_route_and_no_code_of_fastapis_own() -> None:
    kept = json.loads(KEPT.read_text(encoding="utf-8"))
    assert kept["openapi"].startswith("3.1")
    assert kept["servers"] == [{"url": api.PREFIX}]
    routes = {(r.path_format, m.lower()) for r in api.build().routes if isinstance(r, APIRoute) for m in r.methods}
    assert {(path, method) for path, of in kept["paths"].items() for method in of} == routes
    assert "HTTPValidationError" not in kept["components"]["schemas"]
    names = [one["operationId"] for of in kept["paths"].values() for one in of.values()]
    assert len(names) == len(set(names))
    for of in kept["paths"].values():
        for method, one in of.items():
            writes = method != "get"
            assert ("X-AI-SLO" in [given["name"] for given in one.get("parameters", ())]) == writes, one["operationId"]


def test_answers_are_as_the_schema_says(rest_server: ApiServer, rest_store: Store) -> None:
    fill(rest_store, just_now())
    token = rest_server.token("ann")
    assert get(rest_server, "/schema", token).body == json.loads(KEPT.read_text(encoding="utf-8"))
    models = _models()
    checked = set()
    for path, template in (
        ("/slos", "/slos"),
        ("/slos?trend=true", "/slos"),
        ("/slos/reco-rows", "/slos/{name}"),
        ("/slos/reco-runs", "/slos/{name}"),
        (f"/slos/{escaped(ODD)}", "/slos/{name}"),
        ("/slos/nightly-runs", "/slos/{name}"),
        ("/slos/reco-rows/measurements?limit=5", "/slos/{name}/measurements"),
        (f"/slo?name={escaped(ODD)}", "/slo"),
        ("/slo/measurements?name=reco-rows", "/slo/measurements"),
        ("/services", "/services"),
        ("/services/recommender", "/services/{name}"),
        ("/services/soft", "/services/{name}"),
        ("/freezes", "/freezes"),
        ("/freezes/recommender", "/freezes/{service}"),
        ("/freezes/nobodys", "/freezes/{service}"),
        ("/dags/train/slos", "/dags/{dag_id}/slos"),
        ("/tasks/train/score/slos", "/tasks/{dag_id}/{task_id}/slos"),
        ("/audit", "/audit"),
        ("/incidents", "/incidents"),
        ("/summary", "/summary"),
        ("/me", "/me"),
    ):
        answer = get(rest_server, path, token)
        assert answer.status == 200, path
        models[template].model_validate_json(json.dumps(answer.body), strict=False)
        checked.add(template)
    assert checked == set(models) - {"/import-history", "/metrics"}


def _models() -> dict[str, type[BaseModel]]:
    """What each read answers, by its path."""
    found = {}
    for route in api.build().routes:
        assert isinstance(route, APIRoute)
        model = route.responses.get(200, {}).get("model")
        if route.methods == {"GET"} and model is not None:
            found[route.path_format] = model
    return found
