"""Rows in a database: a table or a query, and the types of its columns."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from airflow_ai_slo.core.errors import ConfigurationError, DataError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine, FromClause

DIALECTS = ("postgresql", "sqlite")
"""Databases that count for us; others are read into pandas."""

_NAME = re.compile(r'\s*(?:"((?:[^"]|"")+)"|`([^`]+)`|\[([^\]]+)\]|([^."`\[\]\s]+))\s*(\.|$)')
_FIRST_CUSTOM_OID = 16384


class Family(StrEnum):
    """What a column can hold, as far as comparing goes."""

    BOOLEAN = "boolean"
    FLOAT = "float"
    NUMBER = "number"
    TEXT = "text"
    DATE = "date"
    TIMESTAMP = "timestamp"
    ZONED = "timestamp with time zone"
    OTHER = "other"
    DYNAMIC = "dynamic"
    """SQLite: each value has a type of its own."""


@dataclass(frozen=True, slots=True)
class SqlType:
    """Type of one column; ``name`` is for messages."""

    family: Family
    name: str


_POSTGRESQL = {
    16: SqlType(Family.BOOLEAN, "boolean"),
    17: SqlType(Family.OTHER, "bytea"),
    20: SqlType(Family.NUMBER, "bigint"),
    21: SqlType(Family.NUMBER, "smallint"),
    23: SqlType(Family.NUMBER, "integer"),
    25: SqlType(Family.TEXT, "text"),
    114: SqlType(Family.OTHER, "json"),
    700: SqlType(Family.NUMBER, "real"),
    701: SqlType(Family.FLOAT, "double precision"),
    1042: SqlType(Family.TEXT, "character"),
    1043: SqlType(Family.TEXT, "character varying"),
    1082: SqlType(Family.DATE, "date"),
    1083: SqlType(Family.OTHER, "time"),
    1114: SqlType(Family.TIMESTAMP, "timestamp"),
    1184: SqlType(Family.ZONED, "timestamp with time zone"),
    1186: SqlType(Family.OTHER, "interval"),
    1700: SqlType(Family.NUMBER, "numeric"),
    2950: SqlType(Family.OTHER, "uuid"),
    3802: SqlType(Family.OTHER, "jsonb"),
}
"""By object id of the type, fixed in PostgreSQL's catalogue; domains come as the type they rest on."""


def table_source(table: str) -> FromClause:
    """A table by name: ``name``, ``schema.name``, each part quoted or not.

    :raises ConfigurationError: the name cannot be read.
    """
    import sqlalchemy as sa

    parts = table_parts(table)
    return sa.table(parts[-1], schema=parts[0] if len(parts) == 2 else None)


def table_parts(table: str) -> tuple[str, ...]:
    """The schema, where there is one, and the name of a table.

    :raises ConfigurationError: the name cannot be read.
    """
    parts: list[str] = []
    at = 0
    while at < len(table) or not parts or table[at - 1 : at] == ".":
        match = _NAME.match(table, at)
        if match is None or len(parts) == 2:
            raise ConfigurationError(f"table={table!r} is not a table name; write name or schema.name")
        quoted, *others = match.groups()[:4]
        parts.append(quoted.replace('""', '"') if quoted else next(other for other in others if other))
        at = match.end()
    return tuple(parts)


def query_source(sql: str) -> FromClause:
    """A query as a table to select from.

    :raises ConfigurationError: it is empty.
    """
    import sqlalchemy as sa

    return sa.text(query_text(sql)).columns().subquery()


def query_text(sql: str) -> str:
    """A query that can stand in parentheses: no closing semicolon, no comment that swallows the parenthesis, and no
    colon that SQLAlchemy would read as a parameter.

    :raises ConfigurationError: it is empty.
    """
    text = sql.strip().rstrip(";").rstrip()
    if not text:
        raise ConfigurationError("sql is empty; write a SELECT that gives the current data")
    return text.replace(":", r"\:") + "\n"


def check_dialect(name: str) -> None:
    """:raises ConfigurationError: drift is not counted in this kind of database."""
    if name not in DIALECTS:
        raise ConfigurationError(
            f"drift is counted in {' and '.join(DIALECTS)}, not in {name}; read the data into pandas instead"
        )


def column_types(connection: Connection, source: FromClause) -> Mapping[str, tuple[SqlType, ...]]:
    """Types by column name, asked without reading a row; a name with two types is there twice.

    :raises DataError: the source cannot be selected from.
    """
    import sqlalchemy as sa

    try:
        result: Any = connection.execute(sa.select(sa.literal_column("*")).select_from(source).limit(0))
        described = result.cursor.description if result.cursor else ()
    except sa.exc.DBAPIError as error:
        raise DataError(first_line(error)) from None
    types: dict[str, tuple[SqlType, ...]] = {}
    for name, code, *_ in described:
        types[name] = (*types.get(name, ()), _type(connection.dialect.name, code))
    result.close()
    return types


def _type(dialect: str, code: Any) -> SqlType:
    if dialect == "sqlite":
        return SqlType(Family.DYNAMIC, "")
    if code in _POSTGRESQL:
        return _POSTGRESQL[code]
    # Types that users create are mostly enumerations, which compare as the text that they are.
    custom = isinstance(code, int) and code >= _FIRST_CUSTOM_OID
    return SqlType(Family.TEXT if custom else Family.OTHER, f"type {code}")


def engine_of(connection: str | Engine) -> Engine:
    """An engine for a URL; an engine stays what it is.

    :raises ConfigurationError: the URL cannot be used.
    """
    import sqlalchemy as sa

    if isinstance(connection, sa.Engine):
        return connection
    try:
        return sa.create_engine(connection)
    except (sa.exc.ArgumentError, sa.exc.NoSuchModuleError, ImportError) as error:
        raise ConfigurationError(f"connection URL cannot be used: {first_line(error)}") from None


def first_line(error: Exception) -> str:
    """What a driver said, in one line and without the statement."""
    text = str(getattr(error, "orig", None) or error).strip()
    return " ".join(text.splitlines()[0].split()) if text else type(error).__name__
