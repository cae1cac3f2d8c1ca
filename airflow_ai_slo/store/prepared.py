"""Statements compiled once per dialect and run straight on the driver, so that a write costs what the database asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import BigInteger, Connection, Dialect, Executable, String, Table, bindparam, cast, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import JSONB

from airflow_ai_slo.store.direct import Direct

Params = tuple[Any, ...]
MANY = 100
"""From so many new rows on, PostgreSQL's COPY is the quicker way."""


Executor = Connection | Direct
"""What runs prepared statements: a transaction of either kind."""


class Prepared:
    """One statement with named parameters, given by position.

    :param names: parameters in the order in which values come.
    :param build: makes the SQLAlchemy statement for a dialect.
    """

    def __init__(self, names: Sequence[str], build: Callable[[Dialect], Executable]) -> None:
        self._names = tuple(names)
        self._build = build
        self._compiled: dict[str, tuple[str, Callable[[Params], Params]]] = {}

    def start(self, connection: Executor, *values: Any) -> Any:
        """Execute, and fetch before it is executed again: those that are sent together are answered together."""
        text, order = self._for(connection.dialect)
        cursor = _cursor(connection, self)
        cursor.execute(text, order(values))
        return cursor

    def all(self, connection: Executor, *values: Any) -> Sequence[Any]:
        """Every row."""
        rows: Sequence[Any] = self.start(connection, *values).fetchall()
        return rows

    def run(self, connection: Executor, *values: Any) -> None:
        """Execute once, without a result."""
        self.many(connection, [values])

    def many(self, connection: Executor, rows: Sequence[Params]) -> None:
        """Execute for each row."""
        if not rows:
            return
        text, order = self._for(connection.dialect)
        cursor = _cursor(connection, self)
        if len(rows) == 1:
            cursor.execute(text, order(rows[0]))
        else:
            cursor.executemany(text, rows if order is _as_is else [order(row) for row in rows])

    def _for(self, dialect: Dialect) -> tuple[str, Callable[[Params], Params]]:
        found = self._compiled.get(dialect.name)
        if found is None:
            compiled = self._build(dialect).compile(dialect=_positional(dialect))  # type: ignore[attr-defined]
            asked = tuple(compiled.positiontup or ())
            found = self._compiled[dialect.name] = (str(compiled), self._ordering(asked, compiled.params))
        return found

    def _ordering(self, asked: tuple[str, ...], constants: Mapping[str, Any]) -> Callable[[Params], Params]:
        if asked == self._names:
            return _as_is
        fixed = tuple(constants[name] for name in asked if name not in self._names)
        if fixed:
            names = (*self._names, *(name for name in asked if name not in self._names))
            places = [names.index(name) for name in asked]
            return lambda values: tuple([(values + fixed)[place] for place in places])
        positions = [self._names.index(name) for name in asked]
        if len(positions) == 1:
            return lambda values: (values[positions[0]],)
        return itemgetter(*positions)


def json_values(dialect: Dialect, name: str, *, numbers: bool = True) -> Any:
    """A sub-select of the values of one JSON array given as a parameter: one statement however many there are.

    :param name: of the parameter.
    :param numbers: whether they are whole numbers; else texts.
    """
    given = bindparam(name, type_=String)
    if dialect.name != "postgresql":
        return select(func.json_each(given).table_valued("value").c.value)
    texts = func.jsonb_array_elements_text(cast(given, JSONB))
    return select(cast(texts, BigInteger) if numbers else texts)


class Rows:
    """Whole rows of a table, in its column order."""

    def __init__(self, table: Table) -> None:
        self._names = [column.name for column in table.columns]
        self._put = upsert(table)
        self._add = Prepared(self._names, lambda _: table.insert())
        # Quoted, because some are words of SQL, such as "end".
        columns = ", ".join(f'"{name}"' for name in self._names)
        self._copy = f'COPY "{table.name}" ({columns}) FROM STDIN'

    def put(self, connection: Executor, rows: Sequence[Params]) -> None:
        """Insert, or overwrite those with the same primary key."""
        self._put.many(connection, rows)

    def add(self, connection: Executor, rows: Sequence[Params]) -> None:
        """Insert rows that nobody can have inserted before."""
        if len(rows) < MANY or not _copies(connection):
            self._add.many(connection, rows)
            return
        with _driver(connection).cursor() as cursor, cursor.copy(self._copy) as copy:
            for row in rows:
                copy.write_row(row)


def _copies(connection: Executor) -> bool:
    """Whether COPY can be used: in a transaction that is sent together it cannot, however many rows come up."""
    return connection.dialect.name == "postgresql" and not _driver(connection).pgconn.pipeline_status


def _driver(connection: Executor) -> Any:
    return connection.driver if isinstance(connection, Direct) else connection.connection.driver_connection


def _cursor(connection: Executor, statement: object) -> Any:
    return connection.cursor(statement) if isinstance(connection, Direct) else _driver(connection).cursor()


def upsert(table: Table) -> Prepared:
    """Insert rows of a table in its column order; an existing primary key is overwritten."""
    return Prepared([column.name for column in table.columns], lambda dialect: _upserting(dialect, table, ""))


def upsert_each(*tables: Table) -> Prepared:
    """One row for each table, one after another, in a single statement, which is PostgreSQL's alone."""
    names = [f"{table.name}.{column.name}" for table in tables for column in table.columns]

    def build(dialect: Dialect) -> Executable:
        *others, last = (_upserting(dialect, table, f"{table.name}.") for table in tables)
        statement: Executable = last.add_cte(*(one.cte(f"put_{number}") for number, one in enumerate(others)))
        return statement

    return Prepared(names, build)


def _upserting(dialect: Dialect, table: Table, prefix: str) -> Any:
    insert: Any = (postgresql if dialect.name == "postgresql" else sqlite).insert(table)
    keys = [column.name for column in table.primary_key.columns]
    changed = {column.name: insert.excluded[column.name] for column in table.columns if column.name not in keys}
    if prefix:
        insert = insert.values({c.name: bindparam(f"{prefix}{c.name}", type_=c.type) for c in table.columns})
    return insert.on_conflict_do_update(index_elements=keys, set_=changed)


def _as_is(values: Params) -> Params:
    return values


def _positional(dialect: Dialect) -> Dialect:
    """The dialect with its driver's positional placeholders."""
    style = "qmark" if dialect.name == "sqlite" else "format"
    kind: Any = type(dialect)
    positional: Dialect = kind(paramstyle=style)
    return positional
