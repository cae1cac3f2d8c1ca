"""What a schedule says of measurements that come in: which are late, and which take the place of a missing run."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, select, update

from airflow_ai_slo.core.cadence import Cadence
from airflow_ai_slo.core.definition import Schedule
from airflow_ai_slo.core.expected import Pauses, is_paused
from airflow_ai_slo.core.grid import Grid, grid
from airflow_ai_slo.core.instants import from_micros, to_micros
from airflow_ai_slo.core.measurement import Cause, Measurement
from airflow_ai_slo.core.numbers import count, parts
from airflow_ai_slo.store.prepared import Executor, Prepared, json_values
from airflow_ai_slo.store.tables import measurement, pause, slo

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
_pauses = Prepared(
    ("slo_id",), lambda _: select(pause.c.start, pause.c.end).where(pause.c.slo_id == bindparam("slo_id"))
)
_first = Prepared(
    ("slo_id",),
    lambda _: (
        select(measurement.c.at)
        .where(measurement.c.slo_id == bindparam("slo_id"))
        .order_by(measurement.c.recorded_at, measurement.c.at)
        .limit(1)
    ),
)
_put_anchor = Prepared(
    ("anchor", "slo_id"),
    lambda _: update(slo).where(slo.c.id == bindparam("slo_id")).values(anchor=bindparam("anchor")),
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


def anchor(connection: Executor, slo_id: int) -> int | None:
    """``at`` of what came in first."""
    rows = _first.all(connection, slo_id)
    return rows[0][0] if rows else None


def pauses_of(connection: Executor, slo_id: int) -> Pauses:
    """When no runs of an SLO are expected."""
    rows = _pauses.all(connection, slo_id)
    return [(from_micros(start), None if end is None else from_micros(end)) for start, end in rows]


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
        self.anchor = anchor

    @property
    def has_begun(self) -> bool:
        """Whether anything was expected before what comes in now."""
        return self.anchor is not None or self._cadence.start is not None

    def begin(self, connection: Executor, slo_id: int, given: Iterable[Measurement], now: int) -> None:
        """The cadence begins with what came in first, and stays there whatever a spool brings later."""
        found = anchor(connection, slo_id)
        if found is None:
            found = to_micros(min((_moment(one, now), one.at) for one in given)[1])
        _put_anchor.run(connection, found, slo_id)
        self.anchor = found

    def due(self, at: int) -> int | None:
        """The last instant at which a run with this ``at`` comes in time."""
        return self._grid().due(at)

    def missing_keys(self, given: Iterable[Measurement]) -> dict[str, tuple[str, ...]]:
        """By a measurement's key, those under which the run that it fulfils may have been recorded as missing."""
        if self._settled_slot is None:
            return {}
        keys = ((one.key, self._missing_keys(to_micros(one.at))) for one in given)
        return {key: tuple(one for one in missing if one != key) for key, missing in keys if missing}

    def _missing_keys(self, at: int) -> Sequence[str]:
        if self._settled_slot is None or at > self._settled_slot:
            return ()
        # Under a cadence that was edited since, what was missing then need not be a slot now.
        slot = self._grid().slot_of(at)
        return [missing_key(one) for one in {at, slot} if one is not None]

    def overdue(self, given: Sequence[Measurement], now: int) -> set[int]:
        """``at`` of measurements that may be late: their deadline has passed by now."""
        slots, found = self._grid(), set[int]()
        for one in given:
            at = to_micros(one.at)
            due = slots.due(at)
            if due is not None and due < max(now, _moment(one, now)) and one.cause is not Cause.MISSING_RUN:
                found.add(at)
        return found

    def judge(
        self,
        connection: Executor,
        slo_id: int,
        scale: int,
        given: Sequence[Measurement],
        now: int,
        overdue: set[int],
        *,
        backfill: bool = False,
    ) -> tuple[Sequence[Measurement], Sequence[Measurement]]:
        """The measurements as they count: good = 0 and cause ``late`` where the run's first arrival was late.

        :param overdue: those that may be late, :meth:`overdue`.
        :param backfill: those that do not say when they came in are never late.
        :returns: them, and stored ones of the same runs that are judged anew, whatever reruns may do: they came in
            after one that only now is recorded.
        """
        if not overdue:
            return given, ()
        rows = _there.all(connection, slo_id, json.dumps(sorted(overdue)))
        there = [_stored(row, given[0].slo, scale) for row in rows if row[-1] != Cause.MISSING_RUN.value]
        paused = pauses_of(connection, slo_id)
        came: dict[int, _Came] = {}
        for one in there:
            self._note(came, one, self._first_of(one))
        coming = [one for one in given if to_micros(one.at) in overdue and one.cause is not Cause.MISSING_RUN]
        for one in coming:
            spared = _is_backfill(one) or (backfill and one.recorded_at is None)
            self._note(came, one, self._arrival(one, _moment(one, now), paused, spared=spared))
        late = {at for at, first in came.items() if first.is_late}
        judged = [
            one if one.cause is Cause.MISSING_RUN else _as(one, is_late=to_micros(one.at) in late) for one in given
        ]
        turned = [_as(one, is_late=to_micros(one.at) in late) for one in there]
        return judged, [new for old, new in zip(there, turned, strict=True) if new is not old]

    def _note(self, came: dict[int, _Came], one: Measurement, arrival: _Came) -> None:
        at = to_micros(one.at)
        if at not in came or arrival.recorded_at < came[at].recorded_at:
            came[at] = arrival

    def _first_of(self, one: Measurement) -> _Came:
        """The first arrival of a stored one, of which only the last may be known: lateness tells which it was."""
        moment, due, is_late = _moment(one, 0), self.due(to_micros(one.at)), MEASURED_GOOD in one.attributes
        if is_late or due is None or _is_backfill(one):
            return _Came(moment, is_late)
        return _Came(min(moment, due), is_late)

    def _arrival(self, one: Measurement, moment: int, paused: Pauses, *, spared: bool) -> _Came:
        slots, at = self._grid(), to_micros(one.at)
        due, slot = slots.due(at), slots.slot_of(at)
        is_expected = slot is not None and not is_paused(from_micros(slot), paused)
        is_late = is_expected and due is not None and moment > due and not spared
        return _Came(moment, self._late_is_bad and is_late)

    def _grid(self) -> Grid:
        if self._slots is None:
            self._slots = grid(self._cadence, None if self.anchor is None else from_micros(self.anchor))
            assert self._slots is not None, "asked for only after it has begun"  # noqa: S101
        return self._slots


def as_measured(row: Any, name: str, scale: int) -> Measurement:
    """A stored row as it was measured, before it was judged late."""
    return _as(_stored(row, name, scale), is_late=False)


def _is_backfill(one: Measurement) -> bool:
    name, backfill = _BACKFILL
    return one.attributes.get(name) == backfill


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
