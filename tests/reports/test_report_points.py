"""Points, axes and outlines of plots."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_builder import DRIFT, END, START, daily, slo_report

from airflow_ai_slo.core.measurement import Cause
from airflow_ai_slo.reports.model import BudgetPoint, FreezeRow, IncidentRow
from airflow_ai_slo.reports.plots.decimate import MOST_POINTS, decimate, thin
from airflow_ai_slo.reports.plots.plot import plot
from airflow_ai_slo.reports.plots.scale import TimeScale, ValueScale, after_steps, area, path, round_step
from airflow_ai_slo.reports.tables import incidents

FIRST = datetime(2026, 1, 1, tzinfo=UTC)
thousandths = st.integers(-5000, 1000).map(lambda number: Fraction(number, 1000))
figures = st.none() | thousandths
histories = st.lists(st.tuples(figures, figures), min_size=1, max_size=900).map(
    lambda rows: [
        BudgetPoint(FIRST + timedelta(hours=index), left, None, None if burn is None else abs(burn))
        for index, (left, burn) in enumerate(rows)
    ]
)


def known(points, name):
    return [value for point in points if (value := getattr(point, name)) is not None]


@given(histories)
def test_decimation_keeps_extremes_ends_gaps_and_order(points):
    kept = decimate(points)
    assert len(kept) <= MOST_POINTS
    assert kept[0] is points[0]
    assert kept[-1] is points[-1]
    assert [point.at for point in kept] == sorted(point.at for point in kept)
    assert set(kept) <= set(points)
    for name in ("remaining", "burn"):
        if known(points, name):
            assert max(known(kept, name)) == max(known(points, name))
    if known(points, "remaining"):
        assert min(known(kept, "remaining")) == min(known(points, "remaining"))
    assert any(point.remaining is None for point in kept) == any(point.remaining is None for point in points)


@given(histories)
def test_few_points_are_all_kept(points):
    assert decimate(points[:MOST_POINTS]) == tuple(points[:MOST_POINTS])


@given(histories)
def test_a_sparkline_keeps_the_lowest_point(points):
    kept = thin(points, 40, lambda point: float("inf") if point.remaining is None else float(point.remaining))
    assert len(kept) <= 40
    if known(points, "remaining"):
        assert min(known(kept, "remaining")) == min(known(points, "remaining"))


@given(
    st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)),
    st.timedeltas(timedelta(minutes=1), timedelta(days=9000)),
    st.integers(4, 12),
)
def test_time_ticks_are_few_in_order_and_inside(start, span, most):
    start = start.replace(tzinfo=UTC)
    ticks = TimeScale(start, start + span).ticks(most)
    assert len(ticks) <= most
    assert all(0 <= tick.at <= 100 for tick in ticks)
    assert [tick.at for tick in ticks] == sorted(tick.at for tick in ticks)


def test_time_ticks_are_round():
    at = datetime(2026, 8, 31, 6, 17, tzinfo=UTC)
    assert [tick.label for tick in TimeScale(at - timedelta(days=4), at).ticks(5)] == [
        "28 Aug",
        "29 Aug",
        "30 Aug",
        "31 Aug",
    ]
    assert [tick.label for tick in TimeScale(at - timedelta(hours=13), at).ticks(5)] == [
        "18:00",
        "21:00",
        "31 Aug",
        "03:00",
        "06:00",
    ]
    assert [tick.label for tick in TimeScale(at - timedelta(days=300), at).ticks(5)] == [
        "Jan 2026",
        "Apr 2026",
        "Jul 2026",
    ]


def test_a_report_without_length_still_has_a_place_for_its_points():
    assert TimeScale(FIRST, FIRST).percent(FIRST) == 100


@given(st.floats(0.01, 1e6), st.integers(1, 10))
def test_round_steps_divide_a_span_into_few_parts(span, most):
    assert span / round_step(span, most) <= most * (1 + 1e-6)


@given(st.booleans(), st.floats(0, 1000), st.floats(0, 1000))
def test_more_is_never_drawn_lower(log, one, other):
    scale = ValueScale(0, 1000, 100, log=log)
    assert 0 <= scale.y(one) <= 100
    if one >= other:
        assert scale.y(one) <= scale.y(other)


def test_a_value_holds_until_the_next_point_and_gaps_stay_open():
    runs = after_steps([(0, 5.0), (10, 5.0), (20, 7.0), (30, None), (40, 1.0)], 50)
    assert runs == (((0, 5.0), (20, 5.0), (20, 7.0), (30, 7.0)), ((40, 1.0), (50, 1.0)))
    assert [path(run) for run in runs] == ["M0 5H20V7H30", "M40 1H50"]
    assert area(runs[1], 9) == "M40 1H50V9H40Z"


def drawn(freezes=(), incidents=()):
    runs = daily(DRIFT, 19, {END - timedelta(days=5): (19, Cause.DATA_DRIFT)})
    return plot(slo_report(DRIFT, runs, incidents), freezes, TimeScale(START, END))


def test_freezes_are_shaded_where_they_held_and_no_further():
    day = timedelta(days=1)
    found = drawn([FreezeRow(START - day, START + 6 * day, ("a",)), FreezeRow(END - 3 * day, None, ("b",))]).freezes
    assert [(one.x, one.width) for one in found] == [(0, 10), (95, 5)]
    assert drawn([FreezeRow(START - 9 * day, START - 8 * day, ("a",))]).freezes == ()


def test_incidents_say_when_they_opened_and_why():
    row = IncidentRow(END - timedelta(days=6), None, "page", "2 bad runs in a row")
    (found,) = drawn(incidents=[row]).incidents
    assert found.title == "Page opened 2026-08-25 06:00 UTC, still open: 2 bad runs in a row"
    assert (found.x, found.width) == (90, 10)


@pytest.mark.parametrize(
    ("resolved", "words", "ended"),
    [
        (None, "Page, now ticket", "still open"),
        (END - timedelta(days=1), "Page, then ticket", "resolved 2026-08-30 06:00 UTC"),
    ],
)
def test_an_incident_that_was_a_page_stays_one_wherever_it_is_shown(resolved, words, ended):
    row = IncidentRow(END - timedelta(days=6), resolved, "ticket", "2 bad runs in a row", "page")
    found = drawn(incidents=[row])
    [one] = found.incidents
    assert (one.kind, one.title) == ("page", f"{words}, opened 2026-08-25 06:00 UTC, {ended}: 2 bad runs in a row")
    assert found.severities == {"page"}
    [cells] = incidents(slo_report(DRIFT, incidents=[row])).rows
    assert (cells[3].text, cells[3].kind) == (words, "page")


def test_a_plot_in_words_names_the_ends_the_lowest_point_and_the_peak():
    words = drawn().description
    assert "64.3% at 2026-08-31 06:00 UTC; the lowest was 64.3%" in words
    assert "peaked at 10× by 2026-08-26 06:00 UTC" in words


def test_every_drawn_point_can_be_read():
    readings = drawn().readings
    assert len({len(column.split("|")) for column in (readings.budget, readings.sli, readings.burn)}) == 1
    assert len(readings.minutes.split()) == len(readings.budget.split("|"))
    assert readings.budget.startswith("unknown|100%|")


def test_where_nothing_was_ever_known_there_is_no_plot():
    assert plot(slo_report(DRIFT), (), TimeScale(START, END)) is None
