"""A reference that moves along: the rows of a past window, and those of the run's own interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from airflow_ai_slo.core.errors import ConfigurationError, DataError

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_ai_slo.measure.data import Source
    from airflow_ai_slo.measure.drift import ReferenceProfile


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows:
    """Where the two windows begin and end: ``(past, start]`` is the reference, ``(start, end]`` is current."""

    past: datetime
    start: datetime
    end: datetime

    @property
    def said(self) -> str:
        """The reference window in words."""
        return f"{self.past:%Y-%m-%d %H:%M} to {self.start:%Y-%m-%d %H:%M} UTC"


def check_windows(reference: timedelta | None, current: timedelta | None, time_column: str | None) -> None:
    """:raises ConfigurationError: a window without a time column, or the other way round, or one that holds nothing."""
    if reference is None and (current is not None or time_column is not None):
        raise ConfigurationError("current_window and time_column are for reference_window: how far back it reaches")
    if reference is not None and time_column is None:
        raise ConfigurationError("reference_window needs time_column: when each row was")
    for name, length in (("reference_window", reference), ("current_window", current)):
        if length is not None and (not isinstance(length, timedelta) or length <= timedelta(0)):
            raise ConfigurationError(f"{name}={length!r}: give a timedelta above zero, such as timedelta(days=28)")


def windows_of(context: Context, end: datetime, reference: timedelta, current: timedelta | None) -> Windows:
    """The windows of a run that ends at an instant; the current one is its data interval unless told.

    :raises ConfigurationError: it has no data interval.
    """
    from airflow_ai_slo.core.instants import utc

    start = getattr(context["dag_run"], "data_interval_start", None)
    start = end - current if current is not None else utc(start) if start is not None else end
    if start >= end:
        raise ConfigurationError(
            "the run's data interval is empty; say how far back its rows reach: current_window=timedelta(days=1)"
        )
    return Windows(past=(start - reference).astimezone(UTC), start=start.astimezone(UTC), end=end.astimezone(UTC))


def both_sides(
    source: Source, windows: Windows, *, time_column: str, timezone: str | None, columns: Sequence[str] | None
) -> tuple[ReferenceProfile, Source]:
    """The profile of the past window, named by it, and the current rows.

    The time column itself, which always moves, is compared only where it is asked for.

    :raises DataError: the past window holds no rows, or the column no stamps.
    """
    from dataclasses import replace

    from airflow_ai_slo.measure.data import Source
    from airflow_ai_slo.measure.drift import build_from
    from airflow_ai_slo.measure.drift.build_window import window_of
    from airflow_ai_slo.measure.watermark import zone_of

    zone = zone_of(timezone)
    label = "the frame" if source.frame is not None else str(source)
    if source.engine is None:  # read once for both windows
        only = None if columns is None else [*columns, time_column]
        source = Source(frame=source.read(only=only))
    past = window_of(source, time_column, windows.past, windows.start, zone=zone, only=columns)
    profile = build_from(past, name=f"{label}, {windows.said}", now=windows.end, label=label)
    if not profile.rows:
        raise DataError(f"{label}: no rows with {time_column} from {windows.said}: the reference window is empty")
    if columns is None:
        kept = {name: one for name, one in profile.columns.items() if name != time_column}
        profile = replace(profile, columns=kept)
    return profile, window_of(source, time_column, windows.start, windows.end, zone=zone, only=columns)
