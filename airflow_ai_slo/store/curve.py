"""Sums up to many instants at once, in one statement."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Connection, Dialect, Executable, String, bindparam, cast, func, literal, select
from sqlalchemy.dialects.postgresql import JSONB

from airflow_ai_slo.core.instants import DAY, from_micros, to_micros
from airflow_ai_slo.store.counting import Prefix
from airflow_ai_slo.store.prepared import Prepared, json_values
from airflow_ai_slo.store.tables import day, run, slo

_SUMS = ("sum_good", "sum_total", "sum_bad", "sum_runs")


def prefixes(connection: Connection, instants: Collection[datetime], ids: Collection[int]) -> dict[datetime, Prefix]:
    """For each instant, sums of everything up to and including it, by SLO row: what ``counting.prefix`` gives."""
    found: dict[int, dict[int, Any]] = {to_micros(at): {} for at in instants}
    for at, *row in _query.all(connection, json.dumps(sorted(found)), json.dumps(sorted(ids))):
        found[at][row[0]] = row
    return {from_micros(at): rows for at, rows in found.items()}


def _build(dialect: Dialect) -> Executable:
    given = bindparam("instants", type_=String)
    if dialect.name == "postgresql":
        texts = func.jsonb_array_elements_text(cast(given, JSONB)).table_valued("value").render_derived()
        moments = select(cast(texts.c.value, BigInteger).label("at")).subquery("moments")
    else:
        moments = select(func.json_each(given).table_valued("value").c.value.label("at")).subquery("moments")
    earlier_day, earlier_run = day.alias("earlier_day"), run.alias("earlier_run")
    number = (moments.c.at - 1) // DAY
    last_day = (
        select(func.max(earlier_day.c.day))
        .where(earlier_day.c.slo_id == slo.c.id, earlier_day.c.day < number)
        .correlate(slo, moments)
        .scalar_subquery()
    )
    last_run = (
        select(func.max(earlier_run.c.at))
        .where(earlier_run.c.slo_id == slo.c.id, earlier_run.c.at > number * DAY, earlier_run.c.at <= moments.c.at)
        .correlate(slo, moments)
        .scalar_subquery()
    )
    sums = [func.coalesce(day.c[name], literal(0)) + func.coalesce(run.c[name], literal(0)) for name in _SUMS]
    joined = (
        slo.join(moments, literal(True))
        .outerjoin(day, (day.c.slo_id == slo.c.id) & (day.c.day == last_day))
        .outerjoin(run, (run.c.slo_id == slo.c.id) & (run.c.at == last_run))
    )
    return select(moments.c.at, slo.c.id, *sums).select_from(joined).where(slo.c.id.in_(json_values(dialect, "ids")))


_query = Prepared(("instants", "ids"), _build)
