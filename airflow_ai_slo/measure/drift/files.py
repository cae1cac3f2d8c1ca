"""Read data to compare from files: CSV, Parquet, or a saved reference profile."""

from __future__ import annotations

import csv
import gzip
import io
import re
import warnings
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_ai_slo.core.errors import ConfigurationError, DataError
from airflow_ai_slo.measure.drift.csv_types import typed
from airflow_ai_slo.measure.drift.profile import Kind, ReferenceProfile
from airflow_ai_slo.measure.drift.profile_json import load_profile
from airflow_ai_slo.measure.drift.sql_source import first_line
from airflow_ai_slo.measure.drift.values import kind_of

if TYPE_CHECKING:
    import pandas as pd

_QUOTED = re.compile(r'"(?:[^"]|"")*"')
_HEADER = 1 << 20
"""Characters that hold the names of any file's columns."""

_EMPTY_TEXT = "\ue000empty text\ue000"
"""Stands for ``""`` while pandas reads a file, which would take it for a missing field; a private-use character."""


def read_reference(path: str | Path) -> ReferenceProfile | pd.DataFrame:
    """A saved profile, or reference data.

    :raises DataError: no such file, or none that can be read.
    """
    if _beginning(path).lstrip().startswith(b"{"):
        return load_profile(path)
    return read_table(path)


def read_table(path: str | Path, *, like: ReferenceProfile | None = None) -> pd.DataFrame:
    """A CSV file (UTF-8, commas, a header; also gzipped), or a Parquet file or folder.

    :param like: the reference. A CSV column of digits stays text where the reference knows such texts as categories.
    :raises DataError: no such file, or none that can be read.
    :raises ConfigurationError: Parquet without pyarrow.
    """
    beginning = _beginning(path)
    if Path(path).is_dir() or beginning.startswith(b"PAR1"):
        return _read_parquet(path)
    if beginning.lstrip().startswith(b"{"):
        raise DataError(f"{path}: is JSON; data to compare is CSV or Parquet")
    text = _text(path, beginning)
    names = _header(path, text)
    frame = _read_csv(path, text)
    columns = [_typed(frame.iloc[:, place]) for place in range(frame.shape[1])]
    if like is not None:
        columns = _guided(path, text, names, columns, like)
    import pandas as pd

    found = pd.concat(columns, axis=1) if columns else frame
    if max(Counter(names).values(), default=1) > 1:  # pandas numbers them apart, and hides that they are the same
        found.columns = pd.Index(names)
    return found


def _beginning(path: str | Path) -> bytes:
    if Path(path).is_dir():
        return b""
    try:
        with Path(path).open("rb") as file:
            beginning = file.read(256)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from None
    if not beginning.strip():
        raise DataError(f"{path}: is empty; a CSV file begins with a line of column names")
    return beginning.removeprefix(b"\xef\xbb\xbf")


def _read_parquet(path: str | Path) -> pd.DataFrame:
    import pandas as pd

    try:
        return pd.read_parquet(path)
    except ImportError:
        raise ConfigurationError(f"{path}: Parquet needs pyarrow: pip install 'airflow-ai-slo[parquet]'") from None
    except Exception as error:
        raise DataError(f"{path}: cannot be read as Parquet: {first_line(error)}") from None


def _text(path: str | Path, beginning: bytes) -> str:
    try:
        raw = gzip.decompress(Path(path).read_bytes()) if beginning.startswith(b"\x1f\x8b") else Path(path).read_bytes()
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: is not UTF-8 text at byte {error.start}; CSV files are read as UTF-8") from None
    except (OSError, EOFError) as error:
        raise DataError(f"{path}: cannot be read: {error}") from None
    if "\x00" in text[:4096]:
        raise DataError(f"{path}: is neither CSV nor Parquet")
    return text


def _header(path: str | Path, text: str) -> list[str]:
    try:
        return next(csv.reader(io.StringIO(text[:_HEADER], newline="")), [])
    except csv.Error as error:
        raise DataError(f"{path}: line 1: {error}") from None


def _read_csv(path: str | Path, text: str, **options: Any) -> pd.DataFrame:
    import pandas as pd

    if '""' in text and "," in text.partition("\n")[0]:
        # In a file of one column a missing value is written "", as an empty line would be none.
        text = _QUOTED.sub(lambda match: _EMPTY_TEXT if match[0] == '""' else match[0], text)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            frame: pd.DataFrame = pd.read_csv(
                io.StringIO(text),
                keep_default_na=False,
                na_values=[""],
                float_precision="round_trip",
                low_memory=False,
                index_col=False,
                **options,
            )
            return frame
    except pd.errors.EmptyDataError:
        raise DataError(f"{path}: is empty; a CSV file begins with a line of column names") from None
    except pd.errors.ParserWarning:
        raise DataError(f"{path}: some lines have more fields than the header has names") from None
    except (ValueError, OverflowError) as error:
        raise DataError(f"{path}: cannot be read as CSV: {first_line(error)}") from None


def _typed(series: pd.Series[Any]) -> pd.Series[Any]:
    """A column as pandas read it, or typed by us where that is text."""
    import pandas as pd
    from pandas.api import types

    if not isinstance(series.dtype, pd.StringDtype) and not types.is_object_dtype(series.dtype):
        return series
    if types.infer_dtype(series, skipna=True) == "boolean":
        return series.astype("boolean")
    texts = series.where(series.isna(), series.astype(str)).replace(_EMPTY_TEXT, "")
    found = typed(texts)
    found.name = series.name
    return found


def _guided(
    path: str | Path, text: str, names: Sequence[str], columns: list[pd.Series[Any]], like: ReferenceProfile
) -> list[pd.Series[Any]]:
    """Columns that are texts in the reference, and whose spelling here looks like something else, as texts again."""
    places = [
        place
        for place, series in enumerate(columns)
        if place < len(names)
        and names[place] in like.columns
        and like.columns[names[place]].kind is Kind.CATEGORICAL
        and kind_of(series) is not Kind.CATEGORICAL
    ]
    if not places:
        return columns
    spelled = _read_csv(path, text, dtype=str, usecols=places)
    guided = list(columns)
    for place, name in zip(places, spelled.columns, strict=True):
        texts = spelled[name].replace(_EMPTY_TEXT, "")
        known = like.columns[names[place]]
        if not {*known.categories, *(known.rare or ())}.isdisjoint(texts.dropna().unique()):
            guided[place] = texts
    return guided
