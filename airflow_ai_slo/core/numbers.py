"""Exact numbers: counts and ratios are integers or Fractions, never floats."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from fractions import Fraction
from numbers import Integral, Rational

DECIMALS = 9
"""Counts are kept to this many decimals."""

_LARGEST_EXPONENT = 200
Exact = int | Fraction


def exact(number: object) -> Exact:
    """Turn a number as people write it into an exact one: ``0.1`` becomes 1/10, ``3.0`` becomes 3.

    :param number: int, float, Decimal, Fraction, NumPy scalar, or a decimal string.
    :raises ValueError: not a finite number.
    """
    if type(number) is int:
        return number
    if isinstance(number, bool):
        raise ValueError(f"{number!r} is not a number")
    if isinstance(number, Integral):
        return int(number)
    if isinstance(number, Rational):
        return narrow(Fraction(int(number.numerator), int(number.denominator)))
    return narrow(Fraction(_decimal(number)))


def _decimal(number: object) -> Decimal:
    try:
        if isinstance(number, Decimal):
            decimal = number
        elif isinstance(number, str):
            decimal = Decimal(number.strip())
        else:
            decimal = Decimal(repr(float(number)))  # type: ignore[arg-type]
    except (InvalidOperation, TypeError, ValueError):
        raise ValueError(f"{number!r} is not a number") from None
    if not decimal.is_finite():
        raise ValueError(f"{number!r} is not finite")
    if abs(decimal.adjusted()) > _LARGEST_EXPONENT or len(decimal.as_tuple().digits) > _LARGEST_EXPONENT:
        raise ValueError(f"{str(number)[:40]!r} is too large, too small or too long a number")
    return decimal


def narrow(number: Exact) -> Exact:
    """Give an integral Fraction back as an int."""
    return number.numerator if isinstance(number, Fraction) and number.denominator == 1 else number


def parts(number: Exact, unit: int) -> Exact:
    """How much so many parts are, of which ``unit`` make 1."""
    return number if unit == 1 else narrow(Fraction(number) / unit)


def count(number: object) -> Exact:
    """An exact count, rounded to :data:`DECIMALS` decimals.

    :raises ValueError: not a finite number.
    """
    value = exact(number)
    if isinstance(value, Fraction) and 10**DECIMALS % value.denominator:
        value = narrow(Fraction(round(value * 10**DECIMALS), 10**DECIMALS))
    return value


def plain(number: Exact | None) -> int | float | None:
    """A number for JSON: ints stay ints, Fractions become the nearest float."""
    if isinstance(number, Fraction):
        return number.numerator if number.denominator == 1 else float(number)
    return number
