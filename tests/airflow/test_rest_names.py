"""SLOs by any name, those that a DAG's definition selects by pattern or tag, SLAs, and titles, over HTTP."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from urllib.parse import quote

import pytest
from api_server import ApiServer
from rest_kit import get, just_now
from slo_kit import an_slo, daily, seen

from airflow_ai_slo import engine, from_airflow
from airflow_ai_slo.core.sla import SLA
from airflow_ai_slo.plugin.api.models import SLODetail
from airflow_ai_slo.store import Store

NAMES = ["x/measurements", "x", "..", "a/../b", "two\nlines", "ü" * 250, "a%2Fb?#&c=d"]
SHARED = {"freeze": False, "service": "odd"}


@pytest.fixture(scope="module")
def token(rest_store: Store, rest_server: ApiServer) -> str:
    now = just_now()
    selecting = {
        "by-id": from_airflow(dag_id="etl_load"),
        "by-pattern": from_airflow(dag_ids=["etl_*"]),
        "by-tag": from_airflow(tags=["nightly"]),
        "by-both": from_airflow(dag_ids=["etl_*"], tags=["weekly"]),
        "by-task": from_airflow(dag_id="etl_*", task_id="load*"),
    }
    slos = [an_slo(name, indicator=found, **SHARED) for name, found in selecting.items()]
    agreed = an_slo(
        "agreed",
        sla=SLA(target="0.5", period="month"),
        window="28d",
        display_name="As agreed",
        alerting="workbook",
        **SHARED,
    )
    engine.apply(rest_store, [*slos, *(an_slo(name, **SHARED) for name in NAMES), agreed], now=now)
    engine.record(rest_store, [seen(now, slo=name, key=f"of {name[:9]}") for name in NAMES], now=now)
    engine.record(rest_store, [*daily("." * 29, until=now - timedelta(days=1), slo="agreed")], now=now)
    engine.record(rest_store, [seen(now, 0, slo="agreed", key="etl_other/load/1")], now=now)
    engine.evaluate(rest_store, at=now)
    return rest_server.token("ann")


@pytest.mark.parametrize("name", NAMES)
def test_every_name_can_be_asked_for(rest_server: ApiServer, token: str, name: str) -> None:
    found = get(rest_server, f"/slo?name={quote(name, safe='')}&period=7d", token)
    assert (found.status, found.body["name"]) == (200, name)
    assert "etag" in found.headers
    page = get(rest_server, f"/slo/measurements?name={quote(name, safe='')}", token)
    assert [one["key"] for one in page.body["measurements"]] == [f"of {name[:9]}"]


def test_a_name_that_nothing_has_is_not_found(rest_server: ApiServer, token: str) -> None:
    for path in ("/slo?name=nobodys", "/slo/measurements?name=nobodys", "/slo?name=", f"/slo?name={'x' * 251}"):
        assert get(rest_server, path, token).status == 404, path
    assert get(rest_server, "/slo", token).status == 422


@pytest.fixture(scope="module")
def tagged(airflow_home: object) -> None:
    """Airflow knows a DAG with a tag."""
    from airflow.dag_processing.bundles.manager import DagBundlesManager
    from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db
    from airflow.providers.standard.operators.empty import EmptyOperator
    from airflow.sdk import DAG

    with DAG("etl_load", schedule=None, tags=["nightly", "small"]) as dag:
        EmptyOperator(task_id="load_orders")
    DagBundlesManager().sync_bundles_to_db()
    bag = DagBag(dag_folder=os.devnull)
    bag.bag_dag(dag)
    sync_bag_to_db(bag, "dags-folder", None)


@pytest.mark.usefixtures("tagged")
def test_a_dag_shows_what_selects_it_by_pattern_and_by_tag(rest_server: ApiServer, token: str) -> None:
    def fed(path: str) -> list[str]:
        return [row["name"] for row in get(rest_server, path, token).body["slos"]]

    # What Airflow says of tags depends on who else reads DAGs into its database; see the next test.
    assert fed("/dags/etl_load/slos") == ["by-id", "by-pattern", "by-tag", "by-task"]
    assert fed("/dags/etl_other/slos") == ["agreed", "by-pattern", "by-task"]
    assert fed("/dags/load/slos") == []
    assert fed("/tasks/etl_load/load_orders/slos") == ["by-task"]
    assert fed("/tasks/etl_load/other/slos") == []


def test_a_tag_selects(rest_store: Store, token: str) -> None:
    rows = engine.listing(rest_store, at=just_now())
    for tags, expected in (({"nightly", "small"}, ["by-tag"]), ({"weekly"}, ["by-both"]), (set(), [])):
        found = {one.name for one in engine.fed_by(rest_store, rows, "etl_load", tags=tags)}
        assert sorted(found - {"by-id", "by-pattern", "by-task"}) == expected


def test_a_dags_slos_have_a_trend_where_asked_for(rest_server: ApiServer, token: str) -> None:
    for path in ("/dags/etl_other/slos", "/tasks/etl_other/load/slos"):
        (row,) = [one for one in get(rest_server, f"{path}?trend=true", token).body["slos"] if one["name"] == "agreed"]
        assert row["trend"][-1] == row["budget"]["remaining"]
        assert "trend" not in get(rest_server, path, token).body["slos"][0]


def test_an_sla_stands_with_its_slo(rest_server: ApiServer, rest_store: Store, token: str) -> None:
    body = get(rest_server, "/slos/agreed", token).body
    SLODetail.model_validate_json(json.dumps(body), strict=False)
    sla = body["sla"]
    at = just_now()
    agreed = engine.agreements(rest_store, at=at, slos=["agreed"])["agreed"]
    assert (sla["target"], sla["window"], sla["now"]["outlook"]) == (0.5, "month", agreed.now.outlook.value)
    assert sla["now"]["total"] == agreed.now.counts.total
    assert sla["text"].startswith("On course: ")
    assert get(rest_server, "/slos/x", token).body["sla"] is None


def test_incidents_have_titles(rest_server: ApiServer, token: str) -> None:
    (one,) = get(rest_server, "/incidents", token).body["incidents"]
    assert (one["slo"], one["title"]) == ("agreed", "As agreed")


def test_instants_out_of_range_are_named_as_instants(rest_server: ApiServer, token: str) -> None:
    path = "/slos/x/measurements?end=9999-12-31T23:59:59-14:00"
    found = get(rest_server, path, token)
    assert (found.status, found.body["detail"]) == (
        422,
        "9999-12-31T23:59:59-14:00 is outside the years 1 to 9999 in UTC",
    )


def test_a_count_from_before_the_window_changes_what_a_poll_gets(
    rest_server: ApiServer, rest_store: Store, token: str
) -> None:
    path = "/slo?name=x&period=90d"
    now = just_now()
    before = get(rest_server, path, token)
    late = [seen(now - timedelta(days=60 + back), 0, slo="x", key=f"late/{back}") for back in range(5)]
    engine.record(rest_store, late, now=now, backfill=True)
    after = get(rest_server, path, token, **{"If-None-Match": before.headers["etag"]})
    assert after.status == 200
    assert any(point["sli"] == 0 for point in after.body["history"])
