"""Scalars as they were written, and what lenient mode reads in them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

from airflow_ai_slo.openslo.problems import fold

_DIGITS = re.compile(r"[+-]?([0-9]{1,20}(\.[0-9]{0,20})?|\.[0-9]{1,20})")


class Written(float):
    """A number with a decimal point that remembers its text, so that ``0.995`` stays 995/1000."""

    __slots__ = ("text",)
    text: str

    def __new__(cls, text: str, value: float) -> Written:
        number = super().__new__(cls, value)
        number.text = text
        return number


def is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def number(value: object) -> Fraction | None:
    """The exact value of a number, or of a string that holds one (``"0.99"``, ``99.9%``); None for anything else."""
    if isinstance(value, str):
        text = value.strip()
        if text.endswith("%"):
            share = number(text[:-1])
            return None if share is None else share / 100
        return Fraction(Decimal(text)) if _DIGITS.fullmatch(text) else None
    if not is_number(value) or not math.isfinite(_as_float(value)):
        return None
    if isinstance(value, int):
        return Fraction(value)
    text = value.text if isinstance(value, Written) else repr(value)
    return Fraction(Decimal(text)) if _DIGITS.fullmatch(text) else Fraction(Decimal(repr(_as_float(value))))


def text(value: object) -> str | None:
    """A scalar as text; None for null, mappings and lists."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Written):
        return value.text
    return str(value) if isinstance(value, (int, float)) else None


def flag(value: object) -> bool | None:
    """A boolean, or a string that spells one."""
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value.strip().casefold()) if isinstance(value, str) else None


def choose(value: object, options: Iterable[str]) -> str | None:
    """The option that was meant, whatever its case and hyphens (``Burn-Rate`` for ``burnrate``)."""
    written = text(value)
    if written is None:
        return None
    return {fold(option): option for option in options}.get(fold(written))


def _as_float(value: object) -> float:
    try:
        return float(value)  # type: ignore[arg-type]
    except OverflowError:
        return math.inf
