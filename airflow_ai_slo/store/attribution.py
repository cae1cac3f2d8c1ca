"""Bad counts by cause or by attributes, grouped inside the database."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from itertools import accumulate, groupby, pairwise
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Dialect,
    Select,
    String,
    and_,
    bindparam,
    case,
    cast,
    distinct,
    func,
    literal,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB

from airflow_ai_slo.core.attribution import MOST_GROUPS, Row
from airflow_ai_slo.core.instants import from_micros, to_micros
from airflow_ai_slo.core.measurement import Cause
from airflow_ai_slo.core.numbers import Exact, narrow
from airflow_ai_slo.core.tally import RATIO_UNIT, Tally
from airflow_ai_slo.store.counting import bad_between, bad_within
from airflow_ai_slo.store.definitions import Stored
from airflow_ai_slo.store.prepared import Prepared
from airflow_ai_slo.store.tables import measurement, run


def spent_by(
    connection: Connection, stretches: Sequence[tuple[Stored, datetime, datetime]]
) -> dict[int, dict[str, Exact]]:
    """What each cause has spent in ``(start, end]``, by SLO row; most first, in the unit of the SLO's budget."""
    sliced = {one.slo_id: tally for one, _, _ in stretches if (tally := Tally.of(one.slo)).slice_micros}
    counted = [(one.slo_id, start, end, one.scale) for one, start, end in stretches if one.slo_id not in sliced]
    found = _counted(connection, counted)
    for one, start, end in stretches:
        if one.slo_id in sliced:
            rows = groups(connection, one.slo_id, start, end, one.scale, (), tally=sliced[one.slo_id])
            found[one.slo_id] = {row.values[0]: row.bad for row in rows if row.values}
    return found


def _counted(
    connection: Connection, stretches: Sequence[tuple[int, datetime, datetime, int]]
) -> dict[int, dict[str, Exact]]:
    """The same of SLO rows whose runs are counted as they came, by row, start, end and scale: one question for all."""
    scales = {slo_id: scale for slo_id, _, _, scale in stretches}
    found: dict[int, dict[str, Exact]] = {slo_id: {} for slo_id in scales}
    asked = json.dumps([(slo_id, to_micros(start), to_micros(end)) for slo_id, start, end, _ in stretches])
    for slo_id, cause, bad in _causes.all(connection, asked) if stretches else ():
        causes, name = found[slo_id], cause or Cause.OTHER.value
        causes[name] = narrow(causes.get(name, 0) + Fraction(int(bad), scales[slo_id]))
    return {
        slo_id: dict(sorted(causes.items(), key=lambda item: (-item[1], item[0]))) for slo_id, causes in found.items()
    }


def _causes_query(dialect: Dialect) -> Select[Any]:
    given = bindparam("asked", type_=String)
    fields: list[ColumnElement[int]]
    if dialect.name == "postgresql":
        one = func.jsonb_array_elements(cast(given, JSONB)).column_valued("one")
        fields = [cast(one.op("->>")(literal_column(str(place))), BigInteger) for place in range(3)]
    else:
        each = func.json_each(given).table_valued("value")
        fields = [func.json_extract(each.c.value, literal_column(f"'$[{place}]'")) for place in range(3)]
    names = ("slo_id", "start", "end")
    asked = select(*(field.label(name) for field, name in zip(fields, names, strict=True))).cte("asked")
    return (
        select(asked.c.slo_id, measurement.c.cause, func.sum(measurement.c.total - measurement.c.good))
        .where(*bad_between(asked.c.slo_id, asked.c.start, asked.c.end))
        .group_by(asked.c.slo_id, measurement.c.cause)
    )


_causes = Prepared(("asked",), _causes_query)


def groups(
    connection: Connection,
    slo_id: int,
    start: datetime,
    end: datetime,
    scale: int,
    sources: Sequence[Sequence[str]],
    *,
    tally: Tally | None = None,
    most: int = MOST_GROUPS,
) -> list[Row]:
    """What each group has spent in ``(start, end]``: the largest ones, and all others as one.

    :param sources: attributes whose values make a group together, each by all the names it may go by, the first that a
        measurement has; none means the cause.
    :param tally: how runs are counted, where those are slices.
    """
    postgres = connection.dialect.name == "postgresql"
    values = [_first([_value(name, postgres=postgres) for name in names]) for names in sources] or [
        func.coalesce(measurement.c.cause, Cause.OTHER.value)
    ]
    if tally is not None and tally.slice_micros:
        return _groups_of_slices(connection, slo_id, (start, end), values, tally, most)
    names = [f"value_{number}" for number in range(len(values))]
    bad = (
        select(
            *(value.label(name) for name, value in zip(names, values, strict=True)),
            measurement.c.at,
            (measurement.c.total - measurement.c.good).label("lost"),
            run.c.bad,
        )
        .join(run, and_(run.c.slo_id == measurement.c.slo_id, run.c.at == measurement.c.at))
        .where(*bad_within(slo_id, start, end))
        .cte("bad")
    )
    keys = [bad.c[name] for name in names]
    # In the order of code points, so that which of two equals is shown does not hang on the database's language.
    ordered = [key.collate("C") if postgres else key for key in keys]
    sizes = select(*keys).group_by(*keys).order_by(func.sum(bad.c.lost).desc(), *ordered)
    largest = sizes.limit(most).cte("largest")
    # Joined with these few only: all groups may be as many as there are measurements.
    shown = [largest.c[name] for name in names]
    query = (
        select(
            func.sum(bad.c.lost),
            func.count(distinct(case((bad.c.bad == 1, bad.c.at)))),
            func.max(bad.c.at),
            *shown,
        )
        .select_from(bad.outerjoin(largest, and_(*(bad.c[name] == largest.c[name] for name in names))))
        .group_by(*shown)
    )
    return [_row(found, scale) for found in connection.execute(query)]


