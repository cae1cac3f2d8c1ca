"""Corrections saved and revoked: what they drop leaves the sums, what they give back enters them again."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, func, insert, select, update

from airflow_ai_slo.core.corrections import Correction, Interval, Stretches, holds, merged, minus
from airflow_ai_slo.core.durations import Duration
from airflow_ai_slo.core.instants import from_micros, to_micros
from airflow_ai_slo.core.tally import Tally
from airflow_ai_slo.store import absent, arrivals, dropping, recording, recurring, rollup
from airflow_ai_slo.store.definitions import Stored
from airflow_ai_slo.store.prepared import Prepared, Rows
from airflow_ai_slo.store.tables import correction, measurement, settled, slo

_BY_ZONE = "UTC"
_settled_rows = Rows(settled)
_by_instant = Prepared(
    ("slo_id", "since", "until"),
    lambda _: (
        select(
            measurement.c.at,
            func.sum(measurement.c.good),
            func.sum(measurement.c.total),
            func.count(),
            func.min(measurement.c.recorded_at),
        )
        .where(
            measurement.c.slo_id == bindparam("slo_id"),
            measurement.c.at > bindparam("since"),
            measurement.c.at <= bindparam("until"),
        )
        .group_by(measurement.c.at)
    ),
)


class _Held(NamedTuple):
    """What one instant holds.

    :param came_in: the earliest of its measurements.
    """

    at: int
    good: int
    total: int
    measurements: int
    came_in: int


def lock(connection: Connection, names: Collection[str]) -> None:
    """Lock SLOs against recording and each other, in the order in which recording does."""
    query = select(slo.c.id).where(slo.c.active, slo.c.name.in_(names)).order_by(slo.c.name)
    connection.execute(query.with_for_update(key_share=True)).all()


def zoned(one: Stored, period: Interval) -> Interval:
    """The period with the zone filled in that its rule is read in: the SLO's own unless given."""
    if period.rrule is None:
        return period
    own = _BY_ZONE if one.slo.schedule is None else one.slo.schedule.zone
    zone = recurring.zone_named(period.zone or own)
    return Interval(period.start, period.end, recurring.tidy(period.rrule), period.duration, zone)


def add(
    connection: Connection, stored: Sequence[Stored], period: Interval, *, author: str, reason: str, now: datetime
) -> list[Correction]:
    """Drop what lies in a period, of SLOs that are locked.

    :raises ConfigurationError: a rule or a zone that cannot be used.
    """
    saved = []
    for one in sorted(stored, key=lambda stored: stored.slo.name):
        mine = zoned(one, period)
        row = insert(correction).values(
            slo_id=one.slo_id,
            start=to_micros(mine.start),
            end=None if mine.end is None else to_micros(mine.end),
            rrule=mine.rrule,
            duration=None if mine.duration is None else str(mine.duration),
            zone=mine.zone or _BY_ZONE,
            author=author,
            reason=reason,
            created_at=to_micros(now),
        )
        correction_id = connection.execute(row).inserted_primary_key[0]  # type: ignore[index]
        _refresh(connection, one, now)
        saved.append(Correction(correction_id, one.slo.name, one.slo.service, mine, author, reason, now))
    return saved


def revoke(connection: Connection, one: Stored, given: Correction, now: datetime) -> None:
    """Count again what a correction of a locked SLO dropped, unless another drops it too."""
    changed = update(correction).where(correction.c.id == given.id, correction.c.revoked_at.is_(None))
    connection.execute(changed.values(revoked_at=to_micros(now)))
    _refresh(connection, one, now, unseen_since=to_micros(given.created_at))


def of(connection: Connection, stored: Sequence[Stored], *, revoked: bool = False) -> list[Correction]:
    """Corrections of SLOs, by start.

    :param revoked: whether to include those that are no longer in force.
    """
    by_id = {one.slo_id: one for one in stored}
    query = select(correction).where(correction.c.slo_id.in_(by_id)).order_by(correction.c.start, correction.c.id)
    if not revoked:
        query = query.where(correction.c.revoked_at.is_(None))
    return [_correction(row, by_id[row.slo_id]) for row in connection.execute(query)]


def reaching(connection: Connection, one: Stored, start: datetime, end: datetime) -> list[Correction]:
    """Corrections in force of an SLO that drop something of ``(start, end]``."""
    return [given for given in of(connection, [one]) if _reaches(given, start, end)]


