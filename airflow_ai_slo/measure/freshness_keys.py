"""Which share of keys is fresh: customers, regions, partitions, feature views… each judged by its own newest stamp."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from airflow_ai_slo.core.durations import spelled
from airflow_ai_slo.core.errors import ConfigurationError, DataError
from airflow_ai_slo.core.instants import utc
from airflow_ai_slo.core.measurement import Cause
from airflow_ai_slo.measure.freshness import Freshness
from airflow_ai_slo.measure.spelling import Select, spellings
from airflow_ai_slo.measure.watermark import SKEW, instant_of, like

_MICROSECOND = timedelta(microseconds=1)
_SHOWN = 3


def keys_fresh(
    select: Select,
    *,
    table: str,
    column: str,
    keys: Sequence[str],
    placeholder: str,
    now: datetime,
    max_age: timedelta,
    zone: ZoneInfo | None = None,
    where: str = "",
    bound: Sequence[Any] = (),
) -> Freshness:
    """Count a table's keys, and those whose newest stamp is at most ``max_age`` old, in the database.

    One MAX says how the column writes time, then one GROUP BY counts. Good = keys fresh, total = keys. A key without a
    stamp, or with none but future ones, is not fresh. Rows whose key is NULL belong to no key. Value: the age of the
    stalest key that has a stamp, in seconds. No keys at all: unknown, total 0.

    :param table: what stands behind FROM, quoted already, as are ``column`` and ``keys``.
    :param placeholder: how the driver writes a bound parameter, ``?`` or ``%s``.
    :param where: a further condition on the rows, with ``bound`` for its placeholders.
    :raises ConfigurationError: ``max_age`` is negative.
    :raises DataError: the column holds no stamps.
    """
    if max_age < timedelta(0):
        raise ConfigurationError(f"max_age={max_age} is negative; give an age such as timedelta(hours=26)")
    conditions = " AND ".join([*([f"({where})"] if where else []), *(f"{key} IS NOT NULL" for key in keys)])
    rows, group = f"{table} WHERE {conditions}", ", ".join(keys)
    sample = (select(f"SELECT MAX({column}) FROM {rows}", bound) or (None,))[0]  # noqa: S608
    if instant_of(sample, zone=zone) is None:
        sql = f"SELECT COUNT(*) FROM (SELECT 1 AS one FROM {rows} GROUP BY {group}) per_key"  # noqa: S608
        total = int((select(sql, bound) or (0,))[0])
        return _judged(0, total, total, None, max_age, 0)
    written = spellings(select, rows=rows, column=column, placeholder=placeholder, latest=sample, bound=bound)
    if len(written) > 1:
        one, other = written[0].latest, written[1].latest
        raise DataError(
            f"the stamps of {column} are texts spelled in different ways, such as {one!r} and {other!r}, which sort by "
            "letters; store timestamps, or texts of one form and offset"
        )
    limit = like(sample, now + SKEW, zone=zone)
    stale_to = like(sample, now - max_age - _MICROSECOND, zone=zone)
    sql = (
        f"SELECT COUNT(*), SUM(CASE WHEN newest > {placeholder} THEN 1 ELSE 0 END), "  # noqa: S608
        "SUM(CASE WHEN newest IS NULL THEN 1 ELSE 0 END), MIN(newest), SUM(future) FROM ("
        f"SELECT MAX(CASE WHEN {column} <= {placeholder} THEN {column} END) AS newest, "
        f"SUM(CASE WHEN {column} > {placeholder} THEN 1 ELSE 0 END) AS future FROM {rows} GROUP BY {group}) per_key"
    )
    counted = select(sql, (stale_to, limit, limit, *bound)) or (0, 0, 0, None, 0)
    total, good, unseen, oldest, future = counted
    stalest = instant_of(oldest, zone=zone)
    age = None if stalest is None else max(utc(now) - stalest, timedelta(0))
    return _judged(int(good or 0), int(total or 0), int(unseen or 0), age, max_age, int(future or 0))


def each_fresh(watermarks: Mapping[str, datetime | None], *, now: datetime, max_age: timedelta) -> Freshness:
    """The same of watermarks at hand: good = keys fresh, total = keys. The detail names the first that are not.

    :param watermarks: by key; None where nothing was seen.
    :raises ConfigurationError: ``max_age`` is negative.
    :raises MeasurementError: an instant has no zone.
    """
    from airflow_ai_slo.measure.freshness import freshness

    seen = {key: freshness([watermark], now=now, max_age=max_age) for key, watermark in watermarks.items()}
    stale = [key for key, one in seen.items() if not one.good]
    ages = [timedelta(seconds=one.value) for one in seen.values() if one.value is not None]
    return _judged(
        len(seen) - len(stale),
        len(seen),
        sum(not one.total for one in seen.values()),
        max(ages, default=None),
        max_age,
        sum(one.future for one in seen.values()),
        stale,
    )


def _judged(
    good: int,
    total: int,
    unseen: int,
    age: timedelta | None,
    max_age: timedelta,
    future: int,
    stale: Sequence[str] = (),
) -> Freshness:
    notes = [f"{good} of {total} keys fresh" if total else "unknown: no key was seen"]
    if age is not None:
        notes.append(f"the stalest {spelled(age)} old, at most {spelled(max_age)} asked")
    detail = ", ".join(notes)
    if stale:
        more = f" and {len(stale) - _SHOWN} more" if len(stale) > _SHOWN else ""
        detail += f"; not fresh: {', '.join(stale[:_SHOWN])}{more}"
    if unseen:
        detail += f"; {unseen} without a watermark"
    if future:
        detail += f"; {future} watermark{'s' if future > 1 else ''} over 5 minutes in the future ignored"
    cause = Cause.STALE_FEATURES if good < total else None
    return Freshness(good, total, None if age is None else age.total_seconds(), cause, detail, future)
