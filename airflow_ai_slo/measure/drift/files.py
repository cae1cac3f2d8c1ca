"""Data to compare from files: CSV, Parquet, or a saved reference profile."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_ai_slo.measure.data import files
from airflow_ai_slo.measure.drift.profile import ColumnProfile, Kind, ReferenceProfile
from airflow_ai_slo.measure.drift.profile_json import load_profile
from airflow_ai_slo.measure.drift.values import kind_of

if TYPE_CHECKING:
    import pandas as pd


def read_reference(path: str | Path) -> ReferenceProfile | pd.DataFrame:
    """A saved profile, or reference data.

    :raises DataError: no such file, or none that can be read.
    """
    if files.beginning_of(path).lstrip().startswith(b"{"):
        return load_profile(path)
    return read_table(path)


def read_table(path: str | Path, *, like: ReferenceProfile | None = None) -> pd.DataFrame:
    """A CSV or Parquet file, see :func:`airflow_ai_slo.measure.data.files.read_table`.

    :param like: the reference. A CSV column of digits stays text where the reference knows such texts as categories.
    :raises DataError: no such file, or none that can be read.
    """
    return files.read_table(path, keep_as_text=guides(like))


def guides(like: ReferenceProfile | None) -> dict[str, files.Texts]:
    """Which CSV columns a reference knows as texts, and how one tells that they are."""
    known = {} if like is None else like.columns
    texts = (Kind.CATEGORICAL, Kind.TEXT_LENGTH)
    return {name: _guide(column) for name, column in known.items() if column.kind in texts}


def _guide(known: ColumnProfile) -> files.Texts:
    categories = {*known.categories, *(known.rare or ())}

    def is_text(typed: pd.Series[Any], spelled: pd.Series[Any]) -> bool:
        if known.kind is Kind.TEXT_LENGTH:
            return True
        return kind_of(typed) is not Kind.CATEGORICAL and not categories.isdisjoint(spelled.dropna().unique())

    return is_text
