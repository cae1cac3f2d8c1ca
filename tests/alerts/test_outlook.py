"""Forecasts as people read them."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

import pytest
from slo_kit import DAY, HOUR, NOW

from airflow_ai_slo.alerts.outlook import forecast_at, forecast_line
from airflow_ai_slo.core.course import Pace
from airflow_ai_slo.core.forecast import Forecast, Outlook

PACE = Pace(DAY * 7, 1, 7, 7)
ABOVE = Fraction(1, 20)


@pytest.mark.parametrize(
    ("found", "line", "at"),
    [
        (
            Forecast(Outlook.RUNS_OUT, PACE, ABOVE, runs_out_at=NOW + DAY * 3 + HOUR * 4),
            "at the pace of the last 7 d it is spent in 3 d 4 h, at 2026-03-13 16:00 UTC",
            NOW + DAY * 3 + HOUR * 4,
        ),
        (Forecast(Outlook.LASTS, PACE, ABOVE), "at the pace of the last 7 d it lasts", None),
        (
            Forecast(Outlook.UNKNOWN, None, ABOVE, why="nothing measured in 30d"),
            "unknown: nothing measured in 30d",
            None,
        ),
        (
            Forecast(Outlook.SPENT, PACE, ABOVE, recovers_at=NOW + DAY, recovers_at_best=NOW + HOUR),
            "spent; at the pace of the last 7 d above 5% again at 2026-03-11 12:00 UTC",
            NOW + DAY,
        ),
        (
            Forecast(Outlook.SPENT, PACE, ABOVE, recovers_at_best=NOW + DAY),
            "spent; at the pace of the last 7 d it stays so; with nothing bad any more it is above 5% again at "
            "2026-03-11 12:00 UTC",
            NOW + DAY,
        ),
        (Forecast(Outlook.SPENT, PACE, ABOVE), "spent; at the pace of the last 7 d it stays so", None),
        (
            Forecast(Outlook.SPENT, None, ABOVE, why="2 runs in the last 30d, fewer than the 4 that tell a pace"),
            "spent; no telling when it comes back: 2 runs in the last 30d, fewer than the 4 that tell a pace",
            None,
        ),
    ],
)
def test_a_forecast_is_one_line(found: Forecast, line: str, at: object) -> None:
    assert forecast_line(found, NOW) == line
    assert forecast_at(found) == at


def test_what_comes_in_no_time_says_so() -> None:
    soon = Forecast(Outlook.RUNS_OUT, PACE, ABOVE, runs_out_at=NOW + timedelta(seconds=5))
    assert "in under a minute" in forecast_line(soon, NOW)
