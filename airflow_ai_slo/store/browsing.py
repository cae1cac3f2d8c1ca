"""Measurements page by page, and which DAGs they name."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, Numeric, and_, cast, collate, exists, or_, select

from airflow_ai_slo.core.counts import is_bad
from airflow_ai_slo.core.instants import to_micros
from airflow_ai_slo.core.measurement import Measurement
from airflow_ai_slo.core.tally import Tally
from airflow_ai_slo.store.counting import read_measurement
from airflow_ai_slo.store.definitions import Stored
from airflow_ai_slo.store.tables import measurement, slo

_LOOKED_AT = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Which measurements: those of ``(start, end]``, with bounds that are None left open.

    :param bad: only those whose good / total is below what the SLO asks for.
    """

    start: datetime | None = None
    end: datetime | None = None
    bad: bool = False


def page(
    connection: Connection, stored: Stored, span: Span, *, limit: int, before: tuple[int, str] | None = None
) -> list[Measurement]:
    """Measurements of an SLO, the newest first.

    :param before: those after this one, ``at`` in microseconds and key.
    """
    query = (
        select(measurement)
        .where(*_within(connection, stored, span, before))
        .order_by(measurement.c.at.desc(), measurement.c.key.desc())
        .limit(limit)
    )
    return [read_measurement(row, stored.slo.name, stored.scale) for row in connection.execute(query)]


def _within(
    connection: Connection, stored: Stored, span: Span, before: tuple[int, str] | None
) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [measurement.c.slo_id == stored.slo_id]
    if span.start is not None:
        conditions.append(measurement.c.at > to_micros(span.start))
    if span.end is not None:
        conditions.append(measurement.c.at <= to_micros(span.end))
    if before is not None:
        at, key = before
        conditions.append(
            or_(measurement.c.at < at, and_(measurement.c.at == at, measurement.c.key < key)),
        )
        conditions.append(measurement.c.at <= at)
    if span.bad:
        conditions.append(_is_bad(connection, stored))
    return conditions


def _is_bad(connection: Connection, stored: Stored) -> ColumnElement[bool]:
    """The same as :func:`core.counts.is_bad`."""
    threshold = Tally.of(stored.slo).threshold
    good, total = (cast(column, _wide(connection)) for column in (measurement.c.good, measurement.c.total))
    return good * threshold.denominator < total * threshold.numerator


def _wide(connection: Connection) -> Any:
    return Numeric() if connection.dialect.name == "postgresql" else BigInteger()


def is_bad_measurement(stored: Stored, one: Measurement) -> bool:
    """Whether a measurement's ratio is below what its SLO asks of a run, or of a slice."""
    return is_bad(one.good, one.total, Tally.of(stored.slo).threshold)


def dags_of(connection: Connection, slo_id: int) -> list[str]:
    """Ids of the DAGs that the newest measurements of an SLO name, in order."""
    query = (
        select(measurement.c.key, measurement.c.attributes)
        .where(measurement.c.slo_id == slo_id)
        .order_by(measurement.c.at.desc())
        .limit(_LOOKED_AT)
    )
    return sorted({dag for key, attributes in connection.execute(query) if (dag := _dag(key, attributes))})


def _dag(key: str, attributes: str | None) -> str:
    """What the measurement says; else the first of the three parts of a task's key."""
    named = json.loads(attributes).get("dag", "") if attributes else ""
    return named or (key.split("/", 1)[0] if key.count("/") > 1 else "")


def fed_by(connection: Connection, prefixes: Collection[str]) -> set[int]:
    """Active SLO rows with a measurement whose key begins with any of some prefixes: one look-up each."""
    key = _key(connection)
    given = (
        exists().where(measurement.c.slo_id == slo.c.id, key >= one, key < _after(one)).correlate(slo)
        for one in prefixes
    )
    return set(connection.execute(select(slo.c.id).where(slo.c.active, or_(*given))).scalars())


def _after(prefix: str) -> str:
    """What comes after every text with a prefix, by code point."""
    return prefix[:-1] + chr(ord(prefix[-1]) + 1)


def _key(connection: Connection) -> ColumnElement[str]:
    """Compared by code point, which is how SQLite and the index of PostgreSQL order keys."""
    if connection.dialect.name == "postgresql":
        return collate(measurement.c.key, "C")
    return measurement.c.key
