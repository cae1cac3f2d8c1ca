"""Periods that reports and agreements speak of: weeks, months, quarters and years of a zone, or days on end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from airflow_ai_slo.core.durations import Duration
from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.core.instants import utc
from airflow_ai_slo.core.windows import CalendarWindow

CALENDAR: dict[str, Duration] = {
    "week": Duration(1, "w"),
    "month": Duration(1, "M"),
    "quarter": Duration(1, "Q"),
    "year": Duration(1, "Y"),
}

ANCHOR = datetime(2001, 1, 1)  # noqa: DTZ001
"""A Monday on which a month, a quarter and a year begin: wall time, in whatever zone."""

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Period:
    """``(start, end]``, both UTC.

    :param kind: ``week``, ``month``, ``quarter`` or ``year``; a length such as ``28d`` where it is no calendar period.
    :param zone: whose calendar it is; UTC where it is none.
    """

    start: datetime
    end: datetime
    kind: str
    zone: ZoneInfo

    @property
    def is_calendar(self) -> bool:
        return self.kind in CALENDAR

    @property
    def length(self) -> timedelta:
        return self.end - self.start

    @property
    def label(self) -> str:
        """``January 2026``, ``week 5 of 2026``, ``quarter 1 of 2026``, ``2026``, ``28d to 2026-02-01 06:00 UTC``."""
        first = self._first
        if self.kind == "week":
            year, week, _ = first.isocalendar()
            return f"week {week} of {year}"
        if self.kind == "month":
            return f"{first:%B %Y}"
        if self.kind == "quarter":
            return f"quarter {(first.month + 2) // 3} of {first.year}"
        if self.kind == "year":
            return str(first.year)
        return f"{self.kind} to {self.end:%Y-%m-%d %H:%M} UTC"

    @property
    def slug(self) -> str:
        """For file names and keys: ``2026-W05``, ``2026-01``, ``2026-Q1``, ``2026``, ``2026-02-01T0600Z-28d``."""
        first = self._first
        if self.kind == "week":
            year, week, _ = first.isocalendar()
            return f"{year}-W{week:02}"
        if self.kind == "month":
            return f"{first:%Y-%m}"
        if self.kind == "quarter":
            return f"{first.year}-Q{(first.month + 2) // 3}"
        if self.kind == "year":
            return str(first.year)
        return f"{self.end:%Y-%m-%dT%H%MZ}-{self.kind}"

    @property
    def last_name(self) -> str:
        """What the one before is called in a sentence: ``last month``, ``the 28d before``."""
        return f"last {self.kind}" if self.is_calendar else f"the {self.kind} before"

    @property
    def _first(self) -> datetime:
        return self.start.astimezone(self.zone)

    def before(self) -> Period:
        """The period that ends where this one starts."""
        if self.is_calendar:
            return holding(self.kind, self.zone, self.start)
        return Period(self.start - self.length, self.start, self.kind, self.zone)

    def run_up(self, number: int) -> tuple[Period, ...]:
        """The last ``number`` periods, oldest first, this one the last."""
        found = [self]
        while len(found) < number:
            found.append(found[-1].before())
        return tuple(reversed(found))


def calendar(kind: str, zone: ZoneInfo) -> CalendarWindow:
    """The window of a kind of calendar period."""
    return CalendarWindow(CALENDAR[kind], zone, ANCHOR)


def holding(kind: str, zone: ZoneInfo, at: datetime) -> Period:
    """The calendar period that holds an instant; its end belongs to it.

    :raises ConfigurationError: it begins before the year 1, or ends after the year 9999.
    """
    at = utc(at)
    try:
        bounds = calendar(kind, zone).bounds(at)
    except (OverflowError, ValueError):
        what = f"no whole {kind} of the years 1 to 9999 holds {at.isoformat()}"
        raise ConfigurationError(f"period={kind!r}: {what}") from None
    return Period(bounds.start, bounds.end, kind, zone)


def last_complete(kind: str, zone: ZoneInfo, at: datetime) -> Period:
    """The calendar period that ended last, at ``at`` at the latest."""
    found = holding(kind, zone, at)
    return found if found.end == utc(at) else found.before()


def ending(at: datetime, length: timedelta) -> Period:
    """A length of time up to an instant.

    :raises ConfigurationError: a length that is not above zero.
    """
    if length <= timedelta(0):
        raise ConfigurationError(f"period={length}: give a length above zero, such as 28d")
    at = utc(at)
    try:
        start = at - length
    except OverflowError:
        raise ConfigurationError(f"period={length}: reaches back before the year 1") from None
    return Period(start, at, _written(length), ZoneInfo("UTC"))


def _written(length: timedelta) -> str:
    try:
        return str(Duration.of(length))
    except ValueError:
        return f"{length // _MICROSECOND / 1_000_000:g}s"


def check_period(text: str) -> str:
    """A period as it is asked for: ``week``, ``month``, ``quarter``, ``year``, or a length such as ``28d``.

    :raises ConfigurationError: anything else.
    """
    if text not in CALENDAR:
        try:
            fixed = not Duration.parse(text).is_calendar
        except ValueError:
            fixed = False
        if not fixed:
            raise ConfigurationError(f"period={text!r:.60}: write week, month, quarter, year, or a length such as 28d")
    return text


def period_of(text: str, at: datetime, zone: str | ZoneInfo = "UTC") -> Period:
    """The last complete calendar period at an instant, or the length of time that ends there.

    :param text: see :func:`check_period`.
    :param zone: whose calendar.
    :raises ConfigurationError: no such period, no such zone.
    """
    named = zone_named(zone) if isinstance(zone, str) else zone
    if check_period(text) in CALENDAR:
        return last_complete(text, named, at)
    return ending(at, Duration.parse(text).length)


def zone_named(name: str) -> ZoneInfo:
    """An IANA time zone.

    :raises ConfigurationError: there is none of that name.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigurationError(f"timezone={name!r:.60}: no IANA time zone such as Europe/Berlin") from None
