"""Freezes, overrides and the audit log."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from airflow_ai_slo.core.freeze import Override
from airflow_ai_slo.core.instants import from_micros, to_micros
from airflow_ai_slo.store.tables import audit, freeze, override


@dataclass(frozen=True, slots=True)
class Freeze:
    """One freeze of a service; ``until`` is None while it holds.

    :param causes: since when each SLO has been a cause of it.
    :param generations: which SLO row each cause was then.
    """

    id: int
    service: str
    since: datetime
    until: datetime | None
    causes: Mapping[str, datetime] = field(default_factory=dict)
    generations: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the audit log."""

    at: datetime
    service: str
    actor: str
    action: str
    detail: str


def open_freezes(connection: Connection, service: str | None = None) -> dict[str, Freeze]:
    """Freezes that hold now, by service."""
    query = select(freeze).where(freeze.c.until.is_(None))
    if service is not None:
        query = query.where(freeze.c.service == service)
    return {row.service: _freeze(row) for row in connection.execute(query)}


def start(connection: Connection, service: str, causes: Mapping[str, int], at: datetime) -> Freeze:
    """Freeze a service.

    :param causes: SLO rows by name.
    """
    since = dict.fromkeys(sorted(causes), at)
    row = insert(freeze).values(service=service, since=to_micros(at), causes=_causes(since, causes))
    freeze_id = connection.execute(row).inserted_primary_key[0]  # type: ignore[index]
    return Freeze(freeze_id, service, at, None, since, causes)


def widen(connection: Connection, found: Freeze, causes: Mapping[str, int], at: datetime) -> None:
    """Add causes, SLO rows by name, to a freeze that holds."""
    generations = {**causes, **found.generations}
    since = {name: found.causes.get(name, at) for name in sorted(generations)}
    connection.execute(update(freeze).where(freeze.c.id == found.id).values(causes=_causes(since, generations)))


def end(connection: Connection, found: Freeze, at: datetime, released: Mapping[int, int] | None = None) -> None:
    """Thaw a service.

    :param released: of a release by hand, how many runs of each SLO row had turned bad; only a later one freezes again.
    """
    values = {"until": to_micros(at), "released_seqs": None if released is None else json.dumps(released)}
    connection.execute(update(freeze).where(freeze.c.id == found.id).values(**values))


def released_seqs(connection: Connection, service: str) -> dict[int, int]:
    """How many runs of each SLO row had turned bad when the service was released; empty where it thawed by itself."""
    query = (
        select(freeze.c.released_seqs)
        .where(freeze.c.service == service, freeze.c.until.is_not(None))
        .order_by(freeze.c.until.desc(), freeze.c.id.desc())
        .limit(1)
    )
    text = connection.execute(query).scalar()
    return {int(key): value for key, value in json.loads(text).items()} if text else {}


def history(connection: Connection, service: str, since: datetime, until: datetime) -> list[Freeze]:
    """Freezes of a service that held at some time in ``(since, until]``, oldest first."""
    query = (
        select(freeze)
        .where(
            freeze.c.service == service,
            freeze.c.since <= to_micros(until),
            freeze.c.until.is_(None) | (freeze.c.until > to_micros(since)),
        )
        .order_by(freeze.c.since)
    )
    return [_freeze(row) for row in connection.execute(query)]


def add_override(connection: Connection, given: Override) -> None:
    """Let changes through a freeze for a while."""
    connection.execute(
        insert(override).values(
            service=given.service,
            author=given.author,
            reason=given.reason,
            created_at=to_micros(given.created_at),
            expires_at=to_micros(given.expires_at),
        )
    )


def override_of(connection: Connection, service: str, now: datetime) -> Override | None:
    """The override in force, the one that lasts longest."""
    query = (
        select(override)
        .where(
            override.c.service == service,
            override.c.created_at <= to_micros(now),
            override.c.expires_at > to_micros(now),
        )
        .order_by(override.c.expires_at.desc())
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    return Override(row.service, row.author, row.reason, from_micros(row.created_at), from_micros(row.expires_at))


def write_audit(connection: Connection, entry: Entry) -> None:
    """Add a line to the audit log."""
    connection.execute(
        insert(audit).values(
            at=to_micros(entry.at),
            service=entry.service,
            actor=entry.actor,
            action=entry.action,
            detail=entry.detail,
        )
    )


def audit_once(connection: Connection, entry: Entry) -> None:
    """Add a line unless the same actor's last one about the service says the same: a poll is not many decisions."""
    query = (
        select(audit.c.action, audit.c.detail)
        .where(audit.c.service == entry.service, audit.c.actor == entry.actor)
        .order_by(audit.c.id.desc())
        .limit(1)
    )
    last = connection.execute(query).one_or_none()
    if last is None or tuple(last) != (entry.action, entry.detail):
        write_audit(connection, entry)


def read_audit(connection: Connection, service: str | None = None, *, limit: int = 1000) -> list[Entry]:
    """The audit log, newest first."""
    query = select(audit).order_by(audit.c.at.desc(), audit.c.id.desc()).limit(limit)
    if service is not None:
        query = query.where(audit.c.service == service)
    return [
        Entry(from_micros(row.at), row.service, row.actor, row.action, row.detail) for row in connection.execute(query)
    ]


def _causes(since: Mapping[str, datetime], generations: Mapping[str, int]) -> str:
    return json.dumps({name: [to_micros(at), generations[name]] for name, at in since.items()})


def _freeze(row: Any) -> Freeze:
    stored = json.loads(row.causes)
    causes = {name: from_micros(at) for name, (at, _) in stored.items()}
    generations = {name: slo_id for name, (_, slo_id) in stored.items()}
    until = None if row.until is None else from_micros(row.until)
    return Freeze(row.id, row.service, from_micros(row.since), until, causes, generations)
