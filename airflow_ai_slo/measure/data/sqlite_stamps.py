"""Time stamps that SQLite keeps as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement


def sqlite_micros(cell: ColumnElement[Any]) -> ColumnElement[Any]:
    """Microseconds since 1970 of ISO 8601 text, as an integer; text without an offset is taken as UTC."""
    import sqlalchemy as sa

    point = sa.func.substr(cell, 20, 1) == "."
    micros = sa.cast(sa.func.round(sa.cast(sa.func.substr(cell, 20), sa.REAL) * sa.literal_column("1e6")), sa.Integer)
    # strftime rounds 59.9996 up to the next minute, so the fraction is taken out of what it reads.
    offset = sa.func.ltrim(sa.func.substr(cell, 21), "0123456789")
    whole = sa.case((point, sa.func.substr(cell, 1, 19).concat(offset)), else_=cell)
    rest = sa.case((point, micros), else_=sa.literal_column("0"))
    # %s is given as text, and SQLAlchemy would double the sign in a literal: it is bound.
    return sa.cast(sa.func.strftime(sa.literal("%s"), whole), sa.BigInteger) * sa.literal_column("1000000") + rest
