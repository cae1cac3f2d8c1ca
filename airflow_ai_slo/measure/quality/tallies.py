"""What is counted of a group of rows; a metric reads nothing else. Null and NaN are missing, infinities are values."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

MOST_CLASSES = 1000
"""Different labels or predictions beyond which they are taken for scores."""

HUGE = 1e150
"""A number beyond this counts as infinite: its square is none that a database can add up."""


class Group(NamedTuple):
    """Which rows are counted together.

    :param segment: text of the segment's value; empty without segments, None where it is missing.
    :param slot: number of the interval; 0 without intervals, None where the row has no time.
    """

    segment: str | None = ""
    slot: int | None = 0


@dataclass(frozen=True, slots=True)
class Confusion:
    """Rows by (label, prediction), None where one is missing; with a threshold, the prediction is True or False."""

    cells: Mapping[tuple[Any, Any], int]

    @property
    def rows(self) -> int:
        return sum(self.cells.values())


@dataclass(frozen=True, slots=True)
class Ranks:
    """Scores of positives against those of negatives.

    :param twice_u: over all pairs of a positive and a negative: 2 where the positive has the higher score, 1 on a tie.
    :param unlabelled: rows without a label.
    :param missing: labelled rows without a score.
    """

    positives: int = 0
    negatives: int = 0
    twice_u: int = 0
    unlabelled: int = 0
    missing: int = 0
    classes: tuple[Any, ...] = ()

    @property
    def rows(self) -> int:
        return self.positives + self.negatives + self.unlabelled + self.missing


@dataclass(frozen=True, slots=True)
class Errors:
    """Errors, prediction - label, of the labelled rows that have a prediction.

    :param count: rows with a finite error.
    :param infinite: rows whose label or prediction is infinite, or beyond :data:`HUGE`.
    :param absolute: sum of |error| over the finite ones.
    :param squared: sum of error squared.
    :param within: rows with |error| within the limit.
    """

    count: int = 0
    infinite: int = 0
    absolute: float = 0.0
    squared: float = 0.0
    within: int = 0
    unlabelled: int = 0
    missing: int = 0

    @property
    def rows(self) -> int:
        return self.count + self.infinite + self.unlabelled + self.missing


@dataclass(frozen=True, slots=True)
class Scores:
    """Rows by whether their score is within the limits."""

    met: int = 0
    unmet: int = 0
    missing: int = 0

    @property
    def rows(self) -> int:
        return self.met + self.unmet + self.missing


Tally = Confusion | Ranks | Errors | Scores


@dataclass(frozen=True, slots=True)
class Tallied:
    """A group's tally, and the model version that made its predictions: None where there are none or several."""

    tally: Tally
    version: str | None = None


def plain_value(value: Any) -> Any:
    """A label, prediction or segment as plain Python, whatever made it; None where it is missing."""
    if hasattr(value, "item") and not isinstance(value, str):
        value = value.item()
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return None
    if isinstance(value, Decimal):
        value = int(value) if value.is_finite() and value == value.to_integral_value() else float(value)
    return None if isinstance(value, float) and math.isnan(value) else value


def text_of(value: Any) -> str | None:
    """A value as the text by which people know it: 3.0 is ``3``; None where it is missing."""
    value = plain_value(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return None if value is None else str(value)
