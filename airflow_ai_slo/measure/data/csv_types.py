"""What the columns of a CSV file hold: the file says only text, so their types are read from the text.

A field with nothing in it is missing. ``""`` in quotes is an empty text, where the column is one of texts. ``NA``,
``null`` and the like are missing in a column of numbers, booleans or times, and texts in a column of texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

_NOTHING = frozenset(
    {"", "NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "-nan", "-NaN", "NaT", "NULL", "null", "None", "none"}
)
_NUMBER = re.compile(r"\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\s*|\s*[+-]?(inf|infinity)\s*", re.IGNORECASE)
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?\s?(Z|[+-]\d{2}(:?\d{2})?)?)?")
_PADDED = re.compile(r"\s*[+-]?0\d")
_ZONED = re.compile(r".*:\d{2}(\.\d+)?\s?(Z|[+-]\d{2}(:?\d{2})?)")
_BOOLEANS = {"True": True, "TRUE": True, "true": True, "False": False, "FALSE": False, "false": False}


def typed(series: pd.Series[Any]) -> pd.Series[Any]:
    """A column of texts as what they spell: numbers, booleans, ISO 8601 times, or texts.

    Times without an offset stay without one. Numbers with leading zeros are names, such as postal codes: texts.

    :param series: texts; missing ones are null.
    """
    import pandas as pd

    spelled = [text for text in series.dropna().unique() if text not in _NOTHING]
    if not spelled:
        return series if (series == "").any() else pd.Series([None] * len(series), dtype=object)
    if _all(_NUMBER, spelled) and not any(_PADDED.match(text) for text in spelled):
        return _mapped(series, {text: float(text) for text in spelled}, "float64")
    if all(text in _BOOLEANS for text in spelled):
        return _mapped(series, {text: _BOOLEANS[text] for text in spelled}, "boolean")
    if _all(_TIME, spelled):
        try:
            zoned = [_ZONED.fullmatch(text) is not None for text in spelled]
            if any(zoned) and not all(zoned):
                return series
            return pd.to_datetime(series.where(~series.isin(_NOTHING)), format="ISO8601", utc=all(zoned))
        except (ValueError, OverflowError):  # no such day, or beyond what pandas holds
            return series
    return series


def _all(pattern: re.Pattern[str], texts: Iterable[str]) -> bool:
    return all(pattern.fullmatch(text) for text in texts)


def _mapped(series: pd.Series[Any], values: dict[str, Any], dtype: Any) -> pd.Series[Any]:
    return series.astype(object).map(values).astype(dtype)
