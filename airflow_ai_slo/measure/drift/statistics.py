"""Distances between two histograms over the same cells. Pure arithmetic on counts; no cell order is assumed
except by :func:`ks_binned`.

Proportions are count / total of their side, so equal shares of different totals are equal floats and identical data
gives exactly zero.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate

CLIP = 1e-4
"""Proportions below this count as this in the PSI."""

Shares = Sequence[float]


def shares(counts: Sequence[int]) -> tuple[float, ...]:
    """Proportions of a total above zero."""
    total = sum(counts)
    return tuple(count / total for count in counts)


def psi(p: Shares, q: Shares) -> float:
    """Population stability index: sum of (q' - p') ln(q' / p'), proportions clipped below, not renormalised."""
    clipped = [(max(a, CLIP), max(b, CLIP)) for a, b in zip(p, q, strict=True)]
    return math.fsum((b - a) * math.log(b / a) for a, b in clipped)


def js_distance(p: Shares, q: Shares) -> float:
    """Jensen-Shannon distance to base 2, the root of the divergence, unsmoothed; 0 to 1."""
    divergence = math.fsum(_half(a, b) + _half(b, a) for a, b in zip(p, q, strict=True))
    return math.sqrt(min(max(divergence, 0.0), 1.0))


def _half(a: float, b: float) -> float:
    return 0.5 * a * math.log2(2 * a / (a + b)) if a else 0.0


def total_variation(p: Shares, q: Shares) -> float:
    """Half the sum of absolute differences: the share that would have to move."""
    return 0.5 * math.fsum(abs(a - b) for a, b in zip(p, q, strict=True))


def l_inf(p: Shares, q: Shares) -> float:
    """The largest difference of any cell."""
    return max(abs(a - b) for a, b in zip(p, q, strict=True))


def ks_binned(reference: Sequence[int], current: Sequence[int]) -> float:
    """The largest difference of the cumulative shares at the bins' edges; at most the exact Kolmogorov-Smirnov."""
    n, m = sum(reference), sum(current)
    steps = zip(accumulate(reference), accumulate(current), strict=True)
    return max(abs(a / n - b / m) for a, b in steps)


def chi_square(reference: Sequence[int], current: Sequence[int]) -> tuple[float, float, float]:
    """Pearson's chi-square of the 2 x C table of counts: (statistic, p, Cramér's V).

    Cells empty on both sides are dropped; no continuity correction. With a single cell left there is nothing to tell
    apart: (0, 1, 0).
    """
    pairs = [(a, b) for a, b in zip(reference, current, strict=True) if a or b]
    if len(pairs) < 2:
        return 0.0, 1.0, 0.0
    n, m = sum(reference), sum(current)
    # (observed - expected)^2 / expected, summed over both rows of a cell, is (a m - b n)^2 / ((a + b) n m).
    statistic = math.fsum((a * m - b * n) ** 2 / ((a + b) * n * m) for a, b in pairs)
    return statistic, _chi_square_p(statistic, len(pairs) - 1), math.sqrt(statistic / (n + m))


def _chi_square_p(statistic: float, freedom: int) -> float:
    from scipy.special import chdtrc

    return float(chdtrc(freedom, statistic))
