"""When each SLO was last measured, and when it was last evaluated."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, and_, bindparam, or_, select

from airflow_ai_slo.core.instants import from_micros, to_micros
from airflow_ai_slo.core.measurement import Cause
from airflow_ai_slo.store.prepared import Prepared
from airflow_ai_slo.store.tables import evaluation, measurement, slo


class Newest(NamedTuple):
    """The newest instants of one SLO; None where there is none.

    :param measured: ``at`` of the newest measurement that came in; a run that is missing is none.
    :param evaluated: the instant that the last evaluation decided at.
    """

    measured: datetime | None
    evaluated: datetime | None


def newest(connection: Connection, at: datetime) -> dict[int, Newest]:
    """By the row of every active SLO.

    :param at: measurements of later intervals are yet to come.
    """
    rows = _newest.all(connection, to_micros(at), Cause.MISSING_RUN.value)
    return {slo_id: Newest(_instant(measured), _instant(evaluated)) for slo_id, evaluated, measured in rows}


def _instant(micros: int | None) -> datetime | None:
    return None if micros is None else from_micros(micros)


_last = (
    select(measurement.c.at)
    .where(
        and_(
            measurement.c.slo_id == slo.c.id,
            measurement.c.at <= bindparam("at"),
            or_(measurement.c.cause.is_(None), measurement.c.cause != bindparam("missing")),
        )
    )
    .order_by(measurement.c.at.desc())
    .limit(1)
    .correlate(slo)
    .scalar_subquery()
)
_newest = Prepared(
    ("at", "missing"),
    lambda _: (
        select(slo.c.id, evaluation.c.at, _last)
        .select_from(slo.outerjoin(evaluation, evaluation.c.slo_id == slo.c.id))
        .where(slo.c.active)
    ),
)
