"""Notifiers in real callbacks: of tasks and DAGs, and of deadline alerts as triggerer and executors run them."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import DAG, AsyncCallback, BaseOperator, SyncCallback
from local_services import Services
from slo_kit import an_slo, daily
from sqlalchemy import select

from airflow_ai_slo import Target, engine
from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.core.instants import from_micros
from airflow_ai_slo.notifications.record import RecordMeasurementNotifier
from airflow_ai_slo.notifications.state import SLOStateNotifier
from airflow_ai_slo.store import Store, tables

numbers = itertools.count()
LOGICAL = datetime(2026, 3, 9, 6, tzinfo=UTC)
BAD, GOOD = RecordMeasurementNotifier(slo="done"), RecordMeasurementNotifier(slo="done", good=1)


class Work(BaseOperator):
    """Succeeds, or fails where told to."""

    def __init__(self, *, fail: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.fail = fail

    def execute(self, context: Any) -> None:
        if self.fail:
            raise RuntimeError("told to fail")


@pytest.fixture
def done(store: Store) -> Store:
    engine.apply(store, [an_slo()], now=datetime(2026, 1, 1, tzinfo=UTC))
    return store


@pytest.fixture
def services(monkeypatch: pytest.MonkeyPatch, done: Store) -> Iterator[Services]:
    with Services() as running:
        connection = {"conn_type": "generic", "host": f"{running.url}/hook"}
        monkeypatch.setenv("AIRFLOW_CONN_WEBHOOK_DEFAULT", json.dumps(connection))
        engine.apply(done, [], now=datetime.now(UTC), targets=[Target(name="hook", kind="webhook")])
        yield running


def rows(store: Store) -> list[Any]:
    query = select(tables.measurement).order_by(tables.measurement.c.key)
    with store.read() as connection:
        return list(connection.execute(query).all())


def a_dag(*, fail: bool = False, dag: Mapping[str, Any] | None = None, **task: Any) -> DAG:
    with DAG(f"notified_{next(numbers)}", schedule=None, **(dag or {})) as made:
        Work(task_id="load", fail=fail, **task)
    return made


def deadline_context(**changes: Any) -> dict[str, Any]:
    """What Airflow hands to a deadline alert's callback, from its own code for a run of its own."""
    from airflow.api_fastapi.core_api.datamodels.dag_run import DAGRunResponse

    run = {
        "run_id": "scheduled__2026-03-09T06:00:00+00:00",
        "dag_id": "score",
        "logical_date": LOGICAL,
        "data_interval_start": LOGICAL,
        "data_interval_end": LOGICAL,
        "run_after": LOGICAL,
        "run_type": "scheduled",
        "state": "running",
        "dag_versions": [],
        "dag_model": {"dag_display_name": "score"},
    }
    empty = dict.fromkeys(DAGRunResponse.model_fields)
    response = DAGRunResponse.model_validate(empty | run | changes)
    return {"dag_run": response.model_dump(mode="json"), "deadline": {"id": "1", "deadline_time": LOGICAL.isoformat()}}


def test_a_tasks_callbacks_record_its_run_once(done: Store, run_dag: Callable[..., Any]) -> None:
    dag = a_dag(on_success_callback=GOOD, on_failure_callback=BAD)
    assert run_dag(dag, run_conf={"ai_slo": {"count": True}}, logical_date=LOGICAL).state == "success"
    (row,) = rows(done)
    assert (row.good, row.total, row.cause) == (1, 1, None)
    assert row.key == f"{dag.dag_id}/load/2026-03-09T06:00:00Z"
    assert from_micros(row.at) == LOGICAL
    assert json.loads(row.attributes)["run_url"].startswith("http://airflow.example:8080/dags/")


def test_a_failed_task_spends_budget_and_says_why(done: Store, run_dag: Callable[..., Any]) -> None:
    dag = a_dag(fail=True, on_success_callback=GOOD, on_failure_callback=BAD)
    assert run_dag(dag, run_conf={"ai_slo": {"count": True}}).state == "failed"
    (row,) = rows(done)
    assert (row.good, row.total, row.cause) == (0, 1, "pipeline_failure")


def test_a_dags_callback_records_the_whole_run(done: Store, run_dag: Callable[..., Any]) -> None:
    dag = a_dag(dag={"on_failure_callback": BAD, "on_success_callback": GOOD}, fail=True)
    ran = run_dag(dag, run_conf={"ai_slo": {"count": True}}, logical_date=LOGICAL)
    run_dag_callback(dag, ran.run_id, success=False)
    (row,) = rows(done)
    assert (row.good, row.key) == (0, f"{dag.dag_id}/2026-03-09T06:00:00Z")


