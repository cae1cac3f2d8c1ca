"""The past into budgets: again without harm, after a death too, and no other than what was recorded as it happened."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from api_server import ApiServer
from past_kit import DAY, HOUR, MINUTE, NOW, a_dag, add_runs, daily, steps
from slo_kit import an_slo

from airflow_ai_slo import SLO, engine, from_airflow
from airflow_ai_slo.cli.main import main
from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.reconcile import reconcile, reconcile_runs
from airflow_ai_slo.reconcile.importing import JOB, import_history, last_import, start_import
from airflow_ai_slo.store import Store, jobs
from airflow_ai_slo.store.tables import measurement
from airflow_ai_slo.timetables import schedule_in_airflow

pytestmark = pytest.mark.usefixtures("airflow_home")
QUARTER = 90 * DAY
IMPORT = "/ai-slo/api/v1/import-history"
WRITE = {"X-AI-SLO": "1"}


def promised(store: Store, dag_id: str, name: str = "runs", **more: Any) -> SLO:
    """An SLO over a DAG's runs, applied."""
    schedule = schedule_in_airflow(dag_id)
    values = {"service": "past", "objective": "0.9", "window": "28d", "schedule": schedule, "alerting": "none"}
    slo = SLO(name=name, indicator=from_airflow(dag_id=dag_id, finished_within="1h"), **(values | more))
    engine.apply(store, [slo], now=NOW - QUARTER)
    return slo


def stored(store: Store) -> list[tuple[Any, ...]]:
    with store.read() as connection:
        query = measurement.select().order_by(measurement.c.slo_id, measurement.c.at, measurement.c.key)
        return [tuple(row) for row in connection.execute(query)]


def test_a_second_import_changes_nothing(store: Store) -> None:
    dag_id = a_dag()
    add_runs(dag_id, daily("." * 70 + "x_" + "." * 18))
    promised(store, dag_id)
    first = import_history(store, now=NOW, back=QUARTER)
    assert (first.reconciled.written, first.problems) == (89, {})
    (seen,) = first.evaluations
    assert (seen.counts.total, seen.counts.bad) == (28, 2)
    before = stored(store)
    again = import_history(store, now=NOW, back=QUARTER)
    assert again.reconciled.written == 0
    assert again.evaluations[0].counts == seen.counts
    assert stored(store) == before


def test_it_is_what_would_have_been_recorded_as_it_happened(store: Store) -> None:
    """Each run heard of as it ended, a pass over the record every day; then the import finds nothing to change."""
    dag_id = a_dag()
    past = daily("." * 10 + "x" + "." * 5 + "__" + "." * 12)
    promised(store, dag_id)
    for number, (at, verdict) in enumerate(past):
        took = 5 * HOUR if number == 4 else 20 * MINUTE
        add_runs(dag_id, [(at, verdict)], took=took)
        reconcile_runs(store, [(dag_id, f"scheduled__{at.isoformat()}")], now=at + took + MINUTE)
        engine.evaluate(store, at=at + 12 * HOUR)
    reconcile(store, now=NOW)
    heard = stored(store)
    causes = [row[6] for row in heard]
    assert (causes.count("late"), causes.count("missing_run"), causes.count("pipeline_failure")) == (1, 2, 1)
    assert import_history(store, now=NOW, back=QUARTER).reconciled.written == 0
    assert stored(store) == heard


def test_a_dry_run_writes_nothing(store: Store) -> None:
    dag_id = a_dag()
    add_runs(dag_id, daily("." * 20))
    promised(store, dag_id)
    would = import_history(store, now=NOW, back=QUARTER, dry_run=True)
    assert (would.reconciled.written, would.evaluations, stored(store)) == (20, [], [])
    assert would.line == "20 runs since 2025-12-10 for 1 SLO: 20 new or changed"


