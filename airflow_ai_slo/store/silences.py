"""How long to wait for data of each SLO, and which silences were told."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Dialect, Executable, Text, bindparam, cast, func, or_, select

from airflow_ai_slo.core.definition import SLO
from airflow_ai_slo.core.instants import from_micros, to_micros
from airflow_ai_slo.core.silence import REMEMBERED, is_told
from airflow_ai_slo.store.prepared import Prepared, json_values, upsert
from airflow_ai_slo.store.tables import run, silence, slo

_LOOK_AGAIN = -(2**62)


class Awaited(NamedTuple):
    """One SLO to be looked at.

    :param told: ``at`` of the newest run before the silence that was told; None where none was.
    """

    slo_id: int
    told: datetime | None


_put = upsert(silence)
_due = Prepared(
    ("at",),
    lambda _: select(silence.c.slo_id, silence.c.told).where(
        silence.c.due < bindparam("at"),
        or_(
            silence.c.told.is_(None),
            select(run.c.at)
            .where(run.c.slo_id == silence.c.slo_id, run.c.at > silence.c.told, run.c.at <= bindparam("at"))
            .exists(),
        ),
    ),
)


def due(connection: Connection, at: datetime) -> list[Awaited]:
    """SLOs whose data was awaited until before an instant, and those whose told silence has ended."""
    rows = _due.all(connection, to_micros(at))
    return [Awaited(slo_id, None if told is None else from_micros(told)) for slo_id, told in rows]


def keep(connection: Connection, rows: Iterable[tuple[int, datetime | None, datetime | None]]) -> None:
    """Write down until when data of an SLO row is awaited, None for ever, and which silence was told."""
    _put.many(connection, [(slo_id, _micros(until), _micros(told)) for slo_id, until, told in rows])


def begin(connection: Connection, slo_id: int, definition: SLO) -> None:
    """Look at an SLO anew, as its definition now says."""
    _put.run(connection, slo_id, _LOOK_AGAIN if is_told(definition) else None, None)


def end(connection: Connection, slo_id: int) -> None:
    """Wait for nothing more of a generation that ended."""
    connection.execute(silence.delete().where(silence.c.slo_id == slo_id))


def told(connection: Connection, ids: Collection[int]) -> dict[int, datetime]:
    """Since when there is no data of each of these SLO rows, where that was told and has not ended."""
    query = select(silence.c.slo_id, silence.c.told).where(silence.c.slo_id.in_(ids), silence.c.told.is_not(None))
    return {slo_id: from_micros(newest) for slo_id, newest in connection.execute(query).tuples()}


def newest_runs(connection: Connection, ids: Collection[int], at: datetime) -> dict[int, list[datetime]]:
    """The last runs of each SLO row up to an instant, oldest first; of those that have any."""
    rows = _newest.all(connection, json.dumps(list(ids)), to_micros(at))
    return {
        slo_id: [from_micros(moment) for moment in sorted(map(int, moments.split(",")))]
        for slo_id, moments in rows
        if moments
    }


def _build(dialect: Dialect) -> Executable:
    last = (
        select(run.c.at)
        .where(run.c.slo_id == slo.c.id, run.c.at <= bindparam("at"))
        .order_by(run.c.at.desc())
        .limit(REMEMBERED)
        .correlate(slo)
        .subquery("last")
    )
    joined: Any = (
        func.string_agg(cast(last.c.at, Text), ",")
        if dialect.name == "postgresql"
        else func.group_concat(last.c.at, ",")
    )
    return select(slo.c.id, select(joined).scalar_subquery()).where(slo.c.id.in_(json_values(dialect, "ids")))


_newest = Prepared(("ids", "at"), _build)


def _micros(at: datetime | None) -> int | None:
    return None if at is None else to_micros(at)
