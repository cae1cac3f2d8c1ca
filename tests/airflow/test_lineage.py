"""OpenLineage events of real DAG runs, as Airflow's provider writes them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from slo_kit import an_slo, daily, seen

from airflow_ai_slo import engine
from airflow_ai_slo.core.measurement import Cause
from airflow_ai_slo.hooks import lineage
from airflow_ai_slo.store import Store

RUNS = """
from datetime import UTC, datetime
from airflow.sdk import DAG, task
from airflow.dag_processing.bundles.manager import DagBundlesManager
from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db
from airflow_ai_slo.operators.completion import BatchCompletionOperator
from airflow_ai_slo.operators.evaluate import EvaluateSLOsOperator
from airflow_ai_slo.operators.throughput import ThroughputOperator

with DAG("traced", schedule=None) as dag:
    @task
    def load():
        return 90

    done = BatchCompletionOperator(task_id="done", slo="done", watch=["load"])
    rows = ThroughputOperator(task_id="rows", slo="rows", count=load(), seconds=3600, at_least=100, fail_on_bad=True)
    rows >> done >> EvaluateSLOsOperator(task_id="evaluate", trigger_rule="all_done")

DagBundlesManager().sync_bundles_to_db()
bag = DagBag(dag_folder="/dev/null")
bag.bag_dag(dag)
sync_bag_to_db(bag, "dags-folder", None)
dag.test()
"""


def traced(folder: Path, **environment: str) -> dict[tuple[str, str], dict[str, Any]]:
    """Run facets of the events of a run, by task and type of event."""
    events = folder / "events.jsonl"
    transport = json.dumps({"type": "file", "log_file_path": str(events), "append": True})
    on = {"AIRFLOW__OPENLINEAGE__TRANSPORT": transport, "AI_SLO_COUNT_TEST_RUNS": "1"}
    script = folder / "runs.py"
    script.write_text(RUNS)
    done = subprocess.run(
        [sys.executable, str(script)],
        env=os.environ | on | environment,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert events.exists(), done.stdout[-4000:] + done.stderr[-4000:]
    read = [json.loads(line) for line in events.read_text().splitlines()]
    return {(one["job"]["name"], one["eventType"]): one["run"]["facets"] for one in read}


def test_events_say_what_was_measured_and_what_is_left(airflow_home: Path, store: Store, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    slos = [an_slo("done", window="28d"), an_slo("rows", window="28d")]
    engine.apply(store, slos, now=now)
    for slo in slos:
        engine.record(store, daily("." * 27, until=now, slo=slo.name), now=now)
    facets = traced(tmp_path)
    (done,) = facets["traced.done", "COMPLETE"][lineage.MEASUREMENTS]["slos"]
    assert (done["slo"], done["service"], done["good"], done["total"]) == ("done", "scoring", 1, 1)
    assert (done["success"], done["objective"]) == (True, 0.9)
    assert done["budgetRemaining"] == 1.0
    (rows,) = facets["traced.rows", "FAIL"][lineage.MEASUREMENTS]["slos"]
    assert (rows["value"], rows["success"]) == (90.0, False)
    (said,) = engine.status(store, at=datetime.now(UTC), slos=["rows"])
    assert said.budget.remaining is not None
    assert rows["budgetRemaining"] == pytest.approx(float(said.budget.remaining), abs=0.001)
    assert rows["budgetRemaining"] < 0.7
    evaluated = facets["traced.evaluate", "COMPLETE"][lineage.BUDGETS]
    assert [one["slo"] for one in evaluated["slos"]] == ["rows", "done"]
    assert evaluated["leftOut"] == 0
    assert lineage.MEASUREMENTS not in facets["traced.load", "COMPLETE"]
    assert lineage.MEASUREMENTS not in facets["traced.done", "START"]


def test_without_the_provider_there_is_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    hidden: Any = None
    monkeypatch.setitem(sys.modules, "airflow.providers.openlineage.extractors", hidden)
    engine.apply(store, [an_slo()], now=datetime.now(UTC))
    assert lineage.measured([seen()], lambda: store) is None


def test_a_store_that_is_away_leaves_the_measurements(store: Store) -> None:
    measured = seen(good=1, total=4, value=0.25, cause=Cause.LATE)
    found = lineage.measured([measured], lambda: store)  # no such SLO is applied
    assert found is not None
    facet = found.run_facets[lineage.MEASUREMENTS]
    (one,) = facet.slos
    assert (one["good"], one["total"], one["value"], one["cause"]) == (1, 4, 0.25, "late")
    assert (one["success"], one["budgetRemaining"]) == (None, None)


def test_an_event_holds_the_newest_and_counts_the_rest(store: Store) -> None:
    engine.apply(store, [an_slo()], now=datetime.now(UTC))
    many = daily("." * 150)
    found = lineage.measured(many, lambda: store)
    assert found is not None
    facet = found.run_facets[lineage.MEASUREMENTS]
    assert (len(facet.slos), facet.leftOut) == (100, 50)
    assert facet.slos[0]["at"] == max(one.at for one in many).isoformat()


def test_nothing_measured_is_nothing_told(store: Store) -> None:
    assert lineage.measured([], lambda: store) is None
    assert lineage.evaluated([], {}) is None
