"""What a schedule says of measurements that come in: which are late, and which take the place of a missing run."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from fractions import Fraction
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, select

from airflow_ai_slo.core.cadence import Cadence
from airflow_ai_slo.core.definition import Schedule
from airflow_ai_slo.core.grid import Grid, grid
from airflow_ai_slo.core.instants import from_micros, to_micros
from airflow_ai_slo.core.measurement import Cause, Measurement
from airflow_ai_slo.core.numbers import count, parts
from airflow_ai_slo.store.prepared import Executor, Prepared, json_values
from airflow_ai_slo.store.tables import measurement

MEASURED_GOOD, MEASURED_CAUSE = "measured_good", "measured_cause"
"""Attributes of a late measurement: what was measured, before it was judged good = 0."""

_BACKFILL = ("run_type", "backfill")

_COLUMNS = ("key", "at", "good", "total", "value", "attributes", "recorded_at", "cause")
_there = Prepared(
    ("slo_id", "ats"),
    lambda dialect: select(*(measurement.c[name] for name in _COLUMNS)).where(
        measurement.c.slo_id == bindparam("slo_id"), measurement.c.at.in_(json_values(dialect, "ats"))
    ),
)
drop = Prepared(
    ("slo_id", "key"),
    lambda _: delete(measurement).where(
        measurement.c.slo_id == bindparam("slo_id"), measurement.c.key == bindparam("key")
    ),
)


def missing_key(slot: int) -> str:
    """The key of a run that nothing was recorded of."""
    return f"missing/{from_micros(slot):%Y-%m-%dT%H:%M:%S.%fZ}"


class _Came(NamedTuple):
    """The first arrival of a run."""

    recorded_at: int
    is_late: bool


class Arrivals:
    """Judges what comes in for one SLO that has a schedule.

    :param anchor: where its cadence begins, in microseconds.
    :param settled_slot: up to here a run may have been recorded as missing.
    """

    def __init__(self, schedule: Schedule, anchor: int | None, settled_slot: int | None) -> None:
        self._late_is_bad = schedule.late == "bad"
        self._settled_slot = settled_slot
        self._cadence = Cadence.of(schedule)
        self._slots: Grid | None = None
        self._anchor = anchor

    def _grid(self, at: datetime) -> Grid | None:
        if self._slots is None:
            # Without an anchor this is the first arrival; any anchor gives the same deadline.
            self._slots = grid(self._cadence, at if self._anchor is None else from_micros(self._anchor))
        return self._slots

    def due(self, at: datetime) -> int | None:
        """The last instant at which a run with this ``at`` comes in time."""
        slots = self._grid(at)
        return None if slots is None else slots.due(to_micros(at))

    def missing_keys(self, given: Iterable[Measurement]) -> dict[str, str]:
        """By a measurement's key, the one under which the run that it fulfils may have been recorded as missing."""
        keys = ((one.key, self._missing_key(one)) for one in given)
        return {key: missing for key, missing in keys if missing is not None}

    def _missing_key(self, one: Measurement) -> str | None:
        if self._settled_slot is None or one.cause is Cause.MISSING_RUN:
            return None
        at = to_micros(one.at)
        slots = self._grid(one.at) if at <= self._settled_slot else None
        slot = None if slots is None else slots.slot_of(at)
        return None if slot is None else missing_key(slot)

    def judge(
        self,
        connection: Executor,
        slo_id: int,
        scale: int,
        given: Sequence[Measurement],
        now: int,
        *,
        backfill: bool = False,
    ) -> tuple[Sequence[Measurement], set[str]]:
        """The measurements as they count: good = 0 and cause ``late`` where the run's first arrival was late.

        :param backfill: those that do not say when they came in are never late.
        :returns: them, and keys of stored ones of the same run that are judged anew, whatever reruns may do: they came
            in after one that only now is recorded.
        """
        dues = [self.due(one.at) for one in given]
        overdue = {
            to_micros(one.at)
            for one, due in zip(given, dues, strict=True)
            if due is not None and max(now, _moment(one, now)) > due and one.cause is not Cause.MISSING_RUN
        }
        if not overdue:
            return given, set()
        rows = _there.all(connection, slo_id, json.dumps(sorted(overdue)))
        there = [_stored(row, given[0].slo, scale) for row in rows if row[-1] != Cause.MISSING_RUN.value]
        came = _first_arrivals(there)
        judged, anew = list[Measurement](), set[str]()
        for one, due in zip(given, dues, strict=True):
            at, moment = to_micros(one.at), _moment(one, now)
            if due is None or at not in overdue:
                judged.append(one)
                continue
            before = came.get(at)
            if before is None or moment < before.recorded_at:
                spared = backfill and one.recorded_at is None
                came[at] = _Came(moment, not spared and self._is_late(one, moment, due))
                if before is not None and before.is_late != came[at].is_late:
                    turned = [other for other in there if to_micros(other.at) == at and other.key != one.key]
                    anew.update(other.key for other in turned)
                    earlier = [other for other in judged if to_micros(other.at) == at]
                    judged = [other for other in judged if to_micros(other.at) != at]
                    judged += [_as(other, is_late=came[at].is_late) for other in (*turned, *earlier)]
            judged.append(_as(one, is_late=came[at].is_late))
        return judged, anew

    def _is_late(self, one: Measurement, moment: int, due: int) -> bool:
        name, backfill = _BACKFILL
        return self._late_is_bad and moment > due and one.attributes.get(name) != backfill


def _as(one: Measurement, *, is_late: bool) -> Measurement:
    """Late counts are good = 0, with what was measured beside them; others are as they were measured."""
    was_late = MEASURED_GOOD in one.attributes
    if is_late == was_late:
        return one
    if is_late:
        measured = {MEASURED_GOOD: str(one.good)} | ({MEASURED_CAUSE: one.cause.value} if one.cause else {})
        return replace(one, good=0, cause=Cause.LATE, attributes={**one.attributes, **measured})
    kept = {name: text for name, text in one.attributes.items() if name not in (MEASURED_GOOD, MEASURED_CAUSE)}
    cause = one.attributes.get(MEASURED_CAUSE)
    good = count(Fraction(one.attributes[MEASURED_GOOD]))
    return replace(one, good=good, cause=None if cause is None else Cause(cause), attributes=kept)


def _first_arrivals(there: Iterable[Measurement]) -> dict[int, _Came]:
    came: dict[int, _Came] = {}
    for one in there:
        at, moment = to_micros(one.at), _moment(one, 0)
        if at not in came or moment < came[at].recorded_at:
            is_late = MEASURED_GOOD in one.attributes or (at in came and came[at].is_late)
            came[at] = _Came(moment, is_late)
    return came


def _moment(one: Measurement, now: int) -> int:
    return now if one.recorded_at is None else to_micros(one.recorded_at)


def _stored(row: Any, name: str, scale: int) -> Measurement:
    key, at, good, total, value, attributes, recorded_at, cause = row
    return Measurement(
        slo=name,
        key=key,
        at=from_micros(at),
        good=parts(good, scale),
        total=parts(total, scale),
        value=value,
        cause=None if cause is None else Cause(cause),
        attributes=json.loads(attributes) if attributes else {},
        recorded_at=from_micros(recorded_at),
    )
