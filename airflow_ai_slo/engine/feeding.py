"""Which SLOs a DAG or a task feeds."""

from __future__ import annotations

from collections.abc import Collection

from airflow_ai_slo.core import airflow_spec
from airflow_ai_slo.core.definition import Indicator
from airflow_ai_slo.core.errors import DefinitionError
from airflow_ai_slo.engine.listing import Listed, Listing
from airflow_ai_slo.store import Store, browsing


def fed_by(
    store: Store, seen: Listing, dag_id: str, task_id: str | None = None, *, tags: Collection[str] = ()
) -> list[Listed]:
    """SLOs with a measurement of a DAG's or of one task's, or whose definition selects its runs; by name.

    :param tags: those of the DAG.
    """
    if task_id is None:
        prefixes = [f"{dag_id}/"]
    else:
        prefixes = [f"{dag_id}/{task_id}/", f"{dag_id}/{task_id}["]
    with store.read() as connection:
        rows = browsing.fed_by(connection, prefixes)
    return [
        one
        for one in seen.slos
        if one.stored.slo_id in rows or _selects(one.stored.slo.indicator, dag_id, task_id, tags)
    ]


def _selects(indicator: Indicator, dag_id: str, task_id: str | None, tags: Collection[str]) -> bool:
    """Whether an indicator over Airflow's own record counts runs of the DAG, or of the task if one is asked for."""
    if indicator.source != "airflow":
        return False
    try:
        runs = airflow_spec.read(indicator.spec)
    except DefinitionError:
        return False
    return runs.selects(dag_id, tags) and (task_id is None or runs.watches(task_id))
