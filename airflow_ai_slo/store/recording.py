"""Measurements in: natural keys, upserts, and the sums kept in step."""

from __future__ import annotations

import json
from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Dialect, String, bindparam, cast, func, select, update
from sqlalchemy.dialects.postgresql import JSONB

from airflow_ai_slo.core.errors import MeasurementError
from airflow_ai_slo.core.instants import to_micros
from airflow_ai_slo.core.measurement import Cause, Measurement
from airflow_ai_slo.core.numbers import Exact
from airflow_ai_slo.store import definitions, rollup
from airflow_ai_slo.store.prepared import Params, Prepared, fetched, together, upsert
from airflow_ai_slo.store.tables import day, measurement, run, slo

_LARGEST = 2**62


class _Target(NamedTuple):
    """Where measurements of one SLO go."""

    slo_id: int
    objective: Fraction
    rerun: str
    scale: int


class _Old(NamedTuple):
    at: int
    good: int
    total: int
    cause: str | None
    recorded_at: int


def _key_among(dialect: Dialect) -> ColumnElement[bool]:
    """Keys given as one JSON array: one statement however many there are."""
    keys = bindparam("keys", type_=String)
    if dialect.name == "postgresql":
        return measurement.c.key.in_(select(func.jsonb_array_elements_text(cast(keys, JSONB))))
    return measurement.c.key.in_(select(func.json_each(keys).table_valued("value").c.value))


_put = upsert(measurement)
_find_slo = Prepared(
    ("name",),
    lambda dialect: (
        select(slo.c.id, slo.c.objective, slo.c.rerun, slo.c.scale)
        .where(slo.c.name == bindparam("name"), slo.c.active)
        .with_for_update(key_share=True)
    ),
)
_existing_query = select(*(measurement.c[name] for name in ("key", *_Old._fields))).where(
    measurement.c.slo_id == bindparam("slo_id")
)
_find_one = Prepared(("slo_id", "key"), lambda _: _existing_query.where(measurement.c.key == bindparam("key")))
_find_many = Prepared(("slo_id", "keys"), lambda dialect: _existing_query.where(_key_among(dialect)))
_add_bad = Prepared(
    ("turned", "slo_id"),
    lambda _: update(slo).where(slo.c.id == bindparam("slo_id")).values(bad_seq=slo.c.bad_seq + bindparam("turned")),
)


def record(connection: Connection, measurements: Sequence[Measurement], now: int) -> int:
    """Write measurements; a key written again replaces, or is kept or compared, as its SLO's ``rerun`` says.

    :param now: when they came in, for those that do not say themselves.
    :returns: how many changed counts, instant or cause; what else a rerun brings (value, attributes) is kept too.
    :raises UnknownSLOError: a measurement of an SLO that is not applied; nothing is written.
    """
    by_slo: dict[str, list[Measurement]] = {}
    for one in measurements:
        by_slo.setdefault(one.slo, []).append(one)
    written = 0
    # Locks are taken in one order by everybody, so that two writers never wait for each other.
    for name in sorted(by_slo):
        with together(connection):
            count = _record_one_slo(connection, name, by_slo[name], now)
        if count is None:
            raise definitions.unknown([name], connection)
        written += count
    return written


