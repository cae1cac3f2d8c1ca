"""What corrections drop, as recording and evaluating ask for it: stretches of each SLO, found when they were saved."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, bindparam, delete, exists, insert, literal, select, update

from airflow_ai_slo.core.corrections import Stretch, Stretches, as_pauses
from airflow_ai_slo.core.expected import Pauses
from airflow_ai_slo.core.instants import to_micros
from airflow_ai_slo.store.prepared import Executor, Prepared
from airflow_ai_slo.store.tables import correction, dropped, measurement, slo

_of_one = Prepared(
    ("slo_id",),
    lambda _: (
        select(dropped.c.start, dropped.c.end).where(dropped.c.slo_id == bindparam("slo_id")).order_by(dropped.c.start)
    ),
)
_within = Prepared(
    ("until", "since"),
    lambda _: (
        select(dropped.c.slo_id, dropped.c.start, dropped.c.end)
        .where(dropped.c.start < bindparam("until"), dropped.c.end > bindparam("since"))
        .order_by(dropped.c.slo_id, dropped.c.start)
    ),
)


def stretches(connection: Executor, slo_id: int) -> list[Stretch]:
    """All of one SLO."""
    return [(row[0], row[1]) for row in _of_one.all(connection, slo_id)]


def pauses_within(connection: Connection, bounds: Iterable[tuple[datetime, datetime]]) -> dict[int, Pauses]:
    """When no runs are expected because of corrections, by SLO row: those that reach into any of some windows."""
    windows = list(bounds)
    if not windows:
        return {}
    since, until = min(start for start, _ in windows), max(end for _, end in windows)
    found: dict[int, list[Stretch]] = {}
    for slo_id, start, end in _within.all(connection, to_micros(until), to_micros(since)):
        found.setdefault(slo_id, []).append((start, end))
    return {slo_id: as_pauses(those) for slo_id, those in found.items()}


def is_dropped() -> ColumnElement[bool]:
    """Whether a correction drops a row of ``measurement``."""
    return (
        exists(select(literal(1)).select_from(dropped))
        .where(
            dropped.c.slo_id == measurement.c.slo_id,
            dropped.c.start < measurement.c.at,
            dropped.c.end >= measurement.c.at,
        )
        .correlate(measurement)
    )


def replace(connection: Connection, slo_id: int, held: Stretches) -> None:
    """Let these be all that is dropped of an SLO."""
    connection.execute(delete(dropped).where(dropped.c.slo_id == slo_id))
    if held:
        rows = [{"slo_id": slo_id, "start": start, "end": end} for start, end in held]
        connection.execute(insert(dropped), rows)
    connection.execute(update(slo).where(slo.c.id == slo_id).values(corrected=bool(held)))


def carry(connection: Connection, old_id: int, new_id: int) -> None:
    """Let corrections in force hold for a new generation too: maintenance on Sundays does not end with it."""
    names = [column.name for column in correction.columns if column.name not in ("id", "slo_id")]
    kept = select(literal(new_id), *(correction.c[name] for name in names)).where(
        correction.c.slo_id == old_id, correction.c.revoked_at.is_(None)
    )
    connection.execute(insert(correction).from_select(["slo_id", *names], kept))
    replace(connection, new_id, stretches(connection, old_id))
