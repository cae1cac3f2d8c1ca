"""Expected runs that nothing was recorded of: which slots have passed, and what each missing run weighs."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Dialect, Executable, bindparam, func, select, update

from airflow_ai_slo.core.cadence import Cadence
from airflow_ai_slo.core.corrections import Stretches
from airflow_ai_slo.core.definition import SLO, Budgeting
from airflow_ai_slo.core.expected import REMEMBERED, Pauses, is_paused, weight
from airflow_ai_slo.core.grid import Grid, grid
from airflow_ai_slo.core.instants import from_micros, to_micros
from airflow_ai_slo.core.measurement import Cause, Measurement
from airflow_ai_slo.core.numbers import Exact, parts
from airflow_ai_slo.store.arrivals import missing_key
from airflow_ai_slo.store.prepared import Executor, Prepared
from airflow_ai_slo.store.tables import measurement, run, slo

MOST = 20_000
"""So many slots are looked at in one transaction: years of them must not fill the memory."""

FEW = 1_000
"""So many are looked at by somebody who only wants to record."""

_LONG_AGO = -(2**62)

_recorded = Prepared(
    ("slo_id", "since", "until"),
    lambda _: (
        select(measurement.c.at)
        .where(
            measurement.c.slo_id == bindparam("slo_id"),
            measurement.c.at >= bindparam("since"),
            measurement.c.at <= bindparam("until"),
        )
        .distinct()
    ),
)
_put = Prepared(
    ("anchor", "settled_slot", "next_due", "slo_id"),
    lambda _: (
        update(slo)
        .where(slo.c.id == bindparam("slo_id"))
        .values({name: bindparam(name) for name in ("anchor", "settled_slot", "next_due")})
    ),
)


class Expectation(NamedTuple):
    """What is expected of one SLO, as its row says.

    :param anchor: where its cadence begins; None where nobody knows yet.
    :param settled_slot: expected runs up to here were looked at.
    """

    slo_id: int
    slo: SLO
    scale: int
    anchor: int | None
    settled_slot: int | None


class Absent(NamedTuple):
    """Runs that are missing.

    :param measurements: one for each.
    :param is_all: whether no other slot has passed.
    """

    measurements: list[Measurement]
    is_all: bool = True


_NOTHING = Absent([])


def find(connection: Executor, one: Expectation, now: int, paused: Pauses) -> Absent:
    """Slots whose deadline has passed with nothing recorded, so many at a time; the SLO's row is moved on.

    :param paused: when none of its runs are expected.
    """
    slots = _grid(one)
    if slots is None:
        return _NOTHING
    passed, following = _passed(slots, one.settled_slot, now, MOST)
    return Absent(_found(connection, one, slots, passed, following, paused), len(passed) < MOST)


def find_before(
    connection: Executor, one: Expectation, now: int, paused: Pauses, coming: Collection[int]
) -> list[Measurement]:
    """As :func:`find`, before other runs are recorded; nothing where too many have passed for whoever records those.

    :param coming: ``at`` of those runs: theirs are left out, though they weigh what they did.
    """
    slots = _grid(one)
    if slots is None:
        return []
    passed, following = _passed(slots, one.settled_slot, now, FEW)
    if len(passed) == FEW:
        return []
    arriving = {slots.slot_of(at) for at in coming}
    found = _found(connection, one, slots, passed, following, paused)
    return [missing for missing in found if to_micros(missing.at) not in arriving]


def _grid(one: Expectation) -> Grid | None:
    if one.slo.schedule is None:
        return None
    return grid(Cadence.of(one.slo.schedule), None if one.anchor is None else from_micros(one.anchor))


def _found(
    connection: Executor, one: Expectation, slots: Grid, passed: list[int], following: int | None, paused: Pauses
) -> list[Measurement]:
    due = None if following is None else slots.due(following)
    _put.run(connection, one.anchor, passed[-1] if passed else one.settled_slot, due, one.slo_id)
    passed = [slot for slot in passed if not is_paused(from_micros(slot), paused)] if paused else passed
    absent = _absent(connection, one, slots, passed) if passed else ()
    return [_missing(one.slo.name, slot, weighed, slots) for slot, weighed in absent]


def find_within(connection: Executor, one: Expectation, stretches: Stretches, paused: Pauses) -> list[Measurement]:
    """The same for slots in some stretches that were looked at before, and were not expected then."""
    slots = _grid(one)
    if slots is None or one.settled_slot is None:
        return []
    looked_at = [slot for start, end in stretches for slot in _slots(slots, start, min(end, one.settled_slot))]
    expected = [slot for slot in looked_at if not is_paused(from_micros(slot), paused)]
    if not expected:
        return []
    return [_missing(one.slo.name, slot, weighed, slots) for slot, weighed in _absent(connection, one, slots, expected)]


def _slots(slots: Grid, start: int, end: int) -> Iterator[int]:
    slot = slots.after(start)
    while slot is not None and slot <= end:
        if slots.due(slot) is not None:
            yield slot
        slot = slots.after(slot)


def _passed(slots: Grid, settled: int | None, now: int, most: int) -> tuple[list[int], int | None]:
    """Slots whose deadline has passed since, and the one that is next."""
    passed: list[int] = []
    slot = slots.after(settled)
    while slot is not None and len(passed) < most:
        due = slots.due(slot)
        if due is None or due >= now:
            break
        passed.append(slot)
        slot = slots.after(slot)
    return passed, slot


def _absent(connection: Executor, one: Expectation, slots: Grid, passed: list[int]) -> Iterator[tuple[int, Exact]]:
    """Slots that nothing fulfils, and what each weighs."""
    recorded = _recorded.all(connection, one.slo_id, _since(one, slots, passed[0]), passed[-1])
    fulfilled = {slots.slot_of(row[0]) for row in recorded}
    earlier, later = _TOTALS if one.slo.budgeting is Budgeting.OCCURRENCES else _TOTALS_IN_SLICES
    before = deque((_exact(row, one) for row in reversed(earlier.all(connection, one.slo_id, passed[0]))), REMEMBERED)
    runs = iter(later.all(connection, one.slo_id, passed[0], passed[-1]))
    after = next(runs, None)
    for slot in passed:
        while after is not None and after[0] < slot:
            before.append(_exact(after, one))
            after = next(runs, None)
        if slot not in fulfilled:
            before.append(weight(before))
            yield slot, before[-1]


def _since(one: Expectation, slots: Grid, slot: int) -> int:
    """The earliest ``at`` that may fulfil a slot. Under an edited cadence the one looked at last lies elsewhere."""
    if one.settled_slot is None:
        return _LONG_AGO
    following = slots.after(slot)
    return min(one.settled_slot, slot if following is None else 2 * slot - following) + 1


def _exact(row: Any, one: Expectation) -> Exact:
    return parts(int(row[1]), one.scale)


def _missing(name: str, slot: int, total: Exact, slots: Grid) -> Measurement:
    due = slots.due(slot)
    assert due is not None, "only a deadline that passed makes a run missing"  # noqa: S101
    return Measurement(
        slo=name,
        key=missing_key(slot),
        at=from_micros(slot),
        good=0,
        total=total,
        cause=Cause.MISSING_RUN,
        attributes={"estimate": "true"},
        recorded_at=from_micros(due + 1),
    )


def _totals(at: ColumnElement[int], slo_id: ColumnElement[int], total: ColumnElement[int]) -> tuple[Prepared, Prepared]:
    """``(at, total)`` of the last runs before an instant, newest first, and of those in a stretch."""
    here = slo_id == bindparam("slo_id")

    def grouped(*where: ColumnElement[bool]) -> Any:
        query = select(at, total).where(here, *where)
        return query if total is run.c.total else query.group_by(at)

    def earlier(_: Dialect) -> Executable:
        query: Executable = grouped(at < bindparam("since")).order_by(at.desc()).limit(REMEMBERED)
        return query

    def later(_: Dialect) -> Executable:
        query: Executable = grouped(at >= bindparam("since"), at < bindparam("until")).order_by(at)
        return query

    return Prepared(("slo_id", "since"), earlier), Prepared(("slo_id", "since", "until"), later)


_TOTALS = _totals(run.c.at, run.c.slo_id, run.c.total)
_TOTALS_IN_SLICES = _totals(measurement.c.at, measurement.c.slo_id, func.sum(measurement.c.total))
"""There a row of the table of runs is a slice, which holds many."""
