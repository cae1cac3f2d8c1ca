"""Messages that commit together with what they tell, and are handed out one deliverer at a time."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Dialect, Executable, bindparam, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from airflow_ai_slo.core.instants import from_micros, to_micros
from airflow_ai_slo.store.prepared import upsert
from airflow_ai_slo.store.tables import hold, outbox, thread

_LEASE = timedelta(minutes=2)
_put_thread = upsert(thread)
_put_hold = upsert(hold)


@dataclass(frozen=True, slots=True)
class Pending:
    """A message to be delivered.

    :param attempts: earlier tries.
    :param thread: what the channel calls the incident's thread, once it has one.
    """

    id: int
    target: str
    thread_key: str
    message: Mapping[str, Any]
    attempts: int
    thread: str | None


def _add_query(dialect: Dialect) -> Executable:
    build: Any = (postgresql if dialect.name == "postgresql" else sqlite).insert(outbox)
    names = ("dedup_key", "thread_key", "target", "message", "created_at", "next_attempt_at", "ends", "remark")
    statement: Executable = build.values(
        state="pending", attempts=0, **{name: bindparam(name) for name in names}
    ).on_conflict_do_nothing(index_elements=["dedup_key"])
    return statement


def add(
    connection: Connection,
    *,
    dedup_key: str,
    thread_key: str,
    target: str,
    message: Mapping[str, Any],
    at: datetime,
    ends: bool = False,
    remark: bool = False,
) -> None:
    """Put a message in; one with the same ``dedup_key`` is already there and stays.

    :param ends: whether nothing of its thread stands open after it.
    :param remark: whether what stands open stays as the message before it said.
    """
    values = {
        "dedup_key": f"{dedup_key}@{target}",
        "thread_key": thread_key,
        "target": target,
        "message": json.dumps(message),
        "created_at": to_micros(at),
        # Due at once whatever the clock says: it may have been set back since.
        "next_attempt_at": 0,
        "ends": ends,
        "remark": remark,
    }
    connection.execute(_add_query(connection.dialect), values)


@dataclass(frozen=True, slots=True)
class Targets:
    """Some targets.

    :param names: these.
    :param others_than: and every target that is not among these; None adds none.
    """

    names: Collection[str] = ()
    others_than: Collection[str] | None = None

    def __bool__(self) -> bool:
        return bool(self.names) or self.others_than is not None

    def clause(self) -> ColumnElement[bool]:
        """As a condition on the outbox."""
        within = outbox.c.target.in_(self.names)
        return within if self.others_than is None else within | outbox.c.target.not_in(self.others_than)


def claim(connection: Connection, targets: Targets, now: datetime, leased_from: datetime) -> Pending | None:
    """Take the oldest message that is due, and keep others from taking it for a while.

    :param targets: only for these.
    :param now: messages due by then are taken.
    :param leased_from: when the while begins.

    A thread's messages go out in order: one waits while an earlier one of its thread is still pending.
    """
    earlier = outbox.alias("earlier")
    waits = (
        select(earlier.c.id)
        .where(
            earlier.c.thread_key == outbox.c.thread_key,
            earlier.c.target == outbox.c.target,
            earlier.c.state == "pending",
            earlier.c.id < outbox.c.id,
        )
        .exists()
    )
    query = (
        select(outbox, thread.c.reference)
        .outerjoin(thread, (thread.c.target == outbox.c.target) & (thread.c.thread_key == outbox.c.thread_key))
        .where(
            outbox.c.state == "pending",
            outbox.c.next_attempt_at <= to_micros(now),
            ~waits,
            targets.clause(),
        )
        .order_by(outbox.c.id)
        .limit(1)
        .with_for_update(of=outbox, skip_locked=True)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    leased = {"next_attempt_at": to_micros(leased_from + _LEASE), "attempts": row.attempts + 1}
    connection.execute(update(outbox).where(outbox.c.id == row.id).values(**leased))
    return Pending(row.id, row.target, row.thread_key, json.loads(row.message), row.attempts, row.reference)


def sent(connection: Connection, claimed: Pending, reference: str | None, now: datetime) -> None:
    """Write down that a message went out, and the thread it opened."""
    connection.execute(
        update(outbox).where(outbox.c.id == claimed.id).values(state="sent", sent_at=to_micros(now), problem=None)
    )
    if reference and reference != claimed.thread:
        _put_thread.run(connection, claimed.target, claimed.thread_key, reference)


def failed(connection: Connection, claimed: Pending, problem: str, retry_at: datetime | None) -> None:
    """Write down a failed try; without ``retry_at`` the message is given up and says why.

    One that somebody else has sent meanwhile stays sent.
    """
    values: dict[str, Any] = {"problem": problem}
    values |= {"state": "failed"} if retry_at is None else {"next_attempt_at": to_micros(retry_at)}
    still_waits = (outbox.c.id == claimed.id) & (outbox.c.state == "pending")
    connection.execute(update(outbox).where(still_waits).values(**values))


def leave_alone(connection: Connection, targets: Collection[str], until: datetime) -> None:
    """Let nothing more go to these targets until an instant, whoever delivers."""
    for target in sorted(targets):
        _put_hold.run(connection, target, to_micros(until))


def left_alone(connection: Connection, now: datetime) -> dict[str, datetime]:
    """Targets that asked to be left alone and still are, and until when."""
    query = select(hold.c.target, hold.c.until).where(hold.c.until > to_micros(now))
    return {row.target: from_micros(row.until) for row in connection.execute(query)}


def told(connection: Connection, thread_key: str) -> list[str]:
    """Targets that something of a thread was posted to, the first one first."""
    query = select(outbox.c.target).where(outbox.c.thread_key == thread_key)
    return list(connection.execute(query.group_by(outbox.c.target).order_by(func.min(outbox.c.id))).scalars())


def pending(connection: Connection) -> int:
    """How many messages wait."""
    return connection.execute(select(func.count()).select_from(outbox).where(outbox.c.state == "pending")).scalar_one()


def problems(connection: Connection, limit: int = 10) -> list[tuple[datetime, str, str]]:
    """Newest messages that were given up or wait after a failure: when they came, to whom, why."""
    query = select(outbox).where(outbox.c.problem.is_not(None)).order_by(outbox.c.id.desc()).limit(limit)
    return [(from_micros(row.created_at), row.target, row.problem) for row in connection.execute(query)]