def test_a_dags_callback_without_its_last_task_goes_by_the_runs_id(done: Store) -> None:
    dag = a_dag()
    BAD({"dag": dag, "run_id": "scheduled__x", "reason": "timed_out"})  # type: ignore[arg-type]
    (row,) = rows(done)
    assert row.key == f"{dag.dag_id}/run:scheduled__x"


def test_runs_of_dag_test_do_not_count_unless_asked_for(done: Store, run_dag: Callable[..., Any]) -> None:
    ran = run_dag(a_dag(on_success_callback=GOOD))
    assert rows(done) == []
    assert "this run does not count, it is a dag.test() run" in ran.log


def test_figures_are_templated(done: Store, run_dag: Callable[..., Any]) -> None:
    notifier = RecordMeasurementNotifier(
        slo="{{ dag_run.conf.slo }}", good="{{ dag_run.conf.rows - 3 }}", total="{{ dag_run.conf.rows }}", cause="late"
    )
    conf = {"slo": "done", "rows": 100, "ai_slo": {"count": True}}
    run_dag(a_dag(on_success_callback=notifier), run_conf=conf)
    (row,) = rows(done)
    assert (row.good, row.total, row.cause) == (97, 100, "late")


@pytest.mark.parametrize(
    ("notifier", "said"),
    [
        (RecordMeasurementNotifier(slo="dnoe"), "no SLO named dnoe; known: done"),
        (RecordMeasurementNotifier(slo="done", good="many"), "good='many' is not a number"),
        (RecordMeasurementNotifier(slo="done", good=2), "counts must satisfy"),
        (RecordMeasurementNotifier(slo="{{ no.such.thing }}"), "no"),
        (RecordMeasurementNotifier(slo="done", slo_conn_id="nowhere"), "nowhere"),
        (SLOStateNotifier(slos=["dnoe"]), "no SLO named dnoe"),
        (SLOStateNotifier(slos=["done"], targets=["nobody"]), "no target named nobody"),
    ],
)
def test_what_is_wrong_is_one_line_and_never_fails_the_task(
    done: Store, run_dag: Callable[..., Any], notifier: Any, said: str
) -> None:
    ran = run_dag(a_dag(on_success_callback=notifier), run_conf={"ai_slo": {"count": True}})
    assert ran.state == "success"
    assert "not told" in ran.log or "nowhere" in ran.log
    assert said in ran.log
    assert "Traceback" not in ran.log
    assert rows(done) == []


