"""Measurements in: natural keys, upserts, and the sums kept in step."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, select, update

from airflow_ai_slo.core.definition import SLO, Budgeting
from airflow_ai_slo.core.errors import MeasurementError
from airflow_ai_slo.core.instants import to_micros
from airflow_ai_slo.core.measurement import Cause, Measurement
from airflow_ai_slo.core.numbers import Exact
from airflow_ai_slo.core.tally import Tally
from airflow_ai_slo.store import arrivals, definitions, rollup
from airflow_ai_slo.store.arrivals import Arrivals
from airflow_ai_slo.store.prepared import Params, Prepared, fetched, json_values, together, upsert
from airflow_ai_slo.store.tables import day, measurement, run, settled, slo

_LARGEST = 2**62


class _Target(NamedTuple):
    """Where measurements of one SLO go."""

    slo_id: int
    slo: SLO
    scale: int
    arrivals: Arrivals | None


class _Old(NamedTuple):
    at: int
    good: int
    total: int
    cause: str | None
    recorded_at: int


_put = upsert(measurement)
_put_settled = upsert(settled)
_find_slo = Prepared(
    ("name",),
    lambda dialect: (
        select(slo.c.id, slo.c.definition, slo.c.scale, slo.c.anchor, slo.c.settled_slot)
        .where(slo.c.name == bindparam("name"), slo.c.active)
        .with_for_update(key_share=True)
    ),
)
_existing_query = select(*(measurement.c[name] for name in ("key", *_Old._fields))).where(
    measurement.c.slo_id == bindparam("slo_id")
)
_find_one = Prepared(("slo_id", "key"), lambda _: _existing_query.where(measurement.c.key == bindparam("key")))
_find_many = Prepared(
    ("slo_id", "keys"),
    lambda dialect: _existing_query.where(measurement.c.key.in_(json_values(dialect, "keys", numbers=False))),
)
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


def _record_one_slo(connection: Connection, name: str, given: Sequence[Measurement], now: int) -> int | None:
    """How many changed counts, instant or cause; None where no such SLO is applied."""
    # Asked twice, because one that waited for a new generation finds the old row ended and the new one not yet there.
    rows = _find_slo.all(connection, name) or _find_slo.all(connection, name)
    if not rows:
        return None
    target = _target(rows[0])
    measurements, anew = _judged(connection, target, given, now)
    target = _with_scale(connection, target, measurements)
    absent = _absent(target, measurements)
    tally = Tally.of(target.slo)
    existing = _start_existing(connection, target.slo_id, measurements, absent.values())
    since = min([tally.run_at(to_micros(one.at)) for one in measurements])
    ahead = rollup.read_ahead(connection, target.slo_id, since)
    known = {row[0]: _Old(*row[1:]) for row in fetched(existing)}
    batch = _Batch(target, tally)
    for one in measurements:
        row = _row(one, target, now)
        old = known.get(one.key)
        if old is not None and one.key not in anew and not _replaces(row, old, target.slo.rerun):
            continue
        batch.write(row, old)
        missing = known.pop(absent[one.key], None) if one.key in absent else None
        if missing is not None:
            batch.replace_missing(row, absent[one.key], missing)
        if len(measurements) > 1:
            known[one.key] = _Old(row[2], row[3], row[4], row[6], row[8])
    if batch.written:
        _write(connection, batch, rollup.changes(connection, target.slo_id, batch.touched, tally, ahead))
    return batch.changed


def _target(row: Any) -> _Target:
    slo_id, text, scale, anchor, settled_slot = row
    definition = definitions.parse(text)
    schedule = definition.schedule
    expects = schedule is not None and schedule.deadline is not None
    return _Target(
        slo_id, definition, scale, Arrivals(schedule, anchor, settled_slot) if expects and schedule else None
    )


def _judged(
    connection: Connection, target: _Target, measurements: Sequence[Measurement], now: int
) -> tuple[Sequence[Measurement], set[str]]:
    if target.arrivals is None:
        return measurements, set()
    return target.arrivals.judge(connection, target.slo_id, target.scale, measurements, now)


def _absent(target: _Target, measurements: Sequence[Measurement]) -> dict[str, str]:
    """By a measurement's key, the one under which its run may have been recorded as missing."""
    if target.arrivals is None:
        return {}
    keys = ((one.key, target.arrivals.missing_key(one)) for one in measurements)
    return {key: missing for key, missing in keys if missing is not None}


class _Batch:
    """What measurements of one SLO change."""

    def __init__(self, target: _Target, tally: Tally) -> None:
        self.target = target
        self.written: dict[str, Params] = {}
        self.touched: dict[int, rollup.Change] = {}
        self.gone: list[Params] = []
        self.settled_at: dict[int, int] = {}
        self.changed = 0
        self._run_at = tally.run_at

    def write(self, row: Params, old: _Old | None) -> None:
        """One measurement, and what was under its key."""
        self.written[row[1]] = row
        if old is not None and old[:4] == (row[2], row[3], row[4], row[6]):
            return
        if old is not None:
            self._touch(old.at, -old.good, -old.total, -1)
        self._touch(row[2], row[3], row[4], 1)
        self.changed += 1
        if self.target.slo.watches_runs:
            run_at = self._run_at(row[2])
            self.settled_at[run_at] = min(row[8], self.settled_at.get(run_at, row[8]))

    def replace_missing(self, row: Params, key: str, missing: _Old) -> None:
        """The run of this measurement was missing until now: it has settled before."""
        self.gone.append((self.target.slo_id, key))
        self._touch(missing.at, -missing.good, -missing.total, -1)
        self.settled_at.pop(self._run_at(row[2]), None)

    def _touch(self, at: int, good: int, total: int, measurements: int) -> None:
        at = self._run_at(at)
        found = self.touched.get(at)
        if found is not None:
            good, total, measurements = found[0] + good, found[1] + total, found[2] + measurements
        self.touched[at] = (good, total, measurements)


def _write(connection: Connection, batch: _Batch, changes: rollup.Changes) -> None:
    slo_id = batch.target.slo_id
    arrivals.drop.many(connection, batch.gone)
    _put.many(connection, list(batch.written.values()))
    rollup.write(connection, changes)
    if changes.turned_bad:
        _add_bad.run(connection, changes.turned_bad, slo_id)
    waiting = [(slo_id, at, batch.settled_at[at]) for at in (*changes.behind, *changes.again) if at in batch.settled_at]
    _put_settled.many(connection, waiting)


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


def _start_existing(
    connection: Connection, slo_id: int, measurements: Sequence[Measurement], absent: Collection[str]
) -> Any:
    """Ask what is stored under these keys."""
    if len(measurements) == 1 and not absent:
        return _find_one.start(connection, slo_id, measurements[0].key)
    return _find_many.start(connection, slo_id, json.dumps(list({one.key for one in measurements}.union(absent))))


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
    sums_too = target.slo.budgeting is Budgeting.OCCURRENCES
    for table, columns in _SCALED:
        changed = {column: table.c[column] * factor for column in columns if sums_too or not column.startswith("sum_")}
        if not changed:
            continue
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
