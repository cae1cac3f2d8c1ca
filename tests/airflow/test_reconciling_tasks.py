"""Tasks, several DAGs at once, and assets, as one SLO's events."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from airflow.sdk import DAG, Asset, task
from measuring_runs import clear, run_as
from record_kit import DAILY, DAY, HOUR, NOW, a_dag, a_run, an_slo, counts, seen, seen_since, set_dag, unique

from airflow_ai_slo import engine
from airflow_ai_slo.core.definition import Schedule
from airflow_ai_slo.reconcile import reconcile, reconcile_runs
from airflow_ai_slo.store import Store

pytestmark = pytest.mark.usefixtures("airflow_home")
TODAY = datetime(2026, 3, 10, tzinfo=UTC)


def test_the_instances_of_one_task_are_events(store: Store) -> None:
    dag = a_dag("scores", "load", "score", start_date=TODAY - 4 * DAY)
    a_run(dag, TODAY - 3 * DAY)
    a_run(dag, TODAY - 2 * DAY, state="failed", tasks={"load": "failed", "score": "upstream_failed"})
    a_run(dag, TODAY - DAY, tasks={"load": "success", "score": "skipped"})
    a_run(dag, TODAY, state="running", tasks={"load": "success"})
    an_slo(store, "score", spec={"dag_id": dag.dag_id, "task_id": "score"})
    an_slo(store, "all", spec={"dag_id": dag.dag_id, "task_id": "*", "max_duration": "29m"})
    reconcile(store, now=NOW)
    assert counts(store, "score") == [(1, 1, ""), (0, 1, "pipeline_failure"), (0, 0, "")]
    first = seen(store, "score")[0]
    assert first.key == f"{dag.dag_id}/score/2026-03-06T00:00:00Z"
    assert first.attributes["task"] == "score"
    assert first.attributes["run_url"].endswith("/tasks/score")
    assert counts(store, "all").count((0, 1, "latency")) == 4
    assert reconcile(store, now=NOW).written == 0


def test_each_mapped_instance_is_an_event_and_those_that_are_no_more_are_taken_back(store: Store) -> None:
    """A real run, cleared and run again with fewer of them."""
    sizes = [4, 2]
    with DAG(unique("mapped"), schedule=DAILY, start_date=TODAY - 2 * DAY) as dag:

        @task(retries=0)
        def sources() -> list[int]:
            return list(range(sizes[0]))

        @task(retries=0)
        def score(number: int) -> None:
            if number == 1:
                raise ValueError("no model")

        score.expand(number=sources())
    ran = run_as(dag, logical_date=TODAY - DAY)
    set_dag(dag.dag_id, is_paused=False)
    an_slo(store, spec={"dag_id": dag.dag_id, "task_id": "score"})
    reconcile_runs(store, [(dag.dag_id, ran.run_id)], now=NOW)
    assert [(one.key.split("/")[1], one.good) for one in seen(store)] == [
        ("score[0]", 1), ("score[1]", 0), ("score[2]", 1), ("score[3]", 1)
    ]  # fmt: skip
    sizes.pop(0)
    clear(dag, ran, "sources", "score")
    reconcile_runs(store, [(dag.dag_id, ran.run_id)], now=NOW)
    assert [(one.key.split("/")[1], one.good) for one in seen(store)] == [("score[0]", 1), ("score[1]", 0)]


@pytest.mark.parametrize("task_id", ["load", "lo*"])
def test_a_run_that_never_was_is_one_missing_event_until_its_tasks_come(store: Store, task_id: str) -> None:
    dag = a_dag(start_date=TODAY - 4 * DAY)
    a_run(dag, TODAY - 3 * DAY)
    an_slo(store, spec={"dag_id": dag.dag_id, "task_id": task_id})
    reconcile(store, now=NOW)
    assert counts(store) == [(1, 1, ""), (0, 1, "missing_run"), (0, 1, "missing_run")]
    run = a_run(dag, TODAY - 2 * DAY, changed=NOW)
    reconcile_runs(store, [(dag.dag_id, run)], now=NOW)
    assert counts(store) == [(1, 1, ""), (1, 1, ""), (0, 1, "missing_run")]


def test_one_definition_covers_the_dags_of_a_pattern_and_of_tags(store: Store) -> None:
    mine = unique("team")
    one = a_dag(f"{mine}_etl", start_date=TODAY - DAY, tags=("ml", "daily"))
    two = a_dag(f"{mine}_etl", start_date=TODAY - DAY, tags=("ml",))
    other = a_dag(f"{mine}_report", start_date=TODAY - DAY, tags=("daily",))
    for dag in (one, two, other):
        a_run(dag, TODAY, state="failed" if dag is two else "success")
    an_slo(store, "pattern", spec={"dag_id": f"{mine}_etl_*"})
    an_slo(store, "several", spec={"dag_ids": [one.dag_id, other.dag_id]})
    an_slo(store, "tags", spec={"dag_ids": [f"{mine}_*"], "tags": ["ml", "daily"]})
    done = {one.slo: one for one in reconcile(store, now=NOW).slos}
    assert done["pattern"].dags == (one.dag_id, two.dag_id)
    assert done["several"].dags == (one.dag_id, other.dag_id)
    assert done["tags"].dags == (one.dag_id,)
    assert sorted(counts(store, "pattern")) == [(0, 1, "pipeline_failure"), (1, 1, "")]
    spent = engine.attribution(store, "pattern", by="dag", at=NOW)
    assert [(each.name, each.bad) for each in spent.groups] == [(two.dag_id, 1)]


def test_a_dag_that_joins_later_brings_its_history(store: Store) -> None:
    mine = unique("team")
    first = a_dag(f"{mine}_etl", start_date=TODAY - DAY)
    a_run(first, TODAY)
    an_slo(store, spec={"dag_id": f"{mine}_*"})
    reconcile(store, now=NOW)
    second = a_dag(f"{mine}_etl", start_date=TODAY - 3 * DAY)
    for ago in (2, 1):
        a_run(second, TODAY - ago * DAY, state="failed")
    assert reconcile(store, now=NOW).written == 2


def an_asset(name: str, *updates: datetime) -> Asset:
    """An asset with updates, as a task would have made them."""
    from airflow.models.asset import AssetEvent, AssetModel
    from airflow.utils.session import create_session
    from sqlalchemy import select

    asset = Asset(name, uri=f"s3://bucket/{name}")
    a_dag(f"make_{name}", schedule=[asset])
    with create_session() as session:
        row = session.scalars(select(AssetModel).where(AssetModel.name == name)).one()
        for moment in updates:
            session.add(AssetEvent(asset_id=row.id, timestamp=moment, source_dag_id="maker", source_run_id="r"))
    return asset


def test_an_asset_is_to_be_updated_by_a_time_of_day(store: Store) -> None:
    """In Berlin, where clocks went forward on 29 March 2026: ten o'clock is 09:00, then 08:00 UTC."""
    on = lambda day, hour, minute=0: datetime(2026, 3, day, hour, minute, tzinfo=UTC)  # noqa: E731
    asset = an_asset(unique("features"), on(27, 8), on(28, 9), on(29, 8, 1), on(29, 12), on(31, 8))
    for name, said in (("by-name", asset.name), ("by-uri", asset.uri)):
        an_slo(store, name, spec={"asset": said, "by": "10:00", "timezone": "Europe/Berlin"})
        reconcile(store, now=on(31, 9))
        assert counts(store, name) == [
            (1, 1, ""), (1, 1, ""), (0, 1, "late"), (0, 1, "missing_run"), (1, 1, ""),
        ]  # fmt: skip
    assert [one.at for one in seen(store, "by-name")][1:3] == [on(28, 9), on(29, 8)]
    assert seen(store, "by-name")[0].attributes == {"asset": asset.name, "dag": "maker", "run": "r"}
    assert reconcile(store, now=on(31, 9)).written == 0


