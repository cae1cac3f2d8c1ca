"""Reference profiles by name; a changed one is a new version."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, text

from airflow_ai_slo.core.instants import from_micros, to_micros
from airflow_ai_slo.store.tables import profile

_STAMP = "created_at"


@dataclass(frozen=True, slots=True)
class Kept:
    """One version of a profile: from 1, and when it was saved."""

    name: str
    version: int
    saved_at: datetime


def save(connection: Connection, name: str, body: Mapping[str, Any], now: datetime) -> tuple[Kept, bool]:
    """Keep a profile as the next version, and say whether it is a new one.

    One that differs from the newest in nothing but its ``created_at`` changes nothing.
    """
    if connection.dialect.name == "postgresql":  # two who save at once would take the same number
        connection.execute(text(f"LOCK TABLE {profile.name} IN SHARE ROW EXCLUSIVE MODE"))
    newest = connection.execute(_newest_first(name).limit(1)).one_or_none()
    if newest is not None and _said(json.loads(newest.body)) == _said(body):
        return Kept(name, newest.version, from_micros(newest.created_at)), False
    version = 1 if newest is None else newest.version + 1
    kept = json.dumps(body, allow_nan=False)  # columns in their own order
    connection.execute(insert(profile).values(name=name, version=version, body=kept, created_at=to_micros(now)))
    return Kept(name, version, now), True


def load(connection: Connection, name: str, version: int | None = None) -> tuple[Kept, dict[str, Any]] | None:
    """A profile and which one it is, the newest version unless told; None where there is none."""
    query = _newest_first(name)
    if version is not None:
        query = query.where(profile.c.version == version)
    row = connection.execute(query.limit(1)).one_or_none()
    return None if row is None else (Kept(name, row.version, from_micros(row.created_at)), dict(json.loads(row.body)))


def versions(connection: Connection, name: str | None = None) -> list[Kept]:
    """Every version of one profile, or of all of them: by name, the newest first."""
    query = select(profile.c.name, profile.c.version, profile.c.created_at)
    if name is not None:
        query = query.where(profile.c.name == name)
    found = [Kept(row.name, row.version, from_micros(row.created_at)) for row in connection.execute(query)]
    # Sorted here, because databases sort names by rules of their own.
    return sorted(found, key=lambda one: (one.name, -one.version))


def _newest_first(name: str) -> Any:
    columns = (profile.c.version, profile.c.body, profile.c.created_at)
    return select(*columns).where(profile.c.name == name).order_by(profile.c.version.desc())


def _said(body: Mapping[str, Any]) -> dict[str, Any]:
    return {field: value for field, value in body.items() if field != _STAMP}
