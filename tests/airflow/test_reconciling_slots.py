"""Runs that never happened: expected slots of a DAG's clock, with pauses, new schedules, and DAGs that are gone."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from airflow.sdk import (
    DAG,
    CronDataIntervalTimetable,
    CronTriggerTimetable,
    DeltaDataIntervalTimetable,
)
from measuring_runs import keep
from record_kit import DAY, HOUR, NOW, a_dag, a_run, an_slo, counts, logged, seen, seen_since, set_dag

from airflow_ai_slo import engine
from airflow_ai_slo.core.definition import Schedule
from airflow_ai_slo.reconcile import reconcile
from airflow_ai_slo.store import Store

pytestmark = pytest.mark.usefixtures("airflow_home")
TODAY = datetime(2026, 3, 10, tzinfo=UTC)
BERLIN = "Europe/Berlin"


def days(store: Store, slo: str = "done", cause: str = "missing_run") -> list[str]:
    """When runs were missing."""
    return [f"{one.at:%m-%dT%H:%M}" for one in seen(store, slo) if one.cause == cause]


@pytest.mark.parametrize("catchup", [False, True])
def test_a_run_that_was_never_made_is_missing_until_it_comes(store: Store, catchup: bool) -> None:
    dag = a_dag(start_date=TODAY - 5 * DAY, catchup=catchup)
    for ago in (4, 2):
        a_run(dag, TODAY - ago * DAY)
    an_slo(store, spec={"dag_id": dag.dag_id})
    (done,) = reconcile(store, now=NOW).slos
    assert (done.written, done.missing) == (4, 2)
    assert days(store) == ["03-07T00:00", "03-09T00:00"]  # today's may be made until tomorrow's is due
    assert reconcile(store, now=NOW).written == 0
    assert seen(store)[1].recorded_at == TODAY - 2 * DAY + timedelta(microseconds=1)
    a_run(dag, TODAY - 3 * DAY, changed=NOW)
    reconcile(store, now=NOW)
    assert days(store) == ["03-09T00:00"]
    assert [one[0] for one in counts(store)] == [1, 1, 1, 0]


def test_with_a_limit_a_run_is_missing_once_it_has_passed(store: Store) -> None:
    dag = a_dag(start_date=TODAY - 2 * DAY)
    a_run(dag, TODAY - DAY)
    an_slo(store, spec={"dag_id": dag.dag_id, "finished_within": "2h"})
    reconcile(store, now=TODAY + 2 * HOUR)
    assert days(store) == []
    reconcile(store, now=TODAY + 2 * HOUR + timedelta(seconds=1))
    assert days(store) == ["03-10T00:00"]


def test_the_slots_are_those_of_the_zone_across_daylight_saving(store: Store) -> None:
    """In Berlin clocks went forward on 29 March 2026, at two."""
    at_six = CronTriggerTimetable("0 6 * * *", timezone=BERLIN)
    dag = a_dag(schedule=at_six, start_date=datetime(2026, 3, 27, tzinfo=UTC))
    a_run(dag, datetime(2026, 3, 27, 5, tzinfo=UTC), logical_date=datetime(2026, 3, 27, 5, tzinfo=UTC))
    an_slo(store, spec={"dag_id": dag.dag_id, "by": "08:00", "timezone": BERLIN})
    reconcile(store, now=datetime(2026, 3, 30, 6, 0, tzinfo=UTC))
    assert days(store) == ["03-28T05:00", "03-29T04:00"]
    reconcile(store, now=datetime(2026, 3, 30, 6, 0, 1, tzinfo=UTC))
    assert days(store)[-1] == "03-30T04:00"
    late = seen(store)[2]
    assert late.recorded_at == datetime(2026, 3, 29, 6, 0, 0, 1, tzinfo=UTC)


def test_trigger_and_interval_schedules_have_the_keys_their_runs_have(store: Store) -> None:
    start = TODAY - 3 * DAY
    for name, schedule in (
        ("interval", CronDataIntervalTimetable("0 6 * * *", timezone="UTC")),
        ("trigger", CronTriggerTimetable("0 6 * * *", timezone="UTC")),
        ("stretched", CronTriggerTimetable("0 6 * * *", timezone="UTC", interval=DAY)),
        ("delta", DeltaDataIntervalTimetable(DAY)),
    ):
        dag = a_dag(name, schedule=schedule, start_date=start + 6 * HOUR, catchup=True)
        an_slo(store, name, spec={"dag_id": dag.dag_id})
        reconcile(store, now=NOW, dag_ids=[dag.dag_id])
        missed = [one for one in seen(store, name) if one.cause == "missing_run"]
        infos = list(dag.iter_dagrun_infos_between(dag.start_date, NOW - DAY))
        assert missed, name
        for one in missed:
            (info,) = [info for info in infos if info.data_interval.end == one.at]
            assert one.key == f"{dag.dag_id}//{info.logical_date:%Y-%m-%dT%H:%M:%SZ}"


def test_nothing_is_expected_of_a_dag_before_airflow_knew_it(store: Store) -> None:
    dag = a_dag(start_date=TODAY - 20 * DAY, catchup=True)
    seen_since(dag.dag_id, TODAY - 3 * DAY)
    an_slo(store, spec={"dag_id": dag.dag_id})
    reconcile(store, now=NOW)
    assert days(store) == ["03-07T00:00", "03-08T00:00", "03-09T00:00"]


def test_a_new_schedule_is_no_reason_to_miss_the_old_ones_runs(store: Store) -> None:
    dag = a_dag(start_date=TODAY - 10 * DAY)
    a_run(dag, TODAY - 9 * DAY)
    with DAG(
        dag.dag_id, schedule=CronTriggerTimetable("0 */6 * * *", timezone="UTC"), start_date=TODAY - 10 * DAY
    ) as new:
        from airflow.providers.standard.operators.empty import EmptyOperator

        EmptyOperator(task_id="load")
    keep(new)
    in_force(dag.dag_id, 2, TODAY - DAY)
    set_dag(dag.dag_id, is_paused=False)
    an_slo(store, spec={"dag_id": dag.dag_id})
    reconcile(store, now=TODAY + HOUR)
    assert days(store) == ["03-09T06:00", "03-09T12:00", "03-09T18:00"]


def test_nothing_is_expected_after_the_end_date(store: Store) -> None:
    dag = a_dag(start_date=TODAY - 6 * DAY, end_date=TODAY - 4 * DAY)
    a_run(dag, TODAY - 5 * DAY)
    an_slo(store, spec={"dag_id": dag.dag_id})
    reconcile(store, now=NOW)
    assert days(store) == ["03-06T00:00", "03-07T00:00"][: len(days(store))]
    assert days(store)


def test_a_dag_that_is_gone_is_expected_no_more_but_one_that_cannot_be_imported_is(store: Store) -> None:
    gone, broken = (a_dag(name, start_date=TODAY - 6 * DAY) for name in ("gone", "broken"))
    for dag in (gone, broken):
        a_run(dag, TODAY - 5 * DAY)
        set_dag(dag.dag_id, is_stale=True, last_parsed_time=TODAY - 3 * DAY, has_import_errors=dag is broken)
        an_slo(store, dag.dag_id, spec={"dag_id": dag.dag_id})
    reconcile(store, now=NOW)
    assert days(store, gone.dag_id) == ["03-06T00:00", "03-07T00:00"]
    assert days(store, broken.dag_id) == ["03-06T00:00", "03-07T00:00", "03-08T00:00", "03-09T00:00"]


def test_nothing_is_expected_while_a_dag_is_paused(store: Store) -> None:
    """By command, by the UI, by Airflow itself; switched on again by the UI."""
    dag = a_dag(start_date=TODAY - 9 * DAY)
    a_run(dag, TODAY - 8 * DAY)
    logged(dag.dag_id, "cli_dag_pause", TODAY - 7 * DAY + HOUR)
    logged(dag.dag_id, "patch_dag", TODAY - 5 * DAY + HOUR, json.dumps({"is_paused": False, "method": "PATCH"}))
    logged(dag.dag_id, "patch_dag", TODAY - 4 * DAY + HOUR, json.dumps({"method": "PATCH"}))
    logged(dag.dag_id, "paused", TODAY - 3 * DAY + HOUR)
    set_dag(dag.dag_id, is_paused=True)
    an_slo(store, spec={"dag_id": dag.dag_id})
    reconcile(store, now=NOW)
    assert days(store) == ["03-03T00:00", "03-06T00:00", "03-07T00:00"]


def test_without_a_word_in_the_log_a_pause_began_after_the_newest_run(store: Store) -> None:
    ran, never = a_dag("ran", start_date=TODAY - 6 * DAY), a_dag("never", start_date=TODAY - 9 * DAY)
    a_run(ran, TODAY - 5 * DAY)
    for dag in (ran, never):
        set_dag(dag.dag_id, is_paused=True)
        an_slo(store, dag.dag_id, spec={"dag_id": dag.dag_id})
    reconcile(store, now=NOW)
    assert days(store, ran.dag_id) == days(store, never.dag_id) == []
    set_dag(ran.dag_id, is_paused=False)
    logged(ran.dag_id, "cli_dag_unpause", NOW)
    reconcile(store, now=NOW + 3 * DAY)
    assert days(store, ran.dag_id) == ["03-11T00:00", "03-12T00:00"]


def test_an_slo_with_a_cadence_is_paused_with_its_dag_and_nobody_elses_pause_is_ended(store: Store) -> None:
    dag = a_dag(start_date=TODAY - 9 * DAY)
    schedule = Schedule(cadence="1d", start=TODAY - 9 * DAY)
    for name in ("done", "by-hand"):
        an_slo(store, name, spec={"dag_id": dag.dag_id}, schedule=schedule)
    for ago in range(8, 4, -1):
        a_run(dag, TODAY - ago * DAY)
    engine.pause(store, ["by-hand"], author="ann", reason="moving", now=TODAY - 5 * DAY)
    logged(dag.dag_id, "cli_dag_pause", TODAY - 5 * DAY + HOUR)
    set_dag(dag.dag_id, is_paused=True)
    done = reconcile(store, now=TODAY - 2 * DAY)
    assert (done.paused, done.resumed) == (("by-hand", "done"), ())
    assert reconcile(store, now=TODAY - 2 * DAY).paused == ()
    engine.evaluate(store, at=TODAY - 2 * DAY)
    assert days(store) == []
    logged(dag.dag_id, "cli_dag_unpause", TODAY - DAY - HOUR)
    set_dag(dag.dag_id, is_paused=False)
    done = reconcile(store, now=NOW)
    assert (done.paused, done.resumed) == ((), ("by-hand", "done"))
    engine.evaluate(store, at=NOW + DAY)
    assert days(store) == ["03-09T00:00", "03-10T00:00"]
    assert days(store, "by-hand") == []  # ann's pause goes on


def test_a_pause_that_is_heard_of_late_takes_missing_runs_back(store: Store) -> None:
    dag = a_dag(start_date=TODAY - 9 * DAY)
    an_slo(store, spec={"dag_id": dag.dag_id}, schedule=Schedule(cadence="1d", start=TODAY - 5 * DAY))
    engine.evaluate(store, at=NOW)
    assert len(days(store)) == 4
    logged(dag.dag_id, "cli_dag_pause", TODAY - 3 * DAY + HOUR)
    set_dag(dag.dag_id, is_paused=True)
    reconcile(store, now=NOW)
    assert days(store) == ["03-06T00:00", "03-07T00:00"]


def in_force(dag_id: str, version: int, moment: datetime) -> None:
    from airflow.models.dag_version import DagVersion
    from airflow.utils.session import create_session
    from sqlalchemy import update

    with create_session() as session:
        where: Any = (DagVersion.dag_id == dag_id, DagVersion.version_number == version)
        done = session.execute(update(DagVersion).where(*where).values(created_at=moment))
        assert done.rowcount == 1  # type: ignore[attr-defined]