def test_an_asset_is_to_be_updated_after_each_slot_of_a_cadence(store: Store) -> None:
    asset = an_asset(unique("features"), TODAY + HOUR, TODAY + DAY + 3 * HOUR)
    spec = {"asset": asset.name, "finished_within": "2h"}
    an_slo(store, spec=spec, schedule=Schedule(cadence="1d", start=TODAY - DAY))
    an_slo(store, "no-cadence", spec=spec)
    done = {one.slo: one for one in reconcile(store, now=TODAY + 3 * DAY + HOUR).slos}
    assert "needs a cadence" in done["no-cadence"].problem
    engine.evaluate(store, at=TODAY + 3 * DAY + HOUR)
    assert counts(store) == [(1, 1, ""), (0, 1, "late"), (0, 1, "missing_run")]


def test_an_asset_that_nobody_knows_is_said(store: Store) -> None:
    an_slo(store, spec={"asset": "no-such-thing", "by": "10:00"})
    (one,) = reconcile(store, now=NOW).slos
    assert one.problem.startswith("Airflow knows no asset 'no-such-thing' (yet)")


def test_a_scheduler_that_is_down_shows_as_missing_runs_of_every_dag(store: Store) -> None:
    mine = unique("team")
    dags = [a_dag(mine, start_date=TODAY - 4 * DAY) for _ in range(3)]
    for dag in dags:
        seen_since(dag.dag_id, TODAY - 4 * DAY)
        a_run(dag, TODAY - 3 * DAY)
    an_slo(store, spec={"dag_id": f"{mine}_*"})
    reconcile(store, now=TODAY - 2 * DAY + HOUR)
    assert {one.cause for one in seen(store)} == {None}
    reconcile(store, now=NOW)
    assert [str(one.cause) for one in seen(store)].count("missing_run") == 6
