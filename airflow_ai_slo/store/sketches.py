"""Percentile sketches beside measurements, and one of each UTC day, kept in step with every write."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Executable, Select, and_, bindparam, delete, select, true, update

from airflow_ai_slo.core.instants import DAY, day_of, to_micros
from airflow_ai_slo.core.measurement import Measurement
from airflow_ai_slo.core.sketch import Sketch, merged, sketch_from_text
from airflow_ai_slo.store.dropping import is_dropped
from airflow_ai_slo.store.prepared import Executor, Prepared, Rows, json_values
from airflow_ai_slo.store.tables import dropped, measurement, sketch, sketch_day, slo

_rows, _days = Rows(sketch), Rows(sketch_day)
_stored = Prepared(
    ("slo_id", "keys"),
    lambda dialect: (
        select(measurement.c.key, measurement.c.at, measurement.c.recorded_at, sketch.c.at.label("then"), sketch.c.body)
        .select_from(
            measurement.outerjoin(
                sketch, and_(sketch.c.slo_id == measurement.c.slo_id, sketch.c.key == measurement.c.key)
            )
        )
        .where(
            measurement.c.slo_id == bindparam("slo_id"),
            measurement.c.key.in_(json_values(dialect, "keys", numbers=False)),
        )
    ),
)
_of_days = Prepared(
    ("slo_id", "days"),
    lambda dialect: select(sketch_day.c.day, sketch_day.c.body).where(
        sketch_day.c.slo_id == bindparam("slo_id"), sketch_day.c.day.in_(json_values(dialect, "days"))
    ),
)


def _deleting(table: Any, name: str) -> Prepared:
    def build(_: object) -> Executable:
        return delete(table).where(table.c.slo_id == bindparam("slo_id"), table.c[name] == bindparam(name))

    return Prepared(("slo_id", name), build)


_drop, _drop_day = _deleting(sketch, "key"), _deleting(sketch_day, "day")
_mark = Prepared(
    ("slo_id",),
    lambda _: update(slo).where(slo.c.id == bindparam("slo_id"), slo.c.sketched.is_(False)).values(sketched=true()),
)


def follow(connection: Executor, slo_id: int, given: Sequence[Measurement], now: int) -> None:
    """Let sketches be those of the measurements that stand now: what was replaced takes its sketch along.

    :param given: what has just been recorded, or was not, where a rerun does not replace.
    :param now: when those came in that do not say themselves.
    """
    stored: dict[str, Any] = {
        row[0]: row[1:] for row in _stored.all(connection, slo_id, json.dumps([one.key for one in given]))
    }
    put, gone, days = dict[str, tuple[int, Sketch]](), set[str](), _Days()
    for one in given:
        at, recorded_at, then, body = stored.get(one.key, (None, None, None, None))
        if at != to_micros(one.at) or recorded_at != (now if one.recorded_at is None else to_micros(one.recorded_at)):
            continue  # an earlier one stands
        if one.key in put:
            days.take(*put.pop(one.key))
        elif body is not None and one.key not in gone:
            days.take(then, sketch_from_text(body))
            gone.add(one.key)
        if one.sketch is not None and one.sketch.counts:
            put[one.key] = at, one.sketch
            days.add(at, one.sketch)
    _drop.many(connection, [(slo_id, key) for key in sorted(gone - put.keys())])
    _rows.put(connection, [(slo_id, key, at, kept.to_text()) for key, (at, kept) in put.items()])
    days.write(connection, slo_id)
    if put:
        _mark.run(connection, slo_id)


class _Days:
    """What days gain and lose."""

    def __init__(self) -> None:
        self._more: dict[int, list[Sketch]] = {}
        self._less: dict[int, list[Sketch]] = {}

    def add(self, at: int, one: Sketch) -> None:
        self._more.setdefault(day_of(at), []).append(one)

    def take(self, at: int, one: Sketch) -> None:
        self._less.setdefault(day_of(at), []).append(one)

    def write(self, connection: Executor, slo_id: int) -> None:
        days = sorted(self._more.keys() | self._less.keys())
        if not days:
            return
        kept = {day: sketch_from_text(body) for day, body in _of_days.all(connection, slo_id, json.dumps(days))}
        whole = {
            day: merged([kept.get(day, Sketch()), *self._more.get(day, ())]).without(merged(self._less.get(day, ())))
            for day in days
        }
        _drop_day.many(connection, [(slo_id, day) for day in days if not whole[day].counts])
        _days.put(connection, [(slo_id, day, one.to_text()) for day, one in whole.items() if one.counts])


def within(connection: Connection, slo_id: int, start: datetime, end: datetime) -> Sketch:
    """One sketch of all that counts in ``(start, end]``: whole days as such, at the edges measurement by measurement.

    :raises MeasurementError: another release has kept them in a way that this one cannot read.
    """
    since, until = to_micros(start), to_micros(end)
    first, last = -(-since // DAY), until // DAY
    held = _dropped_days(connection, slo_id, since, until)
    whole = [day for day in range(first, last) if day not in held]
    return merged(map(sketch_from_text, _bodies(connection, slo_id, since, until, whole)))


def sketched(connection: Connection, slo_ids: Sequence[int]) -> set[int]:
    """Which SLOs have had sketches."""
    return set(connection.scalars(select(slo.c.id).where(slo.c.sketched, slo.c.id.in_(slo_ids))))


def _bodies(connection: Connection, slo_id: int, since: int, until: int, whole: Sequence[int]) -> Iterator[str]:
    for start, end in _stretches(whole):
        days = select(sketch_day.c.body).where(
            sketch_day.c.slo_id == slo_id, sketch_day.c.day >= start, sketch_day.c.day < end
        )
        yield from connection.scalars(days)
    at = since
    for start, end in [*_stretches(whole), (-(-until // DAY), until)]:
        yield from connection.scalars(_each(slo_id, at, min(start * DAY, until)))
        at = end * DAY


def _each(slo_id: int, since: int, until: int) -> Select[Any]:
    return (
        select(sketch.c.body)
        .join(measurement, and_(measurement.c.slo_id == sketch.c.slo_id, measurement.c.key == sketch.c.key))
        .where(sketch.c.slo_id == slo_id, sketch.c.at > since, sketch.c.at <= until, ~is_dropped())
    )


def _stretches(days: Iterable[int]) -> list[tuple[int, int]]:
    """Days that follow one another, as first and one after the last."""
    found: list[tuple[int, int]] = []
    for day in days:
        if found and found[-1][1] == day:
            found[-1] = (found[-1][0], day + 1)
        else:
            found.append((day, day + 1))
    return found


def _dropped_days(connection: Connection, slo_id: int, since: int, until: int) -> set[int]:
    """Days of which corrections drop something."""
    query = select(dropped.c.start, dropped.c.end).where(
        dropped.c.slo_id == slo_id, dropped.c.start < until, dropped.c.end > since
    )
    days: set[int] = set()
    for start, end in connection.execute(query):
        days.update(range(day_of(max(start, since) + 1), day_of(min(end, until)) + 1))
    return days
