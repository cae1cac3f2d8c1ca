"""Rules in the wall time of a zone, across daylight saving."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from airflow_ai_slo.core.corrections import Interval
from airflow_ai_slo.core.durations import Duration
from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.core.instants import from_micros
from airflow_ai_slo.store.recurring import stretches

SATURDAY = datetime(2026, 3, 28, 1, 30, tzinfo=UTC)
"""02:30 in Berlin; on the next day clocks there go from 02:00 to 03:00."""


def held(start: datetime, rrule: str, duration: str, zone: str | None = None, end: datetime | None = None) -> list[str]:
    period = Interval(start, end, rrule, Duration.parse(duration), zone)
    return [f"{from_micros(a):%m-%d %H:%M} {from_micros(b):%m-%d %H:%M}" for a, b in stretches(period)]


def test_a_time_that_is_skipped_moves_on_by_the_gap_and_hours_stay_hours() -> None:
    found = held(SATURDAY, "FREQ=DAILY;COUNT=3", "2h", "Europe/Berlin")
    assert found == ["03-28 01:30 03-28 03:30", "03-29 01:30 03-29 03:30", "03-30 00:30 03-30 02:30"]


def test_a_day_is_the_calendar_day_of_the_zone() -> None:
    spring, autumn = datetime(2026, 3, 28, 23, tzinfo=UTC), datetime(2026, 10, 24, 22, tzinfo=UTC)
    assert held(spring, "FREQ=YEARLY;COUNT=1", "1d", "Europe/Berlin") == ["03-28 23:00 03-29 22:00"]
    assert held(autumn, "FREQ=YEARLY;COUNT=1", "1d", "Europe/Berlin") == ["10-24 22:00 10-25 23:00"]
    assert held(autumn, "FREQ=YEARLY;COUNT=1", "24h", "Europe/Berlin") == ["10-24 22:00 10-25 22:00"]


def test_a_repeated_time_is_the_first_of_both() -> None:
    night = datetime(2026, 10, 24, 0, 30, tzinfo=UTC)
    assert held(night, "FREQ=DAILY;COUNT=2", "30m", "Europe/Berlin") == [
        "10-24 00:30 10-24 01:00",
        "10-25 00:30 10-25 01:00",
    ]


def test_sundays_of_a_zone_are_not_those_of_another() -> None:
    start = datetime(2026, 1, 1, 20, tzinfo=UTC)
    assert held(start, "RRULE:FREQ=WEEKLY;BYDAY=SU;COUNT=1", "1h", "Asia/Tokyo") == ["01-03 20:00 01-03 21:00"]
    assert held(start, "freq=weekly; byday=su; count=1", "1h") == ["01-04 20:00 01-04 21:00"]


@pytest.mark.parametrize(
    ("until", "times"), [("20260104", 4), ("20260103T060000Z", 3), ("20260103T055959Z", 2), ("20260103T065959", 3)]
)
def test_until_includes_its_own_instant_and_its_own_day(until: str, times: int) -> None:
    start = datetime(2026, 1, 1, 6, tzinfo=UTC)
    assert len(held(start, f"FREQ=DAILY;UNTIL={until}", "1h", "UTC")) == times


def test_until_in_utc_is_brought_to_the_zone() -> None:
    start = datetime(2026, 1, 1, 5, tzinfo=UTC)
    assert len(held(start, "FREQ=DAILY;UNTIL=20260103T050000Z", "1h", "Europe/Berlin")) == 3
    assert len(held(start, "FREQ=DAILY;UNTIL=20260103T045959Z", "1h", "Europe/Berlin")) == 2


def test_times_that_overlap_are_one_stretch_and_an_end_cuts_the_last() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    assert held(start, "FREQ=DAILY;COUNT=3", "36h") == ["01-01 00:00 01-04 12:00"]
    end = start + timedelta(days=1, hours=1)
    assert held(start, "FREQ=DAILY", "2h", end=end) == ["01-01 00:00 01-01 02:00", "01-02 00:00 01-02 01:00"]


def test_a_rule_without_an_end_reaches_ten_years() -> None:
    found = stretches(Interval(datetime(2026, 1, 1, tzinfo=UTC), None, "FREQ=DAILY", Duration(1, "h")))
    assert len(found) == 3653
    assert from_micros(found[-1][1]) == datetime(2036, 1, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("rrule", "says"),
    [
        ("every sunday", "is no rule; write for example FREQ=WEEKLY;BYDAY=SU"),
        ("", "is no rule"),
        ("BYDAY=SU", "FREQ is one of DAILY"),
        ("FREQ=HOURLY", "several times a day are BYHOUR=6,18"),
        ("FREQ=SECONDLY", "FREQ is one of DAILY"),
        ("FREQ=WEEKLY;BYDAY=XX", "cannot be read"),
        ("FREQ=WEEKLY;BYDAI=SU", "no part BYDAI; there are BYDAY"),
        ("FREQ=WEEKLY;FREQ=DAILY", "says a part twice"),
        ("FREQ=DAILY;INTERVAL=0", "INTERVAL is a whole number from 1"),
        ("FREQ=DAILY;COUNT=-1", "COUNT is a whole number from 1"),
        ("FREQ=DAILY;COUNT=2;UNTIL=20270101", "both UNTIL and COUNT"),
        ("FREQ=DAILY;UNTIL=TOMORROW", "UNTIL is 20261231 or 20261231T230000Z"),
        ("FREQ=DAILY;UNTIL=20251231", "never comes up from 2026-01-01"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "never comes up"),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "never comes up"),
        ("FREQ=DAILY;BYMONTH=13", "cannot be read|never comes up"),
        ("FREQ=DAILY;BYHOUR=0,1,2,3,4", "comes up more than 10,000 times; end it by UNTIL, COUNT or an end"),
        ("FREQ=DAILY\nDTSTART=20260101", "DTSTART"),
    ],
)
def test_a_bad_rule_is_one_line_that_says_what_would_be_right(rrule: str, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says) as caught:
        held(datetime(2026, 1, 1, tzinfo=UTC), rrule, "1h")
    assert "\n" not in str(caught.value)


def test_a_zone_that_there_is_not_is_refused() -> None:
    for name in ("Mars/Olympus", "../etc/passwd", ""):
        period = Interval(SATURDAY, None, "FREQ=DAILY", Duration(1, "h"), name or "\0")
        with pytest.raises(ConfigurationError, match="write an IANA name such as Europe/Berlin"):
            stretches(period)
