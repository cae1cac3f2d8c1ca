"""How old the newest data is that a reader sees: at one instant, or exactly over a whole period."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from airflow_ai_slo.core.durations import spelled
from airflow_ai_slo.core.errors import ConfigurationError, MeasurementError
from airflow_ai_slo.core.instants import from_micros, to_micros
from airflow_ai_slo.core.measurement import Cause
from airflow_ai_slo.core.numbers import Exact, narrow
from airflow_ai_slo.measure.watermark import SKEW

Load = tuple[datetime, datetime | None]
"""(available at, watermark): from the first instant on a reader sees data up to the second."""

_SECOND = 1_000_000
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Freshness:
    """Data judged by its age, at an instant (one event) or over a period (seconds).

    :param good: 1 or the seconds it was fresh.
    :param total: 1 or the seconds it was known; 0 while nothing was ever seen.
    :param value: age in seconds at the instant; over a period, the highest age in it. None while unknown.
    :param cause: ``stale_features`` where it was not fresh throughout.
    :param future: watermarks left out for being over five minutes in the future.
    :param watermark: at an instant, the watermark that decided.
    """

    good: Exact
    total: Exact
    value: float | None
    cause: Cause | None
    detail: str
    future: int = 0
    watermark: datetime | None = None


def freshness(
    watermarks: Iterable[datetime | None], *, now: datetime, max_age: timedelta, future: int = 0
) -> Freshness:
    """Whether the newest data is fresh at one instant: age = now - watermark, fresh up to and including ``max_age``.

    A watermark up to five minutes in the future counts as now; one beyond that is counted, reported and left out.
    Nothing seen (no watermark, None, none but future ones) is unknown: total 0, never fresh.

    :param watermarks: how far the data reaches, with zones; of several the largest counts.
    :param future: future watermarks that were left out before, to be reported too.
    :raises ConfigurationError: ``max_age`` is negative.
    :raises MeasurementError: an instant has no zone.
    """
    limit = _limit(max_age)
    instant = _micros("now", now)
    newest, left_out = None, future
    for watermark in watermarks:
        if watermark is None:
            continue
        reached = _micros("watermark", watermark)
        if reached > instant + SKEW // _MICROSECOND:
            left_out += 1
        elif newest is None or reached > newest:
            newest = reached
    if newest is None:
        return Freshness(0, 0, None, None, "unknown: no watermark was seen" + _left_out(left_out), left_out)
    age = max(instant - newest, 0)
    fresh = age <= limit
    detail = f"{_span(age)} old, at most {spelled(max_age)} asked" + _left_out(left_out)
    cause = None if fresh else Cause.STALE_FEATURES
    return Freshness(int(fresh), 1, age / _SECOND, cause, detail, left_out, from_micros(newest))


def freshness_over(
    loads: Iterable[Load], *, start: datetime, end: datetime, max_age: timedelta, future: int = 0
) -> Freshness:
    """Seconds fresh of the seconds known in ``(start, end]``, exact to the microsecond.

    W(t) is the largest watermark available at t, so late data never moves it back; age(t) = t - W(t). A watermark is
    held against its own arrival: up to five minutes beyond it counts as the arrival, further ahead it is counted,
    reported and left out for good. Loads without a watermark change nothing.

    :param loads: (available at, watermark), in any order, with zones; those before ``start`` say how it began.
    :param future: future watermarks that were left out before, to be reported too.
    :raises ConfigurationError: ``max_age`` is negative.
    :raises MeasurementError: an instant has no zone, or the period is empty.
    """
    limit, first, last = _limit(max_age), _micros("start", start), _micros("end", end)
    if first >= last:
        raise MeasurementError(f"the period {start} to {end} is empty; its end must come after its start")
    seen, beyond = _arrivals(loads, last)
    left_out = future + beyond
    known = fresh = oldest = 0
    newest: int | None = None
    for index, (arrival, watermark) in enumerate(seen):
        newest = watermark if newest is None else max(newest, watermark)
        begin = max(arrival, first)
        until = min(seen[index + 1][0] if index + 1 < len(seen) else last, last)
        if until > begin:
            known += until - begin
            fresh += min(max(newest + limit - begin, 0), until - begin)
            oldest = max(oldest, until - newest)
    if not known:
        return Freshness(0, 0, None, None, "unknown: no watermark was available" + _left_out(left_out), left_out)
    cause = None if fresh == known else Cause.STALE_FEATURES
    share = f"fresh {fresh / known:.2%} of {_span(known)}, at most {_span(oldest)} old, {spelled(max_age)} asked"
    return Freshness(_seconds(fresh), _seconds(known), oldest / _SECOND, cause, share + _left_out(left_out), left_out)


def _arrivals(loads: Iterable[Load], last: int) -> tuple[list[tuple[int, int]], int]:
    """(arrival, watermark) in microseconds by arrival, and how many were left out for lying in the future."""
    seen, left_out = [], 0
    for available_at, reached in loads:
        arrival = _micros("available at", available_at)
        if reached is None or arrival >= last:
            continue
        watermark = _micros("watermark", reached)
        if watermark > arrival + SKEW // _MICROSECOND:
            left_out += 1
        else:
            seen.append((arrival, min(watermark, arrival)))
    return sorted(seen), left_out


def _limit(max_age: timedelta) -> int:
    if max_age < timedelta(0):
        raise ConfigurationError(f"max_age={max_age} is negative; give an age such as timedelta(hours=26)")
    return max_age // _MICROSECOND


def _micros(name: str, instant: datetime) -> int:
    if instant.tzinfo is None:
        raise MeasurementError(f"{name} {instant!r} has no time zone; give an aware datetime")
    return to_micros(instant)


def _seconds(micros: int) -> Exact:
    return narrow(Fraction(micros, _SECOND))


def _span(micros: int) -> str:
    return spelled(timedelta(microseconds=micros))


def _left_out(count: int) -> str:
    return f"; {count} watermark{'s' if count > 1 else ''} over 5 minutes in the future ignored" if count else ""
