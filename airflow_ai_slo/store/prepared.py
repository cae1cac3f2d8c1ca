"""Statements compiled once per dialect and run straight on the driver, so that a write costs what the database asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from operator import itemgetter
from typing import Any

from sqlalchemy import BigInteger, Connection, Dialect, Executable, String, Table, bindparam, cast, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import JSONB

Params = tuple[Any, ...]


class Prepared:
    """One statement with named parameters, given by position.

    :param names: parameters in the order in which values come.
    :param build: makes the SQLAlchemy statement for a dialect.
    """

    def __init__(self, names: Sequence[str], build: Callable[[Dialect], Executable]) -> None:
        self._names = tuple(names)
        self._build = build
        self._compiled: dict[str, tuple[str, Callable[[Params], Params]]] = {}

    def start(self, connection: Connection, *values: Any) -> Any:
        """Execute, and fetch from the cursor later; inside :func:`together` several are answered at once."""
        text, order = self._for(connection)
        cursor = connection.connection.cursor()
        cursor.execute(text, order(values))
        return cursor

    def all(self, connection: Connection, *values: Any) -> Sequence[Any]:
        """Every row."""
        return fetched(self.start(connection, *values))

    def run(self, connection: Connection, *values: Any) -> None:
        """Execute once, without a result."""
        self.many(connection, [values])

    def many(self, connection: Connection, rows: Sequence[Params]) -> None:
        """Execute for each row."""
        if not rows:
            return
        text, order = self._for(connection)
        cursor = connection.connection.cursor()
        try:
            if len(rows) == 1:
                cursor.execute(text, order(rows[0]))
            else:
                cursor.executemany(text, rows if order is _as_is else [order(row) for row in rows])
        finally:
            cursor.close()

    def _for(self, connection: Connection) -> tuple[str, Callable[[Params], Params]]:
        dialect = connection.dialect
        found = self._compiled.get(dialect.name)
        if found is None:
            compiler = _positional(dialect)
            compiled = self._build(dialect).compile(dialect=compiler)  # type: ignore[attr-defined]
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


def fetched(cursor: Any) -> Sequence[Any]:
    """Every row of a started statement."""
    try:
        rows: Sequence[Any] = cursor.fetchall()
        return rows
    finally:
        cursor.close()


def together(connection: Connection) -> AbstractContextManager[object]:
    """Send the statements of a block without waiting for each answer, where the driver can."""
    pipeline = getattr(connection.connection.driver_connection, "pipeline", None)
    return nullcontext() if pipeline is None else pipeline()


def upsert(table: Table) -> Prepared:
    """Insert rows of a table in its column order; an existing primary key is overwritten."""
    names = [column.name for column in table.columns]
    keys = [column.name for column in table.primary_key.columns]

    def build(dialect: Dialect) -> Executable:
        insert: Any = (postgresql if dialect.name == "postgresql" else sqlite).insert(table)
        changed = {name: insert.excluded[name] for name in names if name not in keys}
        statement: Executable = insert.on_conflict_do_update(index_elements=keys, set_=changed)
        return statement

    return Prepared(names, build)


def _as_is(values: Params) -> Params:
    return values


def _positional(dialect: Dialect) -> Dialect:
    """The dialect with its driver's positional placeholders."""
    style = "qmark" if dialect.name == "sqlite" else "format"
    kind: Any = type(dialect)
    positional: Dialect = kind(paramstyle=style)
    return positional
