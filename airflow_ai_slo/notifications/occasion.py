"""What a callback is about, whichever of Airflow's three kinds of context it is given.

A task's callback gets the task's context. A DAG's callback gets that of its last task, or little more than the run's
id, and a ``reason``. A deadline alert gets the DAG run as plain JSON values.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from airflow_ai_slo.compat import Run, run_of

_INSTANTS = ("logical_date", "data_interval_start", "data_interval_end", "run_after", "start_date", "end_date")
_WHOLE_RUN = "-"


@dataclass(frozen=True, slots=True)
class Occasion:
    """One callback's run.

    :param run: of a task's callback the task's, else the whole DAG run's: its key has no task.
    :param attempt: tells callbacks of one run apart: the task's try, else which callback it was.
    :param late: whether a deadline was missed.
    """

    run: Run
    attempt: str
    late: bool


def occasion_of(context: Mapping[str, Any], *, count_manual: bool | None = None) -> Occasion:
    """Read a callback's context.

    :param count_manual: as in :func:`airflow_ai_slo.compat.run_of`.
    :raises LookupError: a context that names no run.
    """
    late = "deadline" in context
    if not late and "reason" not in context and context.get("ti") is not None:
        ti = context["ti"]
        run = run_of(context, count_manual=count_manual)
        return Occasion(run, f"try {getattr(ti, 'try_number', 0)} {getattr(ti, 'state', '')}", late)
    dag_run = _dag_run(context)
    ti = SimpleNamespace(dag_id=dag_run.dag_id, task_id=_WHOLE_RUN, map_index=-1, log_url=_url(dag_run))
    whole = dict(context) | {"dag_run": dag_run, "ti": ti}
    run = run_of(whole, count_manual=count_manual)
    key = run.key.replace(f"{run.dag_id}/{_WHOLE_RUN}/", f"{run.dag_id}/", 1)
    return Occasion(replace(run, key=key, task_id=""), "deadline" if late else str(context.get("reason", "")), late)


def _dag_run(context: Mapping[str, Any]) -> Any:
    given = context.get("dag_run")
    if isinstance(given, Mapping):
        fields = dict(given) | {name: _instant(given.get(name)) for name in _INSTANTS}
        fields |= {"run_id": given.get("run_id") or given["dag_run_id"]}
        return SimpleNamespace(**{"conf": None, "triggered_by": None, "partition_key": None} | fields)
    if given is not None and hasattr(given, "dag_id"):
        return given
    dag, run_id = context.get("dag"), context.get("run_id")
    if dag is None or run_id is None:
        raise LookupError("the callback's context names no DAG run")
    empty = dict.fromkeys(("logical_date", "data_interval_end", "partition_key", "conf", "triggered_by"))
    return SimpleNamespace(**empty, dag_id=dag.dag_id, run_id=run_id, run_type="scheduled", run_after=datetime.now(UTC))


def _instant(value: Any) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def _url(dag_run: Any) -> str:
    from urllib.parse import quote

    from airflow.sdk.configuration import conf

    base = conf.get("api", "base_url", fallback="")
    return f"{base.rstrip('/')}/dags/{quote(dag_run.dag_id)}/runs/{quote(dag_run.run_id)}" if base else ""
