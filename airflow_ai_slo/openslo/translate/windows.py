"""The time window and time slices of an SLO."""

from __future__ import annotations

from fractions import Fraction
from zoneinfo import ZoneInfo

from airflow_ai_slo.core.definition import Budgeting
from airflow_ai_slo.core.durations import Duration
from airflow_ai_slo.core.windows import CalendarWindow, RollingWindow, Window
from airflow_ai_slo.openslo.documents import scalars
from airflow_ai_slo.openslo.documents.values import Table
from airflow_ai_slo.openslo.problems import Notes, Path
from airflow_ai_slo.openslo.rules.common import BUDGETING
from airflow_ai_slo.openslo.rules.objectives import start_of, zone_of
from airflow_ai_slo.openslo.translate import read

DEFAULT = RollingWindow(Duration(30, "d"))


def build_window(spec: Table, objective: Table, objective_at: Path, notes: Notes) -> Window | None:
    """The window of the SLO; None (noted) where it cannot be used. One written in the objective is taken too."""
    at: Path = ("spec",)
    holder = spec
    if not read.entries(spec, "timeWindow") and read.entries(objective, "timeWindow"):
        holder, at = objective, objective_at
        notes.warn((*at, "timeWindow"), "belongs in spec.timeWindow; it is used all the same")
    for window, below in read.entries(holder, "timeWindow"):
        return _window(window, (*at, *below), notes) if isinstance(window, Table) else None
    return DEFAULT


def _window(window: Table, at: Path, notes: Notes) -> Window | None:
    duration = _duration(window.get("duration"), (*at, "duration"), notes)
    if duration is None:
        return None
    calendar = read.table(window, "calendar")
    if scalars.flag(window.get("isRolling")) or not calendar:
        if duration.is_calendar:
            notes.warn((*at, "duration"), f"a rolling {duration} is taken as {duration.length.days} days")
        return RollingWindow(duration)
    start = start_of(calendar.get("startTime"), strict=False)
    zone = zone_of(calendar.get("timeZone")) or ZoneInfo("UTC")
    if start is None or not 1970 <= start.year < 2200:
        notes.error(
            (*at, "calendar", "startTime"), "is not a wall time between 1970 and 2199, such as 2026-01-01 00:00:00"
        )
        return None
    if duration.unit == "m":
        notes.warn((*at, "duration"), f"{duration} is in minutes; a month is written 1M")
    return CalendarWindow(duration, zone, start)


def build_slices(
    spec: Table, objective: Table, at: Path, notes: Notes
) -> tuple[Budgeting, Fraction | None, Duration | None]:
    """Budgeting method, slice target and slice window."""
    method = Budgeting(scalars.choose(spec.get("budgetingMethod"), BUDGETING) or "Occurrences")
    if method is Budgeting.OCCURRENCES:
        return method, None, None
    target = scalars.number(objective.get("timeSliceTarget")) if method is Budgeting.TIMESLICES else None
    written = objective.get("timeSliceWindow")
    here: Path = (*at, "timeSliceWindow")
    minutes = f"{written}m" if isinstance(written, int) else written
    window = _duration(minutes, here, notes)
    if window is not None and window.is_calendar:
        notes.error(here, f"{window} has no fixed length; write the slice in m, h, d or w")
    return method, target, window


def _duration(value: object, at: Path, notes: Notes) -> Duration | None:
    try:
        return Duration.parse(scalars.text(value) or "")
    except ValueError as error:
        notes.error(at, str(error))
        return None
