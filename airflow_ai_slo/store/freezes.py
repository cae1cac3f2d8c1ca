"""Freezes and overrides."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Connection, String, bindparam, insert, select, update

from airflow_ai_slo.core.freeze import Override
from airflow_ai_slo.core.instants import from_micros, to_micros
from airflow_ai_slo.store.asking import Ask
from airflow_ai_slo.store.prepared import Prepared
from airflow_ai_slo.store.tables import freeze, override

_service, _now = bindparam("of_service", type_=String), bindparam("now", type_=BigInteger)
_holding = (
    override.c.created_at <= _now,
    override.c.expires_at > _now,
    override.c.revoked_at.is_(None) | (override.c.revoked_at > _now),
)
_FREEZES = select(freeze.c.id, freeze.c.service, freeze.c.since, freeze.c.until, freeze.c.causes, freeze.c.renewed_at)
_OPEN = _FREEZES.where(freeze.c.until.is_(None))
_OVERRIDES = (
    select(override.c.service, override.c.author, override.c.reason, override.c.created_at, override.c.expires_at)
    .where(*_holding)
    .order_by(override.c.expires_at.desc(), override.c.id.desc())
)
_open = Prepared((), lambda _: _OPEN)
_open_of = Prepared(("of_service",), lambda _: _OPEN.where(freeze.c.service == _service))
_overrides = Prepared(("now",), lambda _: _OVERRIDES)
_overrides_of = Prepared(("of_service", "now"), lambda _: _OVERRIDES.where(override.c.service == _service))


@dataclass(frozen=True, slots=True)
class Freeze:
    """One freeze of a service; ``until`` is None while it holds.

    :param causes: since when each SLO has been a cause of it.
    :param generations: which SLO row each cause was then.
    :param renewed_at: from when its longest duration counts, where somebody renewed it.
    """

    id: int
    service: str
    since: datetime
    until: datetime | None
    causes: Mapping[str, datetime] = field(default_factory=dict)
    generations: Mapping[str, int] = field(default_factory=dict)
    renewed_at: datetime | None = None


def open_freezes(connection: Connection) -> dict[str, Freeze]:
    """Freezes that hold now, by service."""
    return {row[1]: _freeze(row) for row in _open.all(connection)}


def asks_open(service: str) -> Ask[Freeze | None]:
    """The freeze of a service that holds now."""
    return Ask(_open_of, (service,), lambda rows: _freeze(rows[0]) if rows else None)


def open_freeze(connection: Connection, service: str) -> Freeze | None:
    """The same, at once."""
    return asks_open(service).of(connection)


def start(connection: Connection, service: str, causes: Mapping[str, int], at: datetime) -> Freeze:
    """Freeze a service.

    :param causes: SLO rows by name.
    """
    since = dict.fromkeys(sorted(causes), at)
    row = insert(freeze).values(service=service, since=to_micros(at), causes=_causes(since, causes))
    freeze_id = connection.execute(row).inserted_primary_key[0]  # type: ignore[index]
    return Freeze(freeze_id, service, at, None, since, causes)


def widen(connection: Connection, found: Freeze, causes: Mapping[str, int], at: datetime) -> Freeze:
    """Add causes, SLO rows by name, to a freeze that holds."""
    generations = {**causes, **found.generations}
    since = {name: found.causes.get(name, at) for name in sorted(generations)}
    connection.execute(update(freeze).where(freeze.c.id == found.id).values(causes=_causes(since, generations)))
    return replace(found, causes=since, generations=generations)


def end(connection: Connection, found: Freeze, at: datetime, released: Mapping[int, int] | None = None) -> None:
    """Thaw a service.

    :param released: of a freeze that ended before the budget recovered, how many runs of each SLO row had turned bad;
        only a later one freezes again.
    """
    values = {"until": to_micros(at), "released_seqs": None if released is None else json.dumps(released)}
    connection.execute(update(freeze).where(freeze.c.id == found.id).values(**values))


def renew(connection: Connection, found: Freeze, at: datetime) -> None:
    """Count the longest duration of a freeze anew."""
    connection.execute(update(freeze).where(freeze.c.id == found.id).values(renewed_at=to_micros(at)))


def released_seqs(connection: Connection, service: str) -> dict[int, int]:
    """How many runs of each SLO row had turned bad when the service was last let go; empty where it recovered."""
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
    query = _FREEZES.where(
        freeze.c.service == service,
        freeze.c.since <= to_micros(until),
        freeze.c.until.is_(None) | (freeze.c.until > to_micros(since)),
    ).order_by(freeze.c.since)
    return [_freeze(row) for row in connection.execute(query)]


def add_override(connection: Connection, given: Override) -> int:
    """Let changes through a freeze for a while; the override's id."""
    added = connection.execute(
        insert(override).values(
            service=given.service,
            author=given.author,
            reason=given.reason,
            created_at=to_micros(given.created_at),
            expires_at=to_micros(given.expires_at),
        )
    )
    return int(added.inserted_primary_key[0])  # type: ignore[index]


def overrides_of(connection: Connection, service: str, now: datetime) -> list[Override]:
    """The overrides in force, the one that lasts longest first."""
    return [_override(row) for row in _overrides_of.all(connection, service, to_micros(now))]


def overrides(connection: Connection, now: datetime) -> dict[str, Override]:
    """The override in force of each service that has any, the one that lasts longest."""
    return {row[0]: _override(row) for row in reversed(_overrides.all(connection, to_micros(now)))}


def asks_override(service: str, now: datetime) -> Ask[Override | None]:
    """The override in force, the one that lasts longest."""
    return Ask(_overrides_of, (service, to_micros(now)), lambda rows: _override(rows[0]) if rows else None)


def override_of(connection: Connection, service: str, now: datetime) -> Override | None:
    """The same, at once."""
    return asks_override(service, now).of(connection)


def revoke_overrides(connection: Connection, service: str, now: datetime) -> None:
    """End every override in force."""
    held = update(override).where(override.c.service == _service, *_holding).values(revoked_at=to_micros(now))
    connection.execute(held, {"of_service": service, "now": to_micros(now)})


def _override(row: Sequence[Any]) -> Override:
    service, author, reason, created_at, expires_at = row
    return Override(service, author, reason, from_micros(created_at), from_micros(expires_at))


def _causes(since: Mapping[str, datetime], generations: Mapping[str, int]) -> str:
    return json.dumps({name: [to_micros(at), generations[name]] for name, at in since.items()})


def _freeze(row: Sequence[Any]) -> Freeze:
    row_id, service, since, ended, written, again = row
    stored = json.loads(written)
    causes = {name: from_micros(at) for name, (at, _) in stored.items()}
    generations = {name: slo_id for name, (_, slo_id) in stored.items()}
    until, renewed = (None if at is None else from_micros(at) for at in (ended, again))
    return Freeze(row_id, service, from_micros(since), until, causes, generations, renewed)
