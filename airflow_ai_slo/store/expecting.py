"""Expected runs in the store: pauses, and runs that settled with nothing recorded."""

from __future__ import annotations

from bisect import insort
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from airflow_ai_slo.core.cadence import Cadence
from airflow_ai_slo.core.definition import SLO
from airflow_ai_slo.core.expected import REMEMBERED, Pauses, is_paused, weight
from airflow_ai_slo.core.grid import Grid, grid
from airflow_ai_slo.core.instants import from_micros, to_micros
from airflow_ai_slo.core.measurement import Cause, Measurement
from airflow_ai_slo.core.numbers import Exact, parts
from airflow_ai_slo.store import definitions, recording
from airflow_ai_slo.store.arrivals import missing_key
from airflow_ai_slo.store.prepared import Prepared
from airflow_ai_slo.store.tables import measurement, pause, run, slo

_due = Prepared(("at",), lambda _: select(slo.c.id).where(slo.c.active, slo.c.next_due < bindparam("at")).limit(1))
_all_pauses = Prepared((), lambda _: select(pause.c.slo_id, pause.c.start, pause.c.end).order_by(pause.c.start))


def is_due(connection: Connection, at: datetime) -> bool:
    """Whether any expected run is to be looked at."""
    return bool(_due.all(connection, to_micros(at)))


def settle(connection: Connection, at: datetime) -> int:
    """Record every run whose deadline has passed with nothing recorded: a bad run, cause ``missing_run``.

    :returns: how many are missing that were not before.
    """
    columns = (slo.c.id, slo.c.name, slo.c.definition, slo.c.scale, slo.c.anchor, slo.c.settled_slot)
    query = select(*columns).where(slo.c.active, slo.c.next_due < to_micros(at)).with_for_update(key_share=True)
    # Locked in the order in which recording takes the same locks, so that neither waits for the other.
    rows = connection.execute(query.order_by(slo.c.name)).all()
    paused = pauses(connection) if rows else {}
    return sum(_settle(connection, row, to_micros(at), paused.get(row.id, ())) for row in rows)


def _settle(connection: Connection, row: Any, now: int, paused: Pauses) -> int:
    definition = definitions.parse(row.definition)
    if definition.schedule is None:
        return 0
    anchor = _anchor(connection, row.id) if row.anchor is None else row.anchor
    slots = grid(Cadence.of(definition.schedule), None if anchor is None else from_micros(anchor))
    if slots is None:
        return 0
    passed, following = _passed(slots, row.settled_slot, now)
    absent: list[Measurement] = []
    if passed:
        open_slots = [slot for slot in passed if not is_paused(from_micros(slot), paused)]
        absent = _absent(connection, row, definition, slots, open_slots) if open_slots else []
    due = None if following is None else slots.due(following)
    values = {"anchor": anchor, "settled_slot": passed[-1] if passed else row.settled_slot, "next_due": due}
    connection.execute(update(slo).where(slo.c.id == row.id).values(values))
    if absent:
        recording.record(connection, absent, now)
    return len(absent)


def _passed(slots: Grid, settled: int | None, now: int) -> tuple[list[int], int | None]:
    """Slots whose deadline has passed since, and the one that is next."""
    passed: list[int] = []
    slot = slots.after(settled)
    while slot is not None:
        due = slots.due(slot)
        if due is None or due >= now:
            break
        passed.append(slot)
        slot = slots.after(slot)
    return passed, slot


def _absent(connection: Connection, row: Any, definition: SLO, slots: Grid, passed: Sequence[int]) -> list[Measurement]:
    """A measurement for each slot that nothing fulfils."""
    since = passed[0] if row.settled_slot is None else row.settled_slot + 1
    query = select(measurement.c.at).where(measurement.c.slo_id == row.id, measurement.c.at <= passed[-1]).distinct()
    if row.settled_slot is not None:
        query = query.where(measurement.c.at > row.settled_slot)
    fulfilled = {slots.slot_of(at) for at in connection.execute(query).scalars()}
    settled = _settled(connection, row, since, passed[-1])
    absent = []
    for slot in passed:
        if slot in fulfilled:
            continue
        before = [total for at, total in settled if at < slot][-REMEMBERED:]
        weighed = weight(before)
        insort(settled, (slot, weighed))
        absent.append(_missing(definition.name, slot, weighed, slots))
    return absent


def _settled(connection: Connection, row: Any, since: int, until: int) -> list[tuple[int, Exact]]:
    """``(at, total)`` of runs in a stretch, and of those just before it."""
    here = (run.c.slo_id == row.id, run.c.at < until)
    earlier = select(run.c.at, run.c.total).where(*here, run.c.at < since).order_by(run.c.at.desc()).limit(REMEMBERED)
    later = select(run.c.at, run.c.total).where(*here, run.c.at >= since)
    rows = [*connection.execute(earlier).all(), *connection.execute(later).all()]
    return sorted((at, parts(total, row.scale)) for at, total in rows)


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


def _anchor(connection: Connection, slo_id: int) -> int | None:
    query = (
        select(measurement.c.at)
        .where(measurement.c.slo_id == slo_id)
        .order_by(measurement.c.recorded_at, measurement.c.at)
        .limit(1)
    )
    return connection.execute(query).scalar()


def pauses(connection: Connection) -> dict[int, Pauses]:
    """When no runs are expected, by SLO row."""
    found: dict[int, list[tuple[datetime, datetime | None]]] = {}
    for slo_id, start, end in _all_pauses.all(connection):
        found.setdefault(slo_id, []).append((from_micros(start), None if end is None else from_micros(end)))
    return dict(found)


def start_pause(connection: Connection, ids: Sequence[int], at: datetime, author: str, reason: str) -> list[int]:
    """Stop expecting runs of SLOs; those that are paused already stay as they are.

    :returns: those that were paused.
    """
    open_ones = select(pause.c.slo_id).where(pause.c.end.is_(None), pause.c.slo_id.in_(ids))
    there = set(connection.execute(open_ones).scalars())
    new = [slo_id for slo_id in ids if slo_id not in there]
    given = {"start": to_micros(at), "author": author, "reason": reason}
    if new:
        connection.execute(pause.insert(), [{"slo_id": slo_id, **given} for slo_id in new])
    return new


def end_pause(connection: Connection, ids: Sequence[int], at: datetime) -> list[int]:
    """Expect runs again; returns the SLOs that had been paused."""
    open_ones = (pause.c.end.is_(None), pause.c.slo_id.in_(ids))
    there = list(connection.execute(select(pause.c.slo_id).where(*open_ones)).scalars())
    connection.execute(update(pause).where(*open_ones).values(end=to_micros(at)))
    return there
