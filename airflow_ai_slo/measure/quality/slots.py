"""Intervals by the time of prediction: labels that come in later are counted where their prediction was made."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from airflow_ai_slo.core.durations import Duration
from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.core.instants import from_micros, to_micros, utc

MOST_SLOTS = 400
"""Intervals that one run looks at again."""

_MICRO = 1_000_000


@dataclass(frozen=True, slots=True)
class Slots:
    """Intervals side by side, oldest first; each holds its start and not its end, as a calendar's day does.

    :param bounds: their starts and the end of the last, UTC.
    :param every: how long each is.
    :param zone: where days begin; and where stamps without an offset were written, if ``declared``.
    :param declared: whether the zone was given, or is UTC for want of one.
    """

    bounds: tuple[datetime, ...]
    every: Duration
    zone: ZoneInfo
    declared: bool

    def __len__(self) -> int:
        return len(self.bounds) - 1

    @property
    def by_day(self) -> bool:
        """Whether the intervals begin at midnight in their zone."""
        return self.every.unit not in "mh"

    def holding(self, instant: datetime) -> int | None:
        """Number of the interval that holds an instant, None outside."""
        found = bisect_right(self.bounds, instant) - 1
        return found if 0 <= found < len(self) else None


def slots_until(at: datetime, *, every: str, lookback: str, timezone: str | None = None) -> Slots:
    """The intervals that end in ``(at - lookback, at]``; at least the newest one that is over at ``at``.

    Minutes and hours are aligned to 1970 in UTC; days, weeks (from Monday), months, quarters and years to the
    calendar of the zone, where a day has 23, 24 or 25 hours.

    :param at: an instant with a zone.
    :param every: length of an interval, such as ``1d``.
    :param lookback: how far back to look again, such as ``14d``.
    :param timezone: IANA name; by default UTC.
    :raises ConfigurationError: one of them cannot be read, or there would be over :data:`MOST_SLOTS`.
    """
    from airflow_ai_slo.measure.watermark import zone_of

    length, back = _duration("every", every), _duration("lookback", lookback)
    zone = zone_of(timezone) or ZoneInfo("UTC")
    at = utc(at)
    local = at.astimezone(zone) - back.length  # on the clock of the zone: 14 days are 14 calendar days
    since = (at - back.length) if back.unit in "mh" else local.astimezone(UTC)
    number = _number(at, length, zone)
    bounds = [_start(number, length, zone), _start(number - 1, length, zone)]
    while bounds[-1] > since:
        if len(bounds) > MOST_SLOTS:
            raise ConfigurationError(
                f"lookback={lookback!r} holds over {MOST_SLOTS} intervals of {every}; look back less, or in longer ones"
            )
        bounds.append(_start(number - len(bounds), length, zone))
    return Slots(tuple(reversed(bounds)), length, zone, timezone is not None)


def _duration(field: str, text: str) -> Duration:
    try:
        return Duration.parse(text)
    except ValueError as error:
        raise ConfigurationError(f"{field}={error}") from None


def _number(instant: datetime, length: Duration, zone: ZoneInfo) -> int:
    """Number of the interval that holds an instant."""
    if length.unit in "mh":
        return to_micros(instant) // (round(length.length.total_seconds()) * _MICRO)
    day = instant.astimezone(zone).date()
    if length.months:
        return (day.year * 12 + day.month - 1) // length.months
    monday_based = day.toordinal() - 1
    return monday_based // (length.count * (7 if length.unit == "w" else 1))


def _start(number: int, length: Duration, zone: ZoneInfo) -> datetime:
    if length.unit in "mh":
        return from_micros(number * round(length.length.total_seconds()) * _MICRO)
    if length.months:
        year, month = divmod(number * length.months, 12)
        day = date(year, month + 1, 1)
    else:
        day = date.fromordinal(number * length.count * (7 if length.unit == "w" else 1) + 1)
    return datetime.combine(day, time(), zone).astimezone(UTC)


def wall(instant: datetime, zone: ZoneInfo) -> datetime:
    """What a clock in the zone shows, without its offset."""
    return instant.astimezone(zone).replace(tzinfo=None, fold=0)


def micros_of_wall(shown: datetime) -> int:
    """Microseconds from what a clock showed at the start of 1970."""
    return (shown - datetime(1970, 1, 1)) // timedelta(microseconds=1)  # noqa: DTZ001