def test_only_some_dags_and_only_some_days(store: Store) -> None:
    first, second = a_dag("some"), a_dag("some")
    for dag_id in (first, second):
        add_runs(dag_id, daily("." * 40))
        promised(store, dag_id, dag_id)
    found = import_history(store, now=NOW, back=10 * DAY, dags=[first])
    assert {one.slo: one.written for one in found.reconciled.slos} == {first: 10, second: 0}
    assert import_history(store, now=NOW, back=QUARTER, dags=["some_*"]).reconciled.written == 30 + 40
    with pytest.raises(ConfigurationError, match="no DAG is named 'nope'"):
        import_history(store, now=NOW, back=QUARTER, dags=["nope"])


def test_without_an_slo_of_airflows_record_it_says_what_to_do(store: Store) -> None:
    engine.apply(store, [an_slo("recorded by a task")], now=NOW)
    with pytest.raises(ConfigurationError, match=r"`ai-slo suggest --output slos/` .* `ai-slo apply slos/`"):
        import_history(store, now=NOW, back=QUARTER)


def test_progress_goes_up_to_the_whole(store: Store) -> None:
    dag_id = a_dag(schedule="*/5 * * * *")
    add_runs(dag_id, steps("." * 12_000, until=NOW, step=5 * MINUTE), took=MINUTE * 2)
    promised(store, dag_id)
    told: list[tuple[int, int]] = []
    import_history(store, now=NOW, back=QUARTER, progress=lambda done, total: told.append((done, total)))
    assert told == [(5_000, 12_000), (10_000, 12_000), (12_000, 12_000)]


KILLED = """
import sys
from datetime import timedelta, datetime
from airflow_ai_slo.store import open_store
from airflow_ai_slo.reconcile.importing import import_history

def told(done, total):
    print(done, flush=True)

import_history(open_store(sys.argv[1]), now=datetime.fromisoformat(sys.argv[2]), back=timedelta(days=90), progress=told)
"""


def test_an_import_that_is_killed_goes_on_where_it_was(store: Store, sqlite_url: str) -> None:
    dag_id = a_dag(schedule="*/5 * * * *", known_since=NOW - 11_999 * 5 * MINUTE)
    add_runs(dag_id, steps(("." * 99 + "x") * 120, until=NOW, step=5 * MINUTE), took=MINUTE * 2)
    promised(store, dag_id, schedule=None)
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, sqlite_url, NOW.isoformat()], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    for line in process.stdout:
        if line.strip() == "5000":
            break
    os.kill(process.pid, signal.SIGKILL)
    process.wait(timeout=120)
    there = len(stored(store))
    assert 5_000 <= there < 12_000
    found = import_history(store, now=NOW, back=QUARTER)
    assert (found.reconciled.written, len(stored(store))) == (12_000 - there, 12_000)
    assert sum(row[3] for row in stored(store)) == 12_000 - 120


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def ai_slo(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], sqlite_url: str) -> Run:
    """``ai_slo("suggest", …)`` in this process: code, stdout, stderr."""
    monkeypatch.setenv("AI_SLO_STORE_URL", sqlite_url)

    def run(*arguments: str | Path) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["ai-slo", *map(str, arguments)])
        capfd.readouterr()
        with pytest.raises(SystemExit) as stopped:
            main()
        captured = capfd.readouterr()
        return int(stopped.value.code or 0), captured.out, captured.err

    return run


def test_from_nothing_to_budgets_in_one_step(ai_slo: Run, tmp_path: Path) -> None:
    newest = datetime.now(UTC) - HOUR
    dag_id = a_dag("first_budget", schedule=f"0 {newest.hour} * * *")
    add_runs(dag_id, daily("." * 60 + "x" + "." * 28, until=newest, hour=newest.hour))
    code, out, err = ai_slo("suggest", "--dag", dag_id, "--output", tmp_path / "slos", "--import")
    assert code == 0, err
    name = dag_id.replace("_", "-")
    assert f"{name}-completion: created (generation 1)" in out
    budget = out.splitlines()[-1]
    assert budget.startswith(name)
    assert "100%" in budget
    code, out, _ = ai_slo("import-history", "--format", "json")
    done = json.loads(out)
    assert (code, done["slos"][0]["written"], done["evaluations"][0]["sli"]) == (0, 0, 1)
    code, _, err = ai_slo("import-history", "--dry-run")
    assert (code, err) == (0, "")


