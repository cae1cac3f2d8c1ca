"""Measurements in: natural keys, upserts, and the sums kept in step."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

from airflow_ai_slo.core.corrections import Stretches, as_pauses
from airflow_ai_slo.core.errors import MeasurementError
from airflow_ai_slo.core.instants import to_micros
from airflow_ai_slo.core.measurement import Measurement
from airflow_ai_slo.store import absent, arrivals, definitions, dropping, sketches
from airflow_ai_slo.store.ahead import look
from airflow_ai_slo.store.batch import Batch, Target
from airflow_ai_slo.store.prepared import Executor
from airflow_ai_slo.store.scale import rescaled

log = logging.getLogger(__name__)


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


def withdraw(connection: Executor, measurements: Sequence[Measurement], now: int) -> int:
    """Take back stored measurements of one SLO, by their keys; returns how many were there."""
    keys = {one.key for one in measurements}
    found = look(connection, measurements[0].slo, keys, to_micros(min(one.at for one in measurements)))
    if found is None:
        raise definitions.unknown([measurements[0].slo], connection)
    target = Target.of(found.slo)
    dropped = dropping.stretches(connection, target.slo_id) if target.is_corrected else ()
    return Batch(target, found, now, dropped).withdraw(connection, keys)


def record_missing(connection: Executor, missing: Sequence[Measurement], now: int) -> int:
    """Write runs that are missing from one SLO, whatever size its counts are; returns how many there are."""
    name = missing[0].slo
    try:
        _record_one_slo(connection, name, missing, now, backfill=False)
    except MeasurementError:
        whole = [replace(one, total=max(1, int(one.total))) for one in missing]
        try:
            _record_one_slo(connection, name, whole, now, backfill=False)
        except MeasurementError as error:
            log.warning("%d missing run(s) of %s cannot be counted: %s", len(missing), name, error)
            return 0
    return len(missing)


def _record_one_slo(connection: Executor, name: str, given: Sequence[Measurement], now: int, backfill: bool) -> int:
    """How many changed counts, instant or cause."""
    keys = {one.key for one in given}
    since = to_micros(min([one.at for one in given]))
    found = look(connection, name, keys, since)
    if found is None:
        raise definitions.unknown([name], connection)
    target = Target.of(found.slo)
    dropped = dropping.stretches(connection, target.slo_id) if target.is_corrected else ()
    judged, anew, missed = _judged(connection, target, given, now, backfill, dropped)
    if missed:
        record_missing(connection, missed, now)
    missing = {} if target.arrivals is None else target.arrivals.missing_keys(judged)
    if rescaled(connection, target.slo_id, target.slo, target.scale, [*judged, *anew]) or missed or anew or missing:
        keys = {one.key for one in (*anew, *judged)}.union(*missing.values())
        found = look(connection, name, keys, since)
        if found is None:
            raise definitions.unknown([name], connection)
    changed = Batch(Target.of(found.slo), found, now, dropped).write(connection, judged, anew, missing)
    if target.is_sketched or any(one.sketch for one in given):
        sketches.follow(connection, target.slo_id, given, now)
    return changed


def _judged(
    connection: Executor,
    target: Target,
    given: Sequence[Measurement],
    now: int,
    backfill: bool,
    dropped: Stretches,
) -> tuple[Sequence[Measurement], Sequence[Measurement], list[Measurement]]:
    """The measurements as they count, stored ones judged anew, and runs that were missing before these came in."""
    known = target.arrivals
    if known is None:
        return given, (), []
    missed: list[Measurement] = []
    if not known.has_begun:
        known.begin(connection, target.slo_id, given, now)
    overdue = known.overdue(given, now)
    # What tells of the past is part of what was known; files of it may come in any number.
    tells_past = backfill and all(one.recorded_at is None for one in given)
    if overdue and not tells_past and target.next_due is not None and target.next_due < now:
        # What is missing weighs what was known before: it does not depend on when somebody evaluates.
        paused = [*arrivals.pauses_of(connection, target.slo_id), *as_pauses(dropped)]
        missed = absent.find_before(connection, target.expectation, now, paused, overdue)
    return *known.judge(connection, target.slo_id, target.scale, given, now, overdue, backfill=backfill), missed