def _record_one_slo(connection: Connection, name: str, measurements: list[Measurement], now: int) -> int | None:
    """How many changed counts, instant or cause; None where no such SLO is applied."""
    # Asked twice, because one that waited for a new generation finds the old row ended and the new one not yet there.
    rows = _find_slo.all(connection, name) or _find_slo.all(connection, name)
    if not rows:
        return None
    target = _Target(rows[0][0], _objective(rows[0][1]), rows[0][2], rows[0][3])
    target = _with_scale(connection, target, measurements)
    existing = _start_existing(connection, target.slo_id, measurements)
    ahead = rollup.read_ahead(connection, target.slo_id, to_micros(min(one.at for one in measurements)))
    known = {row[0]: _Old(*row[1:]) for row in fetched(existing)}
    written: dict[str, Params] = {}
    touched: dict[int, rollup.Change] = {}
    changed = 0
    for one in measurements:
        row = _row(one, target, now)
        old = known.get(one.key)
        if old is not None and not _replaces(row, old, target.rerun):
            continue
        written[one.key] = row
        if old is not None and old[:4] == (row[2], row[3], row[4], row[6]):
            continue
        if old is not None:
            _touch(touched, old.at, -old.good, -old.total, -1)
        _touch(touched, row[2], row[3], row[4], 1)
        changed += 1
        if len(measurements) > 1:
            known[one.key] = _Old(row[2], row[3], row[4], row[6], row[8])
    if written:
        changes = rollup.changes(connection, target.slo_id, touched, target.objective, ahead)
        _put.many(connection, list(written.values()))
        rollup.write(connection, changes)
        if changes.turned_bad:
            _add_bad.run(connection, changes.turned_bad, target.slo_id)
    return changed


def _touch(touched: dict[int, rollup.Change], at: int, good: int, total: int, measurements: int) -> None:
    found = touched.get(at)
    if found is not None:
        good, total, measurements = found[0] + good, found[1] + total, found[2] + measurements
    touched[at] = (good, total, measurements)


def _row(one: Measurement, target: _Target, now: int) -> Params:
    """A row in the table's column order."""
    good, total = one.good, one.total
    if target.scale != 1 or type(good) is not int or type(total) is not int:
        good, total = int(good * target.scale), int(total * target.scale)
    if total > _LARGEST:
        raise MeasurementError(f"{one.slo}: total={one.total} is too large to be counted; record in a larger unit")
    return (
        target.slo_id,
        one.key,
        to_micros(one.at),
        good,
        total,
        one.value,
        None if one.cause is None else one.cause.value,
        json.dumps(dict(one.attributes)) if one.attributes else None,
        now if one.recorded_at is None else to_micros(one.recorded_at),
    )


def _replaces(row: Params, old: _Old, rerun: str) -> bool:
    """Whether a rerun's counts take the place of those already there.

    What came in earlier never replaces what came in later, so a spool that is replayed late undoes nothing.
    """
    if old.cause == Cause.MISSING_RUN.value:
        return True
    if rerun == "replace":
        return bool(row[8] >= old.recorded_at)
    if rerun == "first":
        return bool(row[8] < old.recorded_at)
    new, kept = row[3] * old.total, old.good * row[4]
    return bool(new < kept or (new == kept and row[4] > old.total))


def _start_existing(connection: Connection, slo_id: int, measurements: Sequence[Measurement]) -> Any:
    """Ask what is stored under these keys."""
    if len(measurements) == 1:
        return _find_one.start(connection, slo_id, measurements[0].key)
    return _find_many.start(connection, slo_id, json.dumps(list({one.key for one in measurements})))


@lru_cache(maxsize=1024)
def _objective(text: str) -> Fraction:
    return Fraction(text)


def _with_scale(connection: Connection, target: _Target, measurements: Sequence[Measurement]) -> _Target:
    """The target with a scale at which every count is whole; what is stored is brought to it first."""
    fractions = [n for one in measurements for n in (one.good, one.total) if type(n) is not int]
    scale = target.scale
    while any(scale % _denominator(number) for number in fractions):
        scale *= 10
    if scale == target.scale:
        return target
    factor = scale // target.scale
    if rollup.largest(connection, target.slo_id) * factor > rollup.LARGEST:
        raise MeasurementError(
            f"{measurements[0].slo}: its counts are too large to be kept beside fractions; record in a larger unit"
        )
    for table, columns in _SCALED:
        changed = {column: table.c[column] * factor for column in columns}
        connection.execute(update(table).where(table.c.slo_id == target.slo_id).values(changed))
    connection.execute(update(slo).where(slo.c.id == target.slo_id).values(scale=scale))
    return target._replace(scale=scale)


def _denominator(number: Exact) -> int:
    return number.denominator


_SCALED = (
    (measurement, ("good", "total")),
    (run, ("good", "total", "sum_good", "sum_total")),
    (day, ("sum_good", "sum_total")),
)
