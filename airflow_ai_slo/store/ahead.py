"""All that recording reads of one SLO, asked for at once: PostgreSQL answers it in one round trip."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Executable, bindparam, literal_column, null, select

from airflow_ai_slo.core.instants import DAY, day_of
from airflow_ai_slo.store import rollup
from airflow_ai_slo.store.prepared import Executor, Params, Prepared, json_values
from airflow_ai_slo.store.tables import measurement, slo

_FIGURES = 9
"""As many as a run has; what has fewer is filled up."""


class Old(NamedTuple):
    """What is stored under a key."""

    at: int
    good: int
    total: int
    cause: str | None
    recorded_at: int

    @classmethod
    def of(cls, row: Params) -> Old:
        """What a row of the table leaves there."""
        return cls(row[2], row[3], row[4], row[6], row[8])


class Found(NamedTuple):
    """An SLO's row, what is stored under the keys that are to be written, and the sums from an instant on."""

    slo: Any
    existing: dict[str, Old]
    ahead: rollup.Ahead


def look(connection: Executor, name: str, keys: Collection[str], since: int) -> Found | None:
    """Lock an SLO's row against other writers and definers, and read what writing needs.

    :param since: the earliest instant at which something is to be written.
    :returns: None where no such SLO is applied.
    """
    day = day_of(since)
    read, given = (_read_one, next(iter(keys))) if len(keys) == 1 else (_read_many, json.dumps(list(keys)))
    # Asked twice, because one that waited for a new generation finds the old row ended and the new one not yet there.
    for _ in range(2):
        locked = _find_slo.start(connection, name)
        # A statement sees what was committed when it began, so this one sees what the lock had to wait for.
        started = read.start(connection, name, given, since, day * DAY, (day + 1) * DAY, day)
        found = locked.fetchall()
        if found:
            return _sorted_out(found[0], started.fetchall(), since)
    return None


def _sorted_out(found: Any, rows: list[Any], since: int) -> Found:
    existing, runs, days = {}, [], []
    for row in rows:
        if row[0] == _RUN:
            runs.append(row[1:10])
        elif row[0] == _DAY:
            days.append(row[1:6])
        else:
            existing[row[10]] = Old(row[1], row[2], row[3], row[11], row[4])
    return Found(found, existing, rollup.Ahead(since, sorted(runs), sorted(days)))


_EXISTING, _RUN, _DAY = range(3)

_find_slo = Prepared(
    ("name",),
    lambda _: (
        select(
            slo.c.id,
            slo.c.definition,
            slo.c.scale,
            slo.c.anchor,
            slo.c.settled_slot,
            slo.c.next_due,
            slo.c.corrected,
            slo.c.sketched,
        )
        .where(slo.c.name == bindparam("name"), slo.c.active)
        .with_for_update(key_share=True)
    ),
)


def _read(among: ColumnElement[bool]) -> Executable:
    target = select(slo.c.id).where(slo.c.name == bindparam("name"), slo.c.active).cte("target")
    slo_id = select(target.c.id).scalar_subquery()
    m = measurement.c
    existing = select(*_filled(_EXISTING, [m.at, m.good, m.total, m.recorded_at]), m.key, m.cause)
    nothing = (null().label("key"), null().label("cause"))
    run_rows, day_rows = rollup.runs_query(slo_id), rollup.days_query(slo_id)
    return existing.where(m.slo_id == slo_id, among).union_all(
        run_rows.with_only_columns(*_filled(_RUN, run_rows.selected_columns), *nothing),
        day_rows.with_only_columns(*_filled(_DAY, day_rows.selected_columns), *nothing),
    )


def _filled(kind: int, columns: Iterable[Any]) -> list[Any]:
    columns = list(columns)
    return [literal_column(str(kind)), *columns, *(literal_column("0") for _ in range(_FIGURES - len(columns)))]


_PARAMETERS = ("name", "keys", "since", "start", "end", "since_day")
_read_one = Prepared(_PARAMETERS, lambda _: _read(measurement.c.key == bindparam("keys")))
_read_many = Prepared(
    _PARAMETERS, lambda dialect: _read(measurement.c.key.in_(json_values(dialect, "keys", numbers=False)))
)
