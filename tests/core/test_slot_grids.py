"""Slots in whole microseconds, found in any order."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from expected_slots import cron_slots
from hypothesis import given
from hypothesis import strategies as st

from airflow_ai_slo.core.cadence import Cadence
from airflow_ai_slo.core.definition import Schedule
from airflow_ai_slo.core.grid import Grid, grid
from airflow_ai_slo.core.instants import from_micros, to_micros

T0 = datetime(2026, 3, 1, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def grid_of(cadence: str, anchor: datetime | None = None, **more: object) -> Grid:
    found = grid(Cadence.of(Schedule(cadence=cadence, **more)), anchor)  # type: ignore[arg-type]
    assert found is not None
    return found


def after(slots: Grid, moment: datetime | None) -> datetime | None:
    found = slots.after(None if moment is None else to_micros(moment))
    return None if found is None else from_micros(found)


def test_the_slot_after_one_of_another_cadence_is_a_slot() -> None:
    daily = grid_of("1d", start=T0)
    assert after(daily, T0 + 3 * DAY + 6 * HOUR) == T0 + 4 * DAY
    assert after(daily, T0 - 30 * DAY) == after(daily, None) == T0 + DAY
    assert after(grid_of("1d", T0), T0 - HOUR) == T0
    assert after(grid_of("0 6 * * *", start=T0), T0 - 30 * DAY) == T0 + 6 * HOUR


@pytest.mark.parametrize("cadence", ["*/5 * * * *", "5m"])
def test_an_instant_centuries_away_is_found_at_once(cadence: str) -> None:
    slots = grid_of(cadence, T0)
    started = time.perf_counter()
    for year in (2206, 3026, 9800):
        far = to_micros(datetime(year, 6, 1, tzinfo=UTC)) - 1
        assert slots.slot_of(far) == far + 1
        assert slots.due(far) == far + 300_000_000
    assert time.perf_counter() - started < 2


@given(
    st.sampled_from(["0 6 * * 1-5", "30 2 * * *", "0 * * * *", "0 6 1 * *"]),
    st.sampled_from(["Europe/Berlin", "America/New_York"]),
    st.lists(st.integers(-200, 24 * 300), min_size=1, max_size=12),
)
def test_slots_are_the_same_in_whatever_order_they_are_asked_for(cadence: str, zone: str, hours: list[int]) -> None:
    slots = grid_of(cadence, zone=zone, start=T0)
    for at in (T0 + number * HOUR for number in hours):
        begin = max(at, T0)
        expected = cron_slots(cadence, zone, begin, begin + 40 * DAY)
        assert after(slots, at) == expected[0]
        if at > T0:
            later = cron_slots(cadence, zone, at - timedelta(microseconds=1), at + 80 * DAY)
            assert slots.slot_of(to_micros(at)) == to_micros(later[0])
            assert slots.due(to_micros(at)) == to_micros(at + (later[1] - later[0]))
