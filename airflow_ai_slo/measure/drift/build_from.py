"""Make a reference profile from rows, wherever they are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from airflow_ai_slo.core.errors import DataError
from airflow_ai_slo.measure.drift.build import build_profile, located
from airflow_ai_slo.measure.drift.build_sql import DATABASES, Asked, profiled
from airflow_ai_slo.measure.drift.profile import KNOWN, ReferenceProfile

if TYPE_CHECKING:
    from airflow_ai_slo.measure.data import Source


def build_from(
    source: Source,
    *,
    name: str,
    now: datetime,
    columns: Sequence[str] | None = None,
    label: str | None = None,
    known: int | None = KNOWN,
    text_length: Sequence[str] = (),
) -> ReferenceProfile:
    """Profile a table or a query in its database (PostgreSQL, SQLite, DuckDB); other rows are read into pandas.

    Edges and counts are those of :func:`build_profile` on the same rows, to the letter; mean and standard deviation
    agree to 12 digits. SQLite has no times and no booleans: a table's columns declared so are taken as such, all others
    by the values they hold.

    :param name: what suites and operators will call the profile.
    :param now: when it is made, with a zone.
    :param columns: which ones; by default all that can be compared, the others are named in ``skipped``.
    :param label: where the data came from, for people; by default the source's own name.
    :param known: how many categories beyond the most frequent are kept by name; None keeps all.
    :param text_length: columns of texts to compare by their lengths rather than as categories.
    :raises DataError: a column asked for is missing or cannot be compared, no column can, or the database refuses
        or does not answer.
    """
    label = str(source) if label is None else label
    if source.engine is None or source.engine.dialect.name not in DATABASES:
        needed = None if columns is None else [*columns, *(one for one in text_length if one not in columns)]
        frame = source.read(needed if source.engine is not None else None, only=needed)
        return build_profile(
            frame, name=name, now=now, columns=columns, source=label, known=known, text_length=text_length
        )
    rows, found = profiled(source, Asked(columns=columns, known=known, text_length=frozenset(text_length)))
    profiles, skipped = {}, dict[str, str]()
    for column, one in found.items():
        if not isinstance(one, DataError):
            profiles[column] = one
        elif columns is not None or column in text_length:
            raise DataError(located(column, one, label))
        else:
            skipped[column] = str(one)
    if not profiles:
        reasons = "; ".join(f"{column}: {reason}" for column, reason in skipped.items()) or "it has no columns"
        raise DataError(f"{label or name}: nothing to profile: {reasons}")
    return ReferenceProfile(name=name, created_at=now, source=label, rows=rows, columns=profiles, skipped=skipped)
