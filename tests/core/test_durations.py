from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_ai_slo.core.durations import Duration, Runs, spelled

_MINUTES = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("5m", timedelta(minutes=5)),
        ("12h", timedelta(hours=12)),
        ("28d", timedelta(days=28)),
        ("4w", timedelta(days=28)),
        ("1M", timedelta(days=30)),
        ("1Q", timedelta(days=90)),
        ("1Y", timedelta(days=365)),
        (" 7d ", timedelta(days=7)),
    ],
)
def test_a_duration_is_a_whole_number_and_a_unit(text: str, length: timedelta) -> None:
    parsed = Duration.parse(text)
    assert parsed.length == length
    assert str(parsed) == text.strip()


@pytest.mark.parametrize(
    "wrong",
    ["", "d", "0d", "-1d", "1.5h", "1 d", "1s", "1D", "01d", "1d2h", "²d", "36526d", "101Y", "9" * 5000 + "m", 28],
)
def test_anything_else_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError):
        Duration.parse(wrong)


@given(st.integers(1, 36525), st.sampled_from("mhd"))
def test_printing_and_parsing_are_inverse(count: int, unit: str) -> None:
    duration = Duration(count, unit)
    assert Duration.parse(str(duration)) == duration


@given(st.integers(1, 100_000))
def test_a_length_is_written_in_its_largest_whole_unit(minutes: int) -> None:
    written = Duration.of(minutes * _MINUTES)
    assert written.length == minutes * _MINUTES
    larger = {"m": 60, "h": 24}.get(written.unit)
    assert larger is None or written.count % larger


@pytest.mark.parametrize("length", [timedelta(0), timedelta(seconds=90), -_MINUTES, timedelta(microseconds=1)])
def test_a_length_without_whole_minutes_cannot_be_written(length: timedelta) -> None:
    with pytest.raises(ValueError):
        Duration.of(length)


def test_only_month_quarter_and_year_go_by_the_calendar() -> None:
    assert {unit for unit in "mhdwMQY" if Duration(1, unit).is_calendar} == set("MQY")
    assert [Duration(2, unit).months for unit in "dMQY"] == [0, 2, 6, 24]


def test_a_window_in_runs_says_so() -> None:
    assert str(Runs(8)) == "8 runs"


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (timedelta(0), "0 s"),
        (timedelta(microseconds=425_560), "0.42556 s"),
        (timedelta(hours=1), "1 h"),
        (timedelta(hours=28, minutes=1), "28 h 1 min"),
        (timedelta(hours=2, seconds=1), "2 h 1 s"),
        (timedelta(days=3, hours=4), "3 d 4 h"),
        (timedelta(microseconds=-1), "-0.000001 s"),
    ],
)
def test_a_length_is_spelled_exactly(length: timedelta, said: str) -> None:
    assert spelled(length) == said
