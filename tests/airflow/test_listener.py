"""The listener in Airflow's own listener managers: what it writes down, and what it never does."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import DAG
from airflow.sdk.bases.operator import BaseOperator

from airflow_ai_slo.reconcile import spooled

NOW = datetime(2026, 6, 1, tzinfo=UTC)

REGISTERED = """
import json, sys
from airflow.listeners.listener import get_listener_manager
from airflow.sdk.listener import get_listener_manager as of_workers
from airflow import plugins_manager
found = [[one.__name__ for one in manager().pm.get_plugins()] for manager in (get_listener_manager, of_workers)]
middlewares = [one["name"] for one in plugins_manager.get_fastapi_plugins()[1]] if len(sys.argv) > 1 else []
print(json.dumps([found, middlewares]))
"""


class Quick(BaseOperator):
    def execute(self, context: Any) -> str:
        return "done"


@pytest.fixture
def spool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "events.jsonl"
    monkeypatch.setenv("AIRFLOW__AI_SLO__LISTENER_SPOOL", str(path))
    return path


@pytest.fixture
def listener(spool: Path, airflow_home: Path) -> Iterator[ModuleType]:
    """The listener, registered where Airflow registers those of plugins."""
    from airflow.listeners.listener import get_listener_manager
    from airflow.sdk.listener import get_listener_manager as of_workers

    from airflow_ai_slo.plugin import listener as ours

    ours._spool.cache_clear()
    ours._unheard.clear()
    managers = (get_listener_manager(), of_workers())
    for manager in managers:
        manager.add_listener(ours)
    yield ours
    for manager in managers:
        manager.pm.unregister(ours)
    ours._spool.cache_clear()


def heard(spool: Path) -> list[tuple[str, str, str]]:
    with spooled.taken(spool) as found:
        return [(one.what, one.dag_id, one.run_id) for one in found.events]


@pytest.fixture
def a_run(airflow_home: Path) -> Iterator[Callable[..., Any]]:
    """Makes a running run of a DAG of one task that ended, as the scheduler finds it."""
    from airflow import settings
    from airflow.dag_processing.bundles.manager import DagBundlesManager
    from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db
    from airflow.models.serialized_dag import SerializedDagModel
    from airflow.utils.state import DagRunState
    from airflow.utils.types import DagRunTriggeredByType, DagRunType

    DagBundlesManager().sync_bundles_to_db()
    session = settings.Session()

    def make(dag_id: str, state: str = "success") -> Any:
        with DAG(dag_id, start_date=NOW, schedule=None) as dag:
            Quick(task_id="quick")
        bag = DagBag(dag_folder=os.devnull)
        bag.bag_dag(dag)
        sync_bag_to_db(bag, "dags-folder", None)
        stored = SerializedDagModel.get(dag_id, session=session)
        assert stored is not None
        run = stored.dag.create_dagrun(
            run_id="manual__1",
            logical_date=None,
            run_after=NOW,
            run_type=DagRunType.MANUAL,
            triggered_by=DagRunTriggeredByType.REST_API,
            state=DagRunState.RUNNING,
            start_date=NOW,
            session=session,
        )
        for one in run.task_instances:
            one.state = state
        session.commit()
        run.dag = stored.dag
        return run, session

    yield make
    session.rollback()
    session.close()


def test_the_scheduler_s_end_of_a_run_is_heard(listener: ModuleType, spool: Path, a_run: Callable[..., Any]) -> None:
    for state, what in (("success", "run success"), ("failed", "run failed")):
        run, session = a_run(f"listened-{state}", state)
        run.update_state(session=session)
        assert heard(spool) == [(what, f"listened-{state}", "manual__1")]
        session.rollback()


def test_a_transaction_that_is_rolled_back_leaves_a_line_and_nothing_else(
    listener: ModuleType, spool: Path, a_run: Callable[..., Any]
) -> None:
    from airflow_ai_slo.reconcile.ended import ended

    run, session = a_run("listened-rollback")
    run.update_state(session=session)
    name = (run.dag_id, run.run_id)
    session.rollback()
    assert heard(spool) == [("run success", *name)]
    assert ended([name]) == set()
    run.update_state(session=session)
    session.commit()
    assert ended([name, ("nobody's", "run"), *[("many", str(number)) for number in range(700)]]) == {name}


def test_nothing_is_asked_of_a_database_whatever_the_row_has_loaded(
    listener: ModuleType, spool: Path, a_run: Callable[..., Any]
) -> None:
    from sqlalchemy import event

    run, session = a_run("listened-asks-nothing")
    asked: list[str] = []
    event.listen(session.get_bind(), "before_cursor_execute", lambda *args: asked.append(args[2]))
    instance = run.task_instances[0]
    asked.clear()
    listener.on_dag_run_success(dag_run=run)
    listener.on_task_instance_failed(task_instance=instance)
    assert len(heard(spool)) == 2
    session.expire_all()
    listener.on_dag_run_success(dag_run=run)
    listener.on_task_instance_failed(task_instance=instance)
    assert asked == []
    assert heard(spool) == []


def test_runs_of_dag_test_are_dropped_unless_asked_for(
    listener: ModuleType, spool: Path, run_dag: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def dag(name: str) -> DAG:
        with DAG(name, start_date=NOW, schedule=timedelta(days=1)) as made:
            Quick(task_id="quick")
        return made

    assert run_dag(dag("listened-test-1"), logical_date=NOW).state == "success"
    assert heard(spool) == []
    assert run_dag(dag("listened-test-2"), logical_date=NOW, run_conf={"ai_slo": {"count": True}}).state == "success"
    assert {what for what, *_ in heard(spool)} == {"task success", "run success"}
    monkeypatch.setenv("AI_SLO_COUNT_TEST_RUNS", "1")
    assert run_dag(dag("listened-test-3"), logical_date=NOW).state == "success"
    assert {dag_id for _, dag_id, _ in heard(spool)} == {"listened-test-3"}


def test_an_asset_s_event_names_the_run_that_made_it_and_one_that_nobody_made_is_left_out(
    listener: ModuleType, spool: Path
) -> None:
    from airflow.listeners.listener import get_listener_manager

    hook = get_listener_manager().hook
    hook.on_asset_event_emitted(asset_event=SimpleNamespace(source_dag_id="etl", source_run_id="r1"))
    hook.on_asset_event_emitted(asset_event=SimpleNamespace(source_dag_id=None, source_run_id=None))
    assert heard(spool) == [("asset", "etl", "r1")]


@pytest.mark.parametrize("what", ["folder missing", "disk full", "full", "nonsense"])
def test_nothing_is_raised_and_it_is_said_once(
    listener: ModuleType, spool: Path, what: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    row: Any = SimpleNamespace(dag_id="etl", run_id="r1")
    if what == "folder missing":
        monkeypatch.setenv("AIRFLOW__AI_SLO__LISTENER_SPOOL", str(spool / "no" / "such" / "folder"))
    elif what == "disk full":
        monkeypatch.setenv("AIRFLOW__AI_SLO__LISTENER_SPOOL", "/dev/full")
    elif what == "full":
        spool.write_bytes(b"\n" * spooled.CAP)
    else:
        row = SimpleNamespace(dag_id=7, run_id=object(), conf=3)
    for _ in range(3):
        listener.on_dag_run_success(dag_run=row)
        listener.on_dag_run_failed(dag_run=None)
        listener.on_task_instance_skipped(task_instance=row)
        listener.on_asset_event_emitted(asset_event=object())
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == (0 if what == "nonsense" else 1)
    assert all("next pass over Airflow's record finds these runs" in line for line in said)


def registered(home: Path, *arguments: str, **environment: str) -> Any:
    """What a new process of Airflow finds."""
    home.mkdir(exist_ok=True)
    known = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW__AI_SLO")}
    env = known | {"AIRFLOW_HOME": str(home), "AIRFLOW__CORE__LOAD_EXAMPLES": "False"} | environment
    command = [sys.executable, "-c", REGISTERED, *arguments]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def test_nothing_is_registered_unless_it_is_asked_for(tmp_path: Path) -> None:
    assert registered(tmp_path / "home", "api-server") == [[[], []], []]


def test_what_is_asked_for_is_registered_in_airflow_s_processes_and_in_workers(tmp_path: Path) -> None:
    ours = "airflow_ai_slo.plugin.listener"
    home = tmp_path / "home"
    home.mkdir()
    (home / "airflow.cfg").write_text("[ai_slo]\nlistener = True\n[core]\nload_examples = False\n")
    found = registered(home, "api-server", AIRFLOW__AI_SLO__RECONCILE_EVERY="300")
    assert found == [[[ours], [ours]], ["AI SLO"]]


def test_options_that_say_nothing_sensible_break_no_process(tmp_path: Path) -> None:
    found = registered(
        tmp_path / "home", "api-server", AIRFLOW__AI_SLO__LISTENER="perhaps", AIRFLOW__AI_SLO__RECONCILE_EVERY="often"
    )
    assert found == [[[], []], []]


@pytest.mark.parametrize(
    ("said", "every"),
    [
        ("", None),
        ("0", None),
        ("-5", None),
        ("nan", None),
        ("1e400", None),
        ("5m", None),
        ("False", None),
        ("300", timedelta(seconds=300)),
        ("1", timedelta(seconds=10)),
        ("90.5", timedelta(seconds=90.5)),
    ],
)
def test_how_often_the_api_server_measures(said: str, every: timedelta | None, monkeypatch: pytest.MonkeyPatch) -> None:
    from airflow_ai_slo.hooks.settings import reconcile_every

    monkeypatch.setenv("AIRFLOW__AI_SLO__RECONCILE_EVERY", said)
    assert reconcile_every() == every


def test_airflow_knows_the_options(airflow_home: Path) -> None:
    from airflow.providers_manager import ProvidersManager

    ProvidersManager().initialize_providers_configuration()
    known = dict(ProvidersManager().provider_configs)["airflow-ai-slo"]["ai_slo"]["options"]
    assert set(known) == {"listener", "listener_spool", "reconcile_every", "reconcile_evaluate"}
    assert all(one["description"] for one in known.values())


def test_with_any_listener_airflow_refuses_dags_that_end_from_their_trigger(
    listener: ModuleType, airflow_home: Path, tmp_path: Path
) -> None:
    from airflow.dag_processing.dagbag import DagBag

    (tmp_path / "ends.py").write_text(
        "from datetime import timedelta\n"
        "from airflow.sdk import DAG\n"
        "from airflow.providers.standard.sensors.time_delta import TimeDeltaSensor\n"
        "with DAG('ends'):\n"
        "    TimeDeltaSensor(task_id='wait', delta=timedelta(1), deferrable=True, end_from_trigger=True)\n"
    )
    bag = DagBag(dag_folder=str(tmp_path))
    assert "end_from_trigger" in next(iter(bag.import_errors.values()))
