"""Notification targets, so that whoever evaluates or delivers knows them."""

from __future__ import annotations

import json
from dataclasses import asdict

from sqlalchemy import Connection, select

from airflow_ai_slo.core.target import Target
from airflow_ai_slo.store.prepared import upsert
from airflow_ai_slo.store.tables import target

_put = upsert(target)


def apply_target(connection: Connection, definition: Target) -> None:
    """Store a target, new or changed."""
    _put.run(connection, definition.name, json.dumps(asdict(definition), sort_keys=True))


def known(connection: Connection) -> dict[str, Target]:
    """Every stored target by name."""
    rows = connection.execute(select(target.c.definition)).scalars()
    return {one.name: one for one in (Target(**json.loads(text)) for text in rows)}
