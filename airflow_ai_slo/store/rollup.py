"""Running sums kept in step with every write, so that any window is the difference of two look-ups.

``run`` holds each distinct instant with sums from the start of its UTC day; ``day`` holds sums of everything up to the
end of each day. A late write moves the rest of its day and the days after it, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, NamedTuple, cast

from sqlalchemy import BigInteger, ColumnElement, Connection, Select, bindparam, delete, func, select

from airflow_ai_slo.core.errors import MeasurementError
from airflow_ai_slo.core.instants import DAY, day_of
from airflow_ai_slo.core.tally import Tally
from airflow_ai_slo.store.prepared import Executor, Prepared, Rows
from airflow_ai_slo.store.tables import day, run


class Sums(NamedTuple):
    """Scaled good and total, bad runs and runs, of some stretch."""

    good: int = 0
    total: int = 0
    bad: int = 0
    runs: int = 0

    def plus(self, other: Sums) -> Sums:
        return Sums(self[0] + other[0], self[1] + other[1], self[2] + other[2], self[3] + other[3])


_ZERO = Sums()
_NOTHING = (0, 0, 0)
_NO_DAY = -(2**62)
LARGEST = 2**63 - 1
"""What a database's integers hold; sums of everything an SLO ever counted must fit."""


Change = tuple[int, int, int]
"""What a batch of measurements changes at one instant: scaled good and total, and how many measurements."""


@dataclass(slots=True)
class Changes:
    """Rows to be written for a batch, in the tables' column order.

    :param new_runs: those of instants at which there was none.
    :param turned_bad: how many runs turned bad.
    :param behind: runs that are new although a later one was there.
    :param again: runs that were there and turned bad.
    :param created: runs that are new, and the newest of their day.
    """

    new_runs: list[tuple[Any, ...]] = field(default_factory=list)
    runs: list[tuple[Any, ...]] = field(default_factory=list)
    gone: list[tuple[int, int]] = field(default_factory=list)
    days: list[tuple[Any, ...]] = field(default_factory=list)
    turned_bad: int = 0
    behind: list[int] = field(default_factory=list)
    again: list[int] = field(default_factory=list)
    created: list[int] = field(default_factory=list)


def runs_query(slo_id: ColumnElement[int]) -> Select[Any]:
    """Runs of a day from ``since`` on, and the one before if it lies in the day."""
    alias = run.alias("earlier_run")
    earlier = (
        select(func.max(alias.c.at))
        .where(alias.c.slo_id == slo_id, alias.c.at < bindparam("since"), alias.c.at > bindparam("start"))
        .scalar_subquery()
    )
    return select(*(column for column in run.columns if column is not run.c.slo_id)).where(
        run.c.slo_id == slo_id,
        run.c.at >= func.coalesce(earlier, bindparam("since")),
        run.c.at <= bindparam("end"),
    )


def days_query(slo_id: ColumnElement[int]) -> Select[Any]:
    """Days from ``since_day`` on, and the one before."""
    alias = day.alias("earlier_day")
    earlier = (
        select(func.max(alias.c.day))
        .where(alias.c.slo_id == slo_id, alias.c.day < bindparam("since_day"))
        .scalar_subquery()
    )
    return select(*(column for column in day.columns if column is not day.c.slo_id)).where(
        day.c.slo_id == slo_id, day.c.day >= func.coalesce(earlier, bindparam("since_day"))
    )


_id = bindparam("slo_id", type_=BigInteger)
_read_runs = Prepared(("slo_id", "since", "start", "end"), lambda _: runs_query(_id).order_by(run.c.at))
_read_days = Prepared(("slo_id", "since_day"), lambda _: days_query(_id).order_by(day.c.day))
_largest = Prepared(("slo_id",), lambda _: select(func.max(day.c.sum_total)).where(day.c.slo_id == bindparam("slo_id")))
_run_rows, _day_rows = Rows(run), Rows(day)
_drop_run = Prepared(
    ("slo_id", "at"),
    lambda _: delete(run).where(run.c.slo_id == bindparam("slo_id"), run.c.at == bindparam("at")),
)


class Ahead(NamedTuple):
    """What was read before it was certain that it is needed, in order.

    :param runs: of the day of an instant, from ``at`` on.
    :param days: from that day on.
    """

    at: int
    runs: Sequence[Any]
    days: Sequence[Any]


def changes(
    connection: Executor,
    slo_id: int,
    touched: Mapping[int, Change],
    tally: Tally,
    ahead: Ahead | None = None,
) -> Changes:
    """What a batch changes in the sums of one SLO; nothing is written yet.

    :param touched: by run, what changes there.
    :param tally: how runs enter the sums.
    :param ahead: used where it fits.
    """
    result, deltas = Changes(), dict[int, Sums]()
    for number, instants in groupby(sorted(touched), key=day_of):
        within = list(instants)
        rows = _runs_from(connection, slo_id, within[0], ahead)
        delta = _rewrite_day(rows, slo_id, within, touched, tally, result)
        if any(delta):
            deltas[number] = delta
    if deltas:
        stored = _days_from(connection, slo_id, min(deltas), ahead)
        newest = max((row[0] for row in stored), default=_NO_DAY)
        result.behind += [at for at in result.created if day_of(at) < newest]
        result.days = _moved_days(stored, slo_id, deltas)
    return result


