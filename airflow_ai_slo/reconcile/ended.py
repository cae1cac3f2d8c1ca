"""Which runs have ended, as Airflow's record has it: an event may come before what it tells of is committed."""

from __future__ import annotations

from collections.abc import Collection
from itertools import islice

from airflow_ai_slo.reconcile.selecting import airflow_session

_TOGETHER = 300


def ended(runs: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
    """Those of some runs that have ended.

    :param runs: pairs of DAG id and run id.
    :raises ConfigurationError: Airflow's database cannot be read.
    """
    from airflow.models.dagrun import DagRun
    from airflow.utils.state import State
    from sqlalchemy import select, tuple_

    found: set[tuple[str, str]] = set()
    remaining = iter(runs)
    with airflow_session() as session:
        while some := list(islice(remaining, _TOGETHER)):
            query = select(DagRun.dag_id, DagRun.run_id).where(
                tuple_(DagRun.dag_id, DagRun.run_id).in_(some), DagRun.state.in_(State.finished_dr_states)
            )
            found.update((dag_id, run_id) for dag_id, run_id in session.execute(query))
    return found
