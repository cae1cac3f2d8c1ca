from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_ai_slo.core.cadence import Cadence
from airflow_ai_slo.core.definition import Schedule
from airflow_ai_slo.core.durations import Duration
from airflow_ai_slo.core.expected import (
    expected_coverage,
    expected_runs,
    weight,
)
from airflow_ai_slo.core.windows import Bounds, RollingWindow

MICROSECOND, MINUTE, HOUR, DAY = timedelta(microseconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
T0 = datetime(2026, 3, 1, tzinfo=UTC)
DAILY = Cadence.of(Schedule(cadence="1d", start=T0, deadline=Duration(2, "h")))
MONTH = RollingWindow(Duration(30, "d"))
days = st.integers(0, 60).map(lambda n: T0 + n * DAY)
hours = st.integers(-48, 24 * 60).map(lambda n: T0 + n * HOUR)
pauses = st.lists(
    st.tuples(hours, st.none() | hours).filter(lambda pair: pair[1] is None or pair[0] <= pair[1]).map(lambda p: p),
    max_size=4,
)


@pytest.mark.parametrize(
    ("totals", "expected"),
    [
        ([], 1),
        ([5], 5),
        ([1, 2], Fraction(3, 2)),
        ([1, 3], 2),
        ([10, 1, 1, 1], 1),
        ([1000, 1, 2, 3, 4, 5, 6, 7], 4),
        ([Fraction(1, 3), Fraction(2, 3)], Fraction(1, 2)),
        ([0, 0, 0], 1),
        ([0, 6], 3),
    ],
)
def test_a_missing_run_weighs_the_median_of_the_last_seven(totals: list[int | Fraction], expected: Fraction) -> None:
    assert weight(totals) == expected


@given(st.lists(st.integers(1, 10**12) | st.fractions(Fraction(1, 9), 9), min_size=1, max_size=20))
def test_the_weight_is_the_median_to_the_last_digit(totals: list[int | Fraction]) -> None:
    assert weight(totals) == median([Fraction(total) for total in totals[-7:]])


def test_coverage_is_settled_of_the_full_windows_runs() -> None:
    month = MONTH.bounds(T0 + 30 * DAY)
    assert expected_coverage(DAILY, month, 3, None) == Fraction(1, 10)
    assert expected_coverage(DAILY, month, 31, None) == 1
    assert expected_coverage(DAILY, MONTH.bounds(T0 + 30 * DAY), 0, None, [(T0, None)]) == 1


def test_a_window_of_a_new_slo_expects_all_its_runs() -> None:
    assert expected_runs(DAILY, MONTH.bounds(T0 + 3 * DAY), anchor=None) == 30


def test_a_calendar_window_expects_the_runs_still_to_come() -> None:
    march = Bounds(T0, T0 + 3 * DAY, T0 + 31 * DAY)
    assert expected_runs(DAILY, march, anchor=None) == 31


def test_pauses_and_the_end_date_take_their_runs_out_of_the_window() -> None:
    bounds = MONTH.bounds(T0 + 30 * DAY)
    overlapping = [(T0 + 5 * DAY, T0 + 10 * DAY), (T0 + 8 * DAY, T0 + 12 * DAY), (T0 + 29 * DAY, None)]
    assert expected_runs(DAILY, bounds, anchor=None, pauses=overlapping) == 30 - 7 - 2
    assert expected_runs(replace(DAILY, end=T0 + 10 * DAY), bounds, anchor=None) == 10
    assert expected_runs(replace(DAILY, end=T0 - DAY), bounds, anchor=None) == 0


@given(st.sampled_from(["1d", "5h", "0 6 * * 1-5"]), hours, pauses, st.none() | hours)
def test_expected_runs_are_the_windows_slots_that_no_pause_holds(
    written: str, now: datetime, stops: list[tuple[datetime, datetime | None]], until: datetime | None
) -> None:
    begun = T0 - 400 * DAY
    rhythm = Cadence.of(Schedule(cadence=written, start=begun, end=until))
    bounds = RollingWindow(Duration(14, "d")).bounds(now)
    slots = [
        slot
        for slot in rhythm.slots(bounds.start, bounds.end, None)
        if (until is None or slot <= until)
        and not any(low <= slot and (high is None or slot < high) for low, high in stops)
    ]
    assert expected_runs(rhythm, bounds, anchor=None, pauses=stops) == len(slots)
