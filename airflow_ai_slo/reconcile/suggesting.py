"""Objectives that DAGs would have met, from Airflow's own record of their runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, NamedTuple

from airflow_ai_slo import compat
from airflow_ai_slo.core.airflow_runs import AirflowRuns
from airflow_ai_slo.core.definition import SLO, Schedule
from airflow_ai_slo.core.durations import Duration
from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.core.expected import Pauses
from airflow_ai_slo.core.instants import from_micros, to_micros, utc
from airflow_ai_slo.core.measurement import Cause, Measurement
from airflow_ai_slo.core.names import picked
from airflow_ai_slo.core.proposal import Lengths, Proposal
from airflow_ai_slo.core.stream import Row
from airflow_ai_slo.core.suggesting import suggest
from airflow_ai_slo.engine.suggesting import expected_runs, settled_runs
from airflow_ai_slo.reconcile import history, slots
from airflow_ai_slo.reconcile.events import Event
from airflow_ai_slo.reconcile.judging import Judge
from airflow_ai_slo.reconcile.pausing import pauses_of
from airflow_ai_slo.reconcile.selecting import DagRow, airflow_session, known_dags, known_since, newest_dag
from airflow_ai_slo.reports.figures import decimal
from airflow_ai_slo.timetables import schedule_of

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_BACKFILL = "backfill"
_LITTLE = Fraction(9, 10)
"""Below this objective a DAG may well have got better since."""


def suggest_for_dags(
    *, at: datetime, back: timedelta, window: Duration, dags: Sequence[str] = (), tags: Collection[str] = ()
) -> list[Proposal]:
    """What the runs of DAGs support, by DAG id.

    A run is good when it succeeds in time: within the deadline that nearly all of them kept where the clock starts
    them, within the duration that they kept elsewhere. Runs that the clock was to make and did not are bad. Runs under
    another schedule than today's do not count, nor do those that a definition would not count.

    :param back: how far the past reaches.
    :param dags: only these: ids or patterns; without any, all that are still there.
    :param tags: only DAGs that have all of them.
    :raises ConfigurationError: no such DAG, or Airflow's database cannot be read.
    """
    at = utc(at)
    with airflow_session() as session:
        known = known_dags(session)
        rows = [known[dag_id] for dag_id in picked(dags, list(known), what="DAG")]
        rows = [row for row in rows if row.tags.issuperset(tags) and (dags or row.gone_since is None)]
        pauses = pauses_of(session, rows, at)
        found = []
        for row in rows:
            of_dag = partial(_proposal, session, row, pauses.get(row.dag_id, ()), at, window)
            found.append(_with_better_days(of_dag(back), back, of_dag))
        return found


def _proposal(
    session: Session, row: DagRow, pauses: Pauses, at: datetime, window: Duration, back: timedelta
) -> Proposal:
    return _Dag(session, row, pauses, at).proposal(at - back, window)


def _with_better_days(found: Proposal, back: timedelta, of_dag: Callable[[timedelta], Proposal]) -> Proposal:
    """Where little can be promised, and its newer half alone supports more, say so."""
    days = back.days // 2
    has_little = found.suggestion.is_enough and (found.chosen is None or found.chosen.objective < _LITTLE)
    if not has_little or timedelta(days=days) < found.window.length:
        return found
    lately = of_dag(timedelta(days=days)).chosen
    if lately is None or (found.chosen is not None and lately.objective <= found.chosen.objective):
        return found
    better = f"the last {days} days alone support {decimal(lately.objective, places=6)}: --days {days}"
    return replace(found, remarks=(*found.remarks, better))


class _Seen(NamedTuple):
    """One run that counts, and what it came to, attempt by attempt."""

    event: Event
    measured: list[Measurement]

    @property
    def is_good(self) -> bool:
        return bool(self.measured and self.measured[-1].good)


class _Dag:
    """One DAG's past."""

    def __init__(self, session: Session, row: DagRow, pauses: Pauses, at: datetime) -> None:
        dag = newest_dag(session, row.dag_id)
        self._session = session
        self._row = row
        self._pauses = pauses
        self._at = at
        self._dag: Any = dag if dag is not None and compat.has_clock(dag) else None
        self._is_cut = False
        self._remarks: list[str] = []

    def proposal(self, since: datetime, window: Duration) -> Proposal:
        """What is proposed for it."""
        begin = self._begin(since)
        events = list(self._events(begin))
        spec, lateness, duration = self._promised(events)
        schedule = None if self._dag is None else self._schedule(begin, lateness)
        slo = SLO(
            name=self._row.dag_id,
            service=self._row.dag_id,
            objective="0.5",
            window=str(window),
            schedule=schedule,
            alerting="none",
        )
        seen = self._judged(events, spec)
        absent = self._absent(spec, begin) if self._dag is not None and schedule is None else []
        rows = [_row(one.event, each) for one in seen for each in one.measured]
        runs, states = settled_runs(slo, [*rows, *absent], to_micros(self._at), self._pauses)
        causes = Counter(one.measured[-1].cause for one in seen if one.measured)
        return Proposal(
            subject=self._row.dag_id,
            window=window,
            suggestion=suggest(
                runs, window=window.length, now=to_micros(self._at), expected=expected_runs(slo, window)
            ),
            since=from_micros(runs[0].at) if runs else None,
            until=self._at,
            cadence=None if schedule is None else _words(schedule),
            start=None if schedule is None else schedule.start,
            lateness=lateness,
            duration=duration,
            failed=causes[Cause.PIPELINE_FAILURE],
            late=causes[Cause.LATE] + causes[Cause.LATENCY],
            missing=states["missing"] + len(absent),
            remarks=tuple(self._remarks),
        )

    def _begin(self, since: datetime) -> datetime:
        """Where its past begins: when today's schedule came into force, if that is later."""
        if self._row.gone_since is not None:
            self._remarks.append("no DAG file holds it any more")
        elif self._row.is_paused:
            self._remarks.append("it is paused")
        changed = since if self._dag is None else slots.in_force_since(self._session, self._row.dag_id, since)
        if changed <= since:
            return since
        self._is_cut = True
        self._remarks.append(f"another schedule until {changed:%Y-%m-%d}: runs before do not count")
        return changed

    def _events(self, begin: datetime) -> Iterator[Event]:
        """Runs that a definition would count."""
        from airflow.models.dagrun import DagRun

        judge = self._judge(AirflowRuns(dag_ids=(self._row.dag_id,)))
        where = DagRun.dag_id == self._row.dag_id, DagRun.run_after >= begin, DagRun.run_after <= self._at
        for rows in history.runs(self._session, *where):
            counting = [row for row in rows if judge.counts(row, has_schedule=self._row.has_schedule)]
            yield from history.as_events(self._session, counting)

    def _judge(self, spec: AirflowRuns) -> Judge:
        return Judge(self._row.dag_id, spec, now=self._at, page=lambda *_: "", known_since=lambda _: self._known_since)

    @cached_property
    def _known_since(self) -> datetime | None:
        """Since when Airflow knows the DAG and its schedule of today."""
        dag_id = self._row.dag_id
        first = known_since(self._session, [dag_id]).get(dag_id)
        return None if first is None else slots.in_force_since(self._session, dag_id, first)

    def _judged(self, events: Sequence[Event], spec: AirflowRuns) -> list[_Seen]:
        judge, known = self._judge(spec), self._at
        found = (_Seen(event, judge.judge(event, self._pauses)) for event in events)
        return [
            one._replace(measured=[each for each in one.measured if each.recorded_at and each.recorded_at <= known])
            for one in found
        ]

    def _promised(self, events: Sequence[Event]) -> tuple[AirflowRuns, Lengths | None, Lengths | None]:
        """What makes a run good: success, by the deadline or within the duration that nearly all good ones kept."""
        anyhow = AirflowRuns(dag_ids=(self._row.dag_id,))
        good = [one for one in self._judged(events, anyhow) if one.is_good]
        lateness = None if self._dag is None else Lengths.of(list(_lateness(good)))
        duration = Lengths.of(list(_durations(good)))
        if lateness is not None:
            return replace(anyhow, finished_within=lateness.promised.length), lateness, duration
        longest = None if duration is None else duration.promised.length
        return replace(anyhow, max_duration=longest), None, duration

    def _schedule(self, begin: datetime, lateness: Lengths | None) -> Schedule | None:
        """When runs are expected, from where their past begins; None where a schedule cannot write it."""
        try:
            schedule = schedule_of(self._dag, deadline="cadence" if lateness is None else lateness.promised)
        except ConfigurationError:
            self._remarks.append("its timetable is no cadence: without one, runs that never came are not waited for")
            return None
        is_earlier = schedule.start is not None and schedule.start < begin
        return replace(schedule, start=_minute(begin)) if is_earlier or self._is_cut else schedule

    def _absent(self, spec: AirflowRuns, begin: datetime) -> list[Row]:
        """Runs that the clock was to make and did not, where no cadence tells."""
        found = slots.passed(self._session, self._row, spec, after=begin, now=self._at, paused=self._pauses)
        return [Row(to_micros(one.at), 0, 1, to_micros(one.due) + 1, one.key) for one in found.slots]


def _lateness(good: Sequence[_Seen]) -> Iterator[timedelta]:
    """How long after their ``at`` runs ended; a backfill is never late."""
    for one in good:
        value = one.measured[-1].value
        if one.event.run.run_type != _BACKFILL and value is not None:
            yield timedelta(seconds=value)


def _durations(good: Sequence[_Seen]) -> Iterator[timedelta]:
    for event, _ in good:
        if event.started is not None and event.ended is not None and not compat.is_test_run(event.run):
            yield utc(event.ended) - utc(event.started)


def _row(event: Event, one: Measurement) -> Row:
    recorded_at = to_micros(one.recorded_at or one.at)
    is_backfill = event.run.run_type == _BACKFILL
    return Row(to_micros(one.at), one.good, one.total, recorded_at, one.key, is_backfill=is_backfill)


def _words(schedule: Schedule) -> str:
    return schedule.cadence if schedule.zone == "UTC" else f"{schedule.cadence} in {schedule.zone}"


def _minute(instant: datetime) -> datetime:
    return instant.replace(second=0, microsecond=0)
