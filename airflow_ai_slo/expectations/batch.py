"""The data of one run, behind a Great Expectations validator that writes nothing and shows no progress bars."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from airflow_ai_slo.core.errors import ConfigurationError, DataError
from airflow_ai_slo.measure.data.sql import (
    column_types,
    engine_of,
    first_line,
    query_source,
    query_text,
    table_parts,
    table_source,
)

if TYPE_CHECKING:
    import pandas as pd
    from sqlalchemy import Engine


@contextmanager
def opened(
    frame: pd.DataFrame | None, connection: str | Engine | None, table: str | None, sql: str | None
) -> Iterator[Any]:
    """A validator over a frame, or over a table or a query of a database.

    :raises ConfigurationError: not exactly one of these is given, or the database cannot be reached.
    :raises DataError: the database refuses the table or the query.
    """
    if frame is not None and connection is None and table is None and sql is None:
        yield on_pandas(frame)
        return
    if frame is not None or connection is None or (table is None) == (sql is None):
        raise ConfigurationError("give either a frame, or a connection with a table or with sql")
    import sqlalchemy as sa

    engine = engine_of(connection)
    try:
        validator = _on_sql(engine, table, sql)
        try:
            yield validator
        finally:
            validator.execution_engine.close()  # keeps a connection of its own open to SQLite
    except sa.exc.OperationalError as error:
        raise ConfigurationError(f"database: {first_line(error)}") from None
    except sa.exc.DBAPIError as error:
        raise DataError(f"database: {first_line(error)}") from None
    finally:
        if engine is not connection:
            engine.dispose()


def _validator(engine: Any, data: Any) -> Any:
    """A validator of one batch, in a context in memory that does not become the process's current one."""
    from great_expectations.core.batch import Batch
    from great_expectations.data_context import EphemeralDataContext
    from great_expectations.data_context.types.base import DataContextConfig, InMemoryStoreBackendDefaults
    from great_expectations.validator.validator import Validator

    context = EphemeralDataContext(
        project_config=DataContextConfig(store_backend_defaults=InMemoryStoreBackendDefaults(), analytics_enabled=False)
    )
    context.variables.progress_bars = {"globally": False}
    return Validator(execution_engine=engine, data_context=context, batches=[Batch(data=data)])


def on_pandas(frame: pd.DataFrame) -> Any:
    """A validator of a frame, whose engine is handed the data as it is.

    A pandas data source would hash every cell of the frame to name its batch, which costs more than counting it.
    """
    from great_expectations.execution_engine import PandasExecutionEngine
    from great_expectations.execution_engine.pandas_batch_data import PandasBatchData

    engine = PandasExecutionEngine()
    return _validator(engine, PandasBatchData(engine, frame))


def _on_sql(engine: Engine, table: str | None, sql: str | None) -> Any:
    from great_expectations.execution_engine import SqlAlchemyExecutionEngine
    from great_expectations.execution_engine.sqlalchemy_batch_data import SqlAlchemyBatchData
    from sqlalchemy.sql import quoted_name

    # Asked first, since Great Expectations would report an unknown table once per expectation.
    with engine.connect() as connection:
        column_types(connection, table_source(table) if table is not None else query_source(sql or ""))
    execution = SqlAlchemyExecutionEngine(engine=engine, create_temp_table=False)
    _mend_column_lists(execution)
    if table is None:
        return _validator(
            execution, SqlAlchemyBatchData(execution, query=query_text(sql or ""), create_temp_table=False)
        )
    *schema, plain = table_parts(table)
    name = quoted_name(plain, quote=True)
    data = SqlAlchemyBatchData(
        execution,
        table_name=name,
        schema_name=schema[0] if schema else None,
        use_quoted_name=True,
        source_table_name=name,
        source_schema_name=schema[0] if schema else None,
    )
    return _validator(execution, data)


class _OwnNames(dict[str, Any]):
    """Settings where what is not set stands for itself."""

    def __missing__(self, name: str) -> str:
        return name


def _mend_column_lists(engine: Any) -> None:
    """Great Expectations looks for the names of several columns among the domain's settings where names are quoted."""
    get_records = engine.get_domain_records
    engine.get_domain_records = lambda domain_kwargs: get_records(_OwnNames(domain_kwargs))