def reaching_any(
    connection: Connection, stored: Sequence[Stored], start: datetime, end: datetime
) -> dict[str, list[Correction]]:
    """The same of many SLOs, by name, over ``(start, end]`` and the window of each at its end."""
    starts = {one.slo.name: min(start, one.slo.window.bounds(end).start) for one in stored}
    found: dict[str, list[Correction]] = {}
    for given in of(connection, stored):
        if _reaches(given, starts[given.slo], end):
            found.setdefault(given.slo, []).append(given)
    return found


def _reaches(given: Correction, start: datetime, end: datetime) -> bool:
    low, high = to_micros(start), to_micros(end)
    return any(begin < high and low < stop for begin, stop in recurring.stretches(given.period))


def slo_of(connection: Connection, correction_id: int) -> str | None:
    """Name of the SLO that a correction in force belongs to; None where there is none of that id."""
    query = (
        select(slo.c.name)
        .join(correction, correction.c.slo_id == slo.c.id)
        .where(correction.c.id == correction_id, correction.c.revoked_at.is_(None), slo.c.active)
    )
    return connection.execute(query).scalar()


def _correction(row: Any, one: Stored) -> Correction:
    period = Interval(
        from_micros(row.start),
        None if row.end is None else from_micros(row.end),
        row.rrule,
        None if row.duration is None else Duration.parse(row.duration),
        None if row.rrule is None else row.zone,
    )
    revoked_at = None if row.revoked_at is None else from_micros(row.revoked_at)
    created_at = from_micros(row.created_at)
    return Correction(row.id, one.slo.name, one.slo.service, period, row.author, row.reason, created_at, revoked_at)


def _refresh(connection: Connection, one: Stored, now: datetime, unseen_since: int | None = None) -> None:
    """Bring what is dropped, the sums, and expected runs in step with the corrections in force.

    :param unseen_since: what came in since then, and counts only now, no evaluation has seen.
    """
    before = dropping.stretches(connection, one.slo_id)
    held = merged(part for given in of(connection, [one]) for part in recurring.stretches(given.period))
    if held == before:
        return
    dropping.replace(connection, one.slo_id, held)
    leaving, back = minus(held, before), minus(before, held)
    _move(connection, one, leaving, back, unseen_since)
    if back and one.slo.schedule is not None:
        _expect_again(connection, one, back, to_micros(now))


def _move(connection: Connection, one: Stored, leaving: Stretches, back: Stretches, unseen_since: int | None) -> None:
    """Take what lies in some stretches out of the sums, and let what lies in others enter them."""
    tally, touched, unseen = Tally.of(one.slo), dict[int, rollup.Change](), dict[int, int]()
    both = [*leaving, *back]
    for row in _by_instant.all(connection, one.slo_id, min(both)[0], max(end for _, end in both)):
        moved = _Held(row[0], int(row[1]), int(row[2]), row[3], row[4])
        sign = -1 if holds(leaving, moved.at) else int(holds(back, moved.at))
        if not sign:
            continue
        run_at = tally.run_at(moved.at)
        good, total, count = touched.get(run_at, (0, 0, 0))
        touched[run_at] = (good + sign * moved.good, total + sign * moved.total, count + sign * moved.measurements)
        if sign > 0 and unseen_since is not None and moved.came_in > unseen_since:
            unseen[run_at] = min(moved.came_in, unseen.get(run_at, moved.came_in))
    changes = rollup.changes(connection, one.slo_id, touched, tally)
    rollup.write(connection, changes)
    if unseen:
        _tell(connection, one, changes, unseen)


def _tell(connection: Connection, one: Stored, changes: rollup.Changes, unseen: dict[int, int]) -> None:
    """Let the next evaluation know of runs that count for the first time; those that counted before are no news."""
    bad = sum(bool(row[4]) for row in (*changes.new_runs, *changes.runs) if row[1] in unseen)
    connection.execute(update(slo).where(slo.c.id == one.slo_id).values(bad_seq=slo.c.bad_seq + bad))
    if one.slo.watches_runs:
        behind = [at for at in changes.behind if at in unseen]
        _settled_rows.put(connection, [(one.slo_id, at, unseen[at]) for at in behind])


def _expect_again(connection: Connection, one: Stored, back: Stretches, now: int) -> None:
    """Runs that were not expected, and are now: those that nothing was recorded of are missing."""
    query = select(slo.c.scale, slo.c.anchor, slo.c.settled_slot).where(slo.c.id == one.slo_id)
    scale, anchor, settled_slot = connection.execute(query).one()
    anchor = arrivals.anchor(connection, one.slo_id) if anchor is None else anchor
    expectation = absent.Expectation(one.slo_id, one.slo, scale, anchor, settled_slot)
    paused = arrivals.pauses_of(connection, one.slo_id)
    missing = absent.find_within(connection, expectation, back, paused)
    if missing:
        recording.record(connection, missing, now)
