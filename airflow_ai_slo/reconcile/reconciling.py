"""One pass: Airflow's record of runs, expected slots and pauses into measurements."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING

from airflow_ai_slo.reconcile.result import Progress, Reconciled

if TYPE_CHECKING:
    from airflow_ai_slo.store import Store


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

    :param since: look at runs from this instant on; by default those of the SLO's longest window for an SLO that was
        never reconciled, else what changed since the last pass.
    :param dag_ids: only runs of these DAGs; None means all.
    :param progress: told how far it has come.
    :param dry_run: say what would be written, and write nothing.
    :raises StoreError: the store cannot be used.
    :raises ConfigurationError: Airflow's database cannot be read.
    """
    raise NotImplementedError


def reconcile_runs(store: Store, runs: Collection[tuple[str, str]], *, now: datetime) -> Reconciled:
    """The same for a few runs that a listener heard of: what each came to, for every SLO that selects its DAG.

    A run that has not finished, that is gone, or that no SLO selects is left out. Nothing is said about missing runs,
    but one that came after all is no longer missing.

    :param runs: pairs of DAG id and run id.
    :raises StoreError: the store cannot be used.
    :raises ConfigurationError: Airflow's database cannot be read.
    """
    raise NotImplementedError
