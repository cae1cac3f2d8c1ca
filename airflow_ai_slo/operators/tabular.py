"""What operators share that look at rows: where the rows are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.operators.base import MeasureOperator

if TYPE_CHECKING:
    from airflow_ai_slo.measure.data import Source


class TabularOperator(MeasureOperator):
    """Base of the operators that measure rows of a database, of a file, or of a frame.

    :param conn_id: Airflow connection of the database that holds the rows, with
    :param table: ``name`` or ``schema.name``, or
    :param sql: a SELECT; a template or a file. Or, without a connection,
    :param path: a CSV file, or a Parquet file or folder; a relative one is looked for in the working directory, then
        beside the DAG's file. Or
    :param dataframe: a function without parameters that returns a DataFrame of pandas or Polars (also a LazyFrame).
    """

    template_fields: Sequence[str] = (*MeasureOperator.template_fields, "conn_id", "table", "sql", "path")
    template_ext: Sequence[str] = (".sql",)
    needs_rows = True
    """Whether leaving all of them out is a mistake."""
    template_fields_renderers = {"sql": "sql"}  # noqa: RUF012

    def __init__(
        self,
        *,
        conn_id: str | None = None,
        table: str | None = None,
        sql: str | None = None,
        path: str | None = None,
        dataframe: Callable[[], Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        given = sum(one is not None for one in (table, sql, path, dataframe))
        if given > 1 or (given == 0 and self.needs_rows):
            raise ConfigurationError("give the data as one of table, sql, path or dataframe")
        if (conn_id is None) != (table is None and sql is None):
            raise ConfigurationError("table and sql need conn_id; path and dataframe have none")
        self.conn_id = conn_id
        self.table = table
        self.sql = sql
        self.path = path
        self.dataframe = dataframe

    def source(self) -> Source:
        """Where the rows are, asked once whether it is there.

        :raises ConfigurationError: no such connection, or the function returns no frame.
        :raises DataError: the database does not answer.
        """
        from airflow_ai_slo.measure.data import Source

        if self.conn_id is not None:
            from airflow_ai_slo.hooks.asking import asking
            from airflow_ai_slo.hooks.sql import Warehouse

            with asking(self.conn_id):
                engine = Warehouse(self.conn_id).engine
                engine.connect().close()
            return Source(engine=engine, table=self.table, sql=self.sql)
        if self.path is not None:
            return Source(path=self.located(self.path))
        return Source(frame=self._called(self.dataframe))

    def located(self, name: str) -> str:
        """A relative path is one from the working directory, or else from the folder of the DAG's file."""
        dag = self.get_dag()
        if dag is None or Path(name).exists():
            return name
        beside = Path(dag.folder) / name
        return str(beside) if beside.exists() else name

    def _called(self, function: Callable[[], Any] | None, field: str = "dataframe") -> Any:
        from airflow_ai_slo.measure.data.frames import is_frame

        frame = function() if function else None
        if not is_frame(frame):
            raise ConfigurationError(
                f"{field} returned {type(frame).__name__}; it must return a DataFrame of pandas or Polars"
            )
        return frame
