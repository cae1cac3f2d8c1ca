"""How many rows meet every expectation of a suite that looks at rows.

Great Expectations judges such an expectation by a condition that it puts to each row (a mask on pandas, an expression
in a database) and keeps only its count. The same conditions, joined by "or", tell the rows that fail any of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow_ai_slo.core.errors import ConfigurationError, DataError
from airflow_ai_slo.expectations.outcome import RowCounts
from airflow_ai_slo.expectations.results import raised

if TYPE_CHECKING:
    import pandas as pd
    from sqlalchemy import ColumnElement


def rows_meeting(validator: Any, results: Sequence[Any]) -> RowCounts:
    """Count rows: on pandas by masks (of a :func:`numbered` frame), in a database by one SELECT.

    ``mostly`` plays no part: a row meets an expectation or not.

    :param results: what became of the suite's expectations. Those about whole columns or tables are left out, and so
        are those that raised; where all others did, no row is judged.
    :raises ConfigurationError: none looks at rows, or one cannot be put to a row in a database.
    """
    from great_expectations.execution_engine import PandasExecutionEngine, SqlAlchemyExecutionEngine

    engine = validator.execution_engine
    metrics = list(_conditions(engine, [one.expectation_config for one in results if not raised(one)]))
    if not metrics:
        if any(_looks_at_rows(one.expectation_config.to_domain_obj()) for one in results if raised(one)):
            return RowCounts(good=0, total=0, expectations=0)
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
        name = _looks_at_rows(expectation)
        if not name:
            continue
        needed = expectation.get_validation_dependencies(engine, {"result_format": "BASIC"})
        counted = needed.get_metric_configuration(f"{name}.unexpected_count")
        if counted is not None:
            domain = {**counted.metric_domain_kwargs, "batch_id": None}  # the validator's own batch
            yield MetricConfiguration(f"{name}.condition", domain, counted.metric_value_kwargs)


def _looks_at_rows(expectation: Any) -> str | None:
    """The name of the condition that it puts to each row."""
    return getattr(expectation, "map_metric", None) or None


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
        column = _column(metric.metric_domain_kwargs["column"])
        return sa.and_(column.is_not(None), sa.func.count().over(partition_by=column) > 1)
    if filtered or name.startswith("compound_columns.") or condition._from_objects:
        what = f"{name} with a row_condition" if filtered else name
        raise ConfigurationError(f"event='rows': {what} can be counted by rows on frames, not in a database")
    ignored = _ignored(metric.metric_domain_kwargs)
    return condition if ignored is None else sa.and_(sa.not_(ignored), condition)


def _ignored(domain: Mapping[str, Any]) -> Any:
    """Rows that an expectation about several columns leaves out, which it meets so; None where there are none."""
    import sqlalchemy as sa

    pair = [domain[name] for name in ("column_A", "column_B") if name in domain]
    missing = [_column(name).is_(None) for name in domain.get("column_list") or pair]
    joined = {"both_values": sa.and_, "all_values": sa.and_, "either_value": sa.or_, "any_value": sa.or_}
    join = joined.get(str(domain.get("ignore_row_if")).removesuffix("_are_missing").removesuffix("_is_missing"))
    return join(*missing) if join is not None and missing else None


def _column(name: str) -> ColumnElement[Any]:
    import sqlalchemy as sa

    return sa.column(sa.sql.quoted_name(name, quote=True))
