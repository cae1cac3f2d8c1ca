"""One pass: Airflow's record of runs, expected slots and pauses into measurements."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from typing import TYPE_CHECKING

from airflow_ai_slo.core.airflow_runs import AirflowRuns
from airflow_ai_slo.core.airflow_spec import read
from airflow_ai_slo.core.errors import AiSloError, StoreError
from airflow_ai_slo.core.instants import utc
from airflow_ai_slo.reconcile.result import Progress, Reconciled, SLOReconciled

if TYPE_CHECKING:
    from airflow_ai_slo.reconcile.passing import Pass
    from airflow_ai_slo.store import Store
    from airflow_ai_slo.store.definitions import Stored


def reconcile(
    store: Store,
    *,
    now: datetime,
    since: datetime | None = None,
    dag_ids: Collection[str] | None = None,
    progress: Progress | None = None,
    dry_run: bool = False,
) -> Reconciled:
    """Measure every applied SLO whose indicator's source is ``airflow`` from Airflow's own record of runs.

    A second pass over the same record writes nothing. Only for processes that may read Airflow's database.

    :param since: look at every run from this instant on; by default the SLO's longest window for what was never
        looked at, else what changed since the last pass.
    :param dag_ids: only runs of these DAGs; None means all.
    :param progress: told how far it has come.
    :param dry_run: say what would be written, and write nothing.
    :raises StoreError: the store cannot be used.
    :raises ConfigurationError: Airflow's database cannot be read.
    """
    from airflow_ai_slo.reconcile.passing import Pass
    from airflow_ai_slo.reconcile.selecting import airflow_session

    with airflow_session() as session:
        found = Pass(store, session, now=utc(now), dry_run=dry_run, progress=progress)
        given = None if since is None else utc(since)
        return _each(store, found, lambda one, spec: found.measure(one, spec, given, dag_ids))


def reconcile_runs(store: Store, runs: Collection[tuple[str, str]], *, now: datetime) -> Reconciled:
    """The same for a few runs that a listener heard of: what each came to, for every SLO that selects its DAG.

    A run that has not finished, that is gone, or that no SLO selects is left out. Nothing is said about missing runs,
    but one that came after all is no longer missing.

    :param runs: pairs of DAG id and run id.
    :raises StoreError: the store cannot be used.
    :raises ConfigurationError: Airflow's database cannot be read.
    """
    from airflow_ai_slo.reconcile.passing import Pass
    from airflow_ai_slo.reconcile.selecting import airflow_session

    if not runs:
        return Reconciled()
    with airflow_session() as session:
        found = Pass(store, session, now=utc(now))
        return _each(store, found, lambda one, spec: found.measure_runs(one, spec, runs))


def _each(store: Store, found: Pass, measure: Callable[[Stored, AirflowRuns], SLOReconciled]) -> Reconciled:
    """One SLO after another; what is wrong with one keeps no other from being measured."""
    from airflow_ai_slo.store import definitions

    with store.read() as connection:
        stored = definitions.active(connection)
    results = []
    for one in stored:
        if one.slo.indicator.source != "airflow" or not one.slo.indicator.spec:
            continue
        try:
            results.append(measure(one, read(one.slo.indicator.spec)))
        except StoreError:
            raise
        except AiSloError as error:
            results.append(SLOReconciled(slo=one.slo.name, problem=str(error)))
    return Reconciled(slos=tuple(results), paused=tuple(found.paused), resumed=tuple(found.resumed))
