"""The files behind the pages: where Airflow is told they are, how they are served, and what a task links to."""

from __future__ import annotations

import re
import urllib.request
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import DAG
from api_server import ApiServer

from airflow_ai_slo.operators.completion import BatchCompletionOperator
from airflow_ai_slo.operators.gate import FreezeGateOperator
from airflow_ai_slo.operators.links import SLOPageLink
from airflow_ai_slo.plugin import ui

STATIC = Path(ui.__file__).parent / "static"


def test_airflow_is_told_of_a_page_two_tabs_and_a_strip(server: ApiServer) -> None:
    found = server.call("/api/v2/plugins", token=server.token("bob")).body["plugins"]
    (ours,) = (plugin for plugin in found if plugin["name"] == "ai_slo")
    shown = {app["destination"]: (app["name"], app["url_route"]) for app in ours["react_apps"]}
    assert shown == {
        "nav": ("SLOs", "slos"),
        "dag": ("SLOs", "dag-slos"),
        "task": ("SLOs", "task-slos"),
        "dashboard": ("SLO summary", "slo-summary"),
    }
    for app in ours["react_apps"]:
        for address in (app["bundle_url"], app["icon"], app["icon_dark_mode"]):
            assert server.call(address).status == 200, address


@pytest.mark.parametrize(
    ("base", "prefix"), [("http://airflow.example", ""), ("https://x.example/teams/a/", "/teams/a"), ("", "")]
)
def test_addresses_stand_under_the_prefix_of_airflows_base_url(
    monkeypatch: pytest.MonkeyPatch, base: str, prefix: str
) -> None:
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", base)
    assert {app["bundle_url"] for app in ui.apps()} == {f"{prefix}/ai-slo/ui/{ui.version()}/main.js"}


@pytest.mark.parametrize(
    ("file", "kind"), [("main.js", "text/javascript"), ("base.css", "text/css"), ("icon-light.svg", "image/svg+xml")]
)
def test_files_are_kept_for_good_under_their_version_and_asked_for_again_under_any_other(
    server: ApiServer, file: str, kind: str
) -> None:
    now = server.call(f"{ui.PREFIX}/{ui.version()}/{file}")
    assert (now.status, now.headers["content-type"].partition(";")[0]) == (200, kind)
    assert now.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert now.headers["x-content-type-options"] == "nosniff"
    old = server.call(f"{ui.PREFIX}/0123456789ab/{file}")
    assert (old.status, old.headers["cache-control"], old.body) == (200, "no-cache", now.body)


def test_nothing_but_those_files_is_served(server: ApiServer) -> None:
    for path in ("", "nothing.js", "../__init__.py", "%2e%2e/__init__.py", "..%2ffiles.py", "docs", "openapi.json"):
        assert server.call(f"{ui.PREFIX}/{ui.version()}/{path}").status == 404, path


def test_files_are_small_and_put_text_in_as_text_only() -> None:
    for path in STATIC.iterdir():
        text = path.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= 250, path.name
        assert not re.search(
            r"innerHTML|outerHTML|dangerouslySetInnerHTML|insertAdjacentHTML|\beval\(|new Function", text
        ), path.name
        assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", text.replace("^https?:", "")), path.name


def test_a_wheel_holds_them(tmp_path: Path) -> None:
    from hatchling.builders.wheel import WheelBuilder

    (built,) = WheelBuilder(str(Path(ui.__file__).parents[3])).build(directory=str(tmp_path), versions=["standard"])
    held = zipfile.ZipFile(built).namelist()
    assert {f"airflow_ai_slo/plugin/ui/static/{path.name}" for path in STATIC.iterdir()} <= set(held)


def test_tasks_lead_to_their_slos_page_and_gates_to_their_services(
    recommender: Callable[..., None], run_dag: Callable[..., Any]
) -> None:
    recommender(bad=1)
    with DAG("leading", schedule=None) as dag:
        BatchCompletionOperator(task_id="measure", slo="recommender-runs", trigger_rule="all_done")
        FreezeGateOperator(task_id="gate", service="recommender")
    ran = run_dag(dag)
    page = "http://airflow.example:8080/plugin/slos"
    assert ran.xcom("measure", key=SLOPageLink().xcom_key) == f"{page}?slo=recommender-runs"
    assert ran.xcom("gate", key=SLOPageLink().xcom_key) == f"{page}?view=service&service=recommender"


def test_an_older_address_of_the_files_still_answers_a_browser_that_sends_what_it_has(server: ApiServer) -> None:
    address = f"{server.origin}{ui.PREFIX}/old/main.js"
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(address, timeout=180) as first:
        tag = first.headers["ETag"]
    asked = urllib.request.Request(address, headers={"If-None-Match": tag})
    with pytest.raises(urllib.error.HTTPError, match="304"):
        opener.open(asked, timeout=180)
