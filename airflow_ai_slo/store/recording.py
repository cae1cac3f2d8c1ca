"""Measurements in: natural keys, upserts, and the sums kept in step."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Table, bindparam, update

from airflow_ai_slo.core.definition import SLO, Budgeting
from airflow_ai_slo.core.errors import MeasurementError
from airflow_ai_slo.core.instants import to_micros
from airflow_ai_slo.core.measurement import Cause, Measurement
from airflow_ai_slo.core.numbers import Exact
from airflow_ai_slo.core.tally import Tally
from airflow_ai_slo.store import arrivals, definitions, rollup
from airflow_ai_slo.store.absent import Expectation, find
from airflow_ai_slo.store.ahead import Found, Old, look
from airflow_ai_slo.store.arrivals import Arrivals
from airflow_ai_slo.store.prepared import Executor, Params, Prepared, Rows, upsert_each
from airflow_ai_slo.store.tables import day, measurement, run, settled, slo

_LARGEST = 2**62


class _Target(NamedTuple):
    """Where measurements of one SLO go."""

    slo_id: int
    slo: SLO
    scale: int
    arrivals: Arrivals | None
    settled_slot: int | None
    next_due: int | None

    @classmethod
    def of(cls, row: Any) -> _Target:
        slo_id, text, scale, anchor, settled_slot, next_due = row
        definition = definitions.parse(text)
        schedule = definition.schedule
        known = None if schedule is None else Arrivals(schedule, anchor, settled_slot)
        return cls(slo_id, definition, scale, known, settled_slot, next_due)


_rows, _settled_rows = Rows(measurement), Rows(settled)
_put_each = upsert_each(measurement, run, day)
_move_settled = Prepared(
    ("at", "slo_id", "from"),
    lambda _: (
        update(settled)
        .where(settled.c.slo_id == bindparam("slo_id"), settled.c.at == bindparam("from"))
        .values(at=bindparam("at"))
    ),
)
_add_bad = Prepared(
    ("turned", "slo_id"),
    lambda _: update(slo).where(slo.c.id == bindparam("slo_id")).values(bad_seq=slo.c.bad_seq + bindparam("turned")),
)


def record(connection: Executor, measurements: Sequence[Measurement], now: int, *, backfill: bool = False) -> int:
    """Write measurements; a key written again replaces, or is kept or compared, as its SLO's ``rerun`` says.

    :param now: when they came in, for those that do not say themselves.
    :param backfill: those that do not say when they came in are never late.
    :returns: how many changed counts, instant or cause; what else a rerun brings (value, attributes) is kept too.
    :raises UnknownSLOError: a measurement of an SLO that is not applied; nothing is written.
    """
    by_slo: dict[str, list[Measurement]] = {}
    for one in measurements:
        by_slo.setdefault(one.slo, []).append(one)
    # Locks are taken in one order by everybody, so that two writers never wait for each other.
    return sum(_record_one_slo(connection, name, by_slo[name], now, backfill) for name in sorted(by_slo))


def _record_one_slo(connection: Executor, name: str, given: Sequence[Measurement], now: int, backfill: bool) -> int:
    """How many changed counts, instant or cause."""
    keys = {one.key for one in given}
    since = to_micros(min([one.at for one in given]))
    found = look(connection, name, keys, since)
    if found is None:
        raise definitions.unknown([name], connection)
    target = _Target.of(found.slo)
    judged, anew, missed = _judged(connection, target, given, now, backfill)
    if missed:
        _record_one_slo(connection, name, missed, now, False)
        found = look(connection, name, keys, since) or found
        target = _Target.of(found.slo)
    absent = {} if target.arrivals is None else target.arrivals.missing_keys(judged)
    if _rescaled(connection, target, (*anew, *judged)) or anew or absent:
        keys.update((one.key for one in anew), *absent.values())
        found = look(connection, name, keys, since) or found
        target = _Target.of(found.slo)
    return _Batch(target, found, now).write(connection, judged, anew, absent)


def _judged(
    connection: Executor, target: _Target, given: Sequence[Measurement], now: int, backfill: bool
) -> tuple[Sequence[Measurement], Sequence[Measurement], Sequence[Measurement]]:
    """The measurements as they count, stored ones judged anew, and runs that were missing before these came in."""
    known, missed = target.arrivals, list[Measurement]()
    if known is None:
        return given, (), ()
    before = known.anchor
    if not known.has_begun:
        known.begin(connection, target.slo_id, given, now)
    overdue = known.overdue(given, now)
    if not overdue:
        return given, (), ()
    if target.next_due is not None and target.next_due < now:
        # What is missing weighs what was known before: it does not depend on when somebody evaluates.
        expectation = Expectation(target.slo_id, target.slo, target.scale, before, target.settled_slot)
        missed = find(connection, expectation, now, arrivals.pauses_of(connection, target.slo_id), overdue)
    judged, anew = known.judge(connection, target.slo_id, target.scale, given, now, overdue, backfill=backfill)
    return judged, anew, missed


class _Batch:
    """What measurements of one SLO change."""

    def __init__(self, target: _Target, found: Found, now: int) -> None:
        self._target = target
        self._found = found
        self._now = now
        self._tally = Tally.of(target.slo)
        self._written: dict[str, Params] = {}
        self._gone: dict[str, Old] = {}
        self._touched: dict[int, rollup.Change] = {}
        self._settled_at: dict[int, int] = {}
        self._moved: list[Params] = []
        self._changed = 0

    def write(
        self,
        connection: Executor,
        measurements: Sequence[Measurement],
        anew: Sequence[Measurement],
        absent: dict[str, tuple[str, ...]],
    ) -> int:
        """How many changed counts, instant or cause.

        :param anew: stored ones that are written first, whatever reruns may do.
        :param absent: by a measurement's key, those under which its run may be recorded as missing.
        """
        target, existing, written = self._target, self._found.existing, self._written
        for one in anew:
            self._take(_row(one, target, self._now), existing.get(one.key))
        for one in measurements:
            row, key = _row(one, target, self._now), one.key
            old = Old.of(written[key]) if key in written else existing.get(key)
            if old is not None and not _replaces(row, old, target.slo.rerun):
                continue
            self._take(row, old)
            if absent:
                self._replace_missing(row, absent.get(key, ()))
        if written:
            changes = rollup.changes(connection, target.slo_id, self._touched, self._tally, self._found.ahead)
            arrivals.drop.many(connection, [(target.slo_id, key) for key in self._gone])
            new = [row for key, row in written.items() if key not in existing]
            replaced = [row for key, row in written.items() if key in existing] if existing else []
            _write_rows(connection, new, replaced, changes)
            self._tell(connection, changes)
        return self._changed

    def _take(self, row: Params, old: Old | None) -> None:
        self._written[row[1]] = row
        if old is not None and old[:4] == (row[2], row[3], row[4], row[6]):
            return
        self._changed += 1
        if old is not None:
            self._touch(old.at, -old.good, -old.total, -1)
        self._touch(row[2], row[3], row[4], 1)
        if self._target.slo.watches_runs:
            at = self._tally.run_at(row[2])
            self._settled_at[at] = min(row[8], self._settled_at.get(at, row[8]))

    def _replace_missing(self, row: Params, keys: Sequence[str]) -> None:
        for key in keys:
            missing = self._found.existing.get(key)
            if missing is None or missing.cause != Cause.MISSING_RUN.value or key in self._gone:
                continue
            self._gone[key] = missing
            self._touch(missing.at, -missing.good, -missing.total, -1)
            if missing.at != row[2] and not self._tally.slice_micros:
                self._moved.append((row[2], self._target.slo_id, missing.at))

    def _touch(self, at: int, good: int, total: int, measurements: int) -> None:
        at = self._tally.run_at(at)
        found = self._touched.get(at)
        if found is not None:
            good, total, measurements = found[0] + good, found[1] + total, found[2] + measurements
        self._touched[at] = (good, total, measurements)

    def _tell(self, connection: Executor, changes: rollup.Changes) -> None:
        """Let the next evaluation know what it would not find by itself."""
        slo_id = self._target.slo_id
        if changes.turned_bad:
            _add_bad.run(connection, changes.turned_bad, slo_id)
        if self._settled_at:
            # A run that was missing until now has settled before.
            new = self._settled_at.keys() - {row[0] for row in self._moved}
            waiting = [(slo_id, at, self._settled(at)) for at in changes.behind if at in new]
            waiting += [(slo_id, at, self._settled_at[at]) for at in changes.again if at in new]
            _settled_rows.put(connection, waiting)
        _move_settled.many(connection, self._moved)

    def _settled(self, at: int) -> int:
        """When a new run settled: when it came in, or when its deadline had passed, whether or not somebody looked."""
        known = self._target.arrivals
        due = None if known is None or self._tally.slice_micros else known.due(at)
        return self._settled_at[at] if due is None else min(self._settled_at[at], due + 1)


def _write_rows(connection: Executor, new: list[Params], replaced: list[Params], changes: rollup.Changes) -> None:
    runs = [*changes.new_runs, *changes.runs] if len(new) + len(replaced) == 1 else ()
    if len(runs) == len(changes.days) == 1 and not changes.gone and connection.dialect.name == "postgresql":
        _put_each.run(connection, *(new or replaced)[0], *runs[0], *changes.days[0])
        return
    _rows.add(connection, new)
    _rows.put(connection, replaced)
    rollup.write(connection, changes)


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
    for rescale in _RESCALE if target.slo.budgeting is Budgeting.OCCURRENCES else _RESCALE_SLICES:
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
_RESCALE_SLICES = (_RESCALE[0], _rescaling(run, ("good", "total"), run.c.slo_id), _RESCALE[-1])
"""Sums of slices are in units of their own."""
