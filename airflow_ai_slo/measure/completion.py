"""Whether a run completed: every watched task done without a failure, and in time. One event a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from airflow_ai_slo.core.errors import ConfigurationError, DataError, MeasurementError
from airflow_ai_slo.core.measurement import Cause

FAILED = frozenset({"failed", "upstream_failed"})
"""Task states that make a run bad, whatever the clock says."""

_SUCCEEDED = "success"
_SKIPPED = "skipped"
_REMOVED = "removed"
_NAMES_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Completion:
    """One run judged.

    :param good: 1 when it completed in time, else 0.
    :param total: 1; 0 where the run had nothing to do.
    :param value: seconds from the instant the deadline counts from until the run was finished; None where it is not.
    :param cause: ``pipeline_failure`` or ``late`` where it is bad.
    """

    good: int
    total: int
    value: float | None
    cause: Cause | None
    detail: str


def completion(
    states: Mapping[str, str | None],
    *,
    at: datetime,
    finished_at: datetime,
    deadline: timedelta | None = None,
) -> Completion:
    """Judge a run by the states of its watched tasks, in Airflow's words.

    - ``failed`` and ``upstream_failed`` make it bad, cause ``pipeline_failure``, also beside tasks that still run;
    - ``skipped`` is what the DAG chose (a branch, a short circuit) and no failure; where nothing but skipped tasks is
      left, the run had nothing to do: total 0;
    - ``removed`` tasks no longer belong to the run and are left out;
    - any other state, or none, is a task that has not finished: bad, cause ``late``, once the deadline has passed, and
      not to be judged before it;
    - finished after the deadline is bad, cause ``late``; the deadline itself is in time.

    :param states: state by task, one entry for each mapped instance.
    :param at: the instant the deadline counts from.
    :param finished_at: when the last of them finished, or the instant of looking where that is not known.
    :param deadline: how long after ``at`` a run may finish; None judges failures alone.
    :raises ConfigurationError: no task is watched, or the deadline is not above zero.
    :raises DataError: it cannot be judged yet, since watched tasks still run.
    :raises MeasurementError: an instant has no zone.
    """
    _check(states, at, finished_at, deadline)
    failed = [task for task, state in states.items() if state in FAILED]
    if failed:
        return Completion(0, 1, None, Cause.PIPELINE_FAILURE, f"{_names(failed)} failed")
    taken = finished_at - at
    late = deadline is not None and taken > deadline
    open_tasks = [task for task, state in states.items() if state not in (_SUCCEEDED, _SKIPPED, _REMOVED)]
    if open_tasks:
        if not late:
            raise DataError(f"{_names(open_tasks)} not finished: measure completion downstream of every watched task")
        return Completion(0, 1, None, Cause.LATE, f"{_names(open_tasks)} not finished {deadline} after {_day(at)}")
    succeeded = sum(state == _SUCCEEDED for state in states.values())
    if not succeeded:
        return Completion(0, 0, None, None, "every watched task was skipped: nothing to do")
    seconds = taken / timedelta(seconds=1)
    if late:
        return Completion(0, 1, seconds, Cause.LATE, f"finished {taken} after {_day(at)}, allowed was {deadline}")
    return Completion(1, 1, seconds, None, f"{succeeded} of {len(states)} watched tasks succeeded, none failed")


def _check(states: Mapping[str, str | None], at: datetime, finished_at: datetime, deadline: timedelta | None) -> None:
    if not states:
        raise ConfigurationError("no task is watched: name tasks in watch, or put tasks upstream")
    if deadline is not None and deadline <= timedelta(0):
        raise ConfigurationError(f"deadline={deadline} must be above zero, such as timedelta(hours=2)")
    for name, instant in (("at", at), ("finished_at", finished_at)):
        if instant.tzinfo is None:
            raise MeasurementError(f"{name}={instant!r} has no time zone; give an aware datetime")


def _names(tasks: Iterable[str]) -> str:
    names = sorted(tasks)
    more = len(names) - _NAMES_SHOWN
    return ", ".join(names[:_NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _day(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M %Z}"
