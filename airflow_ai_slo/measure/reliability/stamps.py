"""Time stamps of rows as microseconds since 1970: compared in the database where its types leave no doubt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from airflow_ai_slo.core.errors import AiSloError, DataError
from airflow_ai_slo.core.instants import to_micros
from airflow_ai_slo.measure.data import Source
from airflow_ai_slo.measure.data.sql import Family
from airflow_ai_slo.measure.judged.columns import types_of
from airflow_ai_slo.measure.watermark import instant_of

if TYPE_CHECKING:
    from sqlalchemy import CTE, ColumnElement, Connection

_FUNCTION = "ai_slo_micros"
_BETWEEN = ("T", " ")

Micros = int | None


def micros_of(value: object, *, column: str, zone: ZoneInfo | None) -> Micros:
    """One stamp; None where it is missing.

    :raises DataError: it is none, or has no zone.
    """
    if type(value) is str and value[10:11] in _BETWEEN:  # most stamps are; the long way round reads them alike
        try:
            stamp = datetime.fromisoformat(value)
        except ValueError:
            pass
        else:
            if stamp.tzinfo is not None:
                return to_micros(stamp)
    try:
        found = instant_of(value, zone=zone)
    except DataError as error:
        raise DataError(f"column {column!r}: {error}") from None
    return None if found is None else to_micros(found)


def read_micros(source: Source, columns: Sequence[str], *, zone: ZoneInfo | None) -> list[list[Micros]]:
    """The stamps of whole columns, row by row."""
    frame = source.read(columns)
    return [
        [micros_of(value, column=name, zone=zone) for value in frame.iloc[:, place].tolist()]
        for place, name in enumerate(columns)
    ]


class Columns:
    """Stamps of a database's rows as SQL.

    :param expressions: by column: whole microseconds, null where the stamp is.
    """

    def __init__(self, connection: Connection, expressions: Mapping[str, ColumnElement[Any]]) -> None:
        self.connection = connection
        self._expressions = expressions

    def read(self, source: Source, **labels: str) -> CTE:
        """Columns of stamps by the labels given to them; each stamp is read once, however often it is used."""
        import sqlalchemy as sa

        chosen = [self._expressions[column].label(label) for label, column in labels.items()]
        read = sa.select(*chosen).select_from(source.rows).cte("ai_slo_read")
        return read.prefix_with("MATERIALIZED", dialect="sqlite")


@contextmanager
def in_database(source: Source, columns: Sequence[str], *, zone: ZoneInfo | None) -> Iterator[Columns | None]:
    """The stamps as SQL; None where they have to be read: no database of ours, or types that it reads otherwise.

    PostgreSQL compares timestamps with a zone, and those without one where it is declared to be UTC: in other zones it
    takes the second of a repeated hour, we the first. SQLite, whose stamps are texts or numbers, is given our reading.

    :raises DataError: a column is not there, or one of its stamps cannot be read.
    """
    if source.engine is None or source.engine.dialect.name not in ("postgresql", "sqlite"):
        yield None
        return
    with source.connected() as connection:
        families = {name: kind.family for name, kind in types_of(connection, source, columns).items()}
        if connection.dialect.name == "sqlite":
            with _read_by_us(connection, zone) as found:
                yield Columns(connection, {name: found(name) for name in columns})
        elif all(_is_plain(family, zone) for family in families.values()):
            yield Columns(connection, {name: _epoch(name, families[name]) for name in columns})
        else:
            yield None


def _is_plain(family: Family, zone: ZoneInfo | None) -> bool:
    return family is Family.ZONED or (family is Family.TIMESTAMP and zone is not None and zone.key == "UTC")


def _epoch(name: str, family: Family) -> ColumnElement[Any]:
    import sqlalchemy as sa

    column: ColumnElement[Any] = sa.column(name)
    if family is Family.TIMESTAMP:
        column = sa.func.timezone("UTC", column)
    return sa.cast(sa.func.round(sa.extract("epoch", column) * 1_000_000), sa.BigInteger)


@contextmanager
def _read_by_us(connection: Connection, zone: ZoneInfo | None) -> Iterator[Any]:
    """SQLite calls back into Python for each stamp; what that raises is told instead of what SQLite makes of it."""
    import sqlalchemy as sa

    wrong: list[AiSloError] = []

    def read(value: object, column: str) -> Micros:
        try:
            return micros_of(value, column=column, zone=zone)
        except AiSloError as error:
            wrong.append(error)
            raise

    raw: Any = connection.connection.driver_connection
    raw.create_function(_FUNCTION, 2, read, deterministic=True)
    try:
        yield lambda name: getattr(sa.func, _FUNCTION)(sa.column(name), name, type_=sa.BigInteger)
    except sa.exc.DBAPIError:
        if wrong:
            raise wrong[0] from None
        raise
