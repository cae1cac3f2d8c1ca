"""Whether the columns a measurement needs are there, asked before a row is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from airflow_ai_slo.core.errors import DataError
from airflow_ai_slo.measure.data.names import lacks
from airflow_ai_slo.measure.data.sql import SqlType, column_types

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from airflow_ai_slo.measure.data import Source


def types_of(connection: Connection, source: Source, columns: Sequence[str]) -> Mapping[str, SqlType]:
    """The types of columns of a table or a query.

    :raises DataError: one is not there; the message names those that are.
    """
    there = column_types(connection, source.rows)
    for name in columns:
        if name not in there:
            raise DataError(lacks(source, name, there))
    return {name: there[name][0] for name in columns}
