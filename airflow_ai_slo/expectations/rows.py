"""How many rows meet every expectation of a suite that looks at rows.

Great Expectations judges such an expectation by a condition that it puts to each row (a mask on pandas, an expression
in a database) and keeps only its count. The same conditions, joined by "or", tell the rows that fail any of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from airflow_ai_slo.core.errors import ConfigurationError, DataError
from airflow_ai_slo.expectations.outcome import RowCounts

if TYPE_CHECKING:
    import pandas as pd


def rows_meeting(validator: Any, configurations: Sequence[Any]) -> RowCounts:
    """Count rows: on pandas by masks (of a :func:`numbered` frame), in a database by one SELECT.

    ``mostly`` plays no part: a row meets an expectation or not.

    :param configurations: the suite's expectations. Those about whole columns or tables are left out, and so are those
        that raise.
    :raises ConfigurationError: none looks at rows, or one cannot be put to a row in a database.
    """
    from great_expectations.execution_engine import PandasExecutionEngine, SqlAlchemyExecutionEngine

    engine = validator.execution_engine
    metrics = list(_conditions(engine, configurations))
    if not metrics:
        raise ConfigurationError("event='rows': no expectation of the suite looks at rows; count its expectations")
    resolved, _ = validator.metrics_calculator.compute_metrics(metrics)
    lost = [metric.metric_name for metric in metrics if metric.id not in resolved]
    if lost:
        name = lost[0].removesuffix(".condition")
        raise DataError(f"event='rows': {name} cannot be put to rows, so nothing is concluded")
    found = [(metric, resolved[metric.id][0]) for metric in metrics]
    if isinstance(engine, PandasExecutionEngine):
        return _on_pandas(engine, [mask for _, mask in found])
    if isinstance(engine, SqlAlchemyExecutionEngine):
        return _in_sql(engine, found)
    raise ConfigurationError(f"event='rows': rows are counted on pandas and in SQL, not on {type(engine).__name__}")


def numbered(frame: pd.DataFrame) -> pd.DataFrame:
    """A frame whose rows can be told apart by their index, as the masks need it."""
    return frame.reset_index(drop=True)


def _conditions(engine: Any, configurations: Sequence[Any]) -> Iterator[Any]:
    """The metric with the condition of each expectation that looks at rows."""
    from great_expectations.validator.metric_configuration import MetricConfiguration

    for configuration in configurations:
        expectation = configuration.to_domain_obj()
        name = getattr(expectation, "map_metric", None)
        if not name:
            continue
        needed = expectation.get_validation_dependencies(engine, {"result_format": "BASIC"})
        counted = needed.get_metric_configuration(f"{name}.unexpected_count")
        if counted is not None:
            domain = {**counted.metric_domain_kwargs, "batch_id": None}  # the validator's own batch
            yield MetricConfiguration(f"{name}.condition", domain, counted.metric_value_kwargs)


def _on_pandas(engine: Any, masks: Sequence[Any]) -> RowCounts:
    import numpy as np

    rows = len(engine.batch_manager.active_batch_data.dataframe)
    bad = np.zeros(rows, dtype=bool)
    for mask in masks:  # missing values, and rows outside a row_condition, are not in it
        bad[mask.index[mask.to_numpy(dtype=bool)]] = True
    return RowCounts(good=rows - int(bad.sum()), total=rows, expectations=len(masks))


def _in_sql(engine: Any, found: Sequence[tuple[Any, Any]]) -> RowCounts:
    import sqlalchemy as sa

    from airflow_ai_slo.expectations.metrics import from_clause

    source = from_clause(engine.get_domain_records(domain_kwargs={}))
    failing = sa.or_(sa.false(), *(_of_a_row(metric, condition) for metric, condition in found))
    # Inside a subquery, since a condition may be a window function.
    rows = sa.select(sa.case((failing, 1), else_=0).label("bad")).select_from(source).subquery()
    with engine.get_connection() as connection:
        total, bad = connection.execute(sa.select(sa.func.count(), sa.func.sum(rows.c.bad)).select_from(rows)).one()
    return RowCounts(good=int(total) - int(bad or 0), total=int(total), expectations=len(found))


def _of_a_row(metric: Any, condition: Any) -> Any:
    """A condition that can be put to the table's rows; Great Expectations puts some to a selection made before.

    :raises ConfigurationError: it cannot.
    """
    import sqlalchemy as sa

    name = metric.metric_name.removesuffix(".condition")
    filtered = metric.metric_domain_kwargs.get("row_condition")
    if name == "column_values.unique" and not filtered:
        column: sa.ColumnElement[Any] = sa.column(metric.metric_domain_kwargs["column"])
        return sa.and_(column.is_not(None), sa.func.count().over(partition_by=column) > 1)
    if filtered or name.startswith("compound_columns.") or condition._from_objects:
        what = f"{name} with a row_condition" if filtered else name
        raise ConfigurationError(f"event='rows': {what} can be counted by rows on frames, not in a database")
    return condition
