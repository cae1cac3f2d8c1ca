"""What a pandas column holds, whatever its dtype: its kind, its values as floats, its categories."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any

from airflow_ai_slo.core.errors import DataError
from airflow_ai_slo.measure.data.names import not_one
from airflow_ai_slo.measure.drift.profile import Kind

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    Floats = np.ndarray[Any, np.dtype[np.float64]]

_OBJECTS = {
    "string": Kind.CATEGORICAL,
    "boolean": Kind.BOOLEAN,
    "integer": Kind.NUMERIC,
    "floating": Kind.NUMERIC,
    "mixed-integer-float": Kind.NUMERIC,
    "decimal": Kind.NUMERIC,
    "datetime": Kind.DATETIME,
    "datetime64": Kind.DATETIME,
    "date": Kind.DATETIME,
}
"""Kinds by what pandas finds in a column of Python objects."""


def column_of(frame: pd.DataFrame, name: str) -> pd.Series[Any]:
    """The one column with a name; names compare as text.

    :raises DataError: there is none, or several.
    """
    places = [place for place, label in enumerate(frame.columns) if str(label) == name]
    if len(places) != 1:
        raise DataError(not_one(name, len(places), frame.columns))
    return frame.iloc[:, places[0]]


def kind_of(series: pd.Series[Any]) -> Kind | None:
    """The kind of a column; None where an object column holds no values, which suits every kind.

    A categorical dtype has the kind of its categories; Decimals are numeric, dates are datetimes.

    :raises DataError: mixed types, or values that are no numbers, booleans, texts or times.
    """
    import pandas as pd
    from pandas.api import types

    dtype = series.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return kind_of(pd.Series(dtype.categories))
    if types.is_bool_dtype(dtype):
        return Kind.BOOLEAN
    if types.is_datetime64_any_dtype(dtype):
        return Kind.DATETIME
    if types.is_numeric_dtype(dtype) and not types.is_complex_dtype(dtype):
        return Kind.NUMERIC
    if isinstance(dtype, pd.StringDtype):
        return Kind.CATEGORICAL
    found = types.infer_dtype(series if types.is_object_dtype(dtype) else series.astype(object), skipna=True)
    if found == "empty":
        return None
    if found not in _OBJECTS:
        kind = {"mixed": "mixed types", "mixed-integer": "mixed types"}.get(found, f"{found} values ({dtype})")
        raise DataError(f"holds {kind}; compare numbers, booleans, texts or times")
    return _OBJECTS[found]


def floats_of(series: pd.Series[Any], kind: Kind) -> Floats:
    """Values of a numeric or datetime column, or the lengths of texts, as float64; missing ones are NaN.

    Whole numbers beyond 2**53 and Decimals become the nearest float. Datetimes become POSIX seconds; those without a
    zone count as UTC.
    """
    import numpy as np
    import pandas as pd
    from pandas.api import types

    dtype = series.dtype
    if kind is Kind.TEXT_LENGTH:
        return _lengths(series)
    if isinstance(dtype, pd.CategoricalDtype):
        values = floats_of(pd.Series(dtype.categories), kind)
        codes = series.cat.codes.to_numpy()
        return np.append(values, np.nan)[codes]  # code -1 (missing) picks the appended NaN
    if kind is Kind.DATETIME:
        return _seconds(series)
    if types.is_object_dtype(dtype) or (isinstance(dtype, pd.ArrowDtype) and dtype.kind not in "iufb"):
        return _floats(series.astype(object))
    return series.to_numpy(dtype="float64", na_value=np.nan)


def _lengths(series: pd.Series[Any]) -> Floats:
    import numpy as np

    found = kind_of(series)
    if found not in (Kind.CATEGORICAL, None):
        raise DataError(f"is {found} ({series.dtype}); only texts have a length")
    if found is None:
        return np.full(len(series), np.nan)
    lengths: Any = series.str.len()
    floats: Floats = lengths.to_numpy(dtype="float64", na_value=np.nan)
    return floats


def _floats(series: pd.Series[Any]) -> Floats:
    import numpy as np

    values = np.full(len(series), np.nan)
    present = series.notna().to_numpy()
    values[present] = [_float(value) for value in series.to_numpy()[present]]
    return values


def _float(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf
    except ValueError:  # a signalling Decimal NaN
        return math.nan


def _seconds(series: pd.Series[Any]) -> Floats:
    import numpy as np
    import pandas as pd
    from pandas.api import types

    if not types.is_datetime64_any_dtype(series.dtype):
        try:
            series = pd.to_datetime(series, utc=True)
        except (ValueError, TypeError, OverflowError):  # pandas 2 holds the years 1678 to 2261 only
            return _floats(pd.Series([_posix(value) for value in series.astype(object)], dtype=object))
    missing = series.isna().to_numpy()
    stamps = pd.DatetimeIndex(series)
    naive = stamps.tz_convert(None) if stamps.tz is not None else stamps
    whole = naive.floor("s").as_unit("s").asi8
    # Whole seconds and the rest are exact integers; one division then gives the nearest float to the microsecond.
    micros = (naive - naive.floor("s")).as_unit("us").asi8
    values = np.where(np.abs(whole) < 2**33, (whole * 1_000_000 + micros) / 1e6, whole + micros / 1e6)
    values[missing] = np.nan
    return values


def _posix(value: Any) -> float:
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()
    return datetime.combine(value, time(), UTC).timestamp() if isinstance(value, date) else math.nan


def categories_of(series: pd.Series[Any], kind: Kind) -> dict[str, int]:
    """Values per category of a boolean (``False``, ``True``) or categorical column; missing ones are left out."""
    counted = series.value_counts(dropna=True, sort=False)
    pairs: Iterable[tuple[Any, int]] = zip(counted.index.tolist(), counted.to_numpy().tolist(), strict=True)
    if kind is Kind.BOOLEAN:
        found = {"False": 0, "True": 0}
        for value, count in pairs:
            found[str(bool(value))] += count
        return {name: count for name, count in found.items() if count}
    return {str(value): count for value, count in pairs if count}
