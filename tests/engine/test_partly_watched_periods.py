"""Periods that an SLO was watched for in part only: neither judged nor compared below half of them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from slo_kit import DAY, an_slo, seen

from airflow_ai_slo import engine
from airflow_ai_slo.core.comparing import Change, Compared, Standing
from airflow_ai_slo.core.definition import Schedule
from airflow_ai_slo.core.periods import period_of
from airflow_ai_slo.reports import render_html, render_json, render_markdown
from airflow_ai_slo.store import Store

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2025, 11, 3, 5, tzinfo=UTC)
FEBRUARY = datetime(2026, 2, 1, 0, tzinfo=BERLIN).astimezone(UTC)
JANUARY = period_of("month", FEBRUARY, BERLIN)


def compared_in(store: Store, *, at: datetime = FEBRUARY, kind: str = "month") -> Compared:
    [service] = engine.report(store, period=period_of(kind, at, BERLIN)).services
    [slo] = service.slos
    assert slo.compared is not None
    return slo.compared


def test_a_period_that_was_barely_watched_is_neither_judged_nor_compared(store: Store) -> None:
    first = JANUARY.start - DAY
    engine.apply(store, [an_slo(freeze=False)], now=START)
    engine.record(store, [seen(first + DAY * number, int(number % 3 > 0), 1) for number in range(32)], now=FEBRUARY)
    found = engine.report(store, period=JANUARY)
    compared = compared_in(store)
    assert (compared.standing, compared.since, compared.before) == (Standing.KEPT, first, None)
    assert (compared.overall, compared.now.met) == (Change.UNKNOWN, False)
    assert [one.met for one in compared.run_up] == [None, None, False]
    [slo] = json.loads(render_json(found))["services"][0]["slos"]
    assert slo["compared"]["before"] is None
    assert set(slo["compared"]["change"].values()) == {"unknown"}
    assert [one["met"] for one in slo["compared"]["periods"]] == [None, None, False]
    said = f"measured since {first:%Y-%m-%d %H:%M} UTC"
    for text in (render_html(found), render_markdown(found)):
        assert f"last month is not comparable, {said}" in text
        assert f"Last month is not comparable: {said}." in text
        assert ": worse" not in text
    assert "December 2025: not judged, watched for less than half of it" in render_html(found)


@pytest.mark.parametrize(("days", "is_compared"), [(14, False), (16, True), (40, True)])
def test_half_of_the_period_before_is_enough_to_compare_with(store: Store, days: int, is_compared: bool) -> None:
    engine.apply(store, [an_slo(freeze=False)], now=START)
    first = JANUARY.start - days * DAY
    engine.record(store, [seen(first + DAY * number) for number in range(days + 20)], now=FEBRUARY)
    compared = compared_in(store)
    assert (compared.before is not None) == is_compared
    assert compared.overall is (Change.SAME if is_compared else Change.UNKNOWN)
    assert compared.run_up[-2].met is (True if is_compared else None)


def test_expected_runs_tell_how_much_of_a_period_was_watched(store: Store) -> None:
    weekly = Schedule(cadence="1w", deadline="1d")
    engine.apply(store, [an_slo(schedule=weekly, freeze=False)], now=START)
    sunday = datetime(2026, 1, 25, 22, tzinfo=UTC)
    engine.record(store, [seen(sunday + 7 * DAY * number) for number in range(2)], now=sunday + 8 * DAY)
    compared = compared_in(store, at=sunday + 8 * DAY, kind="week")
    assert compared.before is not None
