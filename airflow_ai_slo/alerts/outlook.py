"""A forecast as people read it."""

from __future__ import annotations

from datetime import datetime

from airflow_ai_slo.alerts.words import instant, length, percent_left
from airflow_ai_slo.core.forecast import Forecast, Outlook


def forecast_line(found: Forecast, now: datetime) -> str:
    """``at the pace of the last 7 d it is spent in 3 d 4 h, at 2026-06-04 10:00 UTC``; one line, whatever is known."""
    if found.outlook is Outlook.UNKNOWN:
        return f"unknown: {found.why}"
    if found.pace is None:
        return f"spent; no telling when it comes back: {found.why}"
    pace = f"at the pace of the last {length(found.pace.length)}"
    if found.outlook is Outlook.LASTS:
        return f"{pace} it lasts"
    if found.runs_out_at is not None:
        return f"{pace} it is spent in {length(found.runs_out_at - now)}, at {instant(found.runs_out_at)}"
    return f"spent; {_comes_back(found, pace)}"


def _comes_back(found: Forecast, pace: str) -> str:
    above = f"above {percent_left(found.thaw_above)} again"
    if found.recovers_at is not None:
        return f"{pace} {above} at {instant(found.recovers_at)}"
    if found.recovers_at_best is not None:
        return f"{pace} it stays so; with nothing bad any more it is {above} at {instant(found.recovers_at_best)}"
    return f"{pace} it stays so"


def forecast_at(found: Forecast) -> datetime | None:
    """The instant it speaks of: when the budget is spent, or when a spent one comes back."""
    return found.runs_out_at or found.recovers_at or found.recovers_at_best
