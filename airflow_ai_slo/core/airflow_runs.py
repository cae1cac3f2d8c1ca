"""What an SLO measures of Airflow's own record: which runs, tasks or asset updates count, and what makes one good."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from fnmatch import fnmatchcase
from zoneinfo import ZoneInfo

_UTC = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True, kw_only=True)
class AirflowRuns:
    """One definition's events in Airflow's record.

    :param dag_ids: ids or patterns (``etl_*``), any of them; ``tags``: all of them. Both hold where both are given.
    :param task_id: id or pattern: events are task instances, each mapped one by itself; None: events are DAG runs.
    :param asset: name or URI: events are the days, or the slots of the SLO's cadence, by which it is to be updated.
    :param count_manual: whether runs by hand count; None: only in DAGs without a schedule.
    :param states: states that are good, or bad where ``names_bad``.
    :param max_duration: the longest duration that is good.
    :param finished_within: how long after its ``at`` it may end.
    :param by: the wall time by which it is to end, in ``zone``.
    """

    dag_ids: tuple[str, ...] = ()
    tags: frozenset[str] = frozenset()
    task_id: str | None = None
    asset: str | None = None
    count_manual: bool | None = None
    states: frozenset[str] = frozenset({"success"})
    names_bad: bool = False
    max_duration: timedelta | None = None
    finished_within: timedelta | None = None
    by: time | None = None
    zone: ZoneInfo = _UTC

    def selects(self, dag_id: str, tags: Collection[str]) -> bool:
        """Whether a DAG's runs count."""
        named = not self.dag_ids or any(fnmatchcase(dag_id, one) for one in self.dag_ids)
        return self.asset is None and named and self.tags <= frozenset(tags)

    def watches(self, task_id: str) -> bool:
        """Whether a task's instances count."""
        return self.task_id is not None and fnmatchcase(task_id, self.task_id)

    @property
    def only_dag(self) -> str | None:
        """The one DAG that it names exactly; None where a pattern, tags or several may name others."""
        if len(self.dag_ids) != 1 or self.tags or is_pattern(self.dag_ids[0]):
            return None
        return self.dag_ids[0]

    def is_good(self, state: str) -> bool:
        """Whether something that ended in this state is good, whatever the clock says."""
        return (state in self.states) is not self.names_bad

    def limit(self, at: datetime) -> datetime | None:
        """The last instant at which what belongs to ``at`` ends in time; UTC, None where there is none.

        ``by`` is the first such wall time at or after ``at``. In a repeated hour it is the first one; a time that the
        clocks leave out moves on by as much.
        """
        if self.finished_within is not None:
            return at + self.finished_within
        if self.by is None:
            return None
        day = at.astimezone(self.zone).date()
        limits = (self.wall_time(datetime.combine(day + timedelta(days=ahead), self.by)) for ahead in (0, 1))
        return next(one for one in limits if one >= at)

    def wall_time(self, local: datetime) -> datetime:
        """A local date and time in this zone, as UTC."""
        return local.replace(tzinfo=self.zone, fold=0).astimezone(UTC)


def is_pattern(name: str) -> bool:
    """Whether a name stands for several: ``etl_*``."""
    return any(sign in name for sign in "*?[")