def largest(connection: Executor, slo_id: int) -> int:
    """The largest sum kept of an SLO."""
    return _largest.all(connection, slo_id)[0][0] or 0


def write(connection: Executor, changes: Changes) -> None:
    """Write what :func:`changes` found."""
    _drop_run.many(connection, changes.gone)
    _run_rows.add(connection, changes.new_runs)
    _run_rows.put(connection, changes.runs)
    _day_rows.put(connection, changes.days)


def rejudge(connection: Connection, slo_id: int, tally: Tally) -> None:
    """Judge every run of an SLO again, under another objective."""
    at, good, total, bad = run.c.at, run.c.good, run.c.total, run.c.bad
    stored = connection.execute(select(at, good, total, bad).where(run.c.slo_id == slo_id)).all()
    turned = {row[0]: (0, 0, 0) for row in stored if tally.entry(row[1], row[2]).bad != row[3]}
    write(connection, changes(connection, slo_id, turned, tally))


def _runs_from(connection: Executor, slo_id: int, at: int, ahead: Ahead | None) -> Sequence[Any]:
    number = day_of(at)
    if ahead is not None and ahead.at <= at and day_of(ahead.at) == number:
        return ahead.runs
    return _read_runs.all(connection, slo_id, at, number * DAY, (number + 1) * DAY)


def _days_from(connection: Executor, slo_id: int, number: int, ahead: Ahead | None) -> Sequence[Any]:
    if ahead is not None and day_of(ahead.at) <= number:
        return ahead.days
    return _read_days.all(connection, slo_id, number)


def _rewrite_day(
    rows: Sequence[Any],
    slo_id: int,
    instants: Sequence[int],
    touched: Mapping[int, Change],
    tally: Tally,
    result: Changes,
) -> Sums:
    """Rewrite the day's rows from the first touched one on; returns what changes in the day as a whole.

    :param instants: those of the day that are touched, in order.
    """
    first, entry = instants[0], _entries(tally)
    sums, stored = _ZERO, {}
    for row in rows:
        if row[0] < first:
            sums = Sums(*row[5:9])
        else:
            stored[row[0]] = row
    newest = max(stored, default=first - 1)
    sum_good, sum_total, sum_bad, sum_runs = sums
    change_good = change_total = change_bad = change_runs = 0
    for at in sorted(stored.keys() | set(instants)) if stored else instants:
        good, total, bad, count = stored[at][1:5] if at in stored else (0, 0, 0, 0)
        counted_good, counted_total, _ = entry(good, total)
        if at in touched:
            more_good, more_total, more = touched[at]
            was_good, was_total, was_bad, was_there = counted_good, counted_total, bad, count > 0
            good, total, count = good + more_good, total + more_total, count + more
            counted_good, counted_total, bad = entry(good, total) if count else _NOTHING
            change_good, change_total = change_good + counted_good - was_good, change_total + counted_total - was_total
            change_bad, change_runs = change_bad + bad - was_bad, change_runs + (count > 0) - was_there
            if not was_there and count:
                (result.behind if at < newest else result.created).append(at)
            elif bad > was_bad:
                result.again.append(at)
            result.turned_bad += bad > was_bad
        if count:
            sum_good, sum_total = sum_good + counted_good, sum_total + counted_total
            sum_bad, sum_runs = sum_bad + bad, sum_runs + 1
            written = result.runs if at in stored else result.new_runs
            written.append((slo_id, at, good, total, bad, count, sum_good, sum_total, sum_bad, sum_runs))
        else:
            result.gone.append((slo_id, at))
    return Sums(change_good, change_total, change_bad, change_runs)


def _entries(tally: Tally) -> Callable[[int, int], tuple[int, int, int]]:
    """:meth:`Tally.entry` of whole counts; the usual case is spelt out, since bulk recording asks once a row."""
    if tally.slice_micros:
        return cast("Callable[[int, int], tuple[int, int, int]]", tally.entry)
    numerator, denominator = tally.threshold.numerator, tally.threshold.denominator
    return lambda good, total: (good, total, int(good * denominator < total * numerator))


def _moved_days(stored_rows: Sequence[Any], slo_id: int, deltas: Mapping[int, Sums]) -> list[tuple[Any, ...]]:
    """Add each day's change to its own sums and to those of every later day."""
    first = min(deltas)
    base, stored = _ZERO, {}
    for row in stored_rows:
        if row[0] < first:
            base = Sums(*row[1:5])
        else:
            stored[row[0]] = Sums(*row[1:5])
    rows: list[tuple[Any, ...]] = []
    moved = _ZERO
    for number in sorted(stored.keys() | deltas.keys()):
        base = stored.get(number, base)
        moved = moved.plus(deltas.get(number, _ZERO))
        rows.append((slo_id, number, *base.plus(moved)))
    if rows and rows[-1][3] > LARGEST:
        raise MeasurementError("counts are too large to be added up; record in a larger unit")
    return rows