def test_the_command_says_what_is_missing(ai_slo: Run) -> None:
    code, out, err = ai_slo("import-history")
    assert (code, out) == (2, "")
    assert "ai-slo suggest --output slos/" in err
    for wrong in (("--import",), ("--apply", "--output", "x", "--format", "json")):
        code, out, err = ai_slo("suggest", *wrong)
        assert (code, out) == (2, "")
        assert "--output slos/" in err


def test_one_import_at_a_time_and_its_end_is_told(store: Store) -> None:
    dag_id = a_dag()
    add_runs(dag_id, daily("." * 30))
    promised(store, dag_id)
    assert last_import(store) is None
    with store.write() as connection:
        other = jobs.claim(connection, JOB, "another process", NOW)
    assert start_import(store, back=QUARTER, clock=lambda: NOW + MINUTE) == other
    later = NOW + timedelta(minutes=11)  # nothing was heard of it: it was killed
    mine = start_import(store, back=QUARTER, clock=lambda: later)
    assert mine.token != other.token
    ended = _ended(store)
    assert (ended.state, ended.done, ended.total) == ("done", 30, 30)
    assert ended.detail == "30 runs since 2025-12-10 for 1 SLO: 30 new or changed"
    with store.write() as connection:
        assert not jobs.tell(connection, other, done=1, total=1, now=later)
    assert _ended(store) == ended


def test_a_failure_is_told(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    promised(store, a_dag())

    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("the disk\nis full")

    monkeypatch.setattr("airflow_ai_slo.reconcile.reconciling.reconcile", broken)
    start_import(store, back=QUARTER)
    ended = _ended(store)
    assert (ended.state, ended.detail) == ("failed", "RuntimeError: the disk is full; the API server's log tells more")


def _ended(store: Store) -> jobs.Job:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        found = last_import(store)
        if found is not None and found.state != "running":
            return found
        time.sleep(0.05)
    raise AssertionError("the import does not end")


def test_the_button(rest_server: ApiServer, rest_store: Store) -> None:
    viewer, admin = rest_server.token("ann"), rest_server.token("bob")
    assert rest_server.call(IMPORT).status == 401
    idle = rest_server.call(IMPORT, token=viewer)
    assert (idle.status, idle.body["state"]) == (200, "idle")
    assert rest_server.call(IMPORT, token=viewer, body={"days": 90}, **WRITE).status == 403
    assert rest_server.call(IMPORT, token=admin, body={"days": 90}).status == 403  # no header
    wrong = rest_server.call(IMPORT, token=admin, body={"days": 0}, **WRITE)
    assert (wrong.status, wrong.body["detail"].partition(":")[0]) == (422, "days")
    nothing = rest_server.call(IMPORT, token=admin, body={}, **WRITE)
    assert nothing.status == 422
    assert "ai-slo suggest" in nothing.body["detail"]
    dag_id, now = a_dag("button"), datetime.now(UTC)
    # The newest at six in the morning, a day ago or more: at every hour 27 lie in the last 28 days.
    add_runs(dag_id, daily("." * 30, until=now - timedelta(hours=30)))
    slo = SLO(name="pressed", service="past", objective="0.9", window="28d", indicator=from_airflow(dag_id=dag_id))
    engine.apply(rest_store, [slo], now=now)
    started = rest_server.call(IMPORT, token=admin, body={"days": 90}, **WRITE)
    assert started.status == 202
    _ended(rest_store)
    told = rest_server.call(IMPORT, token=viewer).body
    assert (told["job"], told["state"], told["done"], told["total"]) == (started.body["job"], "done", 30, 30)
    assert rest_server.call("/ai-slo/api/v1/slos/pressed", token=viewer).body["good"] == 27
