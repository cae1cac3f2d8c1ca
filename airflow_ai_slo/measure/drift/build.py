"""Make a reference profile from reference data."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from airflow_ai_slo.core.errors import DataError
from airflow_ai_slo.measure.data.names import not_one
from airflow_ai_slo.measure.drift.counting import bin_counts
from airflow_ai_slo.measure.drift.profile import BINS, KNOWN, TOP, ColumnProfile, Kind, ReferenceProfile
from airflow_ai_slo.measure.drift.values import categories_of, column_of, floats_of, kind_of

if TYPE_CHECKING:
    import pandas as pd

    from airflow_ai_slo.measure.drift.values import Floats


def build_profile(
    frame: pd.DataFrame,
    *,
    name: str,
    now: datetime,
    columns: Sequence[str] | None = None,
    source: str = "",
    known: int | None = KNOWN,
    text_length: Sequence[str] = (),
) -> ReferenceProfile:
    """Profile the columns of a frame.

    :param name: what suites and operators will call the profile.
    :param now: when it is made, with a zone.
    :param columns: which ones; by default all that can be compared, the others are named in ``skipped``.
    :param source: where the data came from, for people.
    :param text_length: columns of texts to compare by their lengths rather than as categories.
    :param known: how many categories beyond the most frequent are kept by name; None keeps all.
    :raises DataError: a column asked for is missing or cannot be compared, or no column can.
    """
    unknown = [name for name in text_length if name not in {str(label) for label in frame.columns}]
    if unknown:
        raise DataError(f"{source or name}: text_length: {not_one(unknown[0], 0, frame.columns)}")
    profiles: dict[str, ColumnProfile] = {}
    skipped: dict[str, str] = {}
    for column in dict.fromkeys(str(label) for label in frame.columns) if columns is None else columns:
        try:
            kind = Kind.TEXT_LENGTH if column in text_length else None
            profiles[column] = profile_column(column_of(frame, column), name=column, known=known, kind=kind)
        except DataError as error:
            if columns is not None or column in text_length:
                raise DataError(located(column, error, source)) from None
            skipped[column] = str(error)
    if not profiles:
        reasons = "; ".join(f"{column}: {reason}" for column, reason in skipped.items()) or "it has no columns"
        raise DataError(f"{source or name}: nothing to profile: {reasons}")
    return ReferenceProfile(
        name=name, created_at=now, source=source, rows=len(frame), columns=profiles, skipped=skipped
    )


def profile_column(
    series: pd.Series[Any], *, name: str, known: int | None = KNOWN, kind: Kind | None = None
) -> ColumnProfile:
    """Profile one column.

    :param kind: how to compare it; by default its values tell.
    :raises DataError: its values cannot be compared.
    """
    kind = kind or kind_of(series) or Kind.CATEGORICAL
    if kind.has_order:
        return _ordered(floats_of(series, kind), name, kind)
    found = sorted(categories_of(series, kind).items(), key=lambda item: (-item[1], item[0]))
    return of_categories(found, name=name, kind=kind, rows=len(series), known=known)


def of_categories(
    found: Sequence[tuple[str, int]], *, name: str, kind: Kind, rows: int, known: int | None, count: int | None = None
) -> ColumnProfile:
    """Profile a column whose categories are counted.

    :param found: the most frequent first, ties by code point: all of them, or at least ``TOP + known + 1``.
    :param count: values that are not missing, where not all are found.
    """
    count = sum(times for _, times in found) if count is None else count
    top, rest = found[:TOP], found[TOP:]
    return ColumnProfile(
        name=name,
        kind=kind,
        rows=rows,
        count=count,
        categories=tuple(category for category, _ in top),
        counts=tuple(times for _, times in top),
        other=count - sum(times for _, times in top),
        rare=tuple(sorted(category for category, _ in rest)) if known is None or len(rest) <= known else None,
    )


def _ordered(values: Floats, name: str, kind: Kind) -> ColumnProfile:
    import numpy as np

    present = values[~np.isnan(values)]
    edges = edges_of(present)
    finite = present[np.isfinite(present)]
    moments = (*_mean_and_std(finite), finite.min(), finite.max()) if len(finite) else ()
    mean, std, low, high = (_finite(moment) for moment in moments) if moments else (None,) * 4
    return ColumnProfile(
        name=name,
        kind=kind,
        rows=len(values),
        count=len(present),
        edges=edges,
        counts=bin_counts(present, edges)[1],
        mean=mean,
        std=std,
        low=low,
        high=high,
    )


def _mean_and_std(finite: Floats) -> tuple[float, float]:
    """Mean and population standard deviation, exactly rounded: the same rows in any order make the same profile."""
    import numpy as np

    with np.errstate(over="ignore", invalid="ignore"):
        try:
            mean = math.fsum(finite) / len(finite)
            return mean, math.sqrt(math.fsum((finite - mean) ** 2) / len(finite))
        except OverflowError:
            return float(finite.mean()), float(finite.std())


def edges_of(values: Floats) -> tuple[float, ...]:
    """Bin edges: the distinct deciles, and the next float below each value that several deciles share.

    The i-th decile is the inverted CDF at i/K, the value of rank ``ceil(n i / K)`` in exact integers. The extra edge
    gives a value that alone makes up a tenth or more a bin of its own.

    :param values: none missing.
    """
    import numpy as np

    n = len(values)
    if not n:
        return ()
    ranks = [rank - 1 for rank in decile_ranks(n)]
    return edges_at(np.partition(values, ranks)[ranks])


def decile_ranks(n: int) -> list[int]:
    """Where the nine deciles of n values stand when sorted, from 1."""
    return [-(-n * i // BINS) for i in range(1, BINS)]


def edges_at(deciles: Floats) -> tuple[float, ...]:
    """Bin edges where the deciles are known."""
    import numpy as np

    distinct, times = np.unique(deciles + 0.0, return_counts=True)  # -0.0 becomes 0.0
    with np.errstate(over="ignore"):  # below the smallest number lies -inf
        below = np.nextafter(distinct[times > 1], -np.inf)
    return tuple(float(edge) for edge in np.union1d(distinct, below))


def _finite(number: Any) -> float | None:
    from math import isfinite

    return float(number) if isfinite(number) else None


def located(column: str, error: DataError, source: str) -> str:
    """What is wrong with a column, and whose it is."""
    text = str(error)
    text = text if text.startswith("column") else f"column {column!r} {text}"
    return f"{source}: {text}" if source else text
