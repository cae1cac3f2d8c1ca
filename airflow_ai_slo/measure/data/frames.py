"""Frames of other libraries as pandas frames, without copying what is not needed."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from airflow_ai_slo.core.errors import ConfigurationError

if TYPE_CHECKING:
    import pandas as pd


def is_frame(value: object) -> bool:
    """Whether it is a DataFrame of pandas or Spark, or a DataFrame or LazyFrame of Polars."""
    import pandas as pd

    return isinstance(value, pd.DataFrame) or _is_polars(value) or is_spark(value)


def is_spark(frame: object) -> bool:
    """Whether it is a Spark DataFrame, classic or of Spark Connect."""
    kind = type(frame)
    return kind.__module__.startswith("pyspark.sql") and kind.__name__ == "DataFrame"


def as_pandas(frame: Any, only: Collection[str] | None = None) -> pd.DataFrame:
    """A pandas frame as it is; a Polars frame's columns in the same Arrow memory. A lazy one reads what is asked for.

    :param only: the columns that are needed, those of them that are there.
    :raises ConfigurationError: it is a Spark DataFrame, which should stay in Spark.
    """
    if is_spark(frame):
        raise ConfigurationError("a Spark DataFrame is only counted for drift; give toPandas() of what is needed")
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
