"""Long work that a button starts, one of a kind at a time, whichever process runs it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from sqlalchemy import Connection, select, text, update

from airflow_ai_slo.core.instants import from_micros, to_micros
from airflow_ai_slo.store.prepared import Rows
from airflow_ai_slo.store.tables import job

State = Literal["running", "done", "failed"]

SILENT_FOR = timedelta(minutes=10)
"""A job that has not been heard of for so long is no more: its process was killed."""


class Job(NamedTuple):
    """The last one of its kind.

    :param done, total: how far it has come, in what it counts.
    :param detail: what came of it, or why it failed; one line.
    :param seen_at: when it last told that it goes on, or when it ended.
    """

    name: str
    token: str
    state: State
    done: int
    total: int
    detail: str
    started_at: datetime
    seen_at: datetime

    def is_running(self, now: datetime) -> bool:
        """Whether it goes on, as far as anybody knows."""
        return self.state == "running" and now - self.seen_at < SILENT_FOR


_rows = Rows(job)


def last(connection: Connection, name: str) -> Job | None:
    """The last one of a kind; None where there was none."""
    row = connection.execute(select(job).where(job.c.name == name)).mappings().one_or_none()
    if row is None:
        return None
    moments = {key: from_micros(row[key]) for key in ("started_at", "seen_at")}
    return Job(**{**row, **moments})


def claim(connection: Connection, name: str, token: str, now: datetime) -> Job:
    """Begin a job unless one goes on; returns the one that does now. Of two at once one waits.

    :param token: what tells this one from others of its kind.
    """
    if connection.dialect.name == "postgresql":  # SQLite's write lock does the same
        connection.execute(text(f"LOCK TABLE {job.name} IN SHARE ROW EXCLUSIVE MODE"))
    found = last(connection, name)
    if found is not None and found.is_running(now):
        return found
    moment = to_micros(now)
    _rows.put(connection, [(name, token, "running", 0, 0, "", moment, moment)])
    return Job(name, token, "running", 0, 0, "", now, now)


def tell(connection: Connection, one: Job, *, done: int, total: int, now: datetime) -> bool:
    """Say how far it has come; returns whether it is still the one of its kind that goes on."""
    return _change(connection, one, done=done, total=total, seen_at=to_micros(now))


def end(connection: Connection, one: Job, state: State, detail: str, *, now: datetime) -> None:
    """Say what came of it."""
    _change(connection, one, state=state, detail=detail, seen_at=to_micros(now))


def _change(connection: Connection, one: Job, **values: object) -> bool:
    mine = (job.c.name == one.name, job.c.token == one.token, job.c.state == "running")
    return bool(connection.execute(update(job).where(*mine).values(**values)).rowcount)
