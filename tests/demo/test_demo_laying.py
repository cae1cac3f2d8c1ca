"""2013 is laid onto recent dates: whole weeks, nothing lost, local times kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from flights.feed import file_of, read
from hypothesis import given
from hypothesis import strategies as st

from demo import lay
from demo.faults import Fault, Faults
from demo.settings import DAYS

Rows = Mapping[date, Sequence[Mapping[str, str]]]


@given(today=st.dates(date(2020, 1, 1), date(2099, 12, 31)))
def test_weekdays_match_and_today_falls_into_the_chosen_week(today: date) -> None:
    shift = lay.shift_for(today)
    original = today - shift

    assert original.weekday() == today.weekday()
    assert shift % timedelta(weeks=1) == timedelta(0)
    assert timedelta(0) <= original - lay.TODAY_IN_2013 < timedelta(weeks=1)


@given(today=st.dates(date(2020, 1, 1), date(2099, 12, 31)))
def test_every_day_that_a_run_needs_lies_within_2013(today: date) -> None:
    original = today - lay.shift_for(today)

    assert original - timedelta(days=DAYS + lay.DAYS_BEFORE) > lay.JANUARY[-1]
    assert original + timedelta(days=lay.DAYS_AHEAD) < date(2014, 1, 1)


@pytest.mark.parametrize(
    ("day", "hhmm", "expected"),
    [
        (date(2026, 7, 14), 517, datetime(2026, 7, 14, 9, 17, tzinfo=UTC)),
        (date(2026, 11, 24), 517, datetime(2026, 11, 24, 10, 17, tzinfo=UTC)),
        (date(2026, 11, 24), 2359, datetime(2026, 11, 25, 4, 59, tzinfo=UTC)),
    ],
)
def test_departures_keep_their_local_time_in_new_york(day: date, hhmm: int, expected: datetime) -> None:
    assert lay.scheduled_at(day, hhmm) == expected


def test_no_flight_of_january_is_lost_and_each_day_is_in_order(rows: Rows) -> None:
    laid = [list(lay.laid(rows[day], day + timedelta(weeks=700))) for day in lay.JANUARY]

    assert sum(len(day) for day in laid) == 27_004
    assert all([one.scheduled_at for one in day] == sorted(one.scheduled_at for one in day) for day in laid), (
        "a day's flights are in order of departure"
    )


def test_what_was_not_there_stays_missing(rows: Rows) -> None:
    laid = [one for day in lay.JANUARY for one in lay.laid(rows[day], day)]

    assert sum(one.dep_delay is None for one in laid) == 521
    assert sum(one.arr_delay is None for one in laid) == 606


def test_the_feed_reaches_from_before_the_first_run_to_beyond_today_and_reads_back(tmp_path: Path) -> None:
    today = date(2026, 11, 24)

    shift = lay.lay(tmp_path, today=today)

    assert shift == timedelta(weeks=697)
    yesterday = list(read(file_of(tmp_path, today - timedelta(days=1))))
    assert (yesterday[0].carrier, yesterday[0].flight, yesterday[0].dest) == ("US", 1431, "CLT")
    for day in (today, today - timedelta(days=DAYS + lay.DAYS_BEFORE), today + timedelta(days=lay.DAYS_AHEAD - 1)):
        assert file_of(tmp_path, day).exists()


def test_a_feed_cut_short_is_refused_with_file_and_line(tmp_path: Path, rows: Rows) -> None:
    today = date(2026, 11, 24)
    faults = Faults(today, plan={3: Fault.FAILS})
    path = file_of(tmp_path, today - timedelta(days=4))
    lay.write(path, lay.laid(rows[date(2013, 7, 12)], today - timedelta(days=4)))

    faults.spoil(tmp_path)

    with pytest.raises(ValueError, match=rf"{path}:\d+: .*; the file may be cut short"):
        list(read(path))
    assert faults.of(today - timedelta(days=3)) is Fault.FAILS
    assert faults.of(today - timedelta(days=4)) is None


def test_a_file_with_other_columns_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "2026-11-24.csv"
    path.write_text("carrier,flight\nUS,1431\n")

    with pytest.raises(ValueError, match=r"2026-11-24\.csv:1: expected the columns carrier, flight"):
        list(read(path))
