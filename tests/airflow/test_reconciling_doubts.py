"""An SLO that is measured twice, or whose cadence is no longer its DAG's, is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from airflow.sdk import CronTriggerTimetable, DeltaTriggerTimetable
from record_kit import DAILY, DAY, HOUR, NOW, a_dag, a_run, an_slo

from airflow_ai_slo import engine
from airflow_ai_slo.cli.reconcile import remarks
from airflow_ai_slo.core.definition import Schedule
from airflow_ai_slo.core.measurement import Measurement
from airflow_ai_slo.reconcile import reconcile
from airflow_ai_slo.store import Store

pytestmark = pytest.mark.usefixtures("airflow_home")
TODAY = datetime(2026, 3, 10, tzinfo=UTC)
BERLIN = "Europe/Berlin"


@pytest.mark.parametrize(
    ("spec", "key", "is_twice"),
    [
        ({}, "{dag}/check/2026-03-10T00:00:00Z", True),
        ({}, "by hand", True),
        ({"task_id": "load"}, "{dag}/check/2026-03-10T00:00:00Z", True),
        ({"task_id": "lo*"}, "{dag}/load[3]/partition:a/b", False),
        ({}, "{dag}//partition:a/b", False),
        ({}, "missing/2026-03-10T00:00:00.000000Z", False),
    ],
)
def test_an_slo_that_an_operator_feeds_too_is_told(
    store: Store, spec: dict[str, str], key: str, is_twice: bool
) -> None:
    dag = a_dag(start_date=TODAY - DAY)
    a_run(dag, TODAY)
    an_slo(store, spec={"dag_id": dag.dag_id, **spec})
    assert reconcile(store, now=NOW).slos[0].warnings == ()
    key = key.format(dag=dag.dag_id)
    engine.record(store, [Measurement(slo="done", key=key, at=TODAY, good=1, total=1)], now=NOW)
    done = reconcile(store, now=NOW)
    told = (
        f"warning: done: counts runs twice: {key!r} was measured elsewhere (an operator, `ai-slo record`), the others "
        "here; measure it in one way: take it out of the DAG, or leave out the source airflow"
    )
    assert remarks(done) == ([told] if is_twice else [])


@pytest.mark.parametrize(
    ("timetable", "schedule", "told"),
    [
        (DAILY, Schedule(cadence="0 0 * * *"), ""),
        (DAILY, Schedule(cadence="1d"), ""),
        (DAILY, Schedule(cadence="1d", end=TODAY - DAY), ""),
        (
            DAILY,
            Schedule(cadence="12h"),
            "'12h' does not fit DAG {dag}, which runs by '0 0 * * *' (every 24 h)",
        ),
        (
            CronTriggerTimetable("0 7 * * *", timezone="UTC"),
            Schedule(cadence="0 6 * * *"),
            "'0 6 * * *' does not fit DAG {dag}, which runs by '0 7 * * *' "
            "(for 2026-03-11 06:00 UTC the SLO awaits one that the DAG does not make)",
        ),
        (
            CronTriggerTimetable("0 6 * * *", timezone="UTC"),
            Schedule(cadence="0 6 * * 1-5"),
            "'0 6 * * 1-5' does not fit DAG {dag}, which runs by '0 6 * * *' "
            "(for 2026-03-14 06:00 UTC the SLO awaits none)",
        ),
        (CronTriggerTimetable("0 6 * * *", timezone=BERLIN), Schedule(cadence="0 6 * * *", zone=BERLIN), ""),
        (CronTriggerTimetable("@hourly", timezone="UTC"), Schedule(cadence="0 * * * *"), ""),
        (DeltaTriggerTimetable(timedelta(hours=6)), Schedule(cadence="6h"), ""),
        (None, Schedule(cadence="6h"), ""),
    ],
)
def test_a_cadence_that_is_no_longer_the_dags_is_told(
    store: Store, timetable: Any, schedule: Schedule, told: str
) -> None:
    dag = a_dag(schedule=timetable, start_date=TODAY - 9 * DAY)
    an_slo(store, spec={"dag_id": dag.dag_id}, schedule=schedule)
    for now in (NOW, NOW + 16 * DAY + HOUR):  # Berlin's clocks go forward in between
        (done,) = reconcile(store, now=now).slos
        wanted = told.format(dag=dag.dag_id)
        assert [one for one in done.warnings if now == NOW and wanted not in one] == []
        assert bool(done.warnings) is bool(told)
