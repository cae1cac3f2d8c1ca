"""How far Airflow's record has been measured, and what is stored of it."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, select

from airflow_ai_slo.core.measurement import Cause, Measurement
from airflow_ai_slo.store import arrivals
from airflow_ai_slo.store.prepared import Prepared, Rows, json_values
from airflow_ai_slo.store.tables import measurement, reconciled

_ROW = ("key", "at", "good", "total", "value", "attributes", "recorded_at", "cause")
_rows = Rows(reconciled)
_of_keys = Prepared(
    ("slo_id", "keys"),
    lambda dialect: select(*(measurement.c[name] for name in _ROW)).where(
        measurement.c.slo_id == bindparam("slo_id"), measurement.c.key.in_(json_values(dialect, "keys", numbers=False))
    ),
)
_newest = Prepared(
    ("slo_id", "many"),
    lambda _: (
        select(measurement.c.key)
        .where(measurement.c.slo_id == bindparam("slo_id"))
        .order_by(measurement.c.at.desc())
        .limit(bindparam("many"))
    ),
)
_missing = Prepared(
    ("slo_id", "since", "until"),
    lambda _: select(*(measurement.c[name] for name in _ROW)).where(
        measurement.c.slo_id == bindparam("slo_id"),
        measurement.c.cause == Cause.MISSING_RUN.value,
        measurement.c.at >= bindparam("since"),
        measurement.c.at < bindparam("until"),
    ),
)


class Reach(NamedTuple):
    """How far the record of one DAG has been measured for one SLO; microseconds.

    :param since: runs from here on.
    :param read_until: the newest change of a run that was seen; None where there was none.
    :param slots_until: expected slots up to here were looked at.
    """

    since: int
    read_until: int | None
    slots_until: int


def reaches(connection: Connection, slo_id: int) -> dict[str, Reach]:
    """By DAG."""
    columns = (reconciled.c.dag_id, reconciled.c.since, reconciled.c.read_until, reconciled.c.slots_until)
    rows = connection.execute(select(*columns).where(reconciled.c.slo_id == slo_id))
    return {dag_id: Reach(*values) for dag_id, *values in rows}


def keep(connection: Connection, slo_id: int, reached: Mapping[str, Reach]) -> None:
    """Remember how far DAGs were measured."""
    _rows.put(connection, [(slo_id, dag_id, *reach) for dag_id, reach in sorted(reached.items())])


def stored(connection: Connection, slo_id: int, name: str, scale: int, keys: Collection[str]) -> dict[str, Measurement]:
    """What is stored under keys, as it was measured before it was judged late."""
    rows = _of_keys.all(connection, slo_id, json.dumps(list(keys)))
    return {row[0]: arrivals.as_measured(row, name, scale) for row in rows}


def newest_keys(connection: Connection, slo_id: int, many: int = 200) -> list[str]:
    """Keys of the newest measurements, by ``at``."""
    return [key for (key,) in _newest.all(connection, slo_id, many)]


def missing(connection: Connection, slo_id: int, name: str, scale: int, since: int, until: int) -> list[Measurement]:
    """Missing runs with ``at`` in ``[since, until)``."""
    rows = _missing.all(connection, slo_id, since, until)
    return [arrivals.as_measured(row, name, scale) for row in rows]
