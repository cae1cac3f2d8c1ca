"""Rows to measure, wherever they are; what is measured decides whether it reads them or counts where they lie."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_ai_slo.core.errors import ConfigurationError, DataError
from airflow_ai_slo.measure.data.files import Texts, read_table
from airflow_ai_slo.measure.data.frames import as_pandas
from airflow_ai_slo.measure.data.names import lacks
from airflow_ai_slo.measure.data.sql import column_types, first_line, query_source, table_source

if TYPE_CHECKING:
    import pandas as pd
    from sqlalchemy import Connection, Engine, FromClause


@dataclass(frozen=True, kw_only=True)
class Source:
    """Exactly one of a frame, a file, or a table or a query of a database.

    :param frame: a pandas DataFrame, or a DataFrame or LazyFrame of Polars.
    :param path: a CSV file, or a Parquet file or folder.
    :param engine: an SQLAlchemy engine, with
    :param table: ``name`` or ``schema.name``, each part quoted or not, or
    :param sql: a SELECT.
    :raises ConfigurationError: not exactly one is given.
    """

    frame: Any = None
    path: str | None = None
    engine: Engine | None = None
    table: str | None = None
    sql: str | None = None

    def __post_init__(self) -> None:
        given = sum(one is not None for one in (self.frame, self.path, self.table, self.sql))
        if given != 1 or (self.engine is None) != (self.table is None and self.sql is None):
            raise ConfigurationError("give one of a frame, a path, or an engine with either a table or sql")

    def read(
        self,
        columns: Sequence[str] | None = None,
        *,
        keep_as_text: Mapping[str, Texts] | None = None,
        only: Collection[str] | None = None,
    ) -> pd.DataFrame:
        """The rows as a frame; of a database, of Parquet and of Polars, only the columns asked for are read.

        :param columns: which ones, in this order; by default all.
        :param only: those that are needed, as far as they are there; others may be there too.
        :raises DataError: what is there cannot be read, or lacks a column.
        """
        if self.engine is not None:
            return self._selected(columns)
        only = columns if only is None else only
        if self.frame is not None:
            frame = as_pandas(self.frame, only)
        else:
            frame = read_table(self.path or "", keep_as_text=keep_as_text, only=only)
        if columns is None:
            return frame
        if not set(columns) <= set(frame.columns):
            self._check(columns, list(self.read(keep_as_text=keep_as_text).columns))
        return frame[list(columns)]

    @property
    def rows(self) -> FromClause:
        """The table or the query, to select from.

        :raises ConfigurationError: these rows are in no database.
        """
        if self.table is not None:
            return table_source(self.table)
        if self.sql is None:
            raise ConfigurationError(f"{self}: is not in a database")
        return query_source(self.sql)

    @contextmanager
    def connected(self) -> Iterator[Connection]:
        """A connection to the database, errors of its driver in one line.

        :raises ConfigurationError: these rows are in no database, or it does not answer.
        :raises DataError: the database refuses what it is asked.
        """
        import sqlalchemy as sa

        if self.engine is None:
            raise ConfigurationError(f"{self}: is not in a database")
        try:
            with self.engine.connect() as connection:
                yield connection
        except sa.exc.DBAPIError as error:
            raise DataError(f"database: {first_line(error)}") from None

    def _selected(self, columns: Sequence[str] | None) -> pd.DataFrame:
        import pandas as pd
        import sqlalchemy as sa

        chosen: list[sa.ColumnElement[Any]] = [sa.literal_column("*")]
        with self.connected() as connection:
            if columns is not None:
                # SQLite takes a quoted name that no column has for a text.
                self.check_columns(connection, columns)
                chosen = [sa.column(sa.sql.quoted_name(name, quote=True)) for name in columns]
            result = connection.execute(sa.select(*chosen).select_from(self.rows))
            return pd.DataFrame(result.all(), columns=list(result.keys()))

    def check_columns(self, connection: Connection, columns: Sequence[str]) -> None:
        """:raises DataError: the table or query lacks one of these."""
        self._check(columns, list(column_types(connection, self.rows)))

    def _check(self, columns: Sequence[str], there: Sequence[str]) -> None:
        missing = [name for name in columns if name not in there]
        if missing:
            raise DataError(lacks(self, missing[0], there))

    def __str__(self) -> str:
        return str(self.path or self.table or ("sql" if self.sql else "the frame"))
