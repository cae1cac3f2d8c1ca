from __future__ import annotations

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
    Arrival,
    Pause,
    coverage,
    expected_runs,
    judge_arrival,
    missing,
    settled_at,
    weight,
    weights,
)
from airflow_ai_slo.core.windows import Bounds, RollingWindow

MICROSECOND, MINUTE, HOUR, DAY = timedelta(microseconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
T0 = datetime(2026, 3, 1, tzinfo=UTC)
DAILY = Cadence.of(Schedule(cadence="1d", start=T0, deadline=Duration(2, "h")))
MONTH = RollingWindow(Duration(30, "d"))
days = st.integers(0, 60).map(lambda n: T0 + n * DAY)
hours = st.integers(-48, 24 * 60).map(lambda n: T0 + n * HOUR)
pauses = st.lists(
    st.tuples(hours, st.none() | hours)
    .filter(lambda pair: pair[1] is None or pair[0] <= pair[1])
    .map(lambda p: Pause(*p)),
    max_size=4,
)


def absent(now: datetime, *recorded: int, **more: object) -> list[int]:
    """Numbers of the days whose run is missing at an instant, of a daily run since T0."""
    slots = DAILY.slots(T0, now, None)
    found = missing(slots, {T0 + day * DAY for day in recorded}, due=DAILY.due, now=now, **more)  # type: ignore[arg-type]
    return [(slot - T0).days for slot in found]


def test_a_run_is_missing_once_its_deadline_has_passed_and_not_at_it() -> None:
    due = T0 + DAY + 2 * HOUR
    assert absent(due) == []
    assert absent(due + MICROSECOND) == [1]
    assert absent(due + MICROSECOND, 1) == []


def test_only_runs_whose_deadline_has_passed_are_missing() -> None:
    assert absent(T0 + 5 * DAY + HOUR, 2) == [1, 3, 4]


def test_a_deadline_of_one_cadence_passes_at_the_next_slot() -> None:
    weekdays = Cadence.of(Schedule(cadence="0 6 * * 1-5", start=T0))
    friday, monday = datetime(2026, 3, 6, 6, tzinfo=UTC), datetime(2026, 3, 9, 6, tzinfo=UTC)
    assert missing([friday], (), due=weekdays.due, now=monday) == []
    assert missing([friday], (), due=weekdays.due, now=monday + MICROSECOND) == [friday]


def test_no_deadline_expects_nothing() -> None:
    shapes_only = Cadence.of(Schedule(cadence="1d", start=T0, deadline=None))
    assert missing(shapes_only.slots(T0, T0 + 9 * DAY, None), (), due=shapes_only.due, now=T0 + 99 * DAY) == []


def test_a_pause_stops_expectation_from_its_first_instant_until_its_end() -> None:
    pause = Pause(T0 + 2 * DAY, T0 + 4 * DAY)
    assert absent(T0 + 6 * DAY, pauses=[pause]) == [1, 4, 5]
    assert absent(T0 + 6 * DAY, pauses=[Pause(T0 + 2 * DAY)]) == [1]


def test_a_run_due_before_the_pause_stays_expected() -> None:
    assert absent(T0 + 6 * DAY, pauses=[Pause(T0 + DAY + HOUR)]) == [1]


def test_an_end_date_is_the_last_slot_expected() -> None:
    assert absent(T0 + 6 * DAY, until=T0 + 3 * DAY) == [1, 2, 3]


@given(days, st.sets(st.integers(1, 60)), pauses, hours)
def test_missing_runs_stay_missing_until_they_come_in(
    now: datetime, recorded: set[int], stops: list[Pause], later: datetime
) -> None:
    before = absent(now, *recorded, pauses=stops)
    after = absent(max(now, later), *recorded, pauses=stops)
    assert after[: len(before)] == before
    assert not set(before) & recorded
    for day in before:
        assert day not in absent(now, *recorded, day, pauses=stops)


def test_a_slot_settles_with_its_record_or_its_deadline_whichever_comes_first() -> None:
    due = T0 + HOUR
    assert settled_at(due) == due + MICROSECOND
    assert settled_at(due, T0) == T0
    assert settled_at(due, T0 + DAY) == due + MICROSECOND
    assert settled_at(None, T0) == T0
    assert settled_at(None) is None


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


def test_missing_runs_in_a_row_weigh_what_the_runs_before_them_did() -> None:
    settled = [(T0 + day * DAY, 100) for day in range(3)]
    slots = [T0 + day * DAY for day in range(3, 20)]
    assert set(weights(slots, settled).values()) == {100}
    assert weights(slots[:1], []) == {slots[0]: 1}


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 50)), min_size=1, max_size=30))
def test_weights_are_the_same_however_often_somebody_looks(runs: list[tuple[bool, int]]) -> None:
    settled = [(T0 + number * DAY, total) for number, (came, total) in enumerate(runs) if came]
    slots = [T0 + number * DAY for number, (came, _) in enumerate(runs) if not came]
    known = list(settled)
    for slot in slots:
        before = sorted(pair for pair in known if pair[0] < slot)
        known.append((slot, weight([total for _, total in before])))  # type: ignore[arg-type]
    at_once = weights(slots, settled)
    assert at_once == {at: total for at, total in known if at in slots}
    assert all(at_once.values())


