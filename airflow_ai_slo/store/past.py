"""Runs of the past as they count: missing ones in, corrected ones out."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from typing import TYPE_CHECKING

from sqlalchemy import select

from airflow_ai_slo.core.instants import to_micros
from airflow_ai_slo.core.numbers import narrow, parts
from airflow_ai_slo.core.suggesting import Ran
from airflow_ai_slo.core.tally import Tally
from airflow_ai_slo.store.definitions import Stored
from airflow_ai_slo.store.tables import run

if TYPE_CHECKING:
    from sqlalchemy import Connection


def runs(connection: Connection, stored: Stored, start: datetime, end: datetime) -> list[Ran]:
    """The runs (or slices) of ``(start, end]``, oldest first, in the unit in which the SLO's budget is counted."""
    query = (
        select(run.c.at, run.c.good, run.c.total)
        .where(run.c.slo_id == stored.slo_id, run.c.at > to_micros(start), run.c.at <= to_micros(end))
        .order_by(run.c.at)
    )
    tally, unit = Tally.of(stored.slo), stored.unit
    found = []
    for at, good, total in connection.execute(query):
        entry = tally.entry(good, total)
        found.append(Ran(at, narrow(Fraction(parts(entry.good, unit))), narrow(Fraction(parts(entry.total, unit)))))
    return found
