"""What was seen: one measurement, its cause, and its natural key."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from airflow_ai_slo.core.errors import ConfigurationError, MeasurementError
from airflow_ai_slo.core.instants import utc
from airflow_ai_slo.core.names import LONGEST_KEY, LONGEST_NAME, is_name
from airflow_ai_slo.core.numbers import Exact, count
from airflow_ai_slo.core.sketch import Sketch

_REPLACEMENT = "\ufffd"


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
    :param attributes: kept as text; what a database could not keep of it (NUL, half of a surrogate pair) becomes
        U+FFFD.
    :param recorded_at: when it came in; the recording engine fills it.
    :param sketch: percentiles of what was timed, kept beside the counts.
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
    sketch: Sketch | None = None

    def __post_init__(self) -> None:
        if not (is_name(self.slo, LONGEST_NAME) and is_name(self.key, LONGEST_KEY)):
            raise self._misnamed()
        if type(self.at) is not datetime or self.at.tzinfo is not UTC:
            object.__setattr__(self, "at", self._utc("at", self.at))
        if self.recorded_at is not None:
            object.__setattr__(self, "recorded_at", self._utc("recorded_at", self.recorded_at))
        if type(self.good) is not int or type(self.total) is not int:
            object.__setattr__(self, "good", self._count("good", self.good))
            object.__setattr__(self, "total", self._count("total", self.total))
        if not 0 <= self.good <= self.total:
            raise MeasurementError(
                f"{self.slo}: good={self.good} total={self.total}: counts must satisfy 0 <= good <= total"
            )
        if self.value is not None:
            object.__setattr__(self, "value", self._value(self.value))
        if self.cause is not None and type(self.cause) is not Cause:
            object.__setattr__(self, "cause", self._cause(self.cause))
        if self.attributes:
            attributes = {_text(name): _text(value) for name, value in self.attributes.items()}
            object.__setattr__(self, "attributes", attributes)

    def _misnamed(self) -> MeasurementError:
        wrong, longest = ("key", LONGEST_KEY) if is_name(self.slo, LONGEST_NAME) else ("slo", LONGEST_NAME)
        shown = f"{getattr(self, wrong)!r}"
        shown = shown if len(shown) < 80 else f"{shown[:77]}…"
        return MeasurementError(f"{wrong}={shown}: {wrong} is text of 1 to {longest} characters, none of them NUL")

    def _value(self, value: object) -> float:
        try:
            number = float(value)  # type: ignore[arg-type]
        except (TypeError, ValueError, OverflowError):
            raise MeasurementError(f"{self.slo}: value={value!r} is not a number") from None
        if not math.isfinite(number):
            raise MeasurementError(f"{self.slo}: value={value} is not finite; leave it out instead")
        return number

    def _utc(self, name: str, value: datetime) -> datetime:
        try:
            return utc(value)
        except ConfigurationError as error:
            raise MeasurementError(f"{self.slo}: {name}={error}") from None

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


def _text(value: object) -> str:
    text = str(value)
    if text.isascii():
        return text if "\0" not in text else text.replace("\0", _REPLACEMENT)
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", _REPLACEMENT)
