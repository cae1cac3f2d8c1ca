"""What one run, or one task instance of it, comes to: good or bad, why, and under which key."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from airflow_ai_slo import compat
from airflow_ai_slo.core.airflow_runs import AirflowRuns
from airflow_ai_slo.core.expected import Pauses, is_paused
from airflow_ai_slo.core.instants import utc
from airflow_ai_slo.core.measurement import Cause, Measurement
from airflow_ai_slo.reconcile.events import FINISHED, Attempt, Event, RunRow

_MOST_NAMED = 5
_MICROSECOND = timedelta(microseconds=1)
_SOON = timedelta(minutes=1)
"""A run made so soon after its ``at`` catches up on nothing."""

Page = Callable[[str, str, str, int], str]
"""The page of a run, or of a task instance, by DAG, run, task and map index; empty where Airflow has no address."""


def key_of(run: RunRow, task_id: str = "", map_index: int = -1) -> str:
    """The natural key: as a task's own measurements have it, with nothing between the slashes for a run as a whole."""
    stands_in = compat.is_test_run(run)
    return compat.natural_key(
        dag_id=run.dag_id,
        task_id=task_id,
        map_index=map_index,
        run_type="scheduled" if stands_in else run.run_type,
        run_id=run.run_id,
        logical_date=run.logical_date,
        partition_key=run.partition_key,
    )


class Judge:
    """Judges the events of one SLO.

    :param spec: which count, and what is good.
    :param now: until when runs that go on have taken too long.
    :param page: where people find a run.
    :param known_since: by DAG, since when Airflow knows it with today's schedule.
    """

    def __init__(
        self, slo: str, spec: AirflowRuns, *, now: datetime, page: Page, known_since: Callable[[str], datetime | None]
    ) -> None:
        self._slo = slo
        self._spec = spec
        self._now = now
        self._page = page
        self._known_since = known_since

    def counts(self, run: RunRow, *, has_schedule: bool) -> bool:
        """Whether a run counts at all."""
        manual = self._spec.count_manual
        return not compat.why_ignored(run, count_manual=not has_schedule if manual is None else manual)

    def judge(self, event: Event, paused: Pauses) -> list[Measurement]:
        """One measurement for each attempt, oldest first; the store's ``rerun`` decides which one stays.

        Nothing of what still goes on, unless it can be in time no more.
        """
        run, at = event.run, compat.at_of_run(event.run)
        spared = self._kind(run, at) == "backfill" or is_paused(at, paused)
        limit = None if spared else self._spec.limit(_begin(run, at))
        finished = event.state in FINISHED and event.state != "removed"
        attempts = [*event.earlier, *([Attempt(event.state, _ended(event, at))] if finished else [])]
        if not attempts:
            return [] if finished else self._overdue(event, at, limit)
        found = [self._measured(event, at, attempts[: number + 1], limit) for number in range(len(attempts))]
        return found

    def _kind(self, run: RunRow, at: datetime) -> str:
        """The kind of run. What a new DAG or schedule catches up on from before anybody knew of it fills back, too."""
        made = None if run.created_at is None else utc(run.created_at)
        if run.run_type != "scheduled" or made is None or made - at < _SOON:
            return run.run_type
        known = self._known_since(run.dag_id)
        return "backfill" if known is not None and made >= known >= at else run.run_type

    def _overdue(self, event: Event, at: datetime, limit: datetime | None) -> list[Measurement]:
        """What goes on beyond its limits is bad from then on."""
        ends = [] if limit is None or event.state == "removed" else [(limit, Cause.LATE)]
        if self._spec.max_duration is not None and event.started is not None and event.state != "removed":
            ends.append((utc(event.started) + self._spec.max_duration, Cause.LATENCY))
        first = min(ends, default=None)
        if first is None or first[0] >= self._now or event.run.clear_number:
            return []
        return [self._measurement(event, at, (0, 1), first[1], None, first[0] + _MICROSECOND)]

    def _measured(self, event: Event, at: datetime, attempts: Sequence[Attempt], limit: datetime | None) -> Measurement:
        state, ended = attempts[-1]
        if not self._spec.is_good(state):
            idle = state == "skipped"
            counts, cause = ((0, 0), None) if idle else ((0, 1), Cause.PIPELINE_FAILURE)
            return self._measurement(event, at, counts, cause, None, ended)
        if event.is_idle:
            return self._measurement(event, at, (0, 0), None, None, ended)
        # What was there in time stays so when somebody makes it again.
        there = min(one.ended for one in attempts if self._spec.is_good(one.state))
        taken = self._duration(event, ended)
        late = limit is not None and there > limit
        slow = self._spec.max_duration is not None and taken is not None and taken > self._spec.max_duration
        cause = Cause.LATE if late else Cause.LATENCY if slow else None
        of_duration = self._spec.max_duration is not None and limit is None
        length = taken if of_duration else there - _begin(event.run, at)
        value = None if length is None else length / timedelta(seconds=1)
        return self._measurement(event, at, (0 if cause else 1, 1), cause, value, ended)

    def _duration(self, event: Event, ended: datetime) -> timedelta | None:
        """Of the last attempt; earlier ones have left no start."""
        if event.started is None or event.ended is None or utc(event.ended) != ended or compat.is_test_run(event.run):
            return None
        return ended - utc(event.started)

    def _measurement(
        self,
        event: Event,
        at: datetime,
        counts: tuple[int, int],
        cause: Cause | None,
        value: float | None,
        recorded_at: datetime,
    ) -> Measurement:
        run = event.run
        attributes = {"dag": run.dag_id, "run": run.run_id, "run_type": self._kind(run, at)}
        if event.task_id:
            attributes["task"] = event.task_id
        if url := self._page(run.dag_id, run.run_id, event.task_id, event.map_index):
            attributes["run_url"] = url
        if event.failed and cause is Cause.PIPELINE_FAILURE:
            attributes["failed_task"] = ", ".join(event.failed[:_MOST_NAMED])
        return Measurement(
            slo=self._slo,
            key=key_of(run, event.task_id, event.map_index),
            at=at,
            good=counts[0],
            total=counts[1],
            value=value,
            cause=cause,
            attributes=attributes,
            recorded_at=recorded_at,
        )


def _begin(run: RunRow, at: datetime) -> datetime:
    """What a limit counts from: the run's ``at``; of runs that no clock expects (they go by run id), their start."""
    by_clock = not key_of(run).endswith(f"/run:{run.run_id}")
    return at if by_clock else max(at, utc(run.run_after))


def _ended(event: Event, at: datetime) -> datetime:
    if compat.is_test_run(event.run):
        return utc(event.run.run_after)
    return at if event.ended is None else utc(event.ended)
