"""``ai-slo reconcile`` beside Airflow's database: JSON alone on stdout, remarks on stderr."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from airflow.sdk import CronDataIntervalTimetable
from record_kit import DAY, a_dag, a_run, an_slo, seen, unique

from airflow_ai_slo import SLO, engine
from airflow_ai_slo.cli.progress import Bar
from airflow_ai_slo.core.definition import Indicator
from airflow_ai_slo.store import Store

pytestmark = pytest.mark.usefixtures("airflow_home")


def ai_slo(store: Store, *arguments: str) -> subprocess.CompletedProcess[str]:
    url = store.engine.url.render_as_string(hide_password=False)
    code = [sys.executable, "-m", "airflow_ai_slo.cli", *arguments, "--store", url]
    return subprocess.run(code, capture_output=True, text=True, check=False)


def test_it_says_what_it_did_and_what_it_could_not(store: Store) -> None:
    # Runs of the last days at an hour whose run of today is late by now.
    today = (datetime.now(UTC) - timedelta(hours=3)).replace(minute=0, second=0, microsecond=0)
    dag = a_dag(schedule=CronDataIntervalTimetable(f"0 {today.hour} * * *", timezone="UTC"), start_date=today - 4 * DAY)
    a_run(dag, today - 3 * DAY)
    a_run(dag, today - 2 * DAY, ended=today - 2 * DAY + timedelta(hours=3))
    an_slo(store, spec={"dag_id": dag.dag_id, "finished_within": "2h"})
    an_slo(store, "none", spec={"dag_id": unique("nothing")})
    done = ai_slo(store, "reconcile", "--dry-run")
    assert done.stdout.splitlines()[0] == "done: 1 DAG, 2 looked at, 4 would be written (2 missing, 1 late)", (
        done.stderr
    )
    assert seen(store) == []
    done = ai_slo(store, "reconcile", "--format", "json")
    answer = json.loads(done.stdout)
    assert answer["slos"][0] == {
        "slo": "done", "dags": [dag.dag_id], "runs": 2, "written": 4, "missing": 2, "late": 1, "removed": 0,
        "warnings": [], "problem": "",
    }  # fmt: skip
    assert done.stderr.splitlines()[-1] == (
        "warning: none: selects nothing that Airflow knows; `airflow dags list` shows its DAGs"
    )
    wrong = Indicator(source="airflow", spec={"dag_id": dag.dag_id, "finished_within": "soon"})
    engine.apply(store, [SLO(name="awry", service="s", objective=0.9, indicator=wrong)], now=datetime.now(UTC))
    done = ai_slo(store, "reconcile", "--dag", dag.dag_id, "--since", "30d")
    assert (done.returncode, done.stdout.splitlines()) == (
        1,
        ["done: 1 DAG, 2 looked at, 0 written", "none: 0 looked at, 0 written"],
    )
    assert "warning: awry: not measured: finished_within: 'soon' is not a duration" in done.stderr


def test_long_work_is_told_now_and_then() -> None:
    out, ticks = io.StringIO(), iter([0.0, 1.0, 3.0])
    with Bar("reconciling", "runs", out=out, clock=lambda: next(ticks)) as progress:
        progress(5_000, 100_000)
        progress(10_000, 100_000)
        progress(15_000, 100_000)
    assert out.getvalue() == "reconciling  15% (15,000 of 100,000 runs, 26 s left)\n"
