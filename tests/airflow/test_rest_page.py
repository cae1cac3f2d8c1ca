"""The page on the REST API: its lines run as they stand, and it leaves no route out."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from api_server import ApiServer
from fastapi.routing import APIRoute
from rest_kit import just_now
from slo_kit import an_slo, daily, seen

from airflow_ai_slo import engine
from airflow_ai_slo.plugin import api
from airflow_ai_slo.store import Store

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "rest.md"
LATER = {"/import-history"}
"""Routes with pages of their own."""


def lines() -> str:
    return "\n".join(re.findall(r"```bash\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL))


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("jq")), reason="needs curl and jq")
def test_the_lines_of_the_page_run_as_they_stand(rest_server: ApiServer, rest_store: Store, tmp_path: Path) -> None:
    now = just_now()
    slo = an_slo("recommender-runs", service="recommender", window="28d", alerting="workbook")
    engine.apply(rest_store, [slo], now=now)
    engine.record(rest_store, daily("." * 26 + "xxxx", until=now, slo=slo.name), now=now)
    by_dag = seen(now - timedelta(hours=1), 1, 1, slo=slo.name, key="train_recommender/check/2026-01-01T00:00:00Z")
    engine.record(rest_store, [by_dag], now=now)
    engine.evaluate(rest_store, at=now)
    user = {"AIRFLOW": rest_server.origin, "AIRFLOW_USER": "bob", "AIRFLOW_PASSWORD": "of the admin"}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", lines()],
        env=os.environ | user | {"NO_PROXY": "127.0.0.1"}, cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    said = done.stdout
    assert said.count('{"name":"recommender-runs","state":"spent"') == 1
    assert said.count('"bad":true') == 5
    assert said.count('"recommender-runs"\n') >= 2
    assert '"outcome": "frozen"' in said
    assert '{"name":"bob","can_write":true}' in said
    assert '{"recorded":1}' in said
    status, series = said.splitlines()[-2:]
    assert status.endswith("304")
    assert int(series) > 0
    actions = {(entry.actor, entry.action) for entry in engine.audit_log(rest_store, "recommender")}
    assert {("bob", "override"), ("bob", "override revoked"), ("bob", "released")} <= actions


def test_the_page_leaves_no_route_out() -> None:
    written = lines()
    for route in api.build().routes:
        assert isinstance(route, APIRoute)
        if route.path in LATER:
            continue
        (method,) = route.methods or ()
        called = "get" if method == "GET" else "post"
        path = re.sub(r"\\\{.*?\\\}", r"[^/?'\\s]+", re.escape(route.path))
        line = rf"^.*{called} '?{path}(?=[?'\s])" + (".* -X DELETE" if method == "DELETE" else "")
        assert re.search(line, written, re.MULTILINE), (method, route.path)
