"""What one pass does for each SLO."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow_ai_slo import compat
from airflow_ai_slo.core.airflow_runs import AirflowRuns
from airflow_ai_slo.core.evaluation import plan
from airflow_ai_slo.core.expected import Pauses
from airflow_ai_slo.core.instants import from_micros, to_micros, utc
from airflow_ai_slo.core.measurement import Measurement
from airflow_ai_slo.reconcile import assets, history, reaching, slots
from airflow_ai_slo.reconcile.doubting import doubts
from airflow_ai_slo.reconcile.events import Event
from airflow_ai_slo.reconcile.following import follow
from airflow_ai_slo.reconcile.judging import Judge
from airflow_ai_slo.reconcile.pausing import pauses_of
from airflow_ai_slo.reconcile.result import Progress, SLOReconciled
from airflow_ai_slo.reconcile.selecting import DagRow, known_dags, known_since, selected
from airflow_ai_slo.reconcile.writing import Writer
from airflow_ai_slo.store import Store, reconciled
from airflow_ai_slo.store.definitions import Stored
from airflow_ai_slo.store.reconciled import Reach

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

OVERLAP = timedelta(minutes=10)
"""What changed so long before the newest change that was seen is read again: transactions commit late."""

_MICROSECOND = timedelta(microseconds=1)


class Pass:
    """One pass over Airflow's record.

    :param progress: told how many runs were looked at, and of how many.
    """

    def __init__(
        self, store: Store, session: Session, *, now: datetime, dry_run: bool = False, progress: Progress | None = None
    ) -> None:
        self._store = store
        self._session = session
        self._now = now
        self._dry_run = dry_run
        self._progress = progress
        self._dags = known_dags(session)
        self._pauses: dict[str, Pauses] = {}
        self._known_since: dict[str, datetime] = {}
        self._in_force: dict[str, datetime] = {}
        self._done = self._expected = 0
        self.paused: list[str] = []
        self.resumed: list[str] = []

    def measure(
        self, one: Stored, spec: AirflowRuns, since: datetime | None, dag_ids: Collection[str] | None
    ) -> SLOReconciled:
        """Everything that is to be said of one SLO."""
        if spec.asset is not None:
            return self._measure_asset(one, spec, since)
        chosen = selected(spec, self._dags, dag_ids)
        self._read_pauses(chosen)
        self._follow(one, spec)
        horizon = self._horizon(one)
        start = horizon if since is None else since
        with self._store.read() as connection:
            reached = reconciled.reaches(connection, one.slo_id)
        fresh = [row for row in chosen if since is not None or reaching.is_fresh(reached.get(row.dag_id), start)]
        anew = {row.dag_id for row in fresh}
        known = [row for row in chosen if row.dag_id not in anew]
        newest = history.newest_change(self._session, [row.dag_id for row in chosen], start) if chosen else None
        writer, counted = self._writer(one), 0
        for rows, changed in ((fresh, None), (known, reaching.changed([reached[row.dag_id] for row in known]))):
            if rows:
                counted += self._read(one, spec, writer, rows, start, changed)
        until = {row.dag_id: self._expect(one, spec, writer, row, reached, anew, start) for row in chosen}
        if one.slo.schedule is None:
            paused = {row.dag_id: self._pauses[row.dag_id] for row in chosen}
            writer.write([], reaching.missing_in_pauses(self._store, one, paused, start, self._now))
        if start <= horizon and not self._dry_run and chosen:
            self._keep(one, reached, until, start, newest)
        warnings = doubts(self._store, self._session, one, spec, self._now)
        return writer.result([row.dag_id for row in chosen], counted, warnings)

    def measure_runs(self, one: Stored, spec: AirflowRuns, runs: Collection[tuple[str, str]]) -> SLOReconciled:
        """A few runs by their names."""
        from airflow.models.dagrun import DagRun
        from sqlalchemy import tuple_

        chosen = selected(spec, self._dags, {dag_id for dag_id, _ in runs})
        ids = {row.dag_id for row in chosen}
        mine = sorted({run for run in runs if run[0] in ids})
        self._read_pauses(chosen)
        writer, counted = self._writer(one), 0
        if mine:
            counted = self._write(one, spec, writer, [tuple_(DagRun.dag_id, DagRun.run_id).in_(mine)])
        return writer.result(sorted(ids), counted)

    def _schedule_since(self, dag_id: str) -> datetime | None:
        """Since when Airflow knows a DAG and its schedule of today."""
        known = self._known_since.get(dag_id)
        if known is not None and dag_id not in self._in_force:
            self._in_force[dag_id] = slots.in_force_since(self._session, dag_id, known)
        return self._in_force.get(dag_id)

    def _writer(self, one: Stored) -> Writer:
        return Writer(self._store, one, now=self._now, dry_run=self._dry_run)

    def _horizon(self, one: Stored) -> datetime:
        """Where the longest window that the SLO looks at begins."""
        seen = plan(one.slo, self._now)
        return min(*seen.starts, self._now - seen.bounds.length)

    def _read_pauses(self, chosen: Sequence[DagRow]) -> None:
        new = [row for row in chosen if row.dag_id not in self._pauses]
        if new:
            ids = [row.dag_id for row in new]
            self._pauses |= dict.fromkeys(ids, ()) | pauses_of(self._session, new, self._now)
            self._known_since |= known_since(self._session, ids)

    def _follow(self, one: Stored, spec: AirflowRuns) -> None:
        """Let an SLO that expects runs of one DAG be paused when the DAG is."""
        dag_id = spec.only_dag
        if one.slo.schedule is None or dag_id is None or dag_id not in self._pauses or self._dry_run:
            return
        was, is_ = follow(self._store, one, dag_id, self._pauses[dag_id], horizon=self._horizon(one), now=self._now)
        if was != is_:
            (self.paused if is_ else self.resumed).append(one.slo.name)

    def _read(
        self,
        one: Stored,
        spec: AirflowRuns,
        writer: Writer,
        rows: Sequence[DagRow],
        start: datetime,
        changed: datetime | None,
    ) -> int:
        from airflow.models.dagrun import DagRun

        where: list[Any] = [DagRun.dag_id.in_([row.dag_id for row in rows]), DagRun.run_after >= start]
        if changed is not None:
            since = changed - OVERLAP
            where.append(history.changed_since(since) if spec.task_id is None else history.tasks_changed_since(since))
        return self._write(one, spec, writer, where)

    def _write(self, one: Stored, spec: AirflowRuns, writer: Writer, where: Sequence[Any]) -> int:
        """Measure what a condition selects; returns how many events count."""
        judge = Judge(one.slo.name, spec, now=self._now, page=compat.page_of, known_since=self._schedule_since)
        counted = 0
        for events in self._events(spec, judge, where):
            attempts = [judge.judge(event, self._pauses[event.run.dag_id]) for event in events]
            gone = {key for event in events for key in reaching.instead_of(event, spec)}
            writer.write(attempts, gone)
            counted += sum(bool(one_event) for one_event in attempts)
        return counted

    def _events(self, spec: AirflowRuns, judge: Judge, where: Sequence[Any]) -> Iterator[list[Event]]:
        """Events that count, so many at a time."""
        if self._progress is not None:
            self._expected += history.how_many(self._session, *where, of_tasks=spec.task_id is not None)

        def counts(event_or_run: Any) -> bool:
            return judge.counts(event_or_run, has_schedule=self._dags[event_or_run.dag_id].has_schedule)

        if spec.task_id is None:
            for rows in history.runs(self._session, *where):
                yield history.as_events(self._session, [row for row in rows if counts(row)])
                self._tell(len(rows))
            return
        for events, read in history.tasks(self._session, spec.watches, *where):
            yield [event for event in events if counts(event.run)]
            self._tell(read)

    def _tell(self, more: int) -> None:
        self._done += more
        if self._progress is not None:
            self._progress(self._done, max(self._done, self._expected))

    def _expect(
        self,
        one: Stored,
        spec: AirflowRuns,
        writer: Writer,
        row: DagRow,
        reached: dict[str, Reach],
        anew: Collection[str],
        start: datetime,
    ) -> datetime:
        """Write runs that a DAG's clock was to make and did not. An SLO with a cadence expects them by itself."""
        before = reached.get(row.dag_id)
        after = start - _MICROSECOND if row.dag_id in anew or before is None else from_micros(before.slots_until)
        if one.slo.schedule is not None:
            return after
        paused = self._pauses[row.dag_id]
        found = slots.passed(self._session, row, spec, after=after, now=self._now, paused=paused)
        writer.write([[slots.missing(one.slo.name, row.dag_id, slot)] for slot in found.slots])
        return found.until

    def _keep(
        self,
        one: Stored,
        reached: dict[str, Reach],
        until: dict[str, datetime],
        start: datetime,
        newest: datetime | None,
    ) -> None:
        """Remember how far each DAG was read."""
        kept: dict[str, Reach] = {}
        for dag_id, slot in until.items():
            before = reached.get(dag_id)
            since = to_micros(start) if before is None else min(before.since, to_micros(start))
            changed = before and before.read_until if newest is None else to_micros(min(utc(newest), self._now))
            reach = Reach(since, changed, to_micros(slot))
            if reach != before:
                kept[dag_id] = reach
        if kept:
            with self._store.write() as connection:
                reconciled.keep(connection, one.slo_id, kept)

    def _measure_asset(self, one: Stored, spec: AirflowRuns, since: datetime | None) -> SLOReconciled:
        """Each day or slot of the longest window anew: there are few, and updates are never changed."""
        asset = assets.asset_id(self._session, spec.asset or "")
        first = assets.first_update(self._session, asset)
        start = self._horizon(one) if since is None else since
        writer = self._writer(one)
        found: list[Measurement] = []
        if first is not None:
            seen = assets.updates(self._session, asset, start - timedelta(days=2))
            found = list(assets.measured(one.slo, spec, seen, first=first, since=start, now=self._now))
        writer.write([[each] for each in found])
        return writer.result((), len(found))
