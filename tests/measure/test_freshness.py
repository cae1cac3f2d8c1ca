"""How old the data is that a reader sees."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_ai_slo.core.errors import ConfigurationError, MeasurementError
from airflow_ai_slo.core.measurement import Cause
from airflow_ai_slo.measure.freshness import freshness, freshness_over

NOW = datetime(2024, 5, 1, 12, tzinfo=UTC)
HOUR, MINUTE, TICK = timedelta(hours=1), timedelta(minutes=1), timedelta(microseconds=1)


def h(hours: float) -> datetime:
    return NOW.replace(hour=0) + timedelta(hours=hours)


def test_data_exactly_as_old_as_allowed_is_fresh_and_a_microsecond_older_is_stale() -> None:
    fresh = freshness([NOW - HOUR], now=NOW, max_age=HOUR)
    assert (fresh.good, fresh.total, fresh.value, fresh.cause) == (1, 1, 3600.0, None)
    stale = freshness([NOW - HOUR - TICK], now=NOW, max_age=HOUR)
    assert (stale.good, stale.total, stale.cause) == (0, 1, Cause.STALE_FEATURES)


@pytest.mark.parametrize("watermarks", [[], [None], [None, None]])
def test_an_empty_or_all_null_table_is_unknown_and_never_fresh(watermarks: list[datetime | None]) -> None:
    unknown = freshness(watermarks, now=NOW, max_age=timedelta(days=10_000))
    assert (unknown.good, unknown.total, unknown.value, unknown.cause) == (0, 0, None, None)
    assert "unknown" in unknown.detail


def test_up_to_five_minutes_in_the_future_counts_as_now() -> None:
    judged = freshness([NOW + 5 * MINUTE], now=NOW, max_age=timedelta(0))
    assert (judged.good, judged.value, judged.future) == (1, 0.0, 0)


def test_further_in_the_future_is_counted_reported_and_left_out() -> None:
    ahead = NOW + 5 * MINUTE + TICK
    judged = freshness([ahead, NOW - HOUR, ahead], now=NOW, max_age=HOUR)
    assert (judged.good, judged.value, judged.future) == (1, 3600.0, 2)
    assert "2 watermarks over 5 minutes in the future ignored" in judged.detail


def test_nothing_but_future_watermarks_is_unknown() -> None:
    judged = freshness([NOW + HOUR], now=NOW, max_age=HOUR, future=2)
    assert (judged.total, judged.future) == (0, 3)


def test_ages_are_taken_in_utc_across_a_clock_change() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    before, after = datetime(2024, 3, 31, 1, 30, tzinfo=berlin), datetime(2024, 3, 31, 3, 30, tzinfo=berlin)
    assert freshness([before], now=after, max_age=HOUR).value == 3600.0


def test_naive_instants_and_negative_ages_are_refused() -> None:
    with pytest.raises(MeasurementError, match=r"watermark .*no time zone"):
        freshness([NOW.replace(tzinfo=None)], now=NOW, max_age=HOUR)
    with pytest.raises(MeasurementError, match=r"now .*no time zone"):
        freshness([NOW], now=NOW.replace(tzinfo=None), max_age=HOUR)
    with pytest.raises(ConfigurationError, match="negative"):
        freshness([NOW], now=NOW, max_age=-TICK)


def test_a_daily_load_is_fresh_until_its_data_are_too_old() -> None:
    # Loaded at 2:00 up to midnight, at most 6 h old asked: fresh 2:00 to 6:00 of the ten hours known.
    judged = freshness_over([(h(2), h(0))], start=h(0), end=h(12), max_age=6 * HOUR)
    assert (judged.good, judged.total, judged.value) == (4 * 3600, 10 * 3600, 12 * 3600.0)
    assert judged.cause is Cause.STALE_FEATURES


def test_checks_right_after_each_load_would_hide_the_gaps_that_seconds_show() -> None:
    loads = [(h(hour), h(hour)) for hour in (0, 6, 12, 18)]
    assert all(freshness([watermark], now=at, max_age=HOUR).good for at, watermark in loads)
    judged = freshness_over(loads, start=h(0), end=h(24), max_age=HOUR)
    assert Fraction(judged.good) / judged.total == Fraction(1, 6)


def test_a_load_before_the_period_says_how_it_began() -> None:
    judged = freshness_over([(h(-5), h(-1))], start=h(0), end=h(2), max_age=2 * HOUR)
    assert (judged.good, judged.total) == (0, 0)  # further ahead of its arrival than clocks differ
    judged = freshness_over([(h(-1), h(-1))], start=h(0), end=h(2), max_age=2 * HOUR)
    assert (judged.good, judged.total) == (3600, 7200)


def test_before_the_first_watermark_nothing_is_known() -> None:
    judged = freshness_over([(h(3), h(3)), (h(1), None)], start=h(0), end=h(4), max_age=HOUR)
    assert (judged.good, judged.total) == (3600, 3600)
    assert freshness_over([], start=h(0), end=h(4), max_age=HOUR).total == 0
    assert freshness_over([(h(4), h(4))], start=h(0), end=h(4), max_age=HOUR).total == 0


def test_a_load_that_republishes_old_data_stays_stale() -> None:
    judged = freshness_over([(h(0), h(-2)), (h(1), h(-2))], start=h(0), end=h(2), max_age=HOUR)
    assert judged.good == 0


def test_a_watermark_ahead_of_its_arrival_counts_as_the_arrival_or_not_at_all() -> None:
    within = freshness_over([(h(0), h(0) + 5 * MINUTE)], start=h(0), end=h(2), max_age=HOUR)
    assert (within.good, within.future) == (3600, 0)
    beyond = freshness_over([(h(0), h(0)), (h(1), h(2))], start=h(0), end=h(4), max_age=HOUR)
    assert (beyond.good, beyond.total, beyond.future) == (3600, 4 * 3600, 1)


def test_fractions_of_a_second_are_exact() -> None:
    judged = freshness_over([(h(0), h(0))], start=h(0), end=h(0) + 3 * TICK, max_age=TICK)
    assert (judged.good, judged.total) == (Fraction(1, 10**6), Fraction(3, 10**6))


def test_an_empty_period_is_refused() -> None:
    with pytest.raises(MeasurementError, match="is empty"):
        freshness_over([], start=h(1), end=h(1), max_age=HOUR)


zones = st.sampled_from([UTC, timezone(HOUR * 5), ZoneInfo("America/New_York")])
loads = st.lists(
    st.tuples(st.integers(-20, 40), st.none() | st.integers(-40, 50), zones).map(
        lambda drawn: (h(drawn[0]).astimezone(drawn[2]), None if drawn[1] is None else h(drawn[1]).astimezone(drawn[2]))
    ),
    max_size=8,
)
ages = st.integers(0, 30).map(lambda hours: hours * HOUR)
Loads = list[tuple[datetime, datetime | None]]


@given(loads=loads, age=ages, data=st.data())
def test_the_order_of_the_loads_does_not_matter(loads: Loads, age: timedelta, data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(loads))
    assert freshness_over(loads, start=h(0), end=h(24), max_age=age) == freshness_over(
        shuffled, start=h(0), end=h(24), max_age=age
    )


@given(loads=loads, late=st.integers(-40, 0), arrival=st.integers(0, 24), age=ages)
def test_late_data_never_moves_freshness_back(loads: Loads, late: int, arrival: int, age: timedelta) -> None:
    before = freshness_over(loads, start=h(0), end=h(24), max_age=age)
    after = freshness_over([*loads, (h(arrival), h(late))], start=h(0), end=h(24), max_age=age)
    assert after.good >= before.good
    assert after.total >= before.total


@given(loads=loads, split=st.integers(1, 23), age=ages)
def test_two_halves_add_up_to_the_whole(loads: Loads, split: int, age: timedelta) -> None:
    whole = freshness_over(loads, start=h(0), end=h(24), max_age=age)
    halves = [freshness_over(loads, start=a, end=b, max_age=age) for a, b in ((h(0), h(split)), (h(split), h(24)))]
    assert (whole.good, whole.total) == (sum(x.good for x in halves), sum(x.total for x in halves))


@given(loads=loads, age=ages)
def test_it_equals_looking_every_half_hour_at_what_was_there(loads: Loads, age: timedelta) -> None:
    # Everything above happens on whole hours, so each hour is judged by its middle.
    usable = [(at, min(reach, at)) for at, reach in loads if reach is not None and reach <= at + 5 * MINUTE]
    fresh = stale = 0
    for hour in range(24):
        t = h(hour + 0.5)
        seen = [reach for at, reach in usable if at <= t]
        if seen and t - max(seen) <= age:
            fresh += 3600
        elif seen:
            stale += 3600
    judged = freshness_over(loads, start=h(0), end=h(24), max_age=age)
    assert (judged.good, judged.total - judged.good) == (fresh, stale)
