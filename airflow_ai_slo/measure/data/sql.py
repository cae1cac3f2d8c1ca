"""Rows in a database: a table or a query, and the types of its columns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from airflow_ai_slo.core.errors import ConfigurationError, DataError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine, FromClause

DIALECTS = ("postgresql", "sqlite")
"""Databases whose own functions we use, and that Great Expectations counts in for us; others sum conditions."""

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


_SAMPLE = 100
"""Rows looked at for the types of columns, where a driver does not name them."""

_NAMED = (
    (Family.BOOLEAN, r"BOOL"),
    (Family.FLOAT, r"(FLOAT|DOUBLE|REAL)"),
    (Family.NUMBER, r"(U?(TINY|SMALL|MEDIUM|BIG|HUGE)?INT(EGER|\d+)?|DECIMAL|NUMERIC|NUMBER)\b"),
    (Family.TEXT, r"(N?VARCHAR|N?CHAR|BPCHAR|CHARACTER|N?TEXT|STRING|ENUM)"),
    (Family.ZONED, r"TIMESTAMP(TZ|_TZ|_LTZ|.* WITH( LOCAL)? TIME ZONE)"),
    (Family.TIMESTAMP, r"(TIMESTAMP|DATETIME)"),
    (Family.DATE, r"DATE\b"),
)
_PYTHON = (
    (bool, Family.BOOLEAN),
    (float, Family.FLOAT),
    ((int, Decimal), Family.NUMBER),
    (str, Family.TEXT),
    (datetime, Family.TIMESTAMP),
    (date, Family.DATE),
)


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
    """:raises ConfigurationError: a suite's drift is not counted in this kind of database."""
    if name not in DIALECTS:
        raise ConfigurationError(
            f"a suite's drift is counted in {' and '.join(DIALECTS)}, not in {name}; give columns instead of a suite, "
            "or read the data into pandas"
        )


def column_types(connection: Connection, source: FromClause) -> Mapping[str, tuple[SqlType, ...]]:
    """Types by column name, asked without reading a row; a name with two types is there twice.

    :raises DataError: the source cannot be selected from.
    """
    import sqlalchemy as sa

    try:
        looked = 0 if connection.dialect.name in (*DIALECTS, "duckdb") else _SAMPLE
        result: Any = connection.execute(sa.select(sa.literal_column("*")).select_from(source).limit(looked))
        described = result.cursor.description if result.cursor else ()
    except sa.exc.DBAPIError as error:
        raise DataError(first_line(error)) from None
    types: dict[str, tuple[SqlType, ...]] = {}
    sample = result.all() if looked else []
    for place, (name, code, *_) in enumerate(described):
        found = _type(connection.dialect.name, code, (row[place] for row in sample))
        types[name] = (*types.get(name, ()), found)
    result.close()
    return types


def _type(dialect: str, code: Any, values: Iterable[Any]) -> SqlType:
    if dialect == "sqlite":
        return SqlType(Family.DYNAMIC, "")
    if dialect != "postgresql":
        return type_named(str(code)) if re.match(r"[A-Za-z]", str(code)) else _type_of(values)
    if code in _POSTGRESQL:
        return _POSTGRESQL[code]
    # Types that users create are mostly enumerations, which compare as the text that they are.
    custom = isinstance(code, int) and code >= _FIRST_CUSTOM_OID
    return SqlType(Family.TEXT if custom else Family.OTHER, f"type {code}")


def type_named(name: str) -> SqlType:
    """A type by its name in SQL."""
    plain = name.strip().upper()
    for family, pattern in _NAMED:
        if re.match(pattern, plain) and not plain.endswith("]"):
            return SqlType(family, name.lower())
    return SqlType(Family.OTHER, name.lower())


def _type_of(values: Iterable[Any]) -> SqlType:
    """A type by what a driver gives for it, where it numbers its types in a way of its own."""
    for value in values:
        if value is not None:
            family = next((one for kind, one in _PYTHON if isinstance(value, kind)), Family.OTHER)
            if family is Family.TIMESTAMP and value.tzinfo is not None:
                family = Family.ZONED
            return SqlType(family, type(value).__name__)
    return SqlType(Family.OTHER, "without values")


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
