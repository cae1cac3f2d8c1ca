from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_ai_slo.core.cadence import Cadence
from airflow_ai_slo.core.definition import Schedule
from airflow_ai_slo.core.durations import Duration
from airflow_ai_slo.core.errors import DefinitionError
from airflow_ai_slo.core.windows import CalendarWindow, RollingWindow

MICROSECOND, MINUTE, HOUR, DAY = timedelta(microseconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
T0 = datetime(2026, 3, 1, tzinfo=UTC)
WRITTEN = (
    "5m",
    "1h",
    "6h",
    "1d",
    "1w",
    "*/5 * * * *",
    "0 * * * *",
    "0 6 * * *",
    "0 6 * * 1-5",
    "0 6 * * mon",
    "@monthly",
)
instants = st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))


def cadence(written: str, **more: object) -> Cadence:
    return Cadence.of(Schedule(cadence=written, **more))  # type: ignore[arg-type]


def test_an_interval_with_a_start_expects_its_first_run_one_interval_after_it() -> None:
    daily = cadence("1d", start=T0)
    assert list(daily.slots(T0 - 9 * DAY, T0 + 2 * DAY, None)) == [T0 + DAY, T0 + 2 * DAY]
    assert daily.slot_of(T0, None) is None
    assert daily.slot_of(T0 + HOUR, None) == T0 + DAY


def test_an_interval_without_start_is_anchored_at_the_first_measurement() -> None:
    first = T0 + timedelta(hours=5, seconds=7)
    daily = cadence("1d")
    assert list(daily.slots(T0 - 9 * DAY, T0 + 2 * DAY, first)) == [first, first + DAY]
    assert daily.slot_of(first, first) == first
    assert daily.slot_of(first - MICROSECOND, first) is None
    assert list(daily.slots(T0, T0 + DAY, None)) == []
    assert daily.slot_of(T0, None) is None
    assert daily.count(T0, T0 + DAY, None) == 0


def test_a_cron_cadence_begins_after_its_start_or_with_the_slot_of_the_first_measurement() -> None:
    at_six = T0 + 6 * HOUR
    assert list(cadence("0 6 * * *", start=T0).slots(T0 - DAY, T0 + DAY, None)) == [at_six]
    assert list(cadence("0 6 * * *", start=at_six).slots(T0 - DAY, T0 + 2 * DAY, None)) == [at_six + DAY]
    assert list(cadence("0 6 * * *").slots(T0 - DAY, T0 + DAY, at_six)) == [at_six]
    assert list(cadence("0 6 * * *").slots(T0 - DAY, T0 + DAY, at_six - HOUR)) == [at_six]
    assert list(cadence("0 6 * * *").slots(T0 - DAY, T0 + DAY, None)) == []


def test_a_start_without_a_zone_is_local_time() -> None:
    berlin = cadence("1d", zone="Europe/Berlin", start=datetime(2026, 3, 1))
    assert berlin.start == datetime(2026, 2, 28, 23, tzinfo=UTC)


def test_an_interval_goes_by_real_time_through_a_clock_change() -> None:
    daily = cadence("1d", zone="Europe/Berlin", start=datetime(2026, 3, 27, 6))
    assert {b - a for a, b in pairwise(daily.slots(T0, T0 + 40 * DAY, None))} == {DAY}


