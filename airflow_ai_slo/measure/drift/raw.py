"""Figures that need the values themselves on both sides."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow_ai_slo.measure.drift.values import Floats

_LEAST_SCALE = 1e-3


@dataclass(frozen=True, slots=True)
class RawFigures:
    """Exact two-sample Kolmogorov-Smirnov and normalised Wasserstein; None where they do not apply."""

    ks: float | None
    ks_p: float | None
    wasserstein_norm: float | None


def raw_figures(reference: Floats, current: Floats) -> RawFigures:
    """Compare two samples; NaN is left out.

    KS: the largest difference of the empirical distribution functions, infinite values included, and its asymptotic
    two-sided p as SciPy's ``ks_2samp(method="asymp")``; None for one value against one. Wasserstein: the area between
    them over the finite values, divided by the reference's standard deviation (population; at least 0.001).
    """
    import numpy as np

    left, right = np.sort(reference[~np.isnan(reference)]), np.sort(current[~np.isnan(current)])
    if not len(left) or not len(right):
        return RawFigures(None, None, None)
    merged, gaps = _distribution_gaps(left, right)
    last = np.append(merged[1:] != merged[:-1], True)  # within equal values the functions have not moved on yet
    ks = float(np.abs(gaps[last]).max())
    finite_left, finite_right = left[np.isfinite(left)], right[np.isfinite(right)]
    if not len(finite_left) or not len(finite_right):
        return RawFigures(ks, _ks_p(ks, len(left), len(right)), None)
    if len(finite_left) + len(finite_right) < len(merged):
        merged, gaps = _distribution_gaps(finite_left, finite_right)
    with np.errstate(over="ignore", invalid="ignore"):
        area = float(np.sum(np.abs(gaps[:-1]) * np.diff(merged)))
        scale = max(float(finite_left.std()), _LEAST_SCALE)
    norm = area / scale
    return RawFigures(ks, _ks_p(ks, len(left), len(right)), norm if math.isfinite(norm) else None)


def _distribution_gaps(left: Floats, right: Floats) -> tuple[Floats, Floats]:
    """All values of two sorted samples in order, and after each the difference of both distribution functions."""
    import numpy as np

    both = np.concatenate([left, right])
    order = np.argsort(both, kind="stable")  # merges two sorted runs in linear time
    passed_left = np.cumsum(order < len(left))
    passed_right = np.arange(1, len(both) + 1) - passed_left
    return both[order], passed_left / len(left) - passed_right / len(right)


def _ks_p(statistic: float, n: int, m: int) -> float | None:
    from scipy.stats import kstwo

    large, small = max(float(n), float(m)), min(float(n), float(m))
    effective = round(large * small / (large + small))
    return min(max(float(kstwo.sf(statistic, effective)), 0.0), 1.0) if effective else None
