"""Wilson score intervals: what a sample of this size can say about a share.

Wilson, E. B. (1927), Probable inference, the law of succession, and statistical inference. JASA 22, 209-212.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from math import sqrt
from statistics import NormalDist

from airflow_ai_slo.core.numbers import Exact


def wilson(good: Exact, total: Exact, confidence: Fraction) -> tuple[float, float] | None:
    """The interval of a share, both ends within 0 and 1; None where nothing was looked at.

    :param confidence: of both sides together, such as 0.95.
    """
    if not total:
        return None
    squared = float(_squared(confidence))
    share, size = float(Fraction(good) / Fraction(total)), float(total)
    middle = share + squared / (2 * size)
    spread = sqrt(squared) * sqrt(share * (1 - share) / size + squared / (4 * size * size))
    scale = 1 + squared / size
    return max((middle - spread) / scale, 0.0), min((middle + spread) / scale, 1.0)


def is_surely_above(part: Exact, total: Exact, limit: Fraction, confidence: Fraction | None) -> bool:
    """Whether the whole interval of ``part / total`` lies above a limit; without confidence, the share itself.

    The lower end lies above the limit where the score test at the limit rejects it: no root is drawn, so it is exact up
    to the normal quantile.
    """
    distance = part - total * limit
    if distance <= 0 or confidence is None:
        return distance > 0
    return distance * distance > _squared(confidence) * limit * (1 - limit) * total


@lru_cache(maxsize=64)
def _squared(confidence: Fraction) -> Fraction:
    """The square of the normal quantile of a two-sided confidence."""
    return Fraction(NormalDist().inv_cdf(0.5 + float(confidence) / 2)) ** 2
