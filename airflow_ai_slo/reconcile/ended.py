"""Which runs have ended, as Airflow's record has it: an event may come before what it tells of is committed."""

from __future__ import annotations

from collections.abc import Collection
from itertools import islice

from airflow_ai_slo.core.errors import ConfigurationError

_TOGETHER = 300


def ended(runs: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
    """Those of some runs that have ended.

    :param runs: pairs of DAG id and run id.
    :raises ConfigurationError: Airflow's database cannot be read.
    """
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from airflow.utils.state import State
    from sqlalchemy import select, tuple_
    from sqlalchemy.exc import SQLAlchemyError

    found: set[tuple[str, str]] = set()
    remaining = iter(runs)
    try:
        with create_session() as session:
            while some := list(islice(remaining, _TOGETHER)):
                query = select(DagRun.dag_id, DagRun.run_id).where(
                    tuple_(DagRun.dag_id, DagRun.run_id).in_(some), DagRun.state.in_(State.finished_dr_states)
                )
                found.update((dag_id, run_id) for dag_id, run_id in session.execute(query))
    except SQLAlchemyError as error:
        cause = " ".join(str(getattr(error, "orig", None) or error).split())
        raise ConfigurationError(f"Airflow's database cannot be read: {cause}") from error
    return found
