"""What the texts of a CSV file's columns are taken for."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from airflow_ai_slo.measure.data.csv_types import typed


@pytest.mark.parametrize(
    ("texts", "dtype"),
    [
        (["2024-01-31T06:00:00", "2024-01-31 06:00:00.5", "2024-01-31"], "datetime64[ns]"),
        (["2024-01-31T06:00:00Z", "2024-01-31 06:00:00+02:00", "2024-01-31T06:00-0500"], "datetime64[ns, UTC]"),
        (["2024-01-31T06:00:00Z", "2024-01-31T06:00:00"], "object"),
        (["1", "-2.5", "0", "0.5", "1e3"], "float64"),
        (["1", "01"], "object"),
        (["007", "7"], "object"),
        (["-05"], "object"),
        (["true", "False"], "boolean"),
    ],
)
def test_types(texts: list[str], dtype: str) -> None:
    series: pd.Series[Any] = pd.Series([*texts, None], dtype=object)
    found = str(typed(series).dtype)
    assert found.replace("us", "ns").replace("[s", "[ns") == dtype


def test_a_time_without_an_offset_has_none_afterwards() -> None:
    found = typed(pd.Series(["2024-01-31T06:00:00", ""], dtype=object))
    assert list(found.dropna()) == [pd.Timestamp("2024-01-31 06:00")]
