"""What one pass over Airflow's record of runs did."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Progress = Callable[[int, int], None]
"""Told now and then how many runs of Airflow's record were looked at, and how many there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SLOReconciled:
    """What a pass did for one SLO.

    :param dags: ids of the DAGs that its indicator selects, in order; empty where it selects none.
    :param runs: finished runs (or task instances, or slots of an asset) that count and were looked at.
    :param written: measurements that are new, or other than those the store had.
    :param missing: expected runs that are missing now, and were not before.
    :param late: of those written, bad ones with cause ``late``.
    :param removed: measurements of runs that no longer count, such as a missing run that came after all.
    :param warnings: what makes its figures wrong, and what to do about it, one line each.
    :param problem: why it could not be measured, in one line; empty where it was.
    """

    slo: str
    dags: tuple[str, ...] = ()
    runs: int = 0
    written: int = 0
    missing: int = 0
    late: int = 0
    removed: int = 0
    warnings: tuple[str, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """What a pass did.

    :param slos: one entry for each applied SLO whose indicator's source is ``airflow`` and names what it measures.
    :param paused: SLOs that are paused now because their DAG is; ``resumed``: those that no longer are.
    """

    slos: tuple[SLOReconciled, ...] = ()
    paused: tuple[str, ...] = ()
    resumed: tuple[str, ...] = ()

    @property
    def written(self) -> int:
        """Measurements written for all SLOs."""
        return sum(one.written for one in self.slos)
