"""The counts that reference and current are compared by: one pair per bin or category."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from airflow_ai_slo.measure.drift.profile import TOP, ColumnProfile


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnCounts:
    """What an engine counted in one column of the current data.

    :param rows: all rows, missing values included.
    :param count: values that are not missing.
    :param bins: of numeric and datetime columns, values per bin of the profile's edges.
    :param categories: of boolean and categorical columns, values per category; those of the profile that occur, and
        at least ``TOP + 1 - len(profile.categories)`` of the others where there are as many.
    :param unseen: values in categories the reference never held; None where the profile no longer knows.
    """

    rows: int
    count: int
    bins: tuple[int, ...] = ()
    categories: Mapping[str, int] = field(default_factory=dict)
    unseen: int | None = None


@dataclass(frozen=True, slots=True)
class Cells:
    """Paired counts; both tuples have the same length and order."""

    reference: tuple[int, ...]
    current: tuple[int, ...]


def paired(profile: ColumnProfile, counts: ColumnCounts) -> Cells:
    """Pair up reference and current.

    Bins pair by position. Categories are the union of both sides; where that is more than :data:`TOP`, those of the
    reference keep their cells (at most :data:`TOP`) and all others share one.
    """
    if profile.kind.has_order:
        return Cells(profile.counts, counts.bins)
    current = counts.categories
    kept = tuple(current.get(category, 0) for category in profile.categories)
    new = sorted(current.keys() - set(profile.categories))
    if profile.other or len(profile.categories) + len(new) > TOP:
        return Cells((*profile.counts, profile.other), (*kept, counts.count - sum(kept)))
    return Cells((*profile.counts, *(0 for _ in new)), (*kept, *(current[category] for category in new)))