def test_an_arrival_is_late_after_its_deadline_only() -> None:
    due = T0 + HOUR
    assert judge_arrival(due, due=due) is Arrival.IN_TIME
    assert judge_arrival(due + MICROSECOND, due=due) is Arrival.LATE
    assert judge_arrival(due + DAY, due=due, late="accept") is Arrival.IN_TIME
    assert judge_arrival(due + DAY, due=due, is_backfill=True) is Arrival.IN_TIME
    assert judge_arrival(due + DAY, due=None) is Arrival.IN_TIME


def test_coverage_is_settled_of_the_full_windows_runs() -> None:
    assert coverage(3, 30) == Fraction(1, 10)
    assert coverage(31, 30) == 1
    assert coverage(0, 0) == 1


def test_a_window_of_a_new_slo_expects_all_its_runs() -> None:
    assert expected_runs(DAILY, MONTH.bounds(T0 + 3 * DAY), first=None) == 30


def test_a_calendar_window_expects_the_runs_still_to_come() -> None:
    march = Bounds(T0, T0 + 3 * DAY, T0 + 31 * DAY)
    assert expected_runs(DAILY, march, first=None) == 31


def test_pauses_and_the_end_date_take_their_runs_out_of_the_window() -> None:
    bounds = MONTH.bounds(T0 + 30 * DAY)
    overlapping = [Pause(T0 + 5 * DAY, T0 + 10 * DAY), Pause(T0 + 8 * DAY, T0 + 12 * DAY), Pause(T0 + 29 * DAY)]
    assert expected_runs(DAILY, bounds, first=None, pauses=overlapping) == 30 - 7 - 2
    assert expected_runs(DAILY, bounds, first=None, until=T0 + 10 * DAY) == 10
    assert expected_runs(DAILY, bounds, first=None, until=T0 - DAY) == 0


@given(st.sampled_from(["1d", "5h", "0 6 * * 1-5"]), hours, pauses, st.none() | hours)
def test_expected_runs_are_the_windows_slots_that_no_pause_holds(
    written: str, now: datetime, stops: list[Pause], until: datetime | None
) -> None:
    begun = T0 - 400 * DAY
    rhythm = Cadence.of(Schedule(cadence=written, start=begun))
    bounds = RollingWindow(Duration(14, "d")).bounds(now)
    slots = [
        slot
        for slot in rhythm.slots(bounds.start, bounds.end, None)
        if (until is None or slot <= until)
        and not any(low <= slot and (high is None or slot < high) for low, high in stops)
    ]
    assert expected_runs(rhythm, bounds, first=None, pauses=stops, until=until) == len(slots)
