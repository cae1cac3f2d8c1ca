"""How fast a run worked."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_ai_slo.core.errors import ConfigurationError, MeasurementError
from airflow_ai_slo.core.measurement import Cause
from airflow_ai_slo.measure.throughput import throughput, total_of

HOUR = timedelta(hours=1)


def test_the_floor_itself_is_fast_enough_and_one_row_less_is_not() -> None:
    assert throughput(1000, HOUR, at_least=1000).good == 1
    slow = throughput(999, HOUR, at_least=1000)
    assert (slow.good, slow.total, slow.value, slow.cause) == (0, 1, 999.0, Cause.LATENCY)
    assert slow.detail == "999 rows in 1 h: 999 rows/h, at least 1,000 asked"


def test_the_rate_is_compared_exactly() -> None:
    # 0.1 * 3 / 3 is above 0.1 in floats.
    assert throughput("0.3", 3 * HOUR, at_least=0.1).good == 1
    assert throughput(1, timedelta(microseconds=3), at_least=1_200_000_000).good == 1
    assert throughput(1, timedelta(microseconds=3), at_least="1200000000.000000001").good == 0


@pytest.mark.parametrize("count", [336_776, 336_776.0, "336776", " 336776 ", Decimal(336776), np.int64(336_776)])
def test_counts_come_as_numbers_of_any_kind_and_as_rendered_text(count: object) -> None:
    assert throughput(count, HOUR, at_least=336_776, unit="flights").good == 1


@pytest.mark.parametrize("elapsed", [timedelta(0), HOUR])
def test_zero_rows_say_that_nothing_happened(elapsed: timedelta) -> None:
    nothing = throughput(0, elapsed, at_least=1)
    assert (nothing.good, nothing.total, nothing.value, nothing.cause) == (0, 0, None, None)


def test_zero_rows_are_bad_where_asked_for() -> None:
    bad = throughput(0, HOUR, at_least=1, on_zero="bad")
    assert (bad.good, bad.total, bad.value, bad.cause) == (0, 1, 0.0, Cause.LATENCY)


@pytest.mark.parametrize(
    ("count", "problem"),
    [
        (-1, "negative"),
        (float("nan"), "not finite"),
        (float("inf"), "not finite"),
        ("nan", "not finite"),
        ("None", "not a number"),
        ("", "not a number"),
        (None, "not a number"),
        (True, "not a number"),
        ([3], "not a number"),
    ],
)
def test_a_count_that_is_none_is_refused_with_its_name(count: object, problem: str) -> None:
    with pytest.raises(MeasurementError, match=f"count of rows.*{problem}"):
        throughput(count, HOUR, at_least=1)


def test_rows_in_no_time_have_no_rate() -> None:
    with pytest.raises(MeasurementError, match="elapsed is 0"):
        throughput(5, timedelta(0), at_least=1)


def test_an_end_before_the_start_is_refused() -> None:
    with pytest.raises(MeasurementError, match="negative"):
        throughput(5, timedelta(seconds=-1), at_least=1)


@pytest.mark.parametrize("floor", [0, -1, float("nan"), "fast", None])
def test_a_floor_that_is_not_above_zero_is_a_wrong_setting(floor: object) -> None:
    with pytest.raises(ConfigurationError, match="at_least"):
        throughput(5, HOUR, at_least=floor)


def test_an_unknown_reading_of_zero_is_a_wrong_setting() -> None:
    with pytest.raises(ConfigurationError, match="on_zero='good'"):
        throughput(0, HOUR, at_least=1, on_zero="good")  # type: ignore[arg-type]


@given(
    count=st.integers(1, 10**12),
    micros=st.integers(1, 10**12),
    floor=st.fractions(Fraction(1, 1000), 10**9, max_denominator=1000),
)
def test_good_is_count_times_an_hour_at_or_above_the_floor_times_the_time_taken(
    count: int, micros: int, floor: Fraction
) -> None:
    judged = throughput(count, timedelta(microseconds=micros), at_least=floor)
    assert judged.good == (count * 3_600_000_000 >= floor * micros)
    assert judged.total == 1


def test_several_counts_are_summed_exactly() -> None:
    assert total_of([1, "2", 0.1, 0.2, Decimal(3)]) == Fraction(63, 10)
    assert total_of([]) == total_of([[], []]) == 0
    assert total_of([[1, 2], 3]) == 6
    assert total_of(range(5)) == 10
    assert total_of("12") == 12


def test_an_entry_is_taken_from_one_mapping_from_many_and_from_within() -> None:
    assert total_of({"rows": 3, "bytes": 7}, entry="bytes") == 7
    assert total_of([{"usage": {"tokens": 3}}, {"usage": {"tokens": 4}}], entry="usage.tokens") == 7


@pytest.mark.parametrize(
    ("counts", "entry", "problem"),
    [
        ([1, None], None, "None is not a number"),
        ([1, -1], None, "negative"),
        ([{1}], None, "not a number"),
        ([[1, [None]]], None, "None is not a number"),
        ({"rows": 3}, None, "not a number"),
        ({"rows": 3}, "bytes", "holds no 'bytes', only rows"),
        ({}, "bytes", "only nothing"),
        (3, "rows", "holds no 'rows', 3"),
        ([{"rows": 3}, None], "rows", "holds no 'rows', None"),
        ({"usage": 3}, "usage.tokens", "holds no 'tokens', 3"),
    ],
)
def test_one_wrong_part_makes_the_sum_no_count(counts: object, entry: str | None, problem: str) -> None:
    with pytest.raises(MeasurementError, match=problem):
        total_of(counts, entry=entry)


def test_large_rates_are_written_out() -> None:
    fast = throughput(946, timedelta(microseconds=425_560), at_least=20_000, unit="flights")
    assert fast.detail == "946 flights in 0.42556 s: 8,002,631 flights/h, at least 20,000 asked"
