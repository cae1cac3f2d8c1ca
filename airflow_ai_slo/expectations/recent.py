"""An expectation about freshness: how old the newest stamp of a column is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Union

from great_expectations.compatibility import pydantic
from great_expectations.core.suite_parameters import SuiteParameterDict
from great_expectations.expectations.expectation import ColumnAggregateExpectation

from airflow_ai_slo.core.durations import Duration
from airflow_ai_slo.core.errors import ConfigurationError, DataError
from airflow_ai_slo.expectations.stamps import REACH
from airflow_ai_slo.measure.freshness import freshness
from airflow_ai_slo.measure.watermark import instant_of, zone_of


class ExpectColumnMaxTimestampToBeRecent(ColumnAggregateExpectation):  # type: ignore[misc]
    """Expect the newest stamp of a column to be at most so old, equality included.

    Stamps over five minutes in the future are counted, reported and left out; within five minutes they count as now.
    A column without stamps is unknown, and unknown fails: ``details`` gives the reason.

    The result's ``observed_value`` is the age in seconds; ``details`` holds ``outcome`` (``fresh``, ``stale`` or
    ``unknown``), ``reason``, ``watermark``, ``future`` and ``at``.

    :param column: stamps: timestamps, dates, ISO 8601 text, or seconds since 1970.
    :param max_age: such as ``26h`` or ``2d``.
    :param timezone: IANA zone of stamps that carry none; without it, such stamps are an exception.
    :param at: ISO 8601 instant to judge at; by default now.
    """

    max_age: Union[str, SuiteParameterDict]  # noqa: UP007
    timezone: Union[str, SuiteParameterDict, None] = None  # noqa: UP007
    at: Union[str, SuiteParameterDict, None] = None  # noqa: UP007

    metric_dependencies = (REACH,)
    success_keys = ("max_age", "timezone", "at")
    args_keys = ("column", "max_age", "timezone")

    @pydantic.validator("max_age")  # type: ignore[untyped-decorator]
    def _is_age(cls, value: Any) -> Any:  # noqa: N805
        if isinstance(value, str):
            _age(value)
        return value

    @pydantic.validator("timezone")  # type: ignore[untyped-decorator]
    def _is_zone(cls, value: Any) -> Any:  # noqa: N805
        if isinstance(value, str):
            try:
                zone_of(value)
            except ConfigurationError as error:
                raise ValueError(str(error)) from None
        return value

    @pydantic.validator("at")  # type: ignore[untyped-decorator]
    def _is_instant(cls, value: Any) -> Any:  # noqa: N805
        if isinstance(value, str):
            try:
                instant_of(value)
            except DataError as error:
                raise ValueError(str(error)) from None
        return value

    def _validate(
        self,
        metrics: dict[str, Any],
        runtime_configuration: dict[str, Any] | None = None,
        execution_engine: Any = None,
    ) -> dict[str, Any]:
        reach, now = metrics[REACH]
        found = freshness([reach.watermark], now=now, max_age=_age(self.max_age), future=reach.future)
        outcome = ("fresh" if found.good else "stale") if found.total else "unknown"
        details = {
            "outcome": outcome,
            "reason": found.detail,
            "watermark": reach.watermark.isoformat() if reach.watermark else None,
            "future": found.future,
            "at": now.isoformat(),
        }
        return {"success": bool(found.good), "result": {"observed_value": found.value, "details": details}}


def _age(text: str) -> timedelta:
    duration = Duration.parse(text)
    if duration.is_calendar:
        raise ValueError(f"{text!r} has no fixed length; write m, h, d or w, such as 26h")
    return duration.length
