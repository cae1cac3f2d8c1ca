"""Runs of Airflow's own record as measurements, with no change to any DAG."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from record_kit import DAILY, DAY, HOUR, NOW, a_dag, a_run, an_slo, counts, seen, set_run

from airflow_ai_slo import SLO, engine
from airflow_ai_slo.core.definition import Indicator, Schedule
from airflow_ai_slo.core.durations import Duration
from airflow_ai_slo.reconcile import reconcile, reconcile_runs
from airflow_ai_slo.store import Store

pytestmark = pytest.mark.usefixtures("airflow_home")
TODAY = datetime(2026, 3, 10, tzinfo=UTC)


def test_each_run_is_one_event_and_a_second_pass_writes_nothing(store: Store) -> None:
    dag = a_dag("scores", "load", "score", start_date=TODAY - 3 * DAY)
    ids = [
        a_run(dag, TODAY - days * DAY, state=state, tasks=tasks)
        for days, state, tasks in [
            (2, "success", {}),
            (1, "failed", {"load": "failed", "score": "upstream_failed"}),
            (0, "success", {}),
        ]
    ]
    an_slo(store, spec={"dag_id": dag.dag_id})
    done = reconcile(store, now=NOW)
    (one,) = done.slos
    assert (one.dags, one.runs, one.written, one.missing, one.late, one.problem) == ((dag.dag_id,), 3, 3, 0, 0, "")
    assert counts(store) == [(1, 1, ""), (0, 1, "pipeline_failure"), (1, 1, "")]
    bad = seen(store)[1]
    assert bad.key == f"{dag.dag_id}//2026-03-08T00:00:00Z"
    assert bad.at == TODAY - DAY
    assert bad.recorded_at == TODAY - DAY + timedelta(minutes=31)
    page = f"runs/{ids[1].replace(':', '%3A').replace('+', '%2B')}"
    assert bad.attributes == {
        "dag": dag.dag_id,
        "run": ids[1],
        "run_type": "scheduled",
        "failed_task": "load",
        "run_url": f"http://airflow.example:8080/dags/{dag.dag_id}/{page}",
    }
    before = seen(store)
    assert reconcile(store, now=NOW).written == 0
    assert reconcile(store, now=NOW, since=NOW - 60 * DAY).written == 0
    assert reconcile_runs(store, [(dag.dag_id, ids[0])], now=NOW).written == 0
    assert seen(store) == before


def test_what_still_runs_is_measured_when_it_is_over(store: Store) -> None:
    dag = a_dag(start_date=TODAY - DAY)
    run = a_run(dag, TODAY, state="running")
    an_slo(store, spec={"dag_id": dag.dag_id})
    assert reconcile(store, now=NOW).written == 0
    set_run(dag.dag_id, run, state="success", ended=TODAY + 5 * HOUR)
    assert reconcile(store, now=NOW).written == 1
    assert counts(store) == [(1, 1, "")]


@pytest.mark.parametrize(
    ("spec", "verdict"),
    [
        ({"finished_within": "31m"}, (1, 1, "")),
        ({"finished_within": "30m"}, (0, 1, "late")),
        ({"max_duration": "30m"}, (1, 1, "")),
        ({"max_duration": "29m"}, (0, 1, "latency")),
        ({"by": "00:31"}, (1, 1, "")),
        ({"by": "00:30"}, (0, 1, "late")),
        ({"by": "02:00", "timezone": "Europe/Berlin"}, (1, 1, "")),
        ({"by": "01:15", "timezone": "Europe/Berlin"}, (0, 1, "late")),
    ],
)
def test_limits_hold_to_the_minute(store: Store, spec: dict[str, str], verdict: tuple[int, int, str]) -> None:
    dag = a_dag(start_date=TODAY - DAY)
    a_run(dag, TODAY)  # starts a minute after midnight and ends thirty minutes later
    an_slo(store, spec={"dag_id": dag.dag_id, **spec})
    reconcile(store, now=NOW)
    assert counts(store) == [verdict]


def test_a_run_past_its_limit_is_late_at_once_and_then_says_how_late(store: Store) -> None:
    dag = a_dag(start_date=TODAY - DAY)
    run = a_run(dag, TODAY, state="running")
    an_slo(store, spec={"dag_id": dag.dag_id, "finished_within": "2h"})
    assert reconcile(store, now=TODAY + 2 * HOUR).written == 0
    reconcile(store, now=TODAY + 2 * HOUR + timedelta(seconds=1))
    (late,) = seen(store)
    assert (late.good, late.cause, late.value) == (0, "late", None)
    assert late.recorded_at == TODAY + 2 * HOUR + timedelta(microseconds=1)
    set_run(dag.dag_id, run, state="success", ended=TODAY + 5 * HOUR)
    reconcile(store, now=NOW)
    (late,) = seen(store)
    assert (late.good, late.cause, late.value) == (0, "late", 5 * 3600)


def test_a_run_that_was_in_time_stays_so_when_it_is_made_again(store: Store) -> None:
    """The first success decides, whether a pass saw it or only its tries are left."""
    dag = a_dag(start_date=TODAY - DAY)
    run = a_run(dag, TODAY)
    an_slo(store, "watched", spec={"dag_id": dag.dag_id, "finished_within": "1h"})
    reconcile(store, now=NOW)
    cleared_and_run_again(dag, run, at=TODAY + 6 * HOUR, ended=TODAY + 7 * HOUR)
    an_slo(store, "imported", spec={"dag_id": dag.dag_id, "finished_within": "1h"})
    reconcile(store, now=NOW)
    for slo in ("watched", "imported"):
        assert counts(store, slo) == [(1, 1, "")]
        assert seen(store, slo)[0].recorded_at == TODAY + 7 * HOUR


def test_a_failure_that_was_repaired_after_the_limit_is_late(store: Store) -> None:
    dag = a_dag(start_date=TODAY - DAY)
    run = a_run(dag, TODAY, state="failed")
    an_slo(store, spec={"dag_id": dag.dag_id, "finished_within": "1h"})
    an_slo(store, "first", spec={"dag_id": dag.dag_id}, rerun="first")
    an_slo(store, "worst", spec={"dag_id": dag.dag_id}, rerun="worst")
    an_slo(store, "any-time", spec={"dag_id": dag.dag_id})
    reconcile(store, now=NOW)
    assert counts(store) == [(0, 1, "pipeline_failure")]
    cleared_and_run_again(dag, run, at=TODAY + 6 * HOUR, ended=TODAY + 7 * HOUR)
    an_slo(store, "first-imported", spec={"dag_id": dag.dag_id}, rerun="first")
    assert reconcile(store, now=NOW).written == 3
    assert reconcile(store, now=NOW).written == 0
    assert counts(store) == [(0, 1, "late")]
    assert counts(store, "any-time") == [(1, 1, "")]
    for slo in ("first", "first-imported", "worst"):
        assert counts(store, slo) == [(0, 1, "pipeline_failure")]


def test_a_cleared_run_keeps_what_it_was_until_it_is_over_again(store: Store) -> None:
    dag = a_dag(start_date=TODAY - DAY)
    run = a_run(dag, TODAY)
    an_slo(store, spec={"dag_id": dag.dag_id, "finished_within": "1h"})
    reconcile(store, now=NOW)
    before = seen(store)
    set_run(dag.dag_id, run, state="running", ended=None, clear_number=1, queued_at=TODAY + 6 * HOUR)
    reconcile(store, now=NOW)
    assert seen(store) == before


def test_a_deadline_of_the_slo_goes_by_when_a_run_first_came(store: Store) -> None:
    """A history that is imported is judged by when it happened, not by when it is imported."""
    dag = a_dag(start_date=TODAY - 4 * DAY)
    schedule = Schedule(cadence="1d", start=TODAY - 4 * DAY, deadline=Duration(1, "h"))
    an_slo(store, spec={"dag_id": dag.dag_id}, schedule=schedule)
    a_run(dag, TODAY - 3 * DAY)
    a_run(dag, TODAY - 2 * DAY, ended=TODAY - 2 * DAY + 2 * HOUR)
    again = a_run(dag, TODAY - DAY)
    cleared_and_run_again(dag, again, at=TODAY + HOUR, ended=TODAY + 2 * HOUR)
    reconcile(store, now=NOW)
    engine.evaluate(store, at=NOW)
    assert counts(store) == [(1, 1, ""), (0, 1, "late"), (1, 1, ""), (0, 1, "missing_run")]
    a_run(dag, TODAY, changed=NOW)
    reconcile(store, now=NOW)
    assert counts(store)[-1] == (1, 1, "")


def test_marking_a_run_by_hand_counts(store: Store) -> None:
    from airflow.api.common.mark_tasks import set_dag_run_state_to_failed
    from airflow.utils.session import create_session

    dag = a_dag(start_date=TODAY - DAY)
    run = a_run(dag, TODAY)
    an_slo(store, spec={"dag_id": dag.dag_id})
    reconcile(store, now=NOW)
    with create_session() as session:
        set_dag_run_state_to_failed(dag=dag, run_id=run, commit=True, session=session)
    assert reconcile(store, now=NOW).written == 1
    assert counts(store) == [(0, 1, "pipeline_failure")]


def test_backfills_count_under_the_same_key_and_are_never_late(store: Store) -> None:
    dag = a_dag(start_date=TODAY - 3 * DAY)
    a_run(dag, TODAY - DAY, run_type="backfill", triggered_by="BACKFILL", ended=NOW)
    an_slo(store, spec={"dag_id": dag.dag_id, "finished_within": "1h"})
    reconcile(store, now=TODAY)
    (one,) = [each for each in seen(store) if each.at == TODAY - DAY]
    assert (one.key, one.good, one.attributes["run_type"]) == (f"{dag.dag_id}//2026-03-08T00:00:00Z", 1, "backfill")


@pytest.mark.parametrize(
    ("schedule", "spec", "conf", "expected"),
    [
        (DAILY, {}, {}, 0),
        (DAILY, {"count_manual": True}, {}, 1),
        (DAILY, {}, {"ai_slo": {"count": True}}, 1),
        (None, {}, {}, 1),
        (None, {"count_manual": False}, {}, 0),
        (None, {}, {"ai_slo": {"count": False}}, 0),
    ],
)
def test_runs_by_hand_count_where_they_are_asked_for(
    store: Store, schedule: Any, spec: dict[str, bool], conf: dict[str, object], expected: int
) -> None:
    dag = a_dag(schedule=schedule, start_date=TODAY)
    a_run(dag, TODAY + HOUR, run_type="manual", triggered_by="UI", conf=conf, logical_date=None)
    an_slo(store, spec={"dag_id": dag.dag_id, **spec})
    reconcile(store, now=NOW)
    assert [one.key.split("/")[-1] for one in seen(store)] == ["run:manual__2026-03-10T01:00:00+00:00"] * expected


def test_runs_of_dag_test_are_dropped_unless_asked_for(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    dag = a_dag(start_date=TODAY)
    a_run(dag, TODAY + HOUR, run_type="manual", triggered_by="TEST", logical_date=TODAY)
    an_slo(store, spec={"dag_id": dag.dag_id, "count_manual": True})
    reconcile(store, now=NOW)
    assert seen(store) == []
    monkeypatch.setenv("AI_SLO_COUNT_TEST_RUNS", "1")
    reconcile(store, now=NOW, since=TODAY - DAY)
    assert [one.key for one in seen(store)] == [f"{dag.dag_id}//2026-03-10T00:00:00Z"]


def test_runs_by_assets_and_by_partition_have_keys_of_their_own(store: Store) -> None:
    from airflow.sdk import Asset

    dag = a_dag(schedule=[Asset("raw")], start_date=TODAY - DAY)
    a_run(dag, TODAY, run_type="asset_triggered", triggered_by="ASSET", logical_date=None)
    a_run(
        dag,
        TODAY + HOUR,
        run_type="asset_triggered",
        triggered_by="ASSET",
        logical_date=None,
        partition_key="eu",
        ended=NOW,
    )
    an_slo(store, spec={"dag_id": dag.dag_id, "finished_within": "1h"})
    reconcile(store, now=NOW)
    assert [(one.key.split("//")[1], one.good) for one in seen(store)] == [
        ("run:asset_triggered__2026-03-10T00:00:00+00:00", 1),
        ("partition:eu", 0),
    ]


def test_a_run_that_skipped_everything_had_nothing_to_do(store: Store) -> None:
    dag = a_dag("scores", "load", "score", start_date=TODAY - 2 * DAY)
    a_run(dag, TODAY - DAY, tasks={"load": "skipped", "score": "skipped"})
    a_run(dag, TODAY, tasks={"load": "success", "score": "skipped"})
    an_slo(store, spec={"dag_id": dag.dag_id})
    reconcile(store, now=NOW)
    assert counts(store) == [(0, 0, ""), (1, 1, "")]


def test_bad_over_total_is_read_too(store: Store) -> None:
    dag = a_dag(start_date=TODAY - 2 * DAY)
    a_run(dag, TODAY - DAY, state="failed")
    a_run(dag, TODAY)
    metric = {"metricSource": {"type": "airflow", "spec": {"dag_id": dag.dag_id, "state": "failed"}}}
    total = {"metricSource": {"type": "airflow", "spec": {"dag_id": dag.dag_id}}}
    an_slo(store, spec={"ratioMetric": {"bad": metric, "total": total}})
    reconcile(store, now=NOW)
    assert counts(store) == [(0, 1, "pipeline_failure"), (1, 1, "")]


def test_a_deleted_dag_keeps_what_was_recorded_and_an_slo_without_dags_says_so(store: Store) -> None:
    from airflow.api.common.delete_dag import delete_dag

    dag = a_dag(start_date=TODAY - DAY)
    a_run(dag, TODAY)
    an_slo(store, spec={"dag_id": dag.dag_id})
    reconcile(store, now=NOW)
    delete_dag(dag.dag_id)
    (one,) = reconcile(store, now=NOW + 3 * DAY).slos
    assert (one.dags, one.written, one.problem) == ((), 0, "")
    assert counts(store) == [(1, 1, "")]


def test_one_slo_that_cannot_be_read_keeps_no_other_from_being_measured(store: Store) -> None:
    dag = a_dag(start_date=TODAY - DAY)
    a_run(dag, TODAY)
    an_slo(store, "good", spec={"dag_id": dag.dag_id})
    wrong = Indicator(source="airflow", spec={"dag_idd": "x"})
    engine.apply(store, [SLO(name="awry", service="s", objective=0.9, indicator=wrong)], now=NOW)
    awry, good = reconcile(store, now=NOW).slos
    assert awry.problem == (
        "dag_idd: unknown field (did you mean dag_id?); known here: dag_id, dag_ids, tags, task_id, asset, "
        "count_manual, state, max_duration, finished_within, by, timezone"
    )
    assert good.written == 1


def test_a_dry_run_says_what_it_would_write(store: Store) -> None:
    dag = a_dag(start_date=TODAY - DAY)
    a_run(dag, TODAY, state="failed")
    an_slo(store, spec={"dag_id": dag.dag_id})
    assert reconcile(store, now=NOW, dry_run=True).written == 1
    assert seen(store) == []
    assert reconcile(store, now=NOW).written == 1


def cleared_and_run_again(dag: object, run: str, *, at: datetime, ended: datetime, state: str = "success") -> None:
    """As Airflow does: its tries go to the history, the run is queued, and runs again."""
    from airflow.models.dagrun import DagRun
    from airflow.models.taskinstance import TaskInstance, clear_task_instances
    from airflow.utils.session import create_session
    from sqlalchemy import select, update

    dag_id = dag.dag_id  # type: ignore[attr-defined]
    of_run = TaskInstance.dag_id == dag_id, TaskInstance.run_id == run
    with create_session() as session:
        tis = list(session.scalars(select(TaskInstance).where(*of_run)).all())
        clear_task_instances(tis, session)
    with create_session() as session:
        cleared = session.scalars(select(DagRun).where(DagRun.dag_id == dag_id, DagRun.run_id == run)).one()
        assert (cleared.state, cleared.clear_number) == ("queued", 1)
        values = {"state": state, "start_date": at, "end_date": ended}
        session.execute(update(TaskInstance).where(*of_run).values(values))
    set_run(dag_id, run, state=state, started=at, ended=ended, queued_at=at)
