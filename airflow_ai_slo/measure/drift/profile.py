"""Reference profiles: what a column looked like when all was well, small enough to keep beside the code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

BINS = 10
"""K: numeric bins come from the deciles."""

TOP = 50
"""At most this many categories have a cell of their own."""

KNOWN = 10_000
"""At most this many rarer categories are kept by name, to tell new ones from old."""

OTHER = "__other__"
"""How the cell of the rarer categories is written."""


class Kind(StrEnum):
    """How a column's values are compared."""

    NUMERIC = "numeric"
    BOOLEAN = "boolean"
    CATEGORICAL = "categorical"
    DATETIME = "datetime"
    TEXT_LENGTH = "text_length"
    """Texts by how many characters they have; only where asked for."""

    @property
    def has_order(self) -> bool:
        """Whether its cells are bins on a number line; datetimes are POSIX seconds."""
        return self in (Kind.NUMERIC, Kind.DATETIME, Kind.TEXT_LENGTH)


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnProfile:
    """One column of the reference.

    :param rows: all rows, missing values (null, NaN) included.
    :param count: values that are not missing.
    :param edges: of numeric and datetime columns, ascending: bins ``(-inf, e1], (e1, e2] … (e_last, +inf)``.
    :param categories: of boolean and categorical columns, the most frequent first, ties by code point; at most
        :data:`TOP`. Booleans are ``False`` and ``True``.
    :param counts: values per bin or per category.
    :param other: values outside ``categories``.
    :param rare: the categories behind ``other``; None where they are too many to keep.
    :param mean, std, low, high: of the finite values (population standard deviation); None without any.
    """

    name: str
    kind: Kind
    rows: int
    count: int
    edges: tuple[float, ...] = ()
    categories: tuple[str, ...] = ()
    counts: tuple[int, ...] = ()
    other: int = 0
    rare: tuple[str, ...] | None = ()
    mean: float | None = None
    std: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def null_rate(self) -> float | None:
        """Share of missing values; None without rows."""
        return (self.rows - self.count) / self.rows if self.rows else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceProfile:
    """A named set of column profiles.

    :param name: what suites and operators call it.
    :param created_at: when it was made, with a zone.
    :param source: where the reference data came from.
    :param skipped: columns of the reference that cannot be compared, and why.
    """

    name: str
    created_at: datetime
    source: str
    rows: int
    columns: Mapping[str, ColumnProfile]
    skipped: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.created_at.tzinfo is None:
            raise ValueError(f"profile {self.name}: created_at={self.created_at} has no time zone")
