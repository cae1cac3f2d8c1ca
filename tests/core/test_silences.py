"""How long data is waited for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slo_kit import DAY, HOUR, MINUTE, NOW, an_slo

from airflow_ai_slo.core.definition import SLO, Schedule
from airflow_ai_slo.core.silence import awaited, is_told, silence

MICROSECOND = timedelta(microseconds=1)
UNBOUND = Schedule(cadence="6h", deadline=None)


def every(step: timedelta, count: int = 30, until: datetime = NOW) -> list[datetime]:
    return [until - step * number for number in range(count)][::-1]


def expected(slo: SLO, runs: list[datetime], at: datetime = NOW) -> timedelta | None:
    """How long after the newest run."""
    found = awaited(slo, runs, at)
    return None if found is None else found.expected_by - runs[-1]


@pytest.mark.parametrize(
    ("step", "wait"), [(DAY, 4 * DAY), (5 * MINUTE, HOUR), (15 * MINUTE, HOUR), (16 * MINUTE, 64 * MINUTE)]
)
def test_four_of_its_usual_gaps_and_at_least_an_hour(step: timedelta, wait: timedelta) -> None:
    assert expected(an_slo(), every(step)) == wait


def test_one_outage_is_not_usual_and_two_are() -> None:
    runs = every(HOUR, 40)
    assert expected(an_slo(), runs[:10] + runs[20:]) == 4 * HOUR
    assert expected(an_slo(), runs[:10] + runs[16:20] + runs[26:]) == 28 * HOUR


def test_nights_and_weekends_are_usual() -> None:
    """Hourly from 9 to 17, Monday to Friday: Monday at 9 is waited for on a Friday evening."""
    friday = datetime(2026, 3, 6, 17, tzinfo=UTC)
    runs = [one for one in every(HOUR, 24 * 21, friday) if one.weekday() < 5 and 9 <= one.hour <= 17][-100:]
    assert silence(an_slo(), runs, friday + 3 * DAY) is None


@pytest.mark.parametrize("count", range(1, 5))
def test_without_history_a_whole_window_is_waited_for(count: int) -> None:
    assert expected(an_slo(window="28d"), every(HOUR, count)) == 28 * DAY


def test_with_a_cadence_the_third_slot_is_waited_for() -> None:
    slo = an_slo(schedule=UNBOUND, alerting="none")
    assert expected(slo, every(6 * HOUR)) == 18 * HOUR
    weekdays = an_slo(schedule=Schedule(cadence="0 6 * * 1-5", deadline=None), alerting="none")
    friday = datetime(2026, 3, 6, 6, tzinfo=UTC)
    assert expected(weekdays, [friday]) == 5 * DAY
    begins_later = Schedule(cadence="1d", deadline=None, start=NOW + 10 * DAY)
    assert expected(an_slo(schedule=begins_later, alerting="none"), [NOW]) == 13 * DAY


def test_what_the_definition_says_counts_most() -> None:
    assert expected(an_slo(no_data_after="90m"), every(DAY)) == 90 * MINUTE
    assert expected(an_slo(schedule=UNBOUND, alerting="none", no_data_after="2d"), every(HOUR)) == 2 * DAY


@pytest.mark.parametrize(
    "changes",
    [
        {"no_data_after": None},
        {"schedule": Schedule(cadence="1d"), "alerting": "none"},
        {"schedule": Schedule(cadence="1d"), "alerting": "none", "no_data_after": "2h"},
        {"schedule": Schedule(cadence="1d", deadline=None, end=NOW + 2 * DAY), "alerting": "none"},
        {"schedule": Schedule(cadence="1d", deadline=None, end=NOW), "alerting": "none", "no_data_after": "2h"},
    ],
)
def test_nothing_is_waited_for(changes: dict[str, object]) -> None:
    slo = an_slo(**changes)
    assert silence(slo, every(DAY), NOW + 300 * DAY) is None


def test_what_was_never_fed_is_not_silent() -> None:
    assert silence(an_slo(), [], NOW) is None


def test_a_pause_holds_and_its_end_begins_the_wait_anew() -> None:
    runs, slo = every(HOUR), an_slo(no_data_after="2h")
    pause = (NOW + HOUR, NOW + 10 * HOUR)
    assert silence(slo, runs, NOW + 5 * HOUR, [(NOW + HOUR, None)]) is None
    assert silence(slo, runs, NOW + 12 * HOUR, [pause]) is None
    found = silence(slo, runs, NOW + 12 * HOUR + MICROSECOND, [pause])
    assert found is not None
    assert (found.since, found.expected_by) == (NOW, NOW + 12 * HOUR)


@given(
    gaps=st.lists(st.integers(1, 5000), min_size=1, max_size=99),
    later=st.integers(0, 40_000),
)
def test_silence_is_what_a_slow_reading_of_the_rule_says(gaps: list[int], later: int) -> None:
    runs = [NOW]
    for gap in gaps:
        runs.insert(0, runs[0] - gap * MINUTE)
    usual = sorted(gaps, reverse=True)[1] if len(gaps) >= 4 else None
    limit = max(60, 4 * usual) if usual is not None else 30 * 24 * 60
    found = silence(an_slo(), runs, NOW + later * MINUTE)
    assert (found is not None) == (later > limit)
    assert is_told(an_slo())
