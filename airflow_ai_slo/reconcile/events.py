"""What Airflow's record holds of one run, task instance or slot, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

FINISHED = frozenset({"success", "failed", "skipped", "upstream_failed", "removed"})
"""States in which a run or a task instance is over."""

FAILED = frozenset({"failed", "upstream_failed"})


class RunRow(NamedTuple):
    """A row of Airflow's table of runs. Fields are named as there, so that what reads runs can read these.

    :param started, ended: instants of the run, None where it has not come so far.
    """

    id: int
    dag_id: str
    run_id: str
    run_type: str
    state: str
    logical_date: datetime | None
    data_interval_end: datetime | None
    run_after: datetime
    started: datetime | None
    ended: datetime | None
    queued_at: datetime | None
    conf: Mapping[str, Any] | None
    triggered_by: Any
    triggering_user_name: str | None
    partition_key: str | None
    clear_number: int
    updated_at: datetime | None
    created_at: datetime | None


class Attempt(NamedTuple):
    """How a run or task stood when it was cleared, or how it ended."""

    state: str
    ended: datetime


class Event(NamedTuple):
    """One run, or one task instance of it.

    :param task_id: empty where it is the run as a whole.
    :param failed: tasks that failed of themselves, else those that others took down.
    :param is_idle: every task of the run was skipped.
    :param earlier: attempts before somebody cleared it, oldest first.
    """

    run: RunRow
    state: str
    started: datetime | None
    ended: datetime | None
    task_id: str = ""
    map_index: int = -1
    failed: tuple[str, ...] = ()
    is_idle: bool = False
    earlier: tuple[Attempt, ...] = ()


class Try(NamedTuple):
    """One try of a task instance."""

    task_id: str
    map_index: int
    state: str | None
    ended: datetime


def attempts(tries: list[Try], cleared: list[datetime]) -> tuple[Attempt, ...]:
    """How tasks stood each time somebody cleared some of them, oldest first.

    :param tries: of the tasks that matter, in any order.
    :param cleared: when that was.
    """
    found: list[Attempt] = []
    ordered = sorted(tries, key=lambda one: one.ended)
    for moment in sorted(cleared):
        last = {(one.task_id, one.map_index): one for one in ordered if one.ended <= moment}
        if not last or any(one.state not in FINISHED for one in last.values()):
            continue
        failed = any(one.state in FAILED for one in last.values())
        skipped = all(one.state == "skipped" for one in last.values())
        state = "failed" if failed else "skipped" if skipped else "success"
        attempt = Attempt(state, max(one.ended for one in last.values()))
        if attempt not in found:
            found.append(attempt)
    return tuple(found)
