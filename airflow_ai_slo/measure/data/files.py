"""Rows from files: CSV or Parquet."""

from __future__ import annotations

import csv
import gzip
import io
import re
import warnings
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_ai_slo.core.errors import ConfigurationError, DataError
from airflow_ai_slo.measure.data.csv_types import typed
from airflow_ai_slo.measure.data.sql import first_line

if TYPE_CHECKING:
    import pandas as pd

_QUOTED = re.compile(r'"(?:[^"]|"")*"')
_HEADER = 1 << 20
"""Characters that hold the names of any file's columns."""

_EMPTY_TEXT = "\ue000empty text\ue000"
"""Stands for ``""`` while pandas reads a file, which would take it for a missing field; a private-use character."""


Texts = Callable[["pd.Series[Any]", "pd.Series[Any]"], bool]
"""Whether a CSV column that looks like numbers, booleans or times is text after all: from both ways to read it."""


def read_table(
    path: str | Path, *, keep_as_text: Mapping[str, Texts] | None = None, only: Collection[str] | None = None
) -> pd.DataFrame:
    """A CSV file (UTF-8, commas, a header; also gzipped), or a Parquet file or folder.

    :param keep_as_text: by name of a CSV column: whether what is typed so is better left as it is spelled.
    :param only: the columns that are needed: a Parquet file's others are not read.
    :raises DataError: no such file, or none that can be read.
    :raises ConfigurationError: Parquet without pyarrow.
    """
    beginning = beginning_of(path)
    if Path(path).is_dir() or beginning.startswith(b"PAR1"):
        return _read_parquet(path, only)
    if beginning.lstrip().startswith(b"{"):
        raise DataError(f"{path}: is JSON; data is read from CSV or Parquet")
    text = _text(path, beginning)
    names = _header(path, text)
    frame = _read_csv(path, text)
    columns = [_typed(frame.iloc[:, place]) for place in range(frame.shape[1])]
    if keep_as_text:
        columns = _guided(path, text, names, columns, keep_as_text)
    import pandas as pd

    found = pd.concat(columns, axis=1) if columns else frame
    if max(Counter(names).values(), default=1) > 1:  # pandas numbers them apart, and hides that they are the same
        found.columns = pd.Index(names)
    return found


def beginning_of(path: str | Path) -> bytes:
    """The first bytes of a file, without a byte order mark; of a folder, none.

    :raises DataError: it cannot be read, or is empty.
    """
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


def _read_parquet(path: str | Path, only: Collection[str] | None) -> pd.DataFrame:
    import pandas as pd

    try:
        if only is None:
            return pd.read_parquet(path)
        import pyarrow.dataset

        there = pyarrow.dataset.dataset(str(path), partitioning="hive").schema.names
        return pd.read_parquet(path, columns=[name for name in there if name in set(only)])
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
            warnings.filterwarnings("ignore", message=".*float_precision", category=DeprecationWarning)
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
    path: str | Path, text: str, names: Sequence[str], columns: list[pd.Series[Any]], guides: Mapping[str, Texts]
) -> list[pd.Series[Any]]:
    """Columns that somebody knows to be texts, as texts again, though their spelling looks like something else."""
    places = [place for place in range(min(len(columns), len(names))) if names[place] in guides]
    if not places:
        return columns
    spelled = _read_csv(path, text, dtype=str, usecols=places)
    guided = list(columns)
    for place, name in zip(places, spelled.columns, strict=True):
        texts = spelled[name].replace(_EMPTY_TEXT, "")
        if guides[names[place]](columns[place], texts):
            guided[place] = texts
    return guided
