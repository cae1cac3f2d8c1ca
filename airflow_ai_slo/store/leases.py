"""Work that one process at a time does; a process that dies gives it up by its lease's end."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from airflow_ai_slo.core.instants import CLOCKS_DIFFER, from_micros, to_micros
from airflow_ai_slo.store.tables import lease


def take(connection: Connection, name: str, holder: str, *, now: datetime, length: timedelta) -> datetime | None:
    """Take a lease, or hold on to it.

    A lease that ends further ahead than any could by this clock was taken by a clock that is wrong, and does not count:
    two processes whose clocks differ that much may then work at once.

    :param holder: who takes it; another name for each process.
    :param length: for how long, from now on.
    :returns: None when it is theirs, else when the lease of somebody else ends.
    """
    moment, until = to_micros(now), to_micros(now + length)
    ahead = to_micros(now + length + CLOCKS_DIFFER)
    build: Any = (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(lease)
    taking = build.values(name=name, holder=holder, until=until).on_conflict_do_update(
        index_elements=["name"],
        set_={"holder": holder, "until": until},
        where=or_(lease.c.holder == holder, lease.c.until <= moment, lease.c.until > ahead),
    )
    connection.execute(taking)
    found = connection.execute(select(lease.c.holder, lease.c.until).where(lease.c.name == name)).one()
    return None if found.holder == holder else from_micros(found.until)


def give_up(connection: Connection, name: str, holder: str) -> None:
    """Let others have a lease at once; one of somebody else stays."""
    connection.execute(lease.delete().where(lease.c.name == name, lease.c.holder == holder))
