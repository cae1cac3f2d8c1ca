"""Measure drift of a Spark DataFrame against a reference profile: one aggregation counts all columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from airflow_ai_slo.core.errors import DataError
from airflow_ai_slo.measure.data.names import not_one
from airflow_ai_slo.measure.data.sql import Family, SqlType, type_named
from airflow_ai_slo.measure.drift.cells import ColumnCounts
from airflow_ai_slo.measure.drift.compare import compare, problem
from airflow_ai_slo.measure.drift.profile import ColumnProfile, Kind, ReferenceProfile
from airflow_ai_slo.measure.drift.result import DEFAULT, ColumnDrift, DriftResult, Thresholds
from airflow_ai_slo.measure.drift.sql_categories import room
from airflow_ai_slo.measure.drift.sql_cells import SUITS
from airflow_ai_slo.measure.drift.sql_plain import read_counts
from airflow_ai_slo.measure.drift.sql_times import last_instant


def measure_spark(
    profile: ReferenceProfile,
    frame: Any,
    *,
    columns: Sequence[str] | None = None,
    thresholds: Thresholds = DEFAULT,
) -> DriftResult:
    """Compare a Spark DataFrame with a profile. No row leaves Spark.

    Categories that the profile does not know are asked for afterwards, where there are any. Timestamps without a zone
    count as UTC, whatever the session's zone.

    :param columns: which ones; by default all of the profile. One that cannot be compared gets the verdict ``error``.
    """
    from pyspark.sql import functions as f

    names = list(dict.fromkeys(profile.columns if columns is None else columns))
    found: dict[str, ColumnDrift] = {}
    wanted: dict[str, tuple[ColumnProfile, SqlType]] = {}
    for name in names:
        known, types = profile.columns.get(name), [kind for one, kind in frame.dtypes if one == name]
        if known is None:
            reason = profile.skipped.get(name)
            text = f"column {name!r} is not in the reference" + (f": {reason}" if reason else "")
            found[name] = problem(name, text)
        elif len(types) != 1:
            found[name] = problem(name, not_one(name, len(types), frame.columns), profile=known)
        else:
            wanted[name] = (known, _type(types[0]))
    parts = {name: _parts(known, name, type_) for name, (known, type_) in wanted.items()}
    flat = [f.count(f.lit(1)), *(one for listed in parts.values() for one in listed)]
    row = frame.agg(*(one.alias(f"n{place}") for place, one in enumerate(flat))).first() if wanted else ()
    rows, *rest = [int(value or 0) for value in row] or [0]
    for name, (known, type_) in wanted.items():
        mine, rest = rest[: len(parts[name])], rest[len(parts[name]) :]
        try:
            counts = read_counts(known, type_, rows, mine)
            if known.kind is Kind.CATEGORICAL and counts.count > sum(counts.categories.values()):
                counts = _with_new(frame, name, known, counts)
            found[name] = compare(known, counts, thresholds=thresholds)
        except DataError as error:
            found[name] = problem(name, f"column {name!r} {error}", profile=known)
    return DriftResult(profile=profile.name, columns=tuple(found[name] for name in names))


def _type(name: str) -> SqlType:
    if name == "timestamp":
        return SqlType(Family.ZONED, name)
    return SqlType(Family.TIMESTAMP, name) if name == "timestamp_ntz" else type_named(name)


def _parts(profile: ColumnProfile, name: str, type_: SqlType) -> list[Any]:
    from pyspark.sql import functions as f

    quoted = "`" + name.replace("`", "``") + "`"
    cell = f.col(quoted)
    if not profile.count or type_.family not in SUITS[profile.kind]:
        return [f.count(cell)]
    if profile.kind is Kind.CATEGORICAL:
        return [f.count(cell), *(_sum(cell == f.lit(one)) for one in profile.categories)]
    if profile.kind is Kind.BOOLEAN:
        values = (False, True) if type_.family is Family.BOOLEAN else (0, 1)
        return [f.count(cell), *(_sum(cell == f.lit(value)) for value in values)]
    if profile.kind is Kind.TEXT_LENGTH:
        return [f.count(cell), *(_sum(f.length(cell) <= f.lit(edge)) for edge in profile.edges)]
    if profile.kind is Kind.DATETIME:
        return [f.count(cell), *(_sum(f.expr(_up_to(quoted, edge, type_))) for edge in profile.edges)]
    value = cell.cast("double")
    present = value.isNotNull() & ~f.isnan(value)  # NaN is Spark's largest number
    return [_sum(present), *(_sum(present & (value <= f.lit(edge))) for edge in profile.edges)]


def _up_to(quoted: str, edge: float, type_: SqlType) -> str:
    instant = last_instant(edge)
    if not isinstance(instant, datetime):
        return f"{quoted} IS NOT NULL" if instant else "false"
    plain = instant.replace(tzinfo=None).isoformat(sep=" ", timespec="microseconds")
    return f"{quoted} <= " + (f"TIMESTAMP'{plain} UTC'" if type_.family is Family.ZONED else f"TIMESTAMP_NTZ'{plain}'")


def _with_new(frame: Any, name: str, profile: ColumnProfile, counts: ColumnCounts) -> ColumnCounts:
    from pyspark.sql import functions as f

    cell = f.col("`" + name.replace("`", "``") + "`")
    unknown = frame.where(cell.isNotNull() & ~cell.isin(list(profile.categories)))
    unseen = None
    if profile.rare is not None:
        unseen = counts.count - sum(counts.categories.values())
        if profile.rare:
            unseen -= unknown.where(cell.isin(list(profile.rare))).count()
    found = dict(counts.categories)
    if room(profile):
        found |= {str(value): int(n) for value, n in unknown.groupBy(cell).count().limit(room(profile)).collect()}
    return replace(counts, categories=found, unseen=unseen)


def _sum(condition: Any) -> Any:
    from pyspark.sql import functions as f

    return f.sum(f.when(condition, 1).otherwise(0))
