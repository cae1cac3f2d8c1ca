"""When runs are expected, read from real schedules: the slots are the runs that Airflow itself would make."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import (
    DAG,
    CronDataIntervalTimetable,
    CronTriggerTimetable,
    DeltaDataIntervalTimetable,
    DeltaTriggerTimetable,
    MultipleCronTriggerTimetable,
)
from measuring_runs import keep

from airflow_ai_slo.core.cadence import Cadence
from airflow_ai_slo.core.durations import Duration
from airflow_ai_slo.core.errors import ConfigurationError, DefinitionError
from airflow_ai_slo.openslo import load, require
from airflow_ai_slo.timetables import schedule_in_airflow, schedule_of

BERLIN = "Europe/Berlin"
START = datetime(2024, 3, 29, 5, 30, tzinfo=UTC)

SCHEDULES = [
    "@daily",
    "0 6 * * 1-5",
    CronTriggerTimetable("30 2 * * *", timezone=BERLIN),
    CronTriggerTimetable("30 5 * * *", timezone="UTC", interval=timedelta(days=1)),
    CronDataIntervalTimetable("30 5 * * *", timezone="UTC"),
    CronDataIntervalTimetable("0 6 * * 1-5", timezone=BERLIN),
    timedelta(hours=6),
    timedelta(minutes=90),
    DeltaTriggerTimetable(timedelta(days=1)),
    DeltaDataIntervalTimetable(timedelta(hours=12)),
]


def instants(dag: DAG, kept: Any) -> list[datetime]:
    """`at` of the first runs that Airflow's scheduler would make."""
    found = kept.iter_dagrun_infos_between(dag.start_date, dag.end_date)
    return [info.data_interval.end for info in found]


@pytest.mark.parametrize("schedule", SCHEDULES, ids=str)
@pytest.mark.parametrize("minutes", [0, 17])
def test_the_slots_are_the_runs_that_airflow_makes(airflow_home: Path, schedule: Any, minutes: int) -> None:
    start = START + timedelta(minutes=minutes)
    dag = DAG("d", schedule=schedule, start_date=start, end_date=start + timedelta(days=9), catchup=True)
    kept = keep(dag)
    runs = instants(dag, kept)
    assert len(runs) >= 5
    for one in (dag, kept):
        read = schedule_of(one, deadline=Duration(2, "h"), late="accept")
        slots = list(Cadence.of(read).slots(datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 5, 1, tzinfo=UTC), None))
        assert slots == runs
        assert (read.deadline, read.late) == (Duration(2, "h"), "accept")


@pytest.mark.parametrize("last", [datetime(2024, 4, 5, 12, tzinfo=UTC), datetime(2024, 4, 5, 4, tzinfo=UTC)])
@pytest.mark.parametrize("cron", ["0 6 * * 1-5", "0 1-5 * * *"])
def test_the_last_interval_begins_by_the_end_date_however_long_it_is(
    airflow_home: Path, cron: str, last: datetime
) -> None:
    """After a Friday's run comes Monday's, and after five in the morning comes one at night."""
    timetable = CronDataIntervalTimetable(cron, timezone=BERLIN)
    dag = DAG("d", schedule=timetable, start_date=START, end_date=last, catchup=True)
    slots = Cadence.of(schedule_of(dag)).slots(datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 5, 1, tzinfo=UTC), None)
    assert list(slots) == instants(dag, keep(dag))


def test_without_catchup_expectation_begins_with_the_first_measurement() -> None:
    read = schedule_of(DAG("d", schedule="@hourly", start_date=START, catchup=False))
    assert (read.cadence, read.zone, read.start, read.end) == ("0 * * * *", "UTC", None, None)


@pytest.mark.parametrize(
    ("schedule", "said"),
    [
        (None, "DAG 'd' runs by NullTimetable, which is no cron expression and no fixed interval; write the cadence"),
        ("@once", "DAG 'd' runs by OnceTimetable"),
        (MultipleCronTriggerTimetable("0 6 * * *", "0 9 * * *", timezone="UTC"), "DAG 'd' runs by MultipleCron"),
        (timedelta(seconds=90), "DAG 'd' runs every 0:01:30; a cadence is a whole number of minutes"),
    ],
)
def test_what_no_clock_tells_is_refused(schedule: Any, said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        schedule_of(DAG("d", schedule=schedule, start_date=START))
    assert str(caught.value).startswith(said)


DEFINITION = """
apiVersion: openslo/v1
kind: SLO
metadata:
  name: scores-complete
  annotations:
    airflow-ai-slo/cadence: "dag:scores"
    airflow-ai-slo/deadline: 2h
spec:
  service: scores
  indicator: {metadata: {name: done}, spec: {ratioMetric: {counter: true,
    good: {metricSource: {type: recorded, spec: {}}}, total: {metricSource: {type: recorded, spec: {}}}}}}
  timeWindow: [{duration: 28d, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [{displayName: most, target: 0.9}]
"""


@pytest.fixture
def definition(tmp_path: Path) -> Path:
    path = tmp_path / "slo.yaml"
    path.write_text(DEFINITION, encoding="utf-8")
    return path


def test_a_definition_may_name_the_dag(airflow_home: Path, definition: Path) -> None:
    keep(DAG("scores", schedule=CronTriggerTimetable("0 6 * * *", timezone=BERLIN), start_date=START))
    (slo,) = require([definition], schedules=schedule_in_airflow).slos
    assert slo.schedule is not None
    assert (slo.schedule.cadence, slo.schedule.zone, slo.schedule.deadline) == ("0 6 * * *", BERLIN, Duration(2, "h"))
    assert slo.watches_runs


def test_a_dag_that_is_not_known_is_said(airflow_home: Path, definition: Path) -> None:
    definition.write_text(DEFINITION.replace("dag:scores", "dag:gone"), encoding="utf-8")
    with pytest.raises(DefinitionError, match=r"annotations.*'dag:gone': Airflow knows no DAG 'gone' \(yet\)"):
        require([definition], schedules=schedule_in_airflow)
    with pytest.raises(DefinitionError, match="'dag:gone': only commands beside Airflow's database can read"):
        require([definition])
    judged = load([definition], judging=True)
    assert judged.valid
    assert any("judged as if it were 1d" in problem.message for problem in judged.problems)


def test_the_command_applies_and_validates_it(airflow_home: Path, definition: Path, tmp_path: Path) -> None:
    keep(DAG("scores", schedule="0 7 * * *", start_date=START))

    def ai_slo(*arguments: str) -> subprocess.CompletedProcess[str]:
        code = [sys.executable, "-m", "airflow_ai_slo.cli", *arguments]
        return subprocess.run(code, capture_output=True, text=True, check=False)

    done = ai_slo("apply", str(definition), "--store", f"sqlite:///{tmp_path / 'slo.db'}")
    assert (done.returncode, done.stdout) == (0, "scores-complete: created (generation 1)\n"), done.stderr
    done = ai_slo("validate", str(definition), "--format", "json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("{")
    assert "judged as if" not in done.stdout


def test_the_example_of_the_page_runs() -> None:
    page = Path(__file__).parents[2] / "docs" / "expected-runs.md"
    (example,) = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(example, str(page), "exec"), names)
    assert names["slo"].schedule.cadence == "0 6 * * 1-5"
