"""The metrics behind the freshness expectation, for Great Expectations' pandas and SQLAlchemy engines."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NamedTuple

from great_expectations.core.metric_domain_types import MetricDomainTypes
from great_expectations.core.metric_function_types import MetricPartialFunctionTypes
from great_expectations.execution_engine import PandasExecutionEngine, SqlAlchemyExecutionEngine
from great_expectations.expectations.metrics.metric_provider import metric_partial, metric_value
from great_expectations.validator.metric_configuration import MetricConfiguration

from airflow_ai_slo.core.errors import DataError
from airflow_ai_slo.expectations.metrics import TYPES, ColumnMetric, Kwargs, from_clause, the_type
from airflow_ai_slo.measure.drift.values import column_of
from airflow_ai_slo.measure.watermark import SKEW, Reach, instant_of, like, zone_of

REACH = "column.ai_slo_reach"
_LATEST = "column.ai_slo_latest_stamp"


class SeenReach(NamedTuple):
    """How far a column reaches, and the instant it was asked at."""

    reach: Reach
    now: datetime


class LatestStamp(ColumnMetric):
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

        the_type(metrics[TYPES], metric_domain_kwargs["column"])
        _, compute, accessor = execution_engine.get_compute_domain(
            metric_domain_kwargs, domain_type=MetricDomainTypes.COLUMN
        )
        column: Any = sa.column(sa.sql.quoted_name(metric_domain_kwargs["column"], quote=True))
        return sa.func.max(column), compute, accessor


class ColumnReach(ColumnMetric):
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
        source = from_clause(execution_engine.get_domain_records(domain_kwargs=metric_domain_kwargs))
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
