"""Measurements into the store; a store that is away makes them wait on disk."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from airflow_ai_slo.core.errors import MeasurementError, StoreError, UnknownSLOError
from airflow_ai_slo.core.instants import to_micros, utc
from airflow_ai_slo.core.measurement import Measurement
from airflow_ai_slo.store import Store, recording, spool
from airflow_ai_slo.store.prepared import MANY

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of measurements.

    :param recorded: written to the store by this call, without those replayed.
    :param spooled: waiting in the spool after this call.
    :param replayed: had waited, and were written now.
    :param problem: why some wait or were set aside; empty when all is well.
    """

    recorded: int
    spooled: int = 0
    replayed: int = 0
    problem: str = ""


def record(store: Store, measurements: Sequence[Measurement], *, now: datetime, backfill: bool = False) -> int:
    """Write measurements in one transaction; a key written again replaces its earlier counts.

    :param backfill: they tell of the past: those that do not say when they came in are never late.

    :returns: how many changed something.
    :raises UnknownSLOError: a measurement of an SLO that is not applied; nothing is written.
    :raises MeasurementError: counts too large to add up.
    :raises StoreError: the store cannot be used; nothing is written.
    """
    if not measurements:
        return 0
    now = utc(now)
    with store.write_prepared(together=len(measurements) < MANY) as connection:
        return recording.record(connection, measurements, to_micros(now), backfill=backfill)


def record_or_spool(
    open_store: Callable[[], Store], measurements: Sequence[Measurement], *, now: datetime, spool: Path
) -> Recorded:
    """Write measurements, those that wait first; when the store is away, they wait in the spool.

    Never raises for the store. What was measured earlier never overwrites what was measured later.

    :param spool: JSON Lines file of this machine.
    :raises UnknownSLOError: the caller's own measurement names an SLO that is not applied.
    """
    now = utc(now)
    stamped = [one if one.recorded_at else replace(one, recorded_at=now) for one in measurements]
    try:
        store = open_store()
        replayed, problem = _replay(store, spool, now)
        record(store, stamped, now=now)
    except StoreError as error:
        return _wait(stamped, spool, str(error))
    return Recorded(len(stamped), 0, replayed, problem)


def _wait(measurements: Sequence[Measurement], path: Path, problem: str) -> Recorded:
    try:
        return Recorded(0, spool.append(path, measurements), 0, problem)
    except OSError as error:
        log.exception("%d measurement(s) are lost: neither store nor spool can be written", len(measurements))
        return Recorded(0, 0, 0, f"{problem}; the spool cannot be written either: {error}")


def _replay(store: Store, path: Path, now: datetime) -> tuple[int, str]:
    """Record what waits, in order; lines that cannot be recorded are set aside beside the spool."""
    count, refused = 0, 0
    try:
        with spool.taken(path) as waiting:
            count, refused = _record_waiting(store, waiting, now)
    except OSError as error:
        return count, f"the spool cannot be read: {error}"
    return count, f"{refused} waiting line(s) set aside in {spool.rejected_path(path)}" if refused else ""


def _record_waiting(store: Store, waiting: spool.Waiting, now: datetime) -> tuple[int, int]:
    """How many lines were recorded, and how many can never be."""
    count, refused = 0, 0
    for batch in waiting.batches():
        try:
            record(store, batch, now=now)
            count += len(batch)
        except (UnknownSLOError, MeasurementError):
            done = [one for one in batch if _try(store, one, now, waiting)]
            count += len(done)
            refused += len(batch) - len(done)
    return count, refused + waiting.unreadable


def _try(store: Store, one: Measurement, now: datetime, waiting: spool.Waiting) -> bool:
    try:
        record(store, [one], now=now)
    except (UnknownSLOError, MeasurementError) as error:
        waiting.reject(one, str(error))
        return False
    return True
