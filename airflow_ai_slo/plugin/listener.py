"""What Airflow tells its listeners, written down on this machine's disk: which runs to look up, and nothing more.

Events of runs come inside the scheduler's open transaction, so nothing here asks a database or a network, waits or
raises. A transaction that is rolled back leaves a line for nothing: whoever reads it looks the run up.
"""

from __future__ import annotations

import logging
import time
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from airflow.listeners import hookimpl

from airflow_ai_slo.compat import is_dropped_test_run
from airflow_ai_slo.hooks.settings import events_spool
from airflow_ai_slo.reconcile.spooled import Heard, append

log = logging.getLogger(__name__)

_unheard: set[str] = set()
"""What was said of events that could not be written down; it is said once."""


@hookimpl
def on_dag_run_running(dag_run: Any) -> None:
    """A run begins, or begins anew after it was cleared."""
    _run("running", dag_run)


@hookimpl
def on_dag_run_success(dag_run: Any) -> None:
    """A run ended well, or was marked so."""
    _run("success", dag_run)


@hookimpl
def on_dag_run_failed(dag_run: Any) -> None:
    """A run failed, or was marked so."""
    _run("failed", dag_run)


@hookimpl
def on_task_instance_success(task_instance: Any) -> None:
    """A task ended well, or was marked so."""
    _task("success", task_instance)


@hookimpl
def on_task_instance_failed(task_instance: Any) -> None:
    """A task failed or will be tried again, or was marked so."""
    _task("failed", task_instance)


@hookimpl
def on_task_instance_skipped(task_instance: Any) -> None:
    """A task skipped itself."""
    _task("skipped", task_instance)


@hookimpl
def on_asset_event_emitted(asset_event: Any) -> None:
    """An asset changed; events that no run made are left to the next pass over Airflow's record."""
    _write(
        "asset",
        getattr(asset_event, "source_dag_id", None),
        getattr(asset_event, "source_run_id", None),
    )


def _run(what: str, dag_run: Any) -> None:
    known = _loaded(dag_run)
    if not _is_dropped(known):
        _write(f"run {what}", known.get("dag_id"), known.get("run_id"))


def _task(what: str, task_instance: Any) -> None:
    known = _loaded(task_instance)
    of_worker = getattr(task_instance, "_ti_context_from_server", None)
    dag_run = known.get("dag_run") if of_worker is None else getattr(of_worker, "dag_run", None)
    if dag_run is None or not _is_dropped(_loaded(dag_run)):
        _write(f"task {what}", known.get("dag_id"), known.get("run_id"))


def _loaded(row: Any) -> dict[str, Any]:
    """What is at hand: asking a row for what it has not loaded would ask the database."""
    return getattr(row, "__dict__", None) or {}


def _is_dropped(dag_run: dict[str, Any]) -> bool:
    try:
        return is_dropped_test_run(SimpleNamespace(**({"conf": None, "run_type": ""} | dag_run)))
    except Exception:
        return False


def _write(what: str, dag_id: Any, run_id: Any) -> None:
    """Add a line to the spool; never raises."""
    try:
        if not (isinstance(dag_id, str) and isinstance(run_id, str)):
            return
        path = _spool()
        if append(path, Heard(dag_id, run_id, what, time.time())):
            _unheard.clear()
        else:
            _say(f"{path} is full: nobody reads it on this machine (`ai-slo reconcile --follow` does)")
    except Exception as error:
        _say(f"the spool cannot be written: {' '.join(str(error).split())}")


def _say(problem: str) -> None:
    if problem not in _unheard:
        _unheard.add(problem)
        log.warning("Events of runs are dropped, the next pass over Airflow's record finds these runs: %s", problem)


@lru_cache(maxsize=1)
def _spool() -> Path:
    return events_spool()
