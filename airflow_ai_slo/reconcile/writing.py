"""Measurements into the store: only those that change something."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from airflow_ai_slo import engine
from airflow_ai_slo.core.instants import to_micros
from airflow_ai_slo.core.measurement import Cause, Measurement
from airflow_ai_slo.reconcile.result import SLOReconciled
from airflow_ai_slo.store import Store, reconciled, recording
from airflow_ai_slo.store.definitions import Stored


class Writer:
    """Writes measurements of one SLO.

    :param dry_run: only count what would be written.
    """

    def __init__(self, store: Store, one: Stored, *, now: datetime, dry_run: bool) -> None:
        self._store = store
        self._one = one
        self._now = now
        self._dry_run = dry_run
        self._written = self._missing = self._late = self._removed = 0

    def result(self, dags: Sequence[str], runs: int, warnings: Sequence[str] = ()) -> SLOReconciled:
        """What was done.

        :param runs: how many that count were looked at.
        :param warnings: what somebody should look at.
        """
        return SLOReconciled(
            slo=self._one.slo.name,
            dags=tuple(dags),
            runs=runs,
            written=self._written,
            missing=self._missing,
            late=self._late,
            removed=self._removed,
            warnings=tuple(warnings),
        )

    def write(self, attempts: Sequence[list[Measurement]], gone: Collection[str] = ()) -> None:
        """Record what differs from what is stored.

        :param attempts: for each run or task, its measurements, oldest attempt first.
        :param gone: keys under which nothing is to be stored; ``missing`` runs among them came after all.
        """
        keys = {one[-1].key for one in attempts if one} | set(gone)
        if not keys:
            return
        with self._store.read() as connection:
            slo_id, name = self._one.slo_id, self._one.slo.name
            there = reconciled.stored(connection, slo_id, name, self._one.scale, keys)
        news = [measured for measured in attempts if measured and self._is_news(measured, there)]
        self._record([one for measured in news for one in measured])
        self._count([measured[-1] for measured in news])
        self._withdraw([there[key] for key in gone if key in there])

    def _is_news(self, attempts: list[Measurement], there: dict[str, Measurement]) -> bool:
        """Whether recording them would change what is stored, as the SLO's ``rerun`` has it."""
        old, rerun = there.get(attempts[-1].key), self._one.slo.rerun
        if old is not None and attempts[-1].cause is Cause.MISSING_RUN and old.cause is not Cause.MISSING_RUN:
            return False  # it was there, and was deleted since
        if old is None or (old.cause is Cause.MISSING_RUN and attempts[-1] != old):
            return True
        if rerun == "replace":
            return attempts[-1] != old
        if rerun == "first":
            return any(_recorded(one) < _recorded(old) for one in attempts)
        return any(_is_worse(one, old) for one in attempts)

    def _record(self, measurements: Sequence[Measurement]) -> None:
        if measurements and not self._dry_run:
            engine.record(self._store, measurements, now=self._now)

    def _count(self, measurements: Sequence[Measurement]) -> None:
        self._written += len(measurements)
        self._missing += sum(one.cause is Cause.MISSING_RUN for one in measurements)
        self._late += sum(one.cause is Cause.LATE for one in measurements)

    def _withdraw(self, measurements: Sequence[Measurement]) -> None:
        if measurements and not self._dry_run:
            with self._store.write_prepared(together=False) as connection:
                recording.withdraw(connection, measurements, to_micros(self._now))
        self._removed += len(measurements)


def _recorded(one: Measurement) -> datetime:
    assert one.recorded_at is not None, "runs of the record say when they ended"  # noqa: S101
    return one.recorded_at


def _is_worse(one: Measurement, old: Measurement) -> bool:
    new, kept = one.good * old.total, old.good * one.total
    return new < kept or (new == kept and one.total > old.total)
