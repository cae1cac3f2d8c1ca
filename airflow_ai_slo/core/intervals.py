"""Wilson score intervals: what a sample of this size can say about a share.

Wilson, E. B. (1927), Probable inference, the law of succession, and statistical inference. JASA 22, 209-212.

A stratified sample gets the interval of a simple one of its *effective* size. The design effect is from Kish, L.
(1965), Survey Sampling; intervals of shares from it are in Korn, E. and Graubard, B. (1998), Survey Methodology 24,
193-201, and Franco, C. et al. (2019), Journal of Survey Statistics and Methodology 7, 334-364.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
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


def reaches(good: Exact, total: Exact, objective: Fraction, confidence: Fraction | None) -> bool | None:
    """Whether good / total reaches an objective.

    :returns: None where nothing happened, and where a sample lies below it and its whole interval does not.
    """
    if not total:
        return None
    if good >= objective * total:
        return True
    return False if is_surely_above(total - good, total, 1 - objective, confidence) else None


@dataclass(frozen=True, slots=True)
class Stratum:
    """One part of a population, and what a simple random sample of it showed.

    :param population: how many there are in all, above zero.
    :param good: of those judged.
    :param judged: how many were judged, above zero.
    """

    population: int
    good: int
    judged: int


@dataclass(frozen=True, slots=True)
class Weighted:
    """A share estimated from strata.

    :param share: sum of W_h p_h, exact.
    :param size: effective sample size: a simple random sample of this size would tell as much. Rounded down to
        thousandths, at most the number judged.
    """

    share: Fraction
    size: Fraction

    @property
    def good(self) -> Fraction:
        """The part of the effective size that is good: ``good / size`` is the share."""
        return self.share * self.size


def stratified(strata: Iterable[Stratum]) -> Weighted:
    """The share of a population from a sample of each of its strata, and the sample size that this is worth.

    With W_h = N_h / N and p_h = good / judged, the share is p = sum W_h p_h. The design effect compares its variance
    with that of a simple random sample, so size = P (1 - P) / (sum W_h^2 P_h (1 - P_h) / n_h), at most n. In it P_h =
    (good + 1) / (judged + 2) and P = sum W_h P_h: a stratum in which nothing bad was seen yet is not taken for one that
    has none. No finite population correction: the indicator speaks of the process, not of these rows.

    :raises ValueError: there is no stratum, or a count breaks the rules.
    """
    parts = list(strata)
    if not parts or any(not 0 <= one.good <= one.judged or one.judged < 1 or one.population < 1 for one in parts):
        raise ValueError("every stratum needs 0 <= good <= judged, one judged at least, and a population above zero")
    judged = sum(one.judged for one in parts)
    if len({Fraction(one.population, one.judged) for one in parts}) == 1:
        return Weighted(Fraction(sum(one.good for one in parts), judged), Fraction(judged))
    population = sum(one.population for one in parts)
    share = smooth = variance = Fraction(0)
    for one in parts:
        weight = Fraction(one.population, population)
        likely = Fraction(one.good + 1, one.judged + 2)
        share += weight * Fraction(one.good, one.judged)
        smooth += weight * likely
        variance += weight**2 * likely * (1 - likely) / one.judged
    size = min(smooth * (1 - smooth) / variance, Fraction(judged))
    return Weighted(share, max(Fraction(int(size * 1000), 1000), Fraction(1, 1000)))


@lru_cache(maxsize=64)
def _squared(confidence: Fraction) -> Fraction:
    """The square of the normal quantile of a two-sided confidence."""
    return Fraction(NormalDist().inv_cdf(0.5 + float(confidence) / 2)) ** 2
