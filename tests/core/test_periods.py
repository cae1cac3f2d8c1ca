"""Calendar periods: back to back, days of 23 and 25 hours included, named so that files and sentences say which."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.core.periods import CALENDAR, ending, holding, last_complete, period_of

BERLIN = ZoneInfo("Europe/Berlin")
zones = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"]).map(
    ZoneInfo
)
instants = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))
kinds = st.sampled_from(sorted(CALENDAR))


def first_day(kind: str, day: date) -> date:
    """The slow way to find where a period begins: walk back."""
    begins = {
        "week": lambda d: d.weekday() == 0,
        "month": lambda d: d.day == 1,
        "quarter": lambda d: d.day == 1 and d.month in (1, 4, 7, 10),
        "year": lambda d: d.day == 1 and d.month == 1,
    }[kind]
    while not begins(day):
        day -= timedelta(days=1)
    return day


@given(kinds, zones, instants)
def test_a_period_begins_where_the_calendar_of_its_zone_says(kind, zone, at):
    period = holding(kind, zone, at)
    assert period.start < at <= period.end
    # An instant belongs to the period that it ends, so the local day of the moment before tells.
    local = (at - timedelta(microseconds=1)).astimezone(zone).date()
    begins = first_day(kind, local)
    assert period.start == datetime(begins.year, begins.month, begins.day, tzinfo=zone).astimezone(UTC)


@given(kinds, zones, instants)
def test_periods_are_back_to_back_and_the_last_complete_one_is_over(kind, zone, at):
    run = last_complete(kind, zone, at).run_up(14)
    assert [one.end for one in run[:-1]] == [one.start for one in run[1:]]
    assert run[-1].end <= at < holding(kind, zone, run[-1].end + timedelta(seconds=1)).end + timedelta(seconds=1)
    assert len({one.slug for one in run}) == len(run)


@given(kinds, zones, instants)
def test_the_end_of_a_period_reports_the_period_itself(kind, zone, at):
    period = holding(kind, zone, at)
    assert last_complete(kind, zone, period.end) == period


@pytest.mark.parametrize(
    ("kind", "at", "label", "slug", "hours"),
    [
        ("month", "2026-02-01T00:00+01:00", "January 2026", "2026-01", 31 * 24),
        ("month", "2026-04-01T00:00+02:00", "March 2026", "2026-03", 31 * 24 - 1),
        ("month", "2026-11-01T00:00+01:00", "October 2026", "2026-10", 31 * 24 + 1),
        ("month", "2026-01-31T23:59+01:00", "December 2025", "2025-12", 31 * 24),
        ("week", "2026-01-05T00:00+01:00", "week 1 of 2026", "2026-W01", 168),
        ("week", "2026-03-30T06:00+02:00", "week 13 of 2026", "2026-W13", 167),
        ("quarter", "2026-05-01T00:00+02:00", "quarter 1 of 2026", "2026-Q1", 90 * 24 - 1),
        ("year", "2026-05-01T00:00+02:00", "2025", "2025", 365 * 24),
    ],
)
def test_what_is_reported_when(kind, at, label, slug, hours):
    period = period_of(kind, datetime.fromisoformat(at), BERLIN)
    assert (period.label, period.slug) == (label, slug)
    assert period.length == timedelta(hours=hours)


def test_a_month_in_utc_is_not_over_yet_in_new_york():
    at = datetime(2026, 2, 1, tzinfo=UTC)
    assert period_of("month", at, "UTC").slug == "2026-01"
    assert period_of("month", at, "America/New_York").slug == "2025-12"


def test_a_length_ends_where_it_is_asked_for():
    period = period_of("28d", datetime(2026, 2, 1, 6, tzinfo=UTC))
    assert (period.slug, period.last_name) == ("2026-02-01T0600Z-28d", "the 28d before")
    assert [one.end.day for one in period.run_up(3)] == [7, 4, 1]


@pytest.mark.parametrize("text", ["", "fortnight", "0d", "1M", "1Q", "Month", "28"])
def test_anything_else_is_refused(text):
    with pytest.raises(ConfigurationError, match="write week, month, quarter, year, or a length such as 28d"):
        period_of(text, datetime(2026, 2, 1, tzinfo=UTC))


def test_a_zone_is_checked_where_no_calendar_is_asked_for_too():
    with pytest.raises(ConfigurationError, match="timezone='Nope'"):
        period_of("28d", datetime(2026, 2, 1, tzinfo=UTC), "Nope")


def test_an_unknown_zone_and_a_length_of_nothing_are_refused():
    with pytest.raises(ConfigurationError, match="no IANA time zone"):
        period_of("month", datetime(2026, 2, 1, tzinfo=UTC), "Berlin")
    with pytest.raises(ConfigurationError, match="above zero"):
        ending(datetime(2026, 2, 1, tzinfo=UTC), timedelta(0))
