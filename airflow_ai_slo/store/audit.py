"""The audit log of freezes: rows are only ever added."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, String, bindparam, insert, literal_column, or_, select

from airflow_ai_slo.core.instants import from_micros, to_micros
from airflow_ai_slo.store.asking import Ask
from airflow_ai_slo.store.prepared import Prepared
from airflow_ai_slo.store.tables import audit

Said = tuple[str, str]
"""Action and detail of a line."""

_AT_ONCE = 1000
_ADD = insert(audit)
_last = Prepared(
    ("service", "actor", "labels"),
    lambda _: (
        select(audit.c.action, audit.c.detail)
        .where(*(audit.c[name] == bindparam(name, type_=String) for name in ("service", "actor", "labels")))
        .order_by(audit.c.id.desc())
        .limit(literal_column("1"))
    ),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the audit log.

    :param actor: who decided or asked.
    :param labels: labels of the change that was asked for, in order, joined by commas.
    """

    at: datetime
    service: str
    actor: str
    action: str
    detail: str
    labels: str = ""


def write(connection: Connection, entry: Entry) -> None:
    """Add a line."""
    connection.execute(_ADD, asdict(entry) | {"at": to_micros(entry.at)})


def asks_last(service: str, actor: str, labels: str) -> Ask[Said | None]:
    """What the last line of an actor, a service and labels says."""
    return Ask(_last, (service, actor, labels), lambda rows: (rows[0][0], rows[0][1]) if rows else None)


def write_once(connection: Connection, entry: Entry, last: Said | None) -> None:
    """Add a line unless the last one of the same actor, service and labels says the same: a poll is one decision."""
    if last != (entry.action, entry.detail):
        write(connection, entry)


def page(
    connection: Connection,
    service: str | None = None,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int,
    before: tuple[int, int] | None = None,
) -> list[tuple[tuple[int, int], Entry]]:
    """Lines of ``(since, until]``, newest first, each with its instant in microseconds and its row.

    :param before: those after this one.
    """
    query = _query(service, since, until).limit(limit)
    if before is not None:
        at, row_id = before
        query = query.where(audit.c.at <= at, or_(audit.c.at < at, audit.c.id < row_id))
    return [((row.at, row.id), _entry(row)) for row in connection.execute(query)]


def read(
    connection: Connection,
    service: str | None = None,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int | None = None,
) -> Iterator[Entry]:
    """Lines of ``(since, until]``, newest first, fetched as they are used.

    :param limit: the newest so many; None means all.
    """
    query = _query(service, since, until).limit(limit)
    for row in connection.execute(query.execution_options(yield_per=_AT_ONCE)):
        yield _entry(row)


def _query(service: str | None, since: datetime | None, until: datetime | None) -> Select[Any]:
    query = select(audit).order_by(audit.c.at.desc(), audit.c.id.desc())
    if service is not None:
        query = query.where(audit.c.service == service)
    if since is not None:
        query = query.where(audit.c.at > to_micros(since))
    if until is not None:
        query = query.where(audit.c.at <= to_micros(until))
    return query


def _entry(row: Any) -> Entry:
    return Entry(from_micros(row.at), row.service, row.actor, row.action, row.detail, row.labels)
