"""Looking after the outbox: what is in it, what is tried again, what is thrown away, what stands and is said again."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, func, select, update

from airflow_ai_slo.core.instants import from_micros, to_micros
from airflow_ai_slo.store.outbox import Pending, Targets
from airflow_ai_slo.store.tables import outbox, thread

STATES = ("pending", "sent", "failed")
"""Waiting (for a try, or for a channel), taken by its channel, given up."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One message of the outbox.

    :param sent_at: when its channel took it.
    :param problem: why the last try failed.
    """

    id: int
    target: str
    state: str
    title: str
    thread_key: str
    created_at: datetime
    attempts: int
    sent_at: datetime | None
    problem: str


def entries(
    connection: Connection, *, states: Collection[str] = STATES, target: str | None = None, limit: int = 100
) -> list[Entry]:
    """Messages, newest first."""
    query = select(outbox).where(outbox.c.state.in_(states)).order_by(outbox.c.id.desc()).limit(limit)
    if target is not None:
        query = query.where(outbox.c.target == target)
    return [_entry(row) for row in connection.execute(query)]


def retry(connection: Connection, *, ids: Collection[int] | None = None, target: str | None = None) -> int:
    """Make given-up messages wait for a try again; how many.

    :param ids: only these; None means all.
    :param target: only those to it.
    """
    chosen = update(outbox).where(outbox.c.state == "failed", *_chosen(ids, target))
    return connection.execute(chosen.values(state="pending", next_attempt_at=0)).rowcount


def drop(connection: Connection, *, ids: Collection[int] | None = None, target: str | None = None) -> int:
    """Throw away messages that wait or were given up; how many."""
    return connection.execute(delete(outbox).where(outbox.c.state != "sent", *_chosen(ids, target))).rowcount


def prune(connection: Connection, before: datetime) -> int:
    """Throw away messages sent before an instant, but for the last one of each thread that still stands open."""
    old = outbox.c.state == "sent", outbox.c.sent_at < to_micros(before)
    gone = connection.execute(delete(outbox).where(*old, outbox.c.ends | outbox.c.remark | _followed())).rowcount
    if gone:
        used = exists().where(outbox.c.target == thread.c.target, outbox.c.thread_key == thread.c.thread_key)
        connection.execute(delete(thread).where(~used))
    return gone


def standing(connection: Connection, targets: Targets, before: datetime) -> list[Pending]:
    """The last message of each thread that still stands open, where it was sent before an instant."""
    query = (
        select(outbox, thread.c.reference)
        .outerjoin(thread, and_(thread.c.target == outbox.c.target, thread.c.thread_key == outbox.c.thread_key))
        .where(
            outbox.c.state == "sent",
            ~outbox.c.ends,
            ~outbox.c.remark,
            outbox.c.sent_at < to_micros(before),
            ~_followed(),
            targets.clause(),
        )
        .order_by(outbox.c.id)
    )
    return [
        Pending(row.id, row.target, row.thread_key, json.loads(row.message), row.attempts, row.reference)
        for row in connection.execute(query)
    ]


def said_again(connection: Connection, message_id: int, now: datetime) -> None:
    """Write down that a standing message was sent once more."""
    connection.execute(update(outbox).where(outbox.c.id == message_id).values(sent_at=to_micros(now)))


def counts(connection: Connection, *, states: Collection[str] = STATES) -> dict[str, int]:
    """How many messages there are by state.

    :param states: only these.
    """
    query = select(outbox.c.state, func.count()).where(outbox.c.state.in_(states)).group_by(outbox.c.state)
    return dict.fromkeys(states, 0) | {row[0]: row[1] for row in connection.execute(query)}


def _followed() -> ColumnElement[bool]:
    later = outbox.alias("later")
    same = later.c.thread_key == outbox.c.thread_key, later.c.target == outbox.c.target, later.c.id > outbox.c.id
    return exists().where(*same, ~later.c.remark)


def _chosen(ids: Collection[int] | None, target: str | None) -> list[ColumnElement[bool]]:
    chosen: list[ColumnElement[bool]] = [] if ids is None else [outbox.c.id.in_(ids)]
    if target is not None:
        chosen.append(outbox.c.target == target)
    return chosen


def _entry(row: Any) -> Entry:
    sent_at = None if row.sent_at is None else from_micros(row.sent_at)
    title = str(json.loads(row.message).get("title", ""))
    return Entry(
        row.id,
        row.target,
        row.state,
        title,
        row.thread_key,
        from_micros(row.created_at),
        row.attempts,
        sent_at,
        row.problem or "",
    )
