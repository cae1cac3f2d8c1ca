"""Running sums kept in step with every write, so that any window is the difference of two look-ups.

``run`` holds each distinct instant with sums from the start of its UTC day; ``day`` holds sums of everything up to the
end of each day. A late write moves the rest of its day and the days after it, and nothing else.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import Connection, Dialect, Executable, bindparam, delete, func, select

from airflow_ai_slo.core.counts import is_bad
from airflow_ai_slo.core.instants import DAY, day_of
from airflow_ai_slo.store.prepared import Prepared, upsert
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


@dataclass(slots=True)
class Touched:
    """What a batch of measurements changes at one instant: scaled counts, and how many measurements."""

    good: int = 0
    total: int = 0
    measurements: int = 0


@dataclass(slots=True)
class _Days:
    """Changes per day, gathered while runs are rewritten."""

    deltas: dict[int, Sums] = field(default_factory=dict)
    turned_bad: int = 0


def _runs_query(_: Dialect) -> Executable:
    alias = run.alias("earlier")
    earlier = (
        select(func.max(alias.c.at))
        .where(alias.c.slo_id == bindparam("slo_id"), alias.c.at < bindparam("since"), alias.c.at > bindparam("start"))
        .scalar_subquery()
    )
    return (
        select(*(column for column in run.columns if column is not run.c.slo_id))
        .where(
            run.c.slo_id == bindparam("slo_id"),
            run.c.at >= func.coalesce(earlier, bindparam("since")),
            run.c.at <= bindparam("end"),
        )
        .order_by(run.c.at)
    )


def _days_query(_: Dialect) -> Executable:
    alias = day.alias("earlier")
    earlier = (
        select(func.max(alias.c.day))
        .where(alias.c.slo_id == bindparam("slo_id"), alias.c.day < bindparam("since"))
        .scalar_subquery()
    )
    return (
        select(*(column for column in day.columns if column is not day.c.slo_id))
        .where(day.c.slo_id == bindparam("slo_id"), day.c.day >= func.coalesce(earlier, bindparam("since")))
        .order_by(day.c.day)
    )


_read_runs = Prepared(("slo_id", "since", "start", "end"), _runs_query)
_read_days = Prepared(("slo_id", "since"), _days_query)
_put_run = upsert(run)
_put_day = upsert(day)
_drop_run = Prepared(
    ("slo_id", "at"),
    lambda _: delete(run).where(run.c.slo_id == bindparam("slo_id"), run.c.at == bindparam("at")),
)


def add(connection: Connection, slo_id: int, touched: Mapping[int, Touched], objective: Fraction) -> int:
    """Add a batch's changes to the sums of one SLO.

    :param touched: by instant, what changes there.
    :returns: how many runs turned bad.
    """
    days = _Days()
    rows: list[tuple[Any, ...]] = []
    gone: list[tuple[int, int]] = []
    for number, instants in groupby(sorted(touched), key=day_of):
        rewritten = _rewrite_day(connection, slo_id, number, {at: touched[at] for at in instants}, objective, days)
        for row in rewritten:
            if row[5]:
                rows.append(row)
            else:
                gone.append((slo_id, row[1]))
    _drop_run.many(connection, gone)
    _put_run.many(connection, rows)
    _move_days(connection, slo_id, days.deltas)
    return days.turned_bad


def rejudge(connection: Connection, slo_id: int, objective: Fraction) -> None:
    """Judge every run of an SLO again, under another objective."""
    at, good, total, bad = run.c.at, run.c.good, run.c.total, run.c.bad
    stored = connection.execute(select(at, good, total, bad).where(run.c.slo_id == slo_id)).all()
    turned = {row[0]: Touched() for row in stored if is_bad(row[1], row[2], objective) != bool(row[3])}
    add(connection, slo_id, turned, objective)


def _rewrite_day(
    connection: Connection,
    slo_id: int,
    number: int,
    touched: Mapping[int, Touched],
    objective: Fraction,
    days: _Days,
) -> list[tuple[Any, ...]]:
    """The day's rows from the first touched one on, in the table's column order; one without measurements is gone."""
    first = min(touched)
    sums, stored = _ZERO, {}
    for row in _read_runs.all(connection, slo_id, first, number * DAY, (number + 1) * DAY):
        if row[0] < first:
            sums = Sums(*row[5:9])
        else:
            stored[row[0]] = row
    result = []
    before = after = _ZERO
    for at in sorted(stored.keys() | touched.keys()):
        _, good, total, bad, count = stored[at][:5] if at in stored else (at, 0, 0, 0, 0)
        if count:
            before = before.plus(Sums(good, total, bad, 1))
        change = touched.get(at)
        if change is not None:
            was_bad = bad
            good, total, count = good + change.good, total + change.total, count + change.measurements
            bad = int(is_bad(good, total, objective)) if count else 0
            days.turned_bad += bad > was_bad
        if count:
            after = after.plus(Sums(good, total, bad, 1))
        running = sums.plus(after)
        result.append((slo_id, at, good, total, bad, count, *running))
    delta = Sums(*(a - b for a, b in zip(after, before, strict=True)))
    if any(delta):
        days.deltas[number] = delta
    return result


def _move_days(connection: Connection, slo_id: int, deltas: Mapping[int, Sums]) -> None:
    """Add each day's change to its own sums and to those of every later day."""
    if not deltas:
        return
    first = min(deltas)
    base, stored = _ZERO, {}
    for row in _read_days.all(connection, slo_id, first):
        if row[0] < first:
            base = Sums(*row[1:5])
        else:
            stored[row[0]] = Sums(*row[1:5])
    rows, moved = [], _ZERO
    for number in sorted(stored.keys() | deltas.keys()):
        base = stored.get(number, base)
        moved = moved.plus(deltas.get(number, _ZERO))
        rows.append((slo_id, number, *base.plus(moved)))
    _put_day.many(connection, rows)


def grouped(changes: Iterable[tuple[int, int, int, int, int]]) -> dict[int, dict[int, Touched]]:
    """Changes ``(slo id, at, good, total, measurements)`` gathered by SLO and instant."""
    gathered: dict[int, dict[int, Touched]] = defaultdict(dict)
    for slo_id, at, good, total, count in changes:
        found = gathered[slo_id].get(at)
        if found is None:
            gathered[slo_id][at] = Touched(good, total, count)
        else:
            found.good += good
            found.total += total
            found.measurements += count
    return gathered
