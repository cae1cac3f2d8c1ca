"""Sums of everything before the last so many runs, for windows that count runs."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Dialect, Executable, and_, bindparam, select

from airflow_ai_slo.core.instants import DAY, to_micros
from airflow_ai_slo.store import curve
from airflow_ai_slo.store.curve import AT_ONCE, SUMS, Prefix, Rows, days_before
from airflow_ai_slo.store.prepared import Prepared, json_values
from airflow_ai_slo.store.tables import run, slo


def before_last_runs(
    connection: Connection, counts: Collection[int], at: datetime, ids: Collection[int]
) -> dict[int, Prefix]:
    """For each count, sums of everything before the last so many runs up to an instant.

    :param counts: how many runs are left out, each once.
    :returns: zeros for an SLO that has no more runs than that.
    """
    found: dict[int, Prefix] = {}
    ordered = sorted(counts)
    for first in range(0, len(ordered) if ids else 0, AT_ONCE):
        some = ordered[first : first + AT_ONCE]
        rows = _sums(len(some)).all(connection, json.dumps(list(ids)), to_micros(at), DAY, *_further(some))
        by_slo = {row[0]: row for row in rows}
        found |= {count: Prefix(by_slo, 4 * number) for number, count in enumerate(some)}
    return found


def beside_edges(
    connection: Connection, edges: Sequence[datetime], counts: Sequence[int], at: datetime, ids: Sequence[int]
) -> tuple[dict[datetime, Prefix], dict[int, Prefix]]:
    """:func:`~.curve.prefixes` and :func:`before_last_runs` of SLOs that mostly ran at the same instants.

    A few are looked up. All are asked for the sums at the instants of most of those, which takes a third as long as
    finding those of each; how many runs are counted there tells for whom they are the right ones.

    :param edges: each once, the instant among them.
    :param counts: at least one.
    """
    if len(edges) + len(counts) > AT_ONCE:
        return curve.prefixes(connection, edges, ids), before_last_runs(connection, counts, at, ids)
    ordered = sorted(counts)
    some = [ids[0], ids[len(ids) // 2], ids[-1]]
    looked_up = _instants(len(counts)).all(connection, json.dumps(some), to_micros(at), *_further(ordered))
    instants = _of_most([tuple(row[2:]) for row in looked_up])
    upto, rows, place = curve.beside_runs(connection, edges, instants, ids)
    places = [place + 4 * number for number in range(len(counts))]
    others = _others(rows, [one + 4 for one in places], ordered, upto[at])
    if others:
        own = before_last_runs(connection, counts, at, others)
        for slo_id in others:
            sums = [held for count in ordered for held in own[count].get(slo_id)[1:]]
            rows[slo_id] = (*rows[slo_id][: place + 1], *sums)
    return upto, {count: Prefix(rows, one) for count, one in zip(ordered, places, strict=True)}


def _of_most(found: Sequence[tuple[int | None, ...]]) -> tuple[int | None, ...]:
    """Those that most have; if they are as many, the latest ones: an SLO that is measured no more tells little."""
    return max(found, key=lambda one: (found.count(one), [-1 if at is None else at for at in one]))


def _others(rows: Rows, places: Sequence[int], counts: Sequence[int], upto: Prefix) -> list[int]:
    """Those for whom not all but the last so many runs are counted at a place: None is right if there are no more."""
    # The last place is there twice, because one place alone would not be a tuple.
    counted = itemgetter(*places, places[-1])
    wanted: dict[int, tuple[int | None, ...]] = {}
    others = []
    for slo_id, row in rows.items():
        runs = upto.get(slo_id)[4]
        if runs not in wanted:
            wanted[runs] = tuple([runs - count if runs > count else None for count in [*counts, counts[-1]]])
        if counted(row) != wanted[runs]:
            others.append(slo_id)
    return others


def _further(counts: Sequence[int]) -> list[int]:
    return [count - before for before, count in zip([0, *counts], counts, strict=False)]


@lru_cache(maxsize=32)
def _instants(spans: int) -> Prepared:
    return Prepared(["ids", "at", *_names(spans)], lambda dialect: select(_runs_back(dialect, spans)))


@lru_cache(maxsize=32)
def _sums(spans: int) -> Prepared:
    return Prepared(["ids", "at", "length", *_names(spans)], lambda dialect: _build(dialect, spans))


def _names(spans: int) -> list[str]:
    return [f"further_{place}" for place in range(spans)]


def _build(dialect: Dialect, spans: int) -> Executable:
    """The sums up to each run that lies so far back: those of its day so far, and of the days before."""
    found = _runs_back(dialect, spans)
    joined: Any = found
    sums = []
    for place in range(spans):
        at, last = found.c[f"at_{place}"], run.alias(f"run_{place}")
        joined = joined.outerjoin(last, and_(last.c.slo_id == found.c.id, last.c.at == at))
        joined, before = days_before(joined, found.c.id, (at - 1) // bindparam("length"), f"day_{place}")
        sums += [that + last.c[name] for name, that in zip(SUMS, before, strict=True)]
    return select(found.c.id, *sums).select_from(joined)


def _runs_back(dialect: Dialect, spans: int) -> Any:
    """For each SLO, when the runs that lie so far back were."""
    found: Any = (
        select(slo.c.id, bindparam("at").label("at")).where(slo.c.id.in_(json_values(dialect, "ids"))).subquery()
    )
    for place in range(spans):
        # OFFSET 0 keeps databases from finding those runs anew wherever they are named.
        found = select(found, _run_back(found, place).label(f"at_{place}")).offset(0).subquery()
    return found


def _run_back(found: Any, place: int) -> Any:
    """The run that lies so much further back than the one before it."""
    back = run.alias("back")
    here = (back.c.slo_id == found.c.id, back.c.at <= found.c[f"at_{place - 1}" if place else "at"])
    there = select(back.c.at).where(*here).order_by(back.c.at.desc()).limit(1).offset(bindparam(f"further_{place}"))
    return there.correlate(found).scalar_subquery()