def _groups_of_slices(
    connection: Connection,
    slo_id: int,
    within: tuple[datetime, datetime],
    values: Sequence[ColumnElement[Any]],
    tally: Tally,
    most: int,
) -> list[Row]:
    """The same where slices are counted: what a slice has spent is shared out by the bad counts within it."""
    start, end = map(to_micros, within)
    length = tally.slice_micros
    # The end of the slice, as Tally.run_at has it; remainders have the sign of what is divided.
    slice_end = measurement.c.at + (length - measurement.c.at % length) % length
    lost = func.sum(measurement.c.total - measurement.c.good)
    query = (
        select(run.c.at, run.c.good, run.c.total, lost, *values)
        .join(run, and_(run.c.slo_id == measurement.c.slo_id, run.c.at == slice_end))
        .where(*bad_within(slo_id, from_micros(start - length), from_micros(end)), run.c.at > start, run.c.at <= end)
        .group_by(run.c.at, run.c.good, run.c.total, *values)
        .order_by(run.c.at)
    )
    parts: dict[tuple[str, ...], _Part] = {}
    for at, shares in groupby(connection.execute(query), key=lambda row: row[0]):
        given = sorted((tuple(names), int(bad), good, total) for _, good, total, bad, *names in shares)
        entry = tally.entry(*given[0][2:])
        spent = Fraction(entry.total - entry.good) * RATIO_UNIT / tally.unit()
        for (group, *_), share in zip(given, _shared(int(spent), [one[1] for one in given]), strict=True):
            if share:
                parts.setdefault(group, _Part()).add(at, share, entry.bad)
    found = sorted(parts.items(), key=lambda item: (-item[1].spent, item[0]))
    rows = [part.row(group) for group, part in found[:most]]
    if found[most:]:
        rest = _Part()
        for _, part in found[most:]:
            rest.join(part)
        rows.append(rest.row(None))
    return rows


def _shared(whole: int, weights: Sequence[int]) -> list[int]:
    """A whole number in parts that weigh so much and add up to it."""
    bounds = [whole * upto // sum(weights) for upto in accumulate(weights, initial=0)]
    return [after - before for before, after in pairwise(bounds)]


@dataclass(slots=True)
class _Part:
    """What a group has spent: in units of 1/RATIO_UNIT, in which bad slices, and in which one last."""

    spent: int = 0
    bad: set[int] = field(default_factory=set)
    newest: int = -(2**62)

    def add(self, at: int, spent: int, bad: int) -> None:
        self.spent, self.newest = self.spent + spent, max(self.newest, at)
        if bad:
            self.bad.add(at)

    def join(self, other: _Part) -> None:
        self.spent, self.newest = self.spent + other.spent, max(self.newest, other.newest)
        self.bad |= other.bad

    def row(self, group: tuple[str, ...] | None) -> Row:
        return Row(group, narrow(Fraction(self.spent, RATIO_UNIT)), len(self.bad), from_micros(self.newest))


def _first(values: Sequence[ColumnElement[Any]]) -> ColumnElement[Any]:
    """The first of several texts that is there and not empty, else an empty one."""
    return func.coalesce(*(func.nullif(value, "") for value in values), "")


def _value(name: str, *, postgres: bool) -> ColumnElement[Any]:
    """An attribute's text, null where a measurement has none."""
    value: Any
    if postgres:
        value = cast(measurement.c.attributes, JSONB)[literal(name)].astext
    else:  # json_each rather than a path, in which no name with a quote could be written
        each = func.json_each(measurement.c.attributes).table_valued("key", "value")
        value = select(each.c.value).where(each.c.key == name).correlate(measurement).scalar_subquery()
    return value  # type: ignore[no-any-return]


def _row(found: Any, scale: int) -> Row:
    lost, bad_runs, newest, *values = found
    return Row(
        None if values[0] is None else tuple(values), narrow(Fraction(int(lost), scale)), bad_runs, from_micros(newest)
    )
