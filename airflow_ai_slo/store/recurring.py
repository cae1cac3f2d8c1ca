"""When a correction holds, instant by instant: RFC 5545 rules through python-dateutil, in the wall time of a zone."""

from __future__ import annotations

import re
from calendar import isleap
from datetime import MAXYEAR, UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import islice, takewhile
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from airflow_ai_slo.core.corrections import LONGEST, Interval, Stretch, merged
from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.core.instants import EPOCH, to_micros

MOST = 10_000
"""Times that a rule may come up."""

_PARTS = re.compile(r"[A-Z]+=[A-Z0-9,+-]+(;[A-Z]+=[A-Z0-9,+-]+)*")
_FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_KNOWN = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", "BYHOUR", "BYMINUTE", "BYSETPOS", "BYMONTH"}
_KNOWN |= {"BYMONTHDAY", "BYYEARDAY", "BYWEEKNO"}
_EXAMPLE = "write for example FREQ=WEEKLY;BYDAY=SU"
_TO_ITS_END = timedelta(hours=23, minutes=59, seconds=59)


@lru_cache(maxsize=1024)
def stretches(period: Interval) -> tuple[Stretch, ...]:
    """Every stretch of a correction, in order.

    A time of day that a zone skips moves on by the gap, one that it repeats is the first of both.

    :raises ConfigurationError: a rule or zone that cannot be used, or a rule that never comes up.
    """
    start = to_micros(period.start)
    if period.rrule is None or period.duration is None:
        assert period.end is not None, "a period that does not recur has an end"  # noqa: S101
        return ((start, to_micros(period.end)),)
    zone, length = _zone(period.zone or "UTC"), period.duration.length
    until = period.start + LONGEST if period.end is None else period.end
    last, by_calendar = to_micros(until), period.duration.unit in "dw"
    found = []
    for wall in _walls(period.rrule, _wall(period.start, zone), _wall(until, zone), zone):
        begin = to_micros(_instant(wall, zone))
        end = to_micros(_instant(wall + length, zone)) if by_calendar else begin + to_micros(EPOCH + length)
        found.append((max(begin, start), min(end, last)))
    held = merged(one for one in found if one[0] < one[1])
    if not held:
        raise ConfigurationError(
            f"rrule {period.rrule!r} never comes up from {period.start.isoformat()} on; {_EXAMPLE}"
        )
    return tuple(held)


def zone_named(name: str) -> str:
    """The name of a zone that there is.

    :raises ConfigurationError: there is none of that name.
    """
    return _zone(name).key


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigurationError(f"zone {name!r}: write an IANA name such as Europe/Berlin") from None


def _wall(at: datetime, zone: ZoneInfo) -> datetime:
    return at.astimezone(zone).replace(tzinfo=None)


def _instant(wall: datetime, zone: ZoneInfo) -> datetime:
    return wall.replace(tzinfo=zone).astimezone(UTC)


def _walls(text: str, start: datetime, until: datetime, zone: ZoneInfo) -> list[datetime]:
    """Times of a rule in a zone's wall time, no later than an instant."""
    from dateutil.rrule import rrulestr

    parts, later = _parts(text), _years_later(start.year)
    given = parts.pop("UNTIL", None)
    if given is not None:
        until = min(until, _until(given, zone, text))
    until = until.replace(year=until.year + later)
    try:
        rule = rrulestr(
            ";".join("=".join(part) for part in parts.items()), dtstart=start.replace(year=start.year + later)
        )
    except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        raise ConfigurationError(f"rrule {text!r} cannot be read ({_plain(error)}); {_EXAMPLE}") from None
    found = list(islice(takewhile(lambda wall: wall <= until, rule), MOST + 1))
    if len(found) > MOST:
        raise ConfigurationError(f"rrule {text!r} comes up more than {MOST:,} times; end it by UNTIL, COUNT or an end")
    # A rule knows whole seconds; an instant need not be one.
    return [wall.replace(year=wall.year - later, microsecond=start.microsecond) for wall in found]


@lru_cache(maxsize=1024)
def _years_later(year: int) -> int:
    """By how many years rules are moved: to the last stretch of years before 10000 that has the same calendar.

    A rule that never comes up is followed to the end of the year 9999, which takes seconds from today on.
    """
    reach = range(-1, LONGEST // timedelta(days=365) + 2)
    shape = [_calendar(year + one) for one in reach]
    for last in range(MAXYEAR - reach[-1], year, -1):
        if [_calendar(last + one) for one in reach] == shape:
            return last - year
    return 0


def _calendar(year: int) -> tuple[int, bool]:
    return date(year, 1, 1).weekday(), isleap(year)


def tidy(text: str) -> str:
    """A rule without blanks and prefix, in capitals."""
    return "".join(text.split()).upper().removeprefix("RRULE:").rstrip(";")


def _parts(text: str) -> dict[str, str]:
    plain = tidy(text)
    if not _PARTS.fullmatch(plain):
        raise ConfigurationError(f"rrule {text!r} is no rule; {_EXAMPLE}")
    pairs = [part.split("=") for part in plain.split(";")]
    parts = {part[0]: part[1] for part in pairs}
    unknown = sorted(parts.keys() - _KNOWN)
    if unknown:
        raise ConfigurationError(f"rrule {text!r}: no part {', '.join(unknown)}; there are {', '.join(sorted(_KNOWN))}")
    if len(parts) < len(pairs):
        raise ConfigurationError(f"rrule {text!r} says a part twice; say each once")
    if parts.get("FREQ") not in _FREQUENCIES:
        raise ConfigurationError(
            f"rrule {text!r}: FREQ is one of {', '.join(_FREQUENCIES)}; several times a day are BYHOUR=6,18"
        )
    for name in ("INTERVAL", "COUNT"):
        if name in parts and not re.fullmatch("[1-9][0-9]{0,4}", parts[name]):
            raise ConfigurationError(f"rrule {text!r}: {name} is a whole number from 1 to 99999")
    if "UNTIL" in parts and "COUNT" in parts:
        raise ConfigurationError(f"rrule {text!r} has both UNTIL and COUNT; give one")
    return parts


def _until(given: str, zone: ZoneInfo, text: str) -> datetime:
    """The last time in the zone's wall time; a mere date is the whole day."""
    for pattern in ("%Y%m%dT%H%M%SZ", "%Y%m%dT%H%M%S", "%Y%m%d"):
        try:
            read = datetime.strptime(given, pattern)  # noqa: DTZ007
        except ValueError:
            continue
        if pattern.endswith("Z"):
            return _wall(read.replace(tzinfo=UTC), zone)
        return read + _TO_ITS_END if pattern == "%Y%m%d" else read
    raise ConfigurationError(f"rrule {text!r}: UNTIL is 20261231 or 20261231T230000Z")


def _plain(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
