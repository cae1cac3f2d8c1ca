"""Compliance windows. A window of length W at instant T is ``(T - W, T]``; calendar windows are ``(start, end]``."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from airflow_ai_slo.core.durations import Duration
from airflow_ai_slo.core.instants import utc


@dataclass(frozen=True, slots=True)
class Bounds:
    """One window at one instant.

    :param start: exclusive, UTC.
    :param now: the instant asked for, inclusive; measurements after it do not count.
    :param end: inclusive end of the whole window, UTC; equals ``now`` when rolling.
    """

    start: datetime
    now: datetime
    end: datetime

    @property
    def length(self) -> timedelta:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class RollingWindow:
    """The last ``duration`` before each instant."""

    duration: Duration

    def bounds(self, at: datetime) -> Bounds:
        at = utc(at)
        return Bounds(at - self.duration.length, at, at)

    def __str__(self) -> str:
        return str(self.duration)


@dataclass(frozen=True, slots=True)
class CalendarWindow:
    """Back-to-back periods in a time zone, counted from an anchor in local wall time.

    :param duration: ``1w``, ``1M``, ``1Q``, ``1Y`` and the like; days there have 23, 24 or 25 hours.
    :param anchor: naive local wall time at which some period starts.
    """

    duration: Duration
    zone: ZoneInfo
    anchor: datetime

    def bounds(self, at: datetime) -> Bounds:
        at = utc(at)
        local = at.astimezone(self.zone).replace(tzinfo=None)
        period = self._guess(local)
        while self._start(period) >= at:
            period -= 1
        while self._start(period + 1) < at:
            period += 1
        return Bounds(self._start(period), at, self._start(period + 1))

    def _guess(self, local: datetime) -> int:
        if self.duration.is_calendar:
            months = (local.year - self.anchor.year) * 12 + local.month - self.anchor.month
            return months // self.duration.months
        return (local - self.anchor) // self.duration.length

    def _start(self, period: int) -> datetime:
        if self.duration.is_calendar:
            wall = _add_months(self.anchor, period * self.duration.months)
        else:
            wall = self.anchor + period * self.duration.length
        return wall.replace(tzinfo=self.zone).astimezone(UTC)

    def __str__(self) -> str:
        return str(self.duration)


Window = RollingWindow | CalendarWindow


def _add_months(wall: datetime, months: int) -> datetime:
    """The same wall time months later; the 31st becomes the last day of a shorter month."""
    year, month = divmod(wall.year * 12 + wall.month - 1 + months, 12)
    return wall.replace(year=year, month=month + 1, day=min(wall.day, monthrange(year, month + 1)[1]))
