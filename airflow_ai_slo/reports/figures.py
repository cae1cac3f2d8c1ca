"""Exact numbers as text that never lies, instants in UTC, lengths of time.

A rounded figure stands on the same side of every number it is read against (0, 1, the objective, a rule's factor) as
the exact one does: where two decimals would blur that, more are shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from functools import lru_cache

from airflow_ai_slo.core.numbers import Exact

UNKNOWN = "unknown"
_MOST_PLACES = 9
_WHOLE_FROM = 1000
_TIMES_WHOLE_FROM = 100
_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def percent(share: Exact | None, *, against: Iterable[Exact] = (), places: int = 2) -> str:
    """``0.99961`` as ``99.96%``; ``unknown`` for None. 0% and 100% are written for exactly 0 and 1 only.

    :param against: shares that stand beside it, such as the objective.
    """
    if share is None:
        return UNKNOWN
    return decimal(share * 100, against=(0, 100, *(other * 100 for other in against)), places=places, unit="%")


def times(burn: Exact | None, *, against: Iterable[Exact] = ()) -> str:
    """A burn rate, as ``14.4×``; 1× spends exactly the budget over the window."""
    if burn is None:
        return UNKNOWN
    return decimal(burn, against=(0, 1, *against), places=0 if burn >= _TIMES_WHOLE_FROM else 2, unit="×")


def count(number: Exact | None, *, against: Iterable[Exact] = ()) -> str:
    """``1,234,567``; fractional counts keep two decimals, and more rather than read 0."""
    return UNKNOWN if number is None else decimal(number, against=(0, *against), places=2)


def decimal(number: Exact, *, against: Iterable[Exact] = (), places: int = 2, unit: str = "") -> str:
    """The shortest honest decimal of at least ``places`` places, trailing zeros dropped.

    Where even nine places are not enough, the number it cannot be told from is named: ``<100%``.
    """
    return _decimal(number, tuple(against), places, unit)


@lru_cache(maxsize=65_536)
def _decimal(number: Exact, against: tuple[Exact, ...], places: int, unit: str) -> str:
    top, bottom = number.numerator, number.denominator
    if abs(top) >= _WHOLE_FROM * bottom:
        places = 0
    for digits in range(places, _MOST_PLACES + 1):
        scale = 10**digits
        rounded = (2 * top * scale + bottom) // (2 * bottom)
        if all(_side(rounded, scale, other) == _side(top, bottom, other) for other in against):
            return _written(rounded, digits) + unit
    value = Fraction(number)
    near = min(against, key=lambda other: abs(value - other))
    return ("<" if number < near else ">") + _decimal(near, (), _MOST_PLACES, unit)


def _side(top: int, bottom: int, other: Exact) -> int:
    difference = top * other.denominator - other.numerator * bottom
    return (difference > 0) - (difference < 0)


def _written(scaled: int, places: int) -> str:
    whole, rest = divmod(abs(scaled), 10**places)
    digits = f"{rest:0{places}d}".rstrip("0") if places else ""
    sign = "−" if scaled < 0 else ""
    return f"{sign}{whole:,}.{digits}" if digits else f"{sign}{whole:,}"


def raw(value: float | None) -> str:
    """A raw observation, to four significant digits and never in powers of ten where avoidable; empty for None."""
    if value is None:
        return ""
    if value == int(value) and abs(value) < 1e15:
        return _written(int(value), 0)
    text = f"{value:,.1f}" if 1000 <= abs(value) < 1e15 else f"{value:.4g}"
    return text.replace("-", "−", 1) if text.startswith("-") else text


def instant(at: datetime) -> str:
    """``2026-08-03 06:00 UTC``; seconds only where there are any."""
    utc = at.astimezone(UTC)
    return utc.strftime("%Y-%m-%d %H:%M:%S UTC" if utc.second else "%Y-%m-%d %H:%M UTC")


def length(time: timedelta) -> str:
    """The two largest units: ``3 d 4 h``, ``45 min``, ``under 1 s``."""
    seconds = int(abs(time).total_seconds())
    parts = []
    for name, size in _UNITS:
        amount, seconds = divmod(seconds, size)
        if amount:
            parts.append(f"{amount:,} {name}")
        elif parts:
            break
    return " ".join(parts[:2]) or "under 1 s"


def plural(number: int, noun: str) -> str:
    """``1 SLO``, ``2 SLOs``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def share_of(part: Exact, whole: Exact) -> Fraction | None:
    """part / whole, None where there is no whole."""
    return Fraction(part) / whole if whole else None
