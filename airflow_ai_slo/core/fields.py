"""Fields of definitions, read and checked: what is wrong with which field, and what would be right."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from airflow_ai_slo.core.durations import Duration
from airflow_ai_slo.core.errors import DefinitionError
from airflow_ai_slo.core.numbers import exact


def choice(name: str, value: str, known: Iterable[str]) -> Any:
    """One of the known values, as its own type."""
    found = next((one for one in known if one == value), None)
    if found is None:
        raise DefinitionError(f"{value!r:.60} is not one of {', '.join(known)}", path=name)
    return found


def number(name: str, value: object) -> Fraction:
    try:
        return Fraction(exact(value))
    except ValueError as error:
        raise DefinitionError(str(error), path=name) from None


def share(name: str, value: object) -> Fraction:
    ratio = number(name, value)
    if not 0 < ratio < 1:
        raise DefinitionError(f"{float(ratio):g} must be above 0 and below 1, such as 0.995", path=name)
    return ratio


def duration(name: str, value: str) -> Duration:
    try:
        return Duration.parse(value)
    except ValueError as error:
        raise DefinitionError(str(error), path=name) from None


def patience(name: str, value: object) -> Duration | Literal["usual"] | None:
    """How long nothing may come in: a duration of fixed length, "usual", or None for ever."""
    if value is None or value == "usual":
        return "usual" if value else None
    given = duration(name, value) if isinstance(value, str) else value
    if not isinstance(given, Duration) or given.is_calendar:
        raise DefinitionError(f"{value!s:.60} is not in m, h, d or w; write 2h, or none", path=name)
    return given


def zone(name: str, value: object) -> ZoneInfo:
    """An IANA time zone, or its name."""
    if isinstance(value, ZoneInfo):
        return value
    try:
        return ZoneInfo(str(value))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise DefinitionError(f"{value!r:.60} is not an IANA time zone such as Europe/Berlin", path=name) from None
