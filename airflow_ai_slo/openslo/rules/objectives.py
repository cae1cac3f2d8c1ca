"""Time windows and objectives of an SLO."""

from __future__ import annotations

import re
from datetime import datetime
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from airflow_ai_slo.openslo.documents import scalars
from airflow_ai_slo.openslo.documents.values import Table
from airflow_ai_slo.openslo.problems import Notes, Path, show
from airflow_ai_slo.openslo.rules import checks, indicators
from airflow_ai_slo.openslo.rules.common import (
    display_name,
    duration,
    minutes_or_duration,
    operator,
)
from airflow_ai_slo.openslo.rules.record import Field, expected, optional, record, required

_START = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{1,2}:[0-9]{2}:[0-9]{2}([.,][0-9]+)?")


def time_zone(value: Any, at: Path, notes: Notes) -> None:
    """A name of the IANA time zone database."""
    if zone_of(value) is None:
        notes.error(at, f"{show(value)} is not an IANA time zone such as Europe/Berlin")


def zone_of(value: Any) -> ZoneInfo | None:
    """The time zone of a name; None where there is none."""
    if not isinstance(value, str) or not value or value == "Local" or len(value) > 100:
        return None
    try:
        return ZoneInfo(value)
    except (ValueError, OSError, KeyError):
        return None


def start_of(value: Any, *, strict: bool) -> datetime | None:
    """A naive wall time: ``2026-01-01 00:00:00``. Lenient mode also reads ISO 8601 without seconds or time."""
    if not isinstance(value, str):
        return None
    if _START.fullmatch(value):
        try:
            return datetime.strptime(re.split("[.,]", value)[0], "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007
        except ValueError:
            return None
    if strict:
        return None
    try:
        lenient = datetime.fromisoformat(value)
    except ValueError:
        return None
    return lenient if lenient.tzinfo is None else None


def _start(value: Any, at: Path, notes: Notes) -> None:
    if start_of(value, strict=True) is not None:
        return
    if start_of(value, strict=False) is not None:
        notes.letter(at, f"{show(value)} is written as YYYY-MM-DD HH:MM:SS")
    else:
        notes.error(at, f"{show(value)} is not a wall time; write YYYY-MM-DD HH:MM:SS, without a time zone")


_calendar = record({"startTime": required(_start), "timeZone": expected(time_zone, "UTC")})


def _rolling_or_calendar(window: Table, at: Path, notes: Notes) -> None:
    rolling, calendar = scalars.flag(window.get("isRolling")), window.get("calendar")
    if rolling and calendar is not None:
        notes.letter(at, "gives a calendar beside isRolling: true; the calendar is left out")
    elif not rolling and calendar is None:
        asked = "isRolling" in window and rolling is False
        notes.error(at, "needs a calendar when isRolling is false") if asked or notes.strict else notes.letter(
            at, "gives neither isRolling: true nor a calendar; a rolling window is assumed"
        )


def _calendar_unless_rolling(window: Table, at: Path, notes: Notes) -> None:
    if window.get("calendar") is not None and (notes.strict or not scalars.flag(window.get("isRolling"))):
        _calendar(window["calendar"], (*at, "calendar"), notes)


window = record(
    {"duration": required(duration), "isRolling": optional(checks.flag), "calendar": optional(checks.anything)},
    _rolling_or_calendar,
    _calendar_unless_rolling,
)
windows = checks.items(window, least=1, most=1, rule="exactly one window is allowed", lenient="the first is used")


def _between(low: Fraction, high: Fraction, allowed: str, *, low_in: bool, high_in: bool) -> Field:
    def check(value: Any, at: Path, notes: Notes) -> None:
        checks.number(value, at, notes)
        share = scalars.number(value)
        if share is None:
            return
        if not (low < share < high or (low_in and share == low) or (high_in and share == high)):
            notes.error(at, f"{show(value)} is not {allowed}{_hint(share, at)}")

    return optional(check)


def _hint(share: Fraction, at: Path) -> str:
    if at[-1] == "target" and 1 < share < 100:
        return f"; write {float(share / 100):g}, or targetPercent: {float(share):g}"
    return ""


objective = record(
    {
        "displayName": optional(display_name),
        "op": optional(operator),
        "value": optional(checks.number),
        "target": _between(Fraction(0), Fraction(1), "at least 0 and below 1", low_in=True, high_in=False),
        "targetPercent": _between(Fraction(0), Fraction(100), "at least 0 and below 100", low_in=True, high_in=False),
        "timeSliceTarget": _between(Fraction(0), Fraction(1), "above 0 and at most 1", low_in=False, high_in=True),
        "timeSliceWindow": optional(minutes_or_duration),
        "indicator": optional(indicators.inline),
        "indicatorRef": optional(checks.name),
        "compositeWeight": _between(Fraction(0), Fraction(10**30), "above 0", low_in=False, high_in=False),
    },
)
