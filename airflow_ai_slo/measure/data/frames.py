"""Frames of other libraries as pandas frames, without copying what is not needed."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


def is_frame(value: object) -> bool:
    """Whether it is a DataFrame of pandas, or a DataFrame or LazyFrame of Polars."""
    import pandas as pd

    return isinstance(value, pd.DataFrame) or _is_polars(value)


def as_pandas(frame: Any, only: Collection[str] | None = None) -> pd.DataFrame:
    """A pandas frame as it is; a Polars frame's columns in the same Arrow memory. A lazy one reads what is asked for.

    :param only: the columns that are needed, those of them that are there.
    """
    if not _is_polars(frame):
        converted: pd.DataFrame = frame
        return converted
    import polars as pl

    lazy = frame.lazy()
    if only is not None:
        lazy = lazy.select([name for name in lazy.collect_schema().names() if name in set(only)])
    found = lazy.collect()
    texts = [name for name, dtype in found.schema.items() if dtype in (pl.Categorical, pl.Enum)]
    arrow: pd.DataFrame = found.with_columns(pl.col(texts).cast(pl.String)).to_pandas(use_pyarrow_extension_array=True)
    return arrow


def _is_polars(value: object) -> bool:
    kind = type(value)
    return kind.__module__.partition(".")[0] == "polars" and kind.__name__ in ("DataFrame", "LazyFrame")
