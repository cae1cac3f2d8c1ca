from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from airflow_ai_slo.core.durations import Duration
from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.core.windows import CalendarWindow, RollingWindow

MICROSECOND, HOUR, DAY = timedelta(microseconds=1), timedelta(hours=1), timedelta(days=1)
BERLIN = ZoneInfo("Europe/Berlin")
# Clocks that move at 2, at 1, at midnight itself, by half an hour, by no hour, and a day that never was.
ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/Sao_Paulo",
    "America/Havana",
    "Africa/Cairo",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Apia",
)
instants = st.datetimes(datetime(2008, 1, 1), datetime(2032, 1, 1), timezones=st.just(UTC))


def calendar(duration: str, zone: str = "Europe/Berlin", anchor: datetime = datetime(2020, 1, 1)) -> CalendarWindow:
    return CalendarWindow(Duration.parse(duration), ZoneInfo(zone), anchor)


def test_a_rolling_window_ends_now_and_leaves_its_start_out() -> None:
    at = datetime(2026, 3, 1, 6, tzinfo=UTC)
    bounds = RollingWindow(Duration.parse("28d")).bounds(at)
    assert (bounds.start, bounds.now, bounds.end) == (at - 28 * DAY, at, at)
    assert bounds.length == 28 * DAY


@given(instants, st.sampled_from(ZONES))
def test_a_rolling_window_has_one_length_in_every_zone(at: datetime, zone: str) -> None:
    window = RollingWindow(Duration.parse("1d"))
    assert window.bounds(at.astimezone(ZoneInfo(zone))) == window.bounds(at)
    assert window.bounds(at).length == DAY


@given(
    instants,
    st.sampled_from(ZONES),
    st.sampled_from(["1d", "1w", "12h", "1M", "2M", "1Q", "1Y"]),
    st.datetimes(datetime(2019, 1, 1), datetime(2021, 1, 1)),
)
@example(datetime(2018, 11, 4, 3, tzinfo=UTC), "America/Sao_Paulo", "1d", datetime(2018, 1, 1))
@example(datetime(2011, 12, 30, 10, tzinfo=UTC), "Pacific/Apia", "1d", datetime(2011, 1, 1))
def test_calendar_windows_tile_time(at: datetime, zone: str, duration: str, anchor: datetime) -> None:
    window = calendar(duration, zone, anchor)
    bounds = window.bounds(at)
    assert bounds.start < at <= bounds.end
    assert window.bounds(bounds.end).start == bounds.start
    assert window.bounds(bounds.end).end == bounds.end
    after = window.bounds(bounds.end + MICROSECOND)
    assert after.start == bounds.end
    before = window.bounds(bounds.start)
    assert before.end == bounds.start


@given(instants, st.sampled_from(ZONES))
def test_a_calendar_window_does_not_mind_in_which_zone_it_is_asked(at: datetime, zone: str) -> None:
    assert calendar("1M").bounds(at.astimezone(ZoneInfo(zone))) == calendar("1M").bounds(at)


@pytest.mark.parametrize("zone", ZONES)
def test_a_run_that_ends_on_1_february_at_midnight_speaks_of_january(zone: str) -> None:
    midnight = datetime(2026, 2, 1, tzinfo=ZoneInfo(zone))
    bounds = calendar("1M", zone).bounds(midnight)
    assert bounds.start == datetime(2026, 1, 1, tzinfo=ZoneInfo(zone))
    assert bounds.end == midnight
    assert calendar("1M", zone).bounds(midnight + MICROSECOND).start == midnight


@pytest.mark.parametrize(
    ("noon", "hours"),
    [
        (datetime(2026, 3, 29, 12, tzinfo=BERLIN), 23),
        (datetime(2026, 10, 25, 12, tzinfo=BERLIN), 25),
        (datetime(2026, 6, 1, 12, tzinfo=BERLIN), 24),
    ],
)
def test_a_calendar_day_has_23_24_or_25_hours(noon: datetime, hours: int) -> None:
    assert calendar("1d").bounds(noon).length == hours * HOUR


@pytest.mark.parametrize(
    ("duration", "at", "start", "end"),
    [
        ("1w", datetime(2026, 3, 31, 12, tzinfo=BERLIN), (2026, 3, 30), (2026, 4, 6)),
        ("1M", datetime(2028, 2, 29, 12, tzinfo=BERLIN), (2028, 2, 1), (2028, 3, 1)),
        ("1Q", datetime(2026, 5, 20, tzinfo=BERLIN), (2026, 4, 1), (2026, 7, 1)),
        ("1Y", datetime(2026, 12, 31, 23, tzinfo=BERLIN), (2026, 1, 1), (2027, 1, 1)),
    ],
)
def test_week_month_quarter_and_year(
    duration: str, at: datetime, start: tuple[int, int, int], end: tuple[int, int, int]
) -> None:
    monday = datetime(2026, 1, 5)
    bounds = calendar(duration, anchor=monday if duration == "1w" else datetime(2020, 1, 1)).bounds(at)
    assert bounds.start == datetime(*start, tzinfo=BERLIN)
    assert bounds.end == datetime(*end, tzinfo=BERLIN)
    assert bounds.now == at


def test_months_anchored_on_the_31st_end_with_the_shorter_month_and_do_not_drift() -> None:
    window = calendar("1M", "UTC", datetime(2026, 1, 31))
    starts = []
    at = datetime(2026, 2, 1, tzinfo=UTC)
    for _ in range(5):
        bounds = window.bounds(at)
        starts.append((bounds.start.month, bounds.start.day))
        at = bounds.end + MICROSECOND
    assert starts == [(1, 31), (2, 28), (3, 31), (4, 30), (5, 31)]


def test_a_window_before_its_anchor_is_found_too() -> None:
    bounds = calendar("1M", "UTC", datetime(2026, 1, 1)).bounds(datetime(2020, 5, 5, tzinfo=UTC))
    assert bounds.start == datetime(2020, 5, 1, tzinfo=UTC)


@pytest.mark.parametrize("window", [RollingWindow(Duration.parse("1d")), calendar("1M")])
def test_an_instant_without_a_zone_is_refused(window: RollingWindow | CalendarWindow) -> None:
    with pytest.raises(ConfigurationError, match="no time zone"):
        window.bounds(datetime(2026, 1, 1))
