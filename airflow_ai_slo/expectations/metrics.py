"""The metrics behind the drift expectation, and what all our metrics share, for Great Expectations' pandas and
SQLAlchemy engines.

On SQL every column gives one text, so that Great Expectations bundles all columns of a suite into one SELECT.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from great_expectations.core.metric_domain_types import MetricDomainTypes
from great_expectations.core.metric_function_types import MetricPartialFunctionTypes
from great_expectations.execution_engine import PandasExecutionEngine, SqlAlchemyExecutionEngine
from great_expectations.expectations.metrics.metric_provider import MetricProvider, metric_partial, metric_value
from great_expectations.validator.metric_configuration import MetricConfiguration

from airflow_ai_slo.core.errors import DataError
from airflow_ai_slo.expectations.profiles import find_profile
from airflow_ai_slo.measure.data.names import not_one
from airflow_ai_slo.measure.data.sql import SqlType, check_dialect, column_types
from airflow_ai_slo.measure.drift.cells import ColumnCounts
from airflow_ai_slo.measure.drift.counting import count_column
from airflow_ai_slo.measure.drift.profile import ColumnProfile
from airflow_ai_slo.measure.drift.sql_cells import counted
from airflow_ai_slo.measure.drift.values import column_of

COUNTS = "column.ai_slo_drift_counts"
TYPES = "table.ai_slo_column_types"
COLUMN_DOMAIN = ("batch_id", "table", "column", "row_condition", "condition_parser")

Kwargs = dict[str, Any]


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


class ColumnMetric(MetricProvider):  # type: ignore[misc]
    """A column metric that asks for nothing but what it needs; Great Expectations' own also count all rows."""

    domain_keys = COLUMN_DOMAIN

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
            needed[TYPES] = MetricConfiguration(metric_name=TYPES, metric_domain_kwargs=domain)
        return needed


class ColumnTypes(MetricProvider):  # type: ignore[misc]
    """Types of a table's columns, by name; asked without reading a row."""

    metric_name = TYPES
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
        source = from_clause(execution_engine.get_domain_records(domain_kwargs=dict(metric_domain_kwargs)))
        with execution_engine.get_connection() as connection:
            return column_types(connection, source)


class DriftCounts(ColumnMetric):
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
        type_ = the_type(metrics[TYPES], column)
        source, compute, accessor = execution_engine.get_compute_domain(
            metric_domain_kwargs, domain_type=MetricDomainTypes.COLUMN
        )
        return counted(profile, column, type_, from_clause(source)), compute, accessor


def the_type(types: Mapping[str, tuple[SqlType, ...]], column: str) -> SqlType:
    """The type of one column.

    :raises DataError: there is no such column, or several.
    """
    found = types.get(column, ())
    if len(found) != 1:
        raise DataError(not_one(column, len(found), types))
    return found[0]


def from_clause(selectable: Any) -> Any:
    """What Great Expectations gives, as something to select from: filtered rows come as a SELECT."""
    import sqlalchemy as sa

    if isinstance(selectable, sa.Select | sa.TextualSelect):
        return selectable.subquery()
    return selectable
