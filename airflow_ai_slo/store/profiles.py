"""Reference profiles by name; a changed one is a new version."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from airflow_ai_slo.core.instants import to_micros
from airflow_ai_slo.store.tables import profile


def save(connection: Connection, name: str, body: Mapping[str, Any], now: datetime) -> int:
    """Keep a profile and return its version; saving the same again changes nothing."""
    text = json.dumps(body, sort_keys=True)
    newest = connection.execute(
        select(profile.c.version, profile.c.body)
        .where(profile.c.name == name)
        .order_by(profile.c.version.desc())
        .limit(1)
    ).one_or_none()
    if newest is not None and newest.body == text:
        return int(newest.version)
    version = 1 if newest is None else newest.version + 1
    connection.execute(insert(profile).values(name=name, version=version, body=text, created_at=to_micros(now)))
    return version


def load(connection: Connection, name: str, version: int | None = None) -> dict[str, Any] | None:
    """A profile, the newest version unless told; None where there is none."""
    query = select(profile.c.body).where(profile.c.name == name)
    if version is not None:
        query = query.where(profile.c.version == version)
    text = connection.execute(query.order_by(profile.c.version.desc()).limit(1)).scalar()
    return None if text is None else dict(json.loads(text))
