"""Waiting for a thaw, by poking and in the triggerer; triggers run for real, only their pauses are cut short."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from airflow.sdk import DAG
from airflow.sdk.exceptions import TaskDeferred
from airflow.triggers.base import TriggerEvent

from airflow_ai_slo import engine
from airflow_ai_slo.core.definition import Service
from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.core.freeze_policy import FreezePolicy
from airflow_ai_slo.sensors.gate import FreezeGateSensor
from airflow_ai_slo.store import Store
from airflow_ai_slo.triggers.gate import FreezeGateTrigger
from airflow_ai_slo.triggers.polling import SHORTEST, PollingTrigger

numbers = itertools.count()


def waiting(**options: Any) -> DAG:
    with DAG(f"waiting_{next(numbers)}", schedule=None) as dag:
        FreezeGateSensor(task_id="wait", service="recommender", **options)
    return dag


def thaw(store: Store) -> None:
    engine.release(store, "recommender", author="Ada", reason="rolled back", now=datetime.now(UTC))


@pytest.fixture
def thaw_while_waiting(store: Store, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The service thaws during a trigger's first pause, which takes no time; gives the pauses asked for."""
    asked: list[float] = []

    def pause(self: PollingTrigger) -> float:
        asked.append(self.poll_interval)
        thaw(store)
        return 0

    monkeypatch.setattr(PollingTrigger, "pause", pause)
    return asked


@pytest.mark.parametrize("deferrable", [False, True])
def test_a_service_with_budget_is_not_waited_for(
    deferrable: bool, recommender: Callable[..., None], run_dag: Callable[..., Any]
) -> None:
    recommender(bad=0)
    ran = run_dag(waiting(deferrable=deferrable))
    assert ran.states["wait"] == "success"
    assert ran.xcom("wait")["outcome"] == "allowed"


def test_a_poking_sensor_passes_once_the_service_thaws(
    recommender: Callable[..., None],
    run_dag: Callable[..., Any],
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    recommender(bad=4)
    monkeypatch.setattr("airflow.sdk.bases.sensor.time.sleep", lambda _: thaw(store))
    ran = run_dag(waiting(poke_interval=60))
    assert ran.states["wait"] == "success"
    assert "Waiting: changes to service recommender are frozen" in ran.log


@pytest.mark.parametrize("deferrable", [False, True])
def test_a_soft_freeze_is_not_waited_for_and_warns(
    deferrable: bool, recommender: Callable[..., None], run_dag: Callable[..., Any], store: Store
) -> None:
    soft = Service(name="recommender", freeze=FreezePolicy(mode="soft"))
    engine.apply(store, [], [soft], now=datetime.now(UTC))
    recommender(bad=4)
    ran = run_dag(waiting(deferrable=deferrable))
    assert ran.states["wait"] == "success"
    assert ran.xcom("wait")["warns"] is True
    assert any("[warning" in line and "only warns" in line for line in ran.log.splitlines())


def test_a_deferred_sensor_passes_once_the_service_thaws(
    recommender: Callable[..., None], run_dag: Callable[..., Any], thaw_while_waiting: list[float]
) -> None:
    recommender(bad=4)
    ran = run_dag(waiting(deferrable=True, poke_interval=1))
    assert ran.states["wait"] == "success"
    assert ran.xcom("wait")["outcome"] == "allowed"
    assert thaw_while_waiting == [SHORTEST]


def test_a_wait_is_audited_when_the_answer_changes_and_not_at_every_look(
    recommender: Callable[..., None], run_dag: Callable[..., Any], store: Store, thaw_while_waiting: list[float]
) -> None:
    recommender(bad=4)
    ran = run_dag(waiting(deferrable=True))
    mine = [one.action for one in engine.audit_log(store) if one.actor == f"{ran.dag_id}/wait {ran.run_id}"]
    assert mine == ["allowed", "frozen"]


@pytest.mark.parametrize(("soft_fail", "state"), [(False, "failed"), (True, "skipped")])
@pytest.mark.parametrize("deferrable", [False, True])
def test_a_timeout_fails_or_skips(
    deferrable: bool, soft_fail: bool, state: str, recommender: Callable[..., None], run_dag: Callable[..., Any]
) -> None:
    recommender(bad=4)
    ran = run_dag(waiting(deferrable=deferrable, soft_fail=soft_fail, timeout=0))
    assert ran.states["wait"] == state


def test_waiting_again_after_a_false_alarm_keeps_the_first_deadline(
    recommender: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    recommender(bad=4)
    sensor = FreezeGateSensor(task_id="wait", service="recommender", deferrable=True, timeout=3600)
    deadline = datetime.now(UTC) + timedelta(minutes=10)
    with pytest.raises(TaskDeferred) as deferred:
        sensor.execute_complete(a_context(), {"outcome": "allowed"}, deadline=deadline.isoformat())
    assert deferred.value.timeout is not None
    assert timedelta(minutes=9) < deferred.value.timeout <= timedelta(minutes=10)
    assert deferred.value.kwargs == {"deadline": deadline.isoformat()}


def test_an_unknown_state_is_waited_for_unless_allowed(run_dag: Callable[..., Any], store: Store) -> None:
    assert run_dag(waiting(timeout=0)).states["wait"] == "failed"
    assert run_dag(waiting(on_unknown="allow")).states["wait"] == "success"


async def test_a_trigger_waits_while_the_store_is_down(monkeypatch: pytest.MonkeyPatch, airflow_home: object) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_SLO_DEFAULT", "postgres://nobody@127.0.0.1:9/slo")
    looks = itertools.count(1)

    def pause(self: PollingTrigger) -> float:
        if next(looks) == 3:
            raise KeyboardInterrupt
        return 0

    monkeypatch.setattr(PollingTrigger, "pause", pause)
    with pytest.raises(KeyboardInterrupt):
        await anext(FreezeGateTrigger(service="recommender").run())


async def test_an_error_of_ours_ends_the_wait_with_its_text(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: FreezeGateTrigger) -> None:
        raise ValueError("a bug")

    monkeypatch.setattr(FreezeGateTrigger, "look", broken)
    event = await anext(FreezeGateTrigger(service="recommender").run())
    assert event == TriggerEvent({"error": "ValueError: a bug"})


def test_a_trigger_comes_back_from_what_it_serializes_to() -> None:
    from airflow.sdk._shared.module_loading import import_string
    from airflow.sdk.serde import deserialize, serialize

    path, arguments = FreezeGateTrigger(
        service="recommender", labels=("docs",), on_unknown="allow", max_age=60, slo_conn_id="other", actor="me"
    ).serialize()
    again = import_string(path)(**deserialize(serialize(arguments)))
    assert again.serialize() == (path, arguments)


def test_pauses_differ_by_a_tenth_around_the_interval() -> None:
    trigger = FreezeGateTrigger(service="recommender", poll_interval=100)
    pauses = [trigger.pause() for _ in range(200)]
    assert 90 <= min(pauses) < max(pauses) <= 110


def test_a_wrong_option_fails_when_the_dag_is_parsed() -> None:
    with pytest.raises(ConfigurationError, match="on_unknown='maybe'"):
        waiting(on_unknown="maybe")


def a_context() -> Any:
    from types import SimpleNamespace

    at = datetime.now(UTC)
    dag_run = SimpleNamespace(
        run_id="manual__1", run_type="manual", conf=None, logical_date=None, data_interval_end=None, run_after=at
    )
    ti = SimpleNamespace(dag_id="deploy", task_id="wait", map_index=-1, log_url="")
    return {"dag_run": dag_run, "ti": ti}
