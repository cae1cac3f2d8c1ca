"""What was seen: one measurement, its cause, and its natural key."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from airflow_ai_slo.core.errors import MeasurementError
from airflow_ai_slo.core.numbers import Exact, count


class Cause(StrEnum):
    """Why budget was spent."""

    PIPELINE_FAILURE = "pipeline_failure"
    LATE = "late"
    MISSING_RUN = "missing_run"
    STALE_FEATURES = "stale_features"
    DATA_DRIFT = "data_drift"
    MODEL_QUALITY = "model_quality"
    LATENCY = "latency"
    DEPENDENCY = "dependency"
    INFRASTRUCTURE = "infrastructure"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """Good and total counts of one measured interval.

    :param slo: name of the SLO.
    :param key: natural, idempotent key; writing it again replaces the earlier counts.
    :param at: the instant the measured interval ends, with a zone (kept as UTC).
    :param good: finite, ``0 <= good <= total``; to nine decimals, exact.
    :param total: 0 says "looked, nothing happened".
    :param value: the raw observation (PSI, age in seconds, F1…), for people and plots.
    :param recorded_at: when it came in; the recording engine fills it.
    :raises MeasurementError: what is wrong with which field.
    """

    slo: str
    key: str
    at: datetime
    good: Exact
    total: Exact
    value: float | None = None
    cause: Cause | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    recorded_at: datetime | None = None

    def __post_init__(self) -> None:
        if not self.slo or not self.key:
            raise MeasurementError(f"slo={self.slo!r} key={self.key!r}: neither may be empty")
        if self.at.tzinfo is not UTC:
            object.__setattr__(self, "at", self._utc("at", self.at))
        if self.recorded_at is not None and self.recorded_at.tzinfo is not UTC:
            object.__setattr__(self, "recorded_at", self._utc("recorded_at", self.recorded_at))
        if type(self.good) is not int or type(self.total) is not int:
            object.__setattr__(self, "good", self._count("good", self.good))
            object.__setattr__(self, "total", self._count("total", self.total))
        if not 0 <= self.good <= self.total:
            raise MeasurementError(
                f"{self.slo}: good={self.good} total={self.total}: counts must satisfy 0 <= good <= total"
            )
        if self.value is not None and not math.isfinite(self.value):
            raise MeasurementError(f"{self.slo}: value={self.value} is not finite; leave it out instead")
        if self.cause is not None and type(self.cause) is not Cause:
            object.__setattr__(self, "cause", self._cause(self.cause))

    def _utc(self, name: str, value: datetime) -> datetime:
        if not isinstance(value, datetime) or value.tzinfo is None:
            raise MeasurementError(f"{self.slo}: {name}={value!r} has no time zone; give an aware datetime")
        return value.astimezone(UTC)

    def _count(self, name: str, value: object) -> Exact:
        try:
            return count(value)
        except ValueError as error:
            raise MeasurementError(f"{self.slo}: {name}: {error}; counts are finite numbers") from None

    def _cause(self, value: str) -> Cause:
        try:
            return Cause(value)
        except ValueError:
            known = ", ".join(Cause)
            raise MeasurementError(f"{self.slo}: cause={value!r} is not one of {known}") from None
