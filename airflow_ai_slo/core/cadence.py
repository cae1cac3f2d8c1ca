"""When runs are expected: the slots of a cadence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from airflow_ai_slo.core.cron import Cron
from airflow_ai_slo.core.definition import Schedule
from airflow_ai_slo.core.durations import Duration
from airflow_ai_slo.core.errors import DefinitionError
from airflow_ai_slo.core.instants import utc
from airflow_ai_slo.core.windows import Bounds

_MICROSECOND = timedelta(microseconds=1)
_DAY = timedelta(days=1)
_LONGEST_STEP = timedelta(days=9 * 366)
"""29 February is the rarest date there is; in 2100 it takes eight years to come back."""
_REPEATED: Literal[1] = 1
"""Airflow runs a time in a repeated hour at its second pass. A run at the first one then fulfils the same slot."""
_EXAMPLES = "write a duration such as 1d, or a cron expression such as 0 6 * * *"


@dataclass(frozen=True, slots=True)
class Cadence:
    """A rhythm of expected ``at``s, called slots. All instants are UTC.

    A run fulfils the slot s when its ``at`` lies in ``(previous slot, s]``; mostly it is s itself.

    Where expectation begins:

    - with ``start``: an interval's first slot is one interval after it, a cron expression's the first one after it.
      Neither is ``start`` itself, since a run's ``at`` ends what it measures, and that would lie before the start.
    - without: at the first recorded ``at`` (argument ``first``): nobody knows what should have run before it. That
      instant anchors an interval; for cron it is the slot that this measurement fulfils.

    :param rhythm: fixed length of real time, or a cron expression in ``zone``.
    :param end: the last instant at which a run can be expected.
    :param deadline: how long after a run's ``at`` it may come in; ``"cadence"`` is until the next slot, None expects
        nothing.
    """

    rhythm: timedelta | Cron
    zone: ZoneInfo
    start: datetime | None = None
    end: datetime | None = None
    deadline: timedelta | Literal["cadence"] | None = "cadence"

    @classmethod
    def of(cls, schedule: Schedule) -> Cadence:
        """Read a definition's schedule.

        :raises DefinitionError: which of its fields is wrong, and what would be right.
        """
        return _of(schedule)

    @property
    def per_day(self) -> Fraction:
        """Runs a day, on average over the years."""
        return self.rhythm.per_day if isinstance(self.rhythm, Cron) else Fraction(_micros(_DAY), _micros(self.rhythm))

    def per_period(self, bounds: Bounds) -> Fraction:
        """N: expected runs of a full window, on average.

        The average, so that N and the alert rules made from it stay the same while a rolling window passes over
        weekends and months of different length; a monthly cron in 30 days makes 0.986, not now 0 and now 1.
        """
        return self.per_day * Fraction(_micros(bounds.length), _micros(_DAY))

    def slots(self, start: datetime, end: datetime, first: datetime | None) -> Iterator[datetime]:
        """Slots expected in ``(start, end]``, ascending.

        :param first: the first recorded ``at``; None expects nothing unless the cadence has a start.
        """
        begin = self._begin(first)
        if begin is None:
            return iter(())
        start, end = max(utc(start), begin), self._until(end)
        if isinstance(self.rhythm, Cron):
            return self.rhythm.instants(start, end, self.zone, fold=_REPEATED)
        return self._interval(start, end, self.rhythm, first)

    def count(self, start: datetime, end: datetime, first: datetime | None) -> int:
        """How many slots ``(start, end]`` would hold had expectation begun long ago: a full window's runs.

        :param first: anchors an interval without start; None makes 0 there.
        """
        start, end = utc(start), self._until(end)
        if end <= start:
            return 0
        if isinstance(self.rhythm, Cron):
            return _count(self.rhythm, start, end, self.zone)
        anchor = self._anchor(first)
        if anchor is None:
            return 0
        return (end - anchor) // self.rhythm - (start - anchor) // self.rhythm

    def slot_of(self, at: datetime, first: datetime | None) -> datetime | None:
        """The slot that a run with this ``at`` fulfils; None where none was expected yet."""
        at, begin = utc(at), self._begin(first)
        if begin is None or at <= begin:
            return None
        slot = self._next(at - _MICROSECOND, first)
        return None if self.end is not None and slot > self.end else slot

    def step(self, at: datetime) -> timedelta:
        """From a slot to the next one."""
        if isinstance(self.rhythm, Cron):
            return self._next(utc(at), None) - utc(at)
        return self.rhythm

    def due(self, at: datetime) -> datetime | None:
        """The last instant at which a run with this ``at`` comes in time; None where nothing is expected."""
        at = utc(at)
        if self.deadline is None or isinstance(self.deadline, timedelta):
            return None if self.deadline is None else at + self.deadline
        if isinstance(self.rhythm, Cron):
            # One cadence is the step of the run's slot, however long before it the run itself lies.
            return at + self.step(self._next(at - _MICROSECOND, None))
        return at + self.rhythm

    def _until(self, end: datetime) -> datetime:
        return utc(end) if self.end is None else min(utc(end), self.end)

    def _anchor(self, first: datetime | None) -> datetime | None:
        return self.start or (None if first is None else utc(first))

    def _begin(self, first: datetime | None) -> datetime | None:
        """Nothing is expected until after this instant."""
        if self.start is not None or first is None:
            return self.start
        return utc(first) - _MICROSECOND

    def _next(self, after: datetime, first: datetime | None) -> datetime:
        if isinstance(self.rhythm, Cron):
            return next(self.rhythm.instants(after, _later(after), self.zone, fold=_REPEATED))
        anchor = self._anchor(first)
        assert anchor is not None, "asked for only where expectation has begun"  # noqa: S101
        return anchor + ((after - anchor) // self.rhythm + 1) * self.rhythm

    def _interval(self, start: datetime, end: datetime, every: timedelta, first: datetime | None) -> Iterator[datetime]:
        anchor = self._anchor(first)
        if anchor is not None:
            for number in range((start - anchor) // every + 1, (end - anchor) // every + 1):
                yield anchor + number * every


@lru_cache(maxsize=1024)
def _of(schedule: Schedule) -> Cadence:
    try:
        zone = ZoneInfo(schedule.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        zone_error = f"{schedule.zone!r:.60} is not an IANA time zone such as Europe/Berlin"
        raise DefinitionError(zone_error, path="schedule.zone") from None
    deadline = schedule.deadline
    return Cadence(
        _rhythm(schedule.cadence),
        zone,
        _instant(schedule.start, zone),
        _instant(schedule.end, zone),
        deadline.length if isinstance(deadline, Duration) else deadline,
    )


def _instant(written: datetime | None, zone: ZoneInfo) -> datetime | None:
    """Without a zone it is local time, as the annotation is read."""
    if written is None:
        return None
    return utc(written.replace(tzinfo=zone) if written.tzinfo is None else written)


def _rhythm(text: str) -> timedelta | Cron:
    written = text.strip()
    try:
        if written.startswith("@") or len(written.split()) > 1:
            return Cron.parse(written)
        duration = Duration.parse(written)
    except ValueError as error:
        problem = str(error) if written.startswith("@") or " " in written else f"{text[:60]!r} is not a cadence"
        raise DefinitionError(f"{problem}; {_EXAMPLES}", path="schedule.cadence") from None
    if duration.is_calendar:
        problem = f"{text[:60]!r}: a cadence is in m, h, d or w; for months write a cron expression such as @monthly"
        raise DefinitionError(problem, path="schedule.cadence")
    return duration.length


@lru_cache(maxsize=1024)
def _count(cron: Cron, start: datetime, end: datetime, zone: ZoneInfo) -> int:
    """Many SLOs share a cadence and a window, so one evaluation counts each pair once."""
    return cron.count(start, end, zone, fold=_REPEATED)


def _micros(length: timedelta) -> int:
    return length // _MICROSECOND


def _later(after: datetime) -> datetime:
    return min(after, datetime.max.replace(tzinfo=UTC) - _LONGEST_STEP) + _LONGEST_STEP