def test_a_run_at_either_pass_of_a_repeated_hour_fulfils_that_days_slot() -> None:
    nightly = cadence("30 2 * * *", zone="Europe/Berlin")
    first = datetime(2026, 10, 1, 0, 30, tzinfo=UTC)
    passes = [datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"), fold=fold) for fold in (0, 1)]
    slots = list(nightly.slots(datetime(2026, 10, 24, 12, tzinfo=UTC), datetime(2026, 10, 25, 12, tzinfo=UTC), first))
    assert slots == [passes[1].astimezone(UTC)]
    assert {nightly.slot_of(there, first) for there in passes} == {datetime(2026, 10, 25, 1, 30, tzinfo=UTC)}
    assert nightly.slot_of(datetime(2026, 10, 26, 1, 30, tzinfo=UTC), first) == datetime(
        2026, 10, 26, 1, 30, tzinfo=UTC
    )


@given(st.sampled_from(WRITTEN), st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kathmandu"]), instants, instants)
def test_a_run_fulfils_the_slot_whose_span_it_lies_in(written: str, zone: str, first: datetime, at: datetime) -> None:
    rhythm = cadence(written, zone=zone)
    slot = rhythm.slot_of(at, first)
    if at < first:
        assert slot is None
        return
    assert slot is not None
    assert slot >= at
    near = list(rhythm.slots(slot - rhythm.step(slot) - 40 * DAY, slot, first))
    assert near[-1] == slot
    assert len(near) == 1 or near[-2] < at
    assert rhythm.slot_of(slot, first) == slot
    following = slot + rhythm.step(slot)
    assert list(rhythm.slots(slot, following, first)) == [following]


@given(st.sampled_from(WRITTEN), instants, st.integers(0, 60 * 24 * 40), st.booleans())
def test_slots_are_as_many_as_counted_once_expectation_has_begun(
    written: str, start: datetime, length: int, has_start: bool
) -> None:
    begun = start - 400 * DAY
    rhythm = cadence(written, start=begun if has_start else None)
    first = None if has_start else begun
    end = start + length * MINUTE
    found = list(rhythm.slots(start, end, first))
    assert len(found) == rhythm.count(start, end, first)
    assert found == sorted(set(found))
    assert all(start < slot <= end for slot in found)
    assert [rhythm.slot_of(slot, first) for slot in found[:50]] == found[:50]


def test_a_full_window_counts_the_runs_from_before_expectation_began() -> None:
    assert cadence("1d", start=T0).count(T0 - 30 * DAY, T0, None) == 30
    assert cadence("0 6 * * *", start=T0).count(T0 - 30 * DAY, T0, None) == 30


@given(st.sampled_from(WRITTEN), instants)
def test_one_cadence_is_the_default_deadline(written: str, first: datetime) -> None:
    rhythm = cadence(written)
    slot = rhythm.slot_of(first, first)
    assert slot is not None
    assert rhythm.due(slot) == slot + rhythm.step(slot)
    assert rhythm.due(first) == first + rhythm.step(slot)


def test_a_deadline_counts_from_the_runs_own_at() -> None:
    assert cadence("1d", deadline=Duration(2, "h")).due(T0 + MINUTE) == T0 + MINUTE + 2 * HOUR
    assert cadence("1d", deadline=None).due(T0) is None


@pytest.mark.parametrize(
    ("written", "days", "expected"),
    [("5m", 7, 2016), ("1d", 30, 30), ("1w", 30, Fraction(30, 7)), ("0 6 * * 1-5", 28, 20), ("0 * * * *", 30, 720)],
)
def test_runs_of_a_period_are_exact(written: str, days: int, expected: Fraction) -> None:
    assert cadence(written).per_period(RollingWindow(Duration(days, "d")).bounds(T0)) == expected


def test_runs_of_a_period_do_not_change_while_a_rolling_window_moves() -> None:
    window, weekdays = RollingWindow(Duration(30, "d")), cadence("0 6 * * 1-5", zone="Europe/Berlin")
    assert {weekdays.per_period(window.bounds(T0 + n * DAY)) for n in range(60)} == {Fraction(150, 7)}


def test_runs_of_a_calendar_month_are_as_many_as_its_days() -> None:
    months = CalendarWindow(Duration(1, "M"), ZoneInfo("UTC"), datetime(2026, 1, 1))
    counts = [cadence("1d").per_period(months.bounds(datetime(2026, month, 15, tzinfo=UTC))) for month in (1, 2, 4)]
    assert counts == [31, 28, 30]


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("daily", "schedule.cadence: 'daily' is not a cadence; write a duration such as 1d"),
        ("1M", "for months write a cron expression"),
        ("0d", "is not a cadence"),
        ("0 6 * *", "write five fields"),
        ("0 0 30 2 *", "never runs"),
        ("@once", "not a schedule that repeats"),
    ],
)
def test_a_wrong_cadence_names_its_field_and_what_would_be_right(written: str, says: str) -> None:
    with pytest.raises(DefinitionError, match=says) as caught:
        cadence(written)
    assert caught.value.path == "schedule.cadence"


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../etc/passwd", "Europe"])
def test_a_wrong_zone_names_its_field(zone: str) -> None:
    with pytest.raises(DefinitionError, match="not an IANA time zone") as caught:
        cadence("1d", zone=zone)
    assert caught.value.path == "schedule.zone"
