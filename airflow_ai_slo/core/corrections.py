"""Corrections: intervals in which measurements are dropped, good and bad alike, with who said so and why."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from airflow_ai_slo.core.durations import Duration
from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.core.evaluation import Evaluation
from airflow_ai_slo.core.expected import Pauses
from airflow_ai_slo.core.instants import from_micros, utc

LONGEST = timedelta(days=3653)
"""A correction reaches ten years from its start at most, one that recurs without an end included."""

EARLIEST, LATEST = 1900, 9800

Stretch = tuple[int, int]
"""Microseconds since 1970: what lies after the first and no later than the second. An ``at`` ends what it measured."""

Stretches = Sequence[Stretch]
"""In order, none touching the next, as :func:`merged` leaves them."""


@dataclass(frozen=True, slots=True)
class Interval:
    """When a correction holds: once in ``(start, end]``, or again and again.

    :param start: for a recurring one the instant from which its rule counts, which also says its time of day.
    :param end: of a recurring one: it drops nothing after this; None leaves that to the rule.
    :param rrule: an RFC 5545 rule such as ``FREQ=WEEKLY;BYDAY=SU``, read in ``zone``.
    :param duration: how long each time lasts. Days and weeks are those of the zone's calendar, of 23, 24 or 25 hours.
    :param zone: IANA name; None means that of the SLO's schedule, else UTC.
    :raises ConfigurationError: what is wrong, and what would be right.
    """

    start: datetime
    end: datetime | None = None
    rrule: str | None = None
    duration: Duration | None = None
    zone: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "start", utc(self.start))
        if self.end is not None:
            object.__setattr__(self, "end", utc(self.end))
        if self.rrule is None:
            self._check_once()
        else:
            self._check_recurring()
        if self.end is not None and not self.start < self.end:
            raise ConfigurationError(
                f"a correction from {self.start.isoformat()} to {self.end.isoformat()} holds nothing: end it later"
            )
        if not EARLIEST <= self.start.year <= LATEST:
            raise ConfigurationError(f"a correction begins in the years {EARLIEST} to {LATEST}")
        if self.end is not None and self.end - self.start > LONGEST:
            raise ConfigurationError("a correction lasts ten years at most; end it sooner")

    def __str__(self) -> str:
        start = f"{self.start:%Y-%m-%d %H:%M} UTC"
        end = "" if self.end is None else f" to {self.end:%Y-%m-%d %H:%M} UTC"
        if self.rrule is None:
            return start + end
        return f"{self.duration} each {self.rrule}{f' ({self.zone})' if self.zone else ''}, from {start}{end}"

    def _check_once(self) -> None:
        if self.end is None:
            raise ConfigurationError("a correction needs an end, or an rrule with a duration if it recurs")
        if self.duration is not None or self.zone is not None:
            raise ConfigurationError("duration and zone belong to a correction that recurs; give an rrule, or neither")

    def _check_recurring(self) -> None:
        if self.duration is None:
            raise ConfigurationError("a correction that recurs needs a duration, such as 2h or 1d")
        if self.duration.is_calendar or self.duration.length > timedelta(days=366):
            raise ConfigurationError(f"duration {self.duration}: write minutes, hours, days or weeks, such as 2h or 1d")


@dataclass(frozen=True, slots=True)
class Correction:
    """One that was saved.

    :param id: by which it is revoked.
    :param period: its zone filled in.
    :param revoked_at: since when its measurements count again; None while it is in force.
    """

    id: int
    slo: str
    service: str
    period: Interval
    author: str
    reason: str
    created_at: datetime
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """What a correction changes for one SLO.

    :param drops: stretches of the correction itself, whether or not anything lies in them.
    """

    before: Evaluation
    after: Evaluation
    drops: Stretches

    @property
    def slo(self) -> str:
        return self.after.slo.name


def merged(stretches: Iterable[Stretch]) -> list[Stretch]:
    """The same instants as stretches that neither overlap nor touch, in order."""
    found: list[Stretch] = []
    for start, end in sorted(stretches):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        elif start < end:
            found.append((start, end))
    return found


def minus(stretches: Stretches, others: Stretches) -> list[Stretch]:
    """What lies in the ones and not in the others, all of them merged."""
    found: list[Stretch] = []
    place = 0
    for start, end in stretches:
        while place < len(others) and others[place][1] <= start:
            place += 1
        following = place
        while following < len(others) and others[following][0] < end:
            low, high = others[following]
            if start < low:
                found.append((start, low))
            start = max(start, high)
            following += 1
        if start < end:
            found.append((start, end))
    return found


def holds(stretches: Stretches, at: int) -> bool:
    """Whether an instant lies in one of them."""
    place = bisect_left(stretches, (at,)) - 1
    return place >= 0 and at <= stretches[place][1]


def as_pauses(stretches: Stretches) -> Pauses:
    """The same as stretches ``[start, end)`` in which no runs are expected."""
    return [(from_micros(start + 1), from_micros(end + 1)) for start, end in stretches]
