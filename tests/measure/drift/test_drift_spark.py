"""The same figures from Spark as from pandas, where Spark and Java are."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest

from airflow_ai_slo.expectations import run_drift
from airflow_ai_slo.measure.drift import build_profile, measure_frame, measure_spark

pytest.importorskip("pyspark", reason="pip install 'airflow-ai-slo[spark]'")
pytestmark = pytest.mark.skipif(shutil.which("java") is None, reason="Spark needs Java on the PATH")


def made(rows: int, seed: int, shift: float = 0.0) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    number = draw.normal(shift, 1, rows)
    number[:20], number[20:25], number[25:28] = np.nan, np.inf, -np.inf
    stamps = pd.Timestamp("2024-01-01") + pd.to_timedelta(draw.integers(0, 10**12, rows), unit="us")
    return pd.DataFrame(
        {
            "number": number,
            "odd `name.": draw.integers(0, 9, rows),
            "name": draw.choice(["a", "A", "", "ü"] if not shift else ["a", "A", "new"], rows),
            "many": [f"m{value}" for value in draw.integers(0, int(80 + 20 * shift), rows)],
            "flag": draw.random(rows) < 0.3 + shift / 5,
            "zoned": stamps.tz_localize("UTC"),
        }
    )


REFERENCE, CURRENT = made(3000, 1), made(2000, 2, 0.5)
PROFILE = build_profile(REFERENCE, name="reference", now=datetime(2026, 1, 1, tzinfo=UTC))


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
    session = builder.config("spark.sql.session.timeZone", "Asia/Tokyo").getOrCreate()
    yield session
    session.stop()


def test_spark_counts_what_pandas_counts(spark: Any) -> None:
    columns = [CURRENT[name].astype(object).tolist() for name in CURRENT.columns[:-1]]
    rows = list(zip(*columns, [stamp.to_pydatetime() for stamp in CURRENT["zoned"]], strict=True))
    frame = spark.createDataFrame(rows, list(CURRENT.columns))
    expected = measure_frame(PROFILE, CURRENT).columns
    assert measure_spark(PROFILE, frame).columns == expected
    assert run_drift(PROFILE, frame, event="run").columns == expected


def test_stamps_without_a_zone_are_utc_whatever_the_session(spark: Any) -> None:
    from pyspark.sql import functions as f

    frame = spark.createDataFrame([(str(stamp.tz_localize(None)),) for stamp in CURRENT["zoned"]], ["zoned"])
    naive = frame.select(f.col("zoned").cast("timestamp_ntz"))
    assert (
        measure_spark(PROFILE, naive, columns=["zoned"]).columns
        == measure_frame(PROFILE, CURRENT, columns=["zoned"]).columns
    )


def test_missing_columns_other_types_and_no_rows_are_verdicts_on_spark_too(spark: Any) -> None:
    frame = spark.createDataFrame([("text", [1.0])], ["number", "flag"])
    found = {one.column: one for one in measure_spark(PROFILE, frame).columns}
    assert {str(one.verdict) for one in found.values()} == {"error"}
    assert found["flag"].message == "column 'flag' is array<double>; the reference is boolean"
    nothing = spark.createDataFrame([], "number double, name string")
    assert {str(one.verdict) for one in measure_spark(PROFILE, nothing, columns=["number", "name"]).columns} == {
        "empty"
    }
