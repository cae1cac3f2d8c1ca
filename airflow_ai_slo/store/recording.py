"""Measurements in: natural keys, upserts, and the sums kept in step."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Table, bindparam, update

from airflow_ai_slo.core.errors import MeasurementError
from airflow_ai_slo.core.instants import to_micros
from airflow_ai_slo.core.measurement import Cause, Measurement
from airflow_ai_slo.core.numbers import Exact
from airflow_ai_slo.store import definitions, rollup
from airflow_ai_slo.store.ahead import Found, Old, look
from airflow_ai_slo.store.prepared import Executor, Params, Prepared, Rows, upsert_each
from airflow_ai_slo.store.tables import day, measurement, run, slo

_LARGEST = 2**62


class _Target(NamedTuple):
    """Where measurements of one SLO go."""

    slo_id: int
    objective: Fraction
    rerun: str
    scale: int

    @classmethod
    def of(cls, row: Any) -> _Target:
        return cls(row[0], _objective(row[1]), row[2], row[3])


_rows = Rows(measurement)
_put_each = upsert_each(measurement, run, day)
_add_bad = Prepared(
    ("turned", "slo_id"),
    lambda _: update(slo).where(slo.c.id == bindparam("slo_id")).values(bad_seq=slo.c.bad_seq + bindparam("turned")),
)


def record(connection: Executor, measurements: Sequence[Measurement], now: int) -> int:
    """Write measurements; a key written again replaces, or is kept or compared, as its SLO's ``rerun`` says.

    :param now: when they came in, for those that do not say themselves.
    :returns: how many changed counts, instant or cause; what else a rerun brings (value, attributes) is kept too.
    :raises UnknownSLOError: a measurement of an SLO that is not applied; nothing is written.
    """
    by_slo: dict[str, list[Measurement]] = {}
    for one in measurements:
        by_slo.setdefault(one.slo, []).append(one)
    # Locks are taken in one order by everybody, so that two writers never wait for each other.
    return sum(_record_one_slo(connection, name, by_slo[name], now) for name in sorted(by_slo))


def _record_one_slo(connection: Executor, name: str, measurements: list[Measurement], now: int) -> int:
    """How many changed counts, instant or cause."""
    keys = {one.key for one in measurements}
    since = to_micros(min([one.at for one in measurements]))
    found = look(connection, name, keys, since)
    if found is not None and _rescaled(connection, _Target.of(found.slo), measurements):
        found = look(connection, name, keys, since)
    if found is None:
        raise definitions.unknown([name], connection)
    return _write(connection, _Target.of(found.slo), found, measurements, now)


def _write(connection: Executor, target: _Target, found: Found, measurements: list[Measurement], now: int) -> int:
    existing = found.existing
    written: dict[str, Params] = {}
    touched: dict[int, rollup.Change] = {}
    changed = 0
    for one in measurements:
        row = _row(one, target, now)
        key = one.key
        if key in written:
            old: Old | None = Old.of(written[key])
        else:
            old = existing.get(key)
        if old is not None:
            if not _replaces(row, old, target.rerun):
                continue
            if old[:4] == (row[2], row[3], row[4], row[6]):
                written[key] = row
                continue
            _touch(touched, old.at, -old.good, -old.total, -1)
        written[key] = row
        _touch(touched, row[2], row[3], row[4], 1)
        changed += 1
    if written:
        changes = rollup.changes(connection, target.slo_id, touched, target.objective, found.ahead)
        new = [row for key, row in written.items() if key not in existing]
        replaced = [row for key, row in written.items() if key in existing] if existing else []
        _write_rows(connection, new, replaced, changes)
        if changes.turned_bad:
            _add_bad.run(connection, changes.turned_bad, target.slo_id)
    return changed


def _write_rows(connection: Executor, new: list[Params], replaced: list[Params], changes: rollup.Changes) -> None:
    runs = [*changes.new_runs, *changes.runs] if len(new) + len(replaced) == 1 else ()
    if len(runs) == len(changes.days) == 1 and not changes.gone and connection.dialect.name == "postgresql":
        _put_each.run(connection, *(new or replaced)[0], *runs[0], *changes.days[0])
        return
    _rows.add(connection, new)
    _rows.put(connection, replaced)
    rollup.write(connection, changes)


def _touch(touched: dict[int, rollup.Change], at: int, good: int, total: int, measurements: int) -> None:
    if at in touched:
        before = touched[at]
        good, total, measurements = before[0] + good, before[1] + total, before[2] + measurements
    touched[at] = (good, total, measurements)


def _row(one: Measurement, target: _Target, now: int) -> Params:
    """A row in the table's column order."""
    good, total, cause, came = one.good, one.total, one.cause, one.recorded_at
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
        None if cause is None else cause.value,
        json.dumps(dict(one.attributes)) if one.attributes else None,
        now if came is None else to_micros(came),
    )


def _replaces(row: Params, old: Old, rerun: str) -> bool:
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


@lru_cache(maxsize=1024)
def _objective(text: str) -> Fraction:
    return Fraction(text)


def _rescaled(connection: Executor, target: _Target, measurements: Sequence[Measurement]) -> bool:
    """Whether what is stored had to be brought to a scale at which every count is whole."""
    fractions = [n for one in measurements for n in (one.good, one.total) if type(n) is not int]
    scale = target.scale
    while any(scale % _denominator(number) for number in fractions):
        scale *= 10
    if scale == target.scale:
        return False
    factor = scale // target.scale
    if rollup.largest(connection, target.slo_id) * factor > rollup.LARGEST:
        raise MeasurementError(
            f"{measurements[0].slo}: its counts are too large to be kept beside fractions; record in a larger unit"
        )
    for rescale in _RESCALE:
        rescale.run(connection, factor, target.slo_id)
    return True


def _denominator(number: Exact) -> int:
    return number.denominator


def _rescaling(table: Table, columns: Collection[str], slo_id: ColumnElement[int]) -> Prepared:
    changed = {column: table.c[column] * bindparam("factor", type_=BigInteger) for column in columns}
    return Prepared(("factor", "row"), lambda _: update(table).where(slo_id == bindparam("row")).values(changed))


_RESCALE = (
    _rescaling(measurement, ("good", "total"), measurement.c.slo_id),
    _rescaling(run, ("good", "total", "sum_good", "sum_total"), run.c.slo_id),
    _rescaling(day, ("sum_good", "sum_total"), day.c.slo_id),
    _rescaling(slo, ("scale",), slo.c.id),
)
