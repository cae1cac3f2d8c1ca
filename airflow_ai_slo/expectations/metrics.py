"""Metrics behind our expectations, for Great Expectations' pandas and SQLAlchemy engines.

On SQL every column gives one text, so that Great Expectations bundles all columns of a suite into one SELECT.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from great_expectations.core.metric_domain_types import MetricDomainTypes
from great_expectations.core.metric_function_types import MetricPartialFunctionTypes
from great_expectations.execution_engine import PandasExecutionEngine, SqlAlchemyExecutionEngine
from great_expectations.expectations.metrics.metric_provider import MetricProvider, metric_partial, metric_value
from great_expectations.validator.metric_configuration import MetricConfiguration

from airflow_ai_slo.core.errors import DataError
from airflow_ai_slo.expectations.profiles import find_profile
from airflow_ai_slo.measure.drift.cells import ColumnCounts
from airflow_ai_slo.measure.drift.counting import count_column
from airflow_ai_slo.measure.drift.profile import ColumnProfile
from airflow_ai_slo.measure.drift.sql_cells import counted
from airflow_ai_slo.measure.drift.sql_source import SqlType, check_dialect, column_types
from airflow_ai_slo.measure.drift.values import column_of
from airflow_ai_slo.measure.watermark import SKEW, Reach, instant_of, like, zone_of

COUNTS = "column.ai_slo_drift_counts"
REACH = "column.ai_slo_reach"
_TYPES = "table.ai_slo_column_types"
_LATEST = "column.ai_slo_latest_stamp"
_COLUMN_DOMAIN = ("batch_id", "table", "column", "row_condition", "condition_parser")

Kwargs = dict[str, Any]


class SeenReach(NamedTuple):
    """How far a column reaches, and the instant it was asked at."""

    reach: Reach
    now: datetime


def column_profile(profile: str, column: str) -> ColumnProfile:
    """One column of a named profile.

    :raises DataError: the profile does not hold it.
    """
    reference = find_profile(profile)
    known = reference.columns.get(column)
    if known is None:
        reason = reference.skipped.get(column)
        raise DataError(f"column {column!r} is not in profile {profile!r}" + (f": {reason}" if reason else ""))
    return known


class _ColumnMetric(MetricProvider):  # type: ignore[misc]
    """A column metric that asks for nothing but what it needs; Great Expectations' own also count all rows."""

    domain_keys = _COLUMN_DOMAIN

    @classmethod
    def _get_evaluation_dependencies(
        cls,
        metric: MetricConfiguration,
        configuration: Any = None,
        execution_engine: Any = None,
        runtime_configuration: Any = None,
    ) -> dict[str, MetricConfiguration]:
        needed: dict[str, MetricConfiguration] = super()._get_evaluation_dependencies(
            metric=metric,
            configuration=configuration,
            execution_engine=execution_engine,
            runtime_configuration=runtime_configuration,
        )
        if isinstance(execution_engine, SqlAlchemyExecutionEngine):
            domain = {key: value for key, value in metric.metric_domain_kwargs.items() if key != "column"}
            needed[_TYPES] = MetricConfiguration(metric_name=_TYPES, metric_domain_kwargs=domain)
        return needed


class ColumnTypes(MetricProvider):  # type: ignore[misc]
    """Types of a table's columns, by name; asked without reading a row."""

    metric_name = _TYPES
    domain_keys = ("batch_id", "table", "row_condition", "condition_parser")

    @metric_value(engine=SqlAlchemyExecutionEngine)  # type: ignore[untyped-decorator]
    def _sqlalchemy(
        cls,  # noqa: N805
        execution_engine: Any,
        metric_domain_kwargs: Kwargs,
        metric_value_kwargs: Kwargs,
        metrics: Kwargs,
        runtime_configuration: Kwargs,
    ) -> Mapping[str, tuple[SqlType, ...]]:
        source = _from_clause(execution_engine.get_domain_records(domain_kwargs=dict(metric_domain_kwargs)))
        with execution_engine.get_connection() as connection:
            return column_types(connection, source)


class DriftCounts(_ColumnMetric):
    """What a column holds, counted into a profile's cells: ``ColumnCounts`` on pandas, its text on SQL."""

    metric_name = COUNTS
    value_keys = ("profile",)

    @metric_value(engine=PandasExecutionEngine)  # type: ignore[untyped-decorator]
    def _pandas(
        cls,  # noqa: N805
        execution_engine: Any,
        metric_domain_kwargs: Kwargs,
        metric_value_kwargs: Kwargs,
        metrics: Kwargs,
        runtime_configuration: Kwargs,
    ) -> ColumnCounts:
        column = metric_domain_kwargs["column"]
        frame = execution_engine.get_domain_records(domain_kwargs=metric_domain_kwargs)
        profile = column_profile(metric_value_kwargs["profile"], column)
        series = column_of(frame, column)
        try:
            return count_column(series, profile)
        except DataError as error:
            raise DataError(f"column {column!r} {error}") from None

    @metric_partial(  # type: ignore[untyped-decorator]
        engine=SqlAlchemyExecutionEngine,
        partial_fn_type=MetricPartialFunctionTypes.AGGREGATE_FN,
        domain_type=MetricDomainTypes.COLUMN,
    )
    def _sqlalchemy(
        cls,  # noqa: N805
        execution_engine: Any,
        metric_domain_kwargs: Kwargs,
        metric_value_kwargs: Kwargs,
        metrics: Kwargs,
        runtime_configuration: Kwargs,
    ) -> tuple[Any, Kwargs, Kwargs]:
        check_dialect(execution_engine.dialect_name)
        column = metric_domain_kwargs["column"]
        profile = column_profile(metric_value_kwargs["profile"], column)
        type_ = _the_type(metrics[_TYPES], column)
        source, compute, accessor = execution_engine.get_compute_domain(
            metric_domain_kwargs, domain_type=MetricDomainTypes.COLUMN
        )
        return counted(profile, column, type_, _from_clause(source)), compute, accessor


