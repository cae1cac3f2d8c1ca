"""Stretches are half-open as measurements are: what ends at the start is outside, what ends at the end inside."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slo_kit import DAY, NOW

from airflow_ai_slo.core.corrections import Interval, as_pauses, holds, merged, minus
from airflow_ai_slo.core.durations import Duration
from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.core.expected import is_paused
from airflow_ai_slo.core.instants import from_micros

some = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 8)).map(lambda s: (s[0], s[0] + s[1])), max_size=8)


def _inside(stretches: list[tuple[int, int]]) -> set[int]:
    return {at for start, end in stretches for at in range(start + 1, end + 1)}


@given(some, some)
def test_stretches_are_sets_of_instants(ones: list[tuple[int, int]], others: list[tuple[int, int]]) -> None:
    held, without = merged(ones), minus(merged(ones), merged(others))
    assert _inside(held) == _inside(ones)
    assert all(one[1] < other[0] for one, other in pairwise(held))
    assert _inside(without) == _inside(ones) - _inside(others)
    paused = as_pauses(held)
    for at in range(-1, 52):
        assert holds(held, at) == (at in _inside(ones)) == is_paused(from_micros(at), paused)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({}, "needs an end, or an rrule with a duration"),
        ({"end": NOW}, "holds nothing: end it later"),
        ({"end": NOW - DAY}, "holds nothing: end it later"),
        ({"end": NOW + 4000 * DAY}, "ten years at most"),
        ({"end": NOW + DAY, "zone": "UTC"}, "belong to a correction that recurs"),
        ({"rrule": "FREQ=DAILY"}, "needs a duration, such as 2h or 1d"),
        ({"rrule": "FREQ=DAILY", "duration": Duration(1, "M")}, "write minutes, hours, days or weeks"),
    ],
)
def test_a_period_that_makes_no_sense_says_what_would(options: dict[str, object], says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        Interval(NOW, **options)  # type: ignore[arg-type]


def test_a_period_needs_a_zone_and_a_year_that_calendars_know() -> None:
    with pytest.raises(ConfigurationError, match="no time zone"):
        Interval(NOW.replace(tzinfo=None), NOW + DAY)
    with pytest.raises(ConfigurationError, match="in the years"):
        Interval(NOW.replace(year=9900), None, "FREQ=DAILY", Duration(1, "h"))
