"""The definitions written down once more, as plainly as they can be, to check the package against."""

from __future__ import annotations

import math
from collections import Counter
from datetime import UTC, datetime

import numpy as np
from scipy import stats
from scipy.spatial.distance import jensenshannon

NOW = datetime(2026, 9, 1, tzinfo=UTC)


def edges(reference):
    ordered = sorted(reference)
    deciles = []
    for i in range(1, 10):
        rank = 1
        while rank * 10 < i * len(ordered):
            rank += 1
        deciles.append(ordered[rank - 1])
    found = set(deciles)
    with np.errstate(over="ignore"):
        found |= {np.nextafter(value, -np.inf) for value, times in Counter(deciles).items() if times >= 2}
    return sorted(found)


def histogram(values, cuts):
    cells = [0] * (len(cuts) + 1)
    for value in values:
        cells[sum(value > cut for cut in cuts)] += 1
    return cells


def category_cells(reference, current, top=50):
    left, right = Counter(reference), Counter(current)
    names = sorted(set(left) | set(right))
    if len(names) <= top:
        return [left[name] for name in names], [right[name] for name in names]
    kept = sorted(left, key=lambda name: (-left[name], name))[:top]
    rest = (len(reference) - sum(left[name] for name in kept), len(current) - sum(right[name] for name in kept))
    return [*(left[name] for name in kept), rest[0]], [*(right[name] for name in kept), rest[1]]


def figures(left, right):
    p, q = np.array(left) / sum(left), np.array(right) / sum(right)
    clipped_p, clipped_q = np.maximum(p, 1e-4), np.maximum(q, 1e-4)
    table = np.array([(a, b) for a, b in zip(left, right, strict=True) if a or b]).T
    chi2, chi2_p, _, _ = stats.chi2_contingency(table, correction=False)
    return {
        "psi": float(np.sum((clipped_q - clipped_p) * np.log(clipped_q / clipped_p))),
        "js_distance": 0.0 if np.array_equal(p, q) else float(jensenshannon(p, q, base=2)),
        "chi2": float(chi2),
        "chi2_p": float(chi2_p),
        "cramers_v": math.sqrt(chi2 / table.sum()),
        "tv": float(np.abs(p - q).sum() / 2),
        "linf": float(np.abs(p - q).max()),
        "ks_binned": float(np.abs(np.cumsum(p) - np.cumsum(q)).max()),
    }
