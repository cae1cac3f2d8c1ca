"""Odd columns: each is decided, none raises."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from airflow_ai_slo.core.errors import DataError
from airflow_ai_slo.measure.drift import Kind, build_profile, measure_frame
from airflow_ai_slo.measure.drift.values import floats_of, kind_of


def column(reference, current, now):
    profile = build_profile(pd.DataFrame({"x": reference}), name="r", now=now)
    return measure_frame(profile, pd.DataFrame({"x": current})).columns[0]


@pytest.mark.parametrize(
    ("series", "kind"),
    [
        (pd.Series([1, 2], dtype="int8"), Kind.NUMERIC),
        (pd.Series([1, None], dtype="Int64"), Kind.NUMERIC),
        (pd.Series([1.5, None], dtype="double[pyarrow]"), Kind.NUMERIC),
        (pd.Series([Decimal("1.5"), None]), Kind.NUMERIC),
        (pd.Series([10**30, 1], dtype=object), Kind.NUMERIC),
        (pd.Series([1, 2.5, None], dtype=object), Kind.NUMERIC),
        (pd.Series([1.0, 2.0], dtype="category"), Kind.NUMERIC),
        (pd.Series([True, None], dtype=object), Kind.BOOLEAN),
        (pd.Series([True, None], dtype="boolean"), Kind.BOOLEAN),
        (pd.Series(["a", None]), Kind.CATEGORICAL),
        (pd.Series(["a", None], dtype=object), Kind.CATEGORICAL),
        (pd.Series(["a", None], dtype="category"), Kind.CATEGORICAL),
        (pd.Series(["a", None], dtype="string"), Kind.CATEGORICAL),
        (pd.Series([date(2024, 1, 1), None]), Kind.DATETIME),
        (pd.Series([datetime(2024, 1, 1, tzinfo=UTC), None], dtype=object), Kind.DATETIME),
        (pd.Series(pd.to_datetime(["2024-01-01T00:00+02:00"])), Kind.DATETIME),
        (pd.Series([None, np.nan], dtype=object), None),
    ],
)
def test_the_kind_follows_what_a_column_holds(series, kind):
    assert kind_of(series) == kind


@pytest.mark.parametrize(
    ("values", "what"),
    [
        ([1, "a"], "mixed types"),
        ([{"a": 1}], "mixed types"),
        ([[1.0, 2.0]], "mixed types"),
        ([b"a"], "bytes"),
        ([1 + 2j], "complex"),
        ([timedelta(hours=1)], "timedelta"),
        (pd.period_range("2024-01", periods=2, freq="M"), "period"),
    ],
)
def test_what_cannot_be_compared_is_an_error_that_says_so(values, what, now):
    frame = pd.DataFrame({"x": pd.Series(values), "y": 1.0})
    with pytest.raises(DataError, match=rf"column 'x' holds {what}"):
        build_profile(frame, name="r", now=now, columns=["x"])
    profile = build_profile(frame, name="r", now=now)
    assert list(profile.columns) == ["y"]
    assert what in profile.skipped["x"]
    found = measure_frame(profile, frame, columns=["x", "y"]).columns
    assert [c.verdict for c in found] == ["error", "stable"]
    assert what in found[0].message
    current = column([1.0, 2.0], pd.Series(values), now)
    assert (current.verdict, what in current.message) == ("error", True)


def test_a_missing_column_is_an_error(now):
    profile = build_profile(pd.DataFrame({"x": [1.0], "y": [2.0]}), name="r", now=now)
    found = measure_frame(profile, pd.DataFrame({"y": [2.0]})).columns[0]
    assert (found.verdict, found.kind, found.n_reference, found.psi) == ("error", "numeric", 1, None)
    assert found.message == "column 'x' is missing; there is y"


@pytest.mark.parametrize(
    ("reference", "current", "message"),
    [
        ([1.0, 2.0], ["a", "b"], "column 'x' is categorical (str); the reference is numeric"),
        (["a", "b"], [1.0, 2.0], "column 'x' is numeric (float64); the reference is categorical"),
        ([1.0, 2.0], [True, False], "column 'x' is boolean (bool); the reference is numeric"),
        (pd.to_datetime(["2024-01-01"]), [1.0], "column 'x' is numeric (float64); the reference is datetime"),
        ([True, False], [0, 2], "column 'x' is numeric; the reference is boolean"),
    ],
)
def test_another_type_is_an_error_and_no_drift(reference, current, message, now):
    found = column(reference, current, now)
    assert (found.verdict, found.message.replace("object", "str")) == ("error", message)


def test_zeros_and_ones_are_booleans_to_a_boolean_reference(now):
    found = column([True] * 5 + [False] * 5, [1, 0, 1, None], now)
    assert (found.kind, found.verdict, found.n_current) == ("boolean", "stable", 3)


@pytest.mark.parametrize(
    "current", [[], [np.nan, np.nan], pd.Series([None, None], dtype=object), pd.Series([], dtype="str")]
)
def test_no_values_are_empty_whatever_their_type(current, now):
    found = column([1.0, 2.0], current, now)
    assert (found.verdict, found.n_current, found.psi, found.chi2_p) == ("empty", 0, None, None)
    assert found.null_rate_change == (1.0 if len(current) else None)


def test_a_reference_without_values_is_empty_too(now):
    found = column(pd.Series([None, None], dtype=object), [1.0], now)
    assert (found.verdict, found.n_reference, found.n_current) == ("empty", 0, 1)


def test_a_name_that_is_there_twice_is_an_error(now):
    twice = pd.DataFrame([[1.0, 2.0]], columns=["x", "x"])
    profile = build_profile(pd.DataFrame({"x": [1.0]}), name="r", now=now)
    assert "2 times" in measure_frame(profile, twice).columns[0].message
    with pytest.raises(DataError, match="2 times"):
        build_profile(twice, name="r", now=now)
    assert "2 times" in measure_frame(profile, pd.DataFrame([[1.0, 2.0]], columns=["x", "x"])).columns[0].message


def test_column_names_compare_as_text(now):
    profile = build_profile(pd.DataFrame({0: [1.0], 1: [2.0]}), name="r", now=now)
    assert list(profile.columns) == ["0", "1"]
    assert measure_frame(profile, pd.DataFrame({"0": [1.0], 1: [2.0]})).share_drifted == 0


def test_decimals_and_huge_numbers_become_the_nearest_float():
    series = pd.Series([Decimal("0.1"), Decimal("NaN"), Decimal("Infinity"), None, 10**400, -(10**400)], dtype=object)
    assert floats_of(series, Kind.NUMERIC)[[0, 2, 4, 5]].tolist() == [0.1, np.inf, np.inf, -np.inf]
    assert np.isnan(floats_of(series, Kind.NUMERIC)[[1, 3]]).all()


def test_times_compare_in_posix_seconds_whatever_their_zone_or_unit():
    instant = datetime(2024, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
    for series in (
        pd.Series([instant, None]),
        pd.Series([instant, None], dtype=object),
        pd.Series([instant.astimezone(), None], dtype=object),
        pd.Series(pd.to_datetime(["2024-03-01T12:00:00.123456", None])),
        pd.Series(pd.to_datetime(["2024-03-01T14:00:00.123456+02:00", None])).astype("datetime64[ns, Europe/Berlin]"),
    ):
        seconds = floats_of(series, Kind.DATETIME)
        assert seconds[0] == instant.timestamp()
        assert np.isnan(seconds[1])
    assert floats_of(pd.Series([date(1970, 1, 2)]), Kind.DATETIME).tolist() == [86400.0]
    assert floats_of(pd.Series([datetime(1500, 1, 1)], dtype=object), Kind.DATETIME).tolist() == [-14831769600.0]


def test_pandas_missing_values_of_every_sort_are_missing(now):
    reference = pd.Series([1.0, 2.0, 3.0, 4.0])
    for current in (
        pd.Series([1, None, 3], dtype="Int64"),
        pd.Series([1.0, np.nan, 3.0], dtype="Float64"),
        pd.Series([1.0, None, 3.0], dtype="double[pyarrow]"),
        pd.Series([Decimal(1), Decimal("NaN"), Decimal(3)]),
        pd.Series([1, pd.NA, 3], dtype=object),
    ):
        found = column(reference, current, now)
        assert (found.n_current, found.null_rate_change) == (2, pytest.approx(1 / 3))