def test_a_store_that_is_down_makes_the_measurement_wait(
    run_dag: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_SLO_DEFAULT", "postgres://nobody@127.0.0.1:9/slo")
    monkeypatch.setenv("AI_SLO_SPOOL", str(tmp_path / "spool.jsonl"))
    ran = run_dag(a_dag(on_success_callback=GOOD), run_conf={"ai_slo": {"count": True}})
    assert ran.state == "success"
    assert "1 measurement(s) wait in" in ran.log
    assert json.loads((tmp_path / "spool.jsonl").read_text().splitlines()[0])["slo"] == "done"


def run_dag_callback(dag: DAG, run_id: str, *, success: bool) -> None:
    """Run a DAG's callback as the DAG processor does, with the request that the scheduler makes for it."""
    import structlog
    from airflow.callbacks.callback_requests import DagCallbackRequest, DagRunContext
    from airflow.dag_processing.processor import _execute_dag_callbacks
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session

    with create_session() as session:
        run = session.scalars(select(DagRun).where(DagRun.dag_id == dag.dag_id, DagRun.run_id == run_id)).one()
        (ti,) = run.get_task_instances(session=session)
        request = DagCallbackRequest(
            filepath="notified.py",
            dag_id=dag.dag_id,
            run_id=run_id,
            bundle_name="dags-folder",
            bundle_version=None,
            context_from_server=DagRunContext(dag_run=run, last_ti=ti),
            is_failure_callback=not success,
            msg="task_failure",
        )
    _execute_dag_callbacks(SimpleNamespace(dags={dag.dag_id: dag}), request, structlog.get_logger())  # type: ignore[arg-type]


def run_in_triggerer(callback: AsyncCallback, context: dict[str, Any]) -> list[Any]:
    """Run a deadline alert's callback by the trigger that Airflow runs it by."""
    from airflow.triggers.callback import CallbackTrigger

    async def events() -> list[Any]:
        trigger = CallbackTrigger(callback.path, {**callback.kwargs, "context": context})
        return [event.payload async for event in trigger.run()]

    return asyncio.run(events())


def test_a_missed_deadline_is_a_late_run(done: Store) -> None:
    callback = AsyncCallback(RecordMeasurementNotifier, kwargs={"slo": "done"})
    events = run_in_triggerer(callback, deadline_context())
    assert events[-1]["state"] == "success"
    (row,) = rows(done)
    assert (row.key, row.good, row.cause) == ("score/2026-03-09T06:00:00Z", 0, "late")
    assert from_micros(row.at) == LOGICAL


def test_a_deadline_and_a_callback_of_the_dag_speak_of_the_same_run(done: Store, run_dag: Callable[..., Any]) -> None:
    dag = a_dag(dag={"on_success_callback": GOOD})
    context = deadline_context(dag_id=dag.dag_id)
    run_in_triggerer(AsyncCallback(RecordMeasurementNotifier, kwargs={"slo": "done"}), context)
    ran = run_dag(dag, run_conf={"ai_slo": {"count": True}}, logical_date=LOGICAL)
    run_dag_callback(dag, ran.run_id, success=True)
    (row,) = rows(done)
    assert row.good == 1


def test_an_executor_runs_a_deadlines_callback_too(done: Store) -> None:
    import structlog
    from airflow.sdk.execution_time.callback_supervisor import execute_callback

    callback = SyncCallback(RecordMeasurementNotifier, kwargs={"slo": "done"})
    kwargs = {**callback.kwargs, "context": deadline_context()}
    assert execute_callback(callback.path, kwargs, Path(), None, structlog.get_logger()) == (True, None)
    assert len(rows(done)) == 1


def test_a_deadline_of_a_run_by_hand_does_not_count_unless_asked_for(done: Store) -> None:
    context = deadline_context(run_type="manual", run_id="manual__1")
    run_in_triggerer(AsyncCallback(RecordMeasurementNotifier, kwargs={"slo": "done"}), context)
    assert rows(done) == []
    wanted = AsyncCallback(RecordMeasurementNotifier, kwargs={"slo": "done", "count_manual": True})
    run_in_triggerer(wanted, deadline_context(run_type="manual", run_id="manual__1"))
    assert [row.key for row in rows(done)] == ["score/run:manual__1"]


def test_a_deadlines_callback_never_fails(done: Store) -> None:
    events = run_in_triggerer(AsyncCallback(RecordMeasurementNotifier, kwargs={"slo": "dnoe"}), deadline_context())
    assert events[-1]["state"] == "success"
    empty = run_in_triggerer(AsyncCallback(SLOStateNotifier, kwargs={"slos": ["done"]}), {})
    assert empty[-1]["state"] == "success"


def test_an_slos_state_is_sent_once_for_each_try(done: Store, services: Services, run_dag: Callable[..., Any]) -> None:
    now = datetime.now(UTC)
    engine.record(done, daily("." * 26 + "xxxx", until=now), now=now)
    notifier = SLOStateNotifier(
        slos=["done"], text="{{ ti.task_id }} failed", targets=["hook"], report_url="https://example.org/slo"
    )
    run_dag(a_dag(fail=True, on_failure_callback=notifier))
    (document,) = services.hooked.values()
    assert (document["type"], document["data"]["title"]) == ("notice", "load failed")
    assert document["data"]["lines"][0].startswith("done: SPENT, budget left -")
    assert document["data"]["links"] == [{"label": "Report", "url": "https://example.org/slo"}]
    assert document["data"]["figures"]["objective"] == 0.9


def test_a_missed_deadline_can_tell_an_slos_state(done: Store, services: Services) -> None:
    kwargs = {"slos": ["done"], "targets": ["hook"], "text": "{{ dag_run.dag_id }} is late"}
    for _ in range(2):
        assert (
            run_in_triggerer(AsyncCallback(SLOStateNotifier, kwargs=kwargs), deadline_context())[-1]["state"]
            == "success"
        )
    assert [document["data"]["title"] for document in services.hooked.values()] == ["score is late"]


@pytest.mark.parametrize("wrong", [{"slos": "done"}, {"slos": []}, {"slos": ["done"], "targets": "hook"}])
def test_a_single_name_instead_of_a_list_fails_when_the_dag_is_parsed(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="give a list of names"):
        SLOStateNotifier(**wrong)