class LatestStamp(_ColumnMetric):
    """The largest value of a column of stamps, SQL only: one aggregate that bundles with the others."""

    metric_name = _LATEST

    @metric_partial(  # type: ignore[untyped-decorator]
        engine=SqlAlchemyExecutionEngine,
        partial_fn_type=MetricPartialFunctionTypes.AGGREGATE_FN,
        domain_type=MetricDomainTypes.COLUMN,
    )
    def _sqlalchemy(
        cls,  # noqa: N805
        execution_engine: Any,
        metric_domain_kwargs: Kwargs,
        metric_value_kwargs: Kwargs,
        metrics: Kwargs,
        runtime_configuration: Kwargs,
    ) -> tuple[Any, Kwargs, Kwargs]:
        import sqlalchemy as sa

        _the_type(metrics[_TYPES], metric_domain_kwargs["column"])
        _, compute, accessor = execution_engine.get_compute_domain(
            metric_domain_kwargs, domain_type=MetricDomainTypes.COLUMN
        )
        return sa.func.max(sa.column(metric_domain_kwargs["column"])), compute, accessor


class ColumnReach(_ColumnMetric):
    """How far a column of stamps reaches: the largest one that is not in the future, and how many are."""

    metric_name = REACH
    value_keys = ("timezone", "at")

    @classmethod
    def _get_evaluation_dependencies(
        cls,
        metric: MetricConfiguration,
        configuration: Any = None,
        execution_engine: Any = None,
        runtime_configuration: Any = None,
    ) -> dict[str, MetricConfiguration]:
        needed = super()._get_evaluation_dependencies(metric, configuration, execution_engine, runtime_configuration)
        if isinstance(execution_engine, SqlAlchemyExecutionEngine):
            needed[_LATEST] = MetricConfiguration(metric_name=_LATEST, metric_domain_kwargs=metric.metric_domain_kwargs)
        return needed

    @metric_value(engine=PandasExecutionEngine)  # type: ignore[untyped-decorator]
    def _pandas(
        cls,  # noqa: N805
        execution_engine: Any,
        metric_domain_kwargs: Kwargs,
        metric_value_kwargs: Kwargs,
        metrics: Kwargs,
        runtime_configuration: Kwargs,
    ) -> SeenReach:
        frame = execution_engine.get_domain_records(domain_kwargs=metric_domain_kwargs)
        stamps = column_of(frame, metric_domain_kwargs["column"]).dropna()
        now, zone = _now(metric_value_kwargs), zone_of(metric_value_kwargs["timezone"])
        try:
            latest = stamps.max() if len(stamps) else None
            watermark = instant_of(latest, zone=zone)
            if watermark is None or watermark <= now + SKEW:
                return SeenReach(Reach(watermark), now)
            past = stamps[stamps <= like(latest, now + SKEW, zone=zone)]
        except TypeError:
            raise DataError(f"column {metric_domain_kwargs['column']!r} mixes types that have no order") from None
        below = instant_of(past.max(), zone=zone) if len(past) else None
        return SeenReach(Reach(below, len(stamps) - len(past)), now)

    @metric_value(engine=SqlAlchemyExecutionEngine)  # type: ignore[untyped-decorator]
    def _sqlalchemy(
        cls,  # noqa: N805
        execution_engine: Any,
        metric_domain_kwargs: Kwargs,
        metric_value_kwargs: Kwargs,
        metrics: Kwargs,
        runtime_configuration: Kwargs,
    ) -> SeenReach:
        import sqlalchemy as sa

        now, zone = _now(metric_value_kwargs), zone_of(metric_value_kwargs["timezone"])
        watermark = instant_of(metrics[_LATEST], zone=zone)
        if watermark is None or watermark <= now + SKEW:
            return SeenReach(Reach(watermark), now)
        source = _from_clause(execution_engine.get_domain_records(domain_kwargs=metric_domain_kwargs))
        cell: Any = sa.column(metric_domain_kwargs["column"])
        with execution_engine.get_connection() as connection:
            # Asked anew, since the bundled value lost the type that the database compares by.
            latest = connection.execute(sa.select(sa.func.max(cell)).select_from(source)).scalar()
            limit = like(latest, now + SKEW, zone=zone)
            below, future = connection.execute(
                sa.select(
                    sa.func.max(sa.case((cell <= limit, cell))), sa.func.count().filter(cell > limit)
                ).select_from(source)
            ).one()
        return SeenReach(Reach(instant_of(below, zone=zone), future), now)


def _now(value_kwargs: Kwargs) -> datetime:
    at = value_kwargs["at"]
    return instant_of(at) or datetime.now(UTC) if at else datetime.now(UTC)


def _the_type(types: Mapping[str, tuple[SqlType, ...]], column: str) -> SqlType:
    found = types.get(column, ())
    if len(found) != 1:
        text = f"is there {len(found)} times; rename all but one" if found else "is missing"
        raise DataError(f"column {column!r} {text}")
    return found[0]


def _from_clause(selectable: Any) -> Any:
    """What Great Expectations gives, as something to select from: filtered rows come as a SELECT."""
    import sqlalchemy as sa

    if isinstance(selectable, sa.Select | sa.TextualSelect):
        return selectable.subquery()
    return selectable
