"""Runs that settled since the last evaluation, and those before them: what rules with windows in runs look at."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, delete, func, select

from airflow_ai_slo.core.absence import advance_from
from airflow_ai_slo.core.cadence import Cadence
from airflow_ai_slo.core.definition import BurnRule
from airflow_ai_slo.core.grid import grid
from airflow_ai_slo.core.instants import from_micros, to_micros
from airflow_ai_slo.core.ledger import Ledger, SettledRun
from airflow_ai_slo.core.numbers import parts
from airflow_ai_slo.core.pipeline_incident import (
    Change,
    Discipline,
    aged,
    in_runs,
    longest,
    reaches_back,
)
from airflow_ai_slo.core.repaired import calmed, healed
from airflow_ai_slo.core.tally import Tally
from airflow_ai_slo.store.definitions import Stored
from airflow_ai_slo.store.evaluations import Last
from airflow_ai_slo.store.prepared import Prepared, json_values
from airflow_ai_slo.store.tables import evaluation, measurement, run, settled

# OFFSET 0 makes databases begin with the few evaluations rather than with the many runs.
_seen = select(evaluation.c.slo_id, evaluation.c.seen_at).where(evaluation.c.seen_at.is_not(None)).offset(0).subquery()
_fresh = Prepared(
    ("until",),
    lambda _: (
        select(run.c.slo_id, run.c.at, run.c.good, run.c.total)
        .join(_seen, _seen.c.slo_id == run.c.slo_id)
        .where(run.c.at > _seen.c.seen_at, run.c.at <= bindparam("until"))
    ),
)
_back = Prepared(
    ("slo_id", "until", "count"),
    lambda _: (
        select(run.c.at, run.c.good, run.c.total)
        .where(run.c.slo_id == bindparam("slo_id"), run.c.at <= bindparam("until"))
        .order_by(run.c.at.desc())
        .limit(bindparam("count"))
    ),
)
_named = Prepared(
    ("slo_id", "ats"),
    lambda dialect: select(run.c.at, run.c.good, run.c.total).where(
        run.c.slo_id == bindparam("slo_id"), run.c.at.in_(json_values(dialect, "ats"))
    ),
)
_came_in = Prepared(
    ("slo_id", "since"),
    lambda _: (
        select(measurement.c.at, func.min(measurement.c.recorded_at))
        .where(measurement.c.slo_id == bindparam("slo_id"), measurement.c.at >= bindparam("since"))
        .group_by(measurement.c.at)
    ),
)
_waiting = Prepared(
    ("until",),
    lambda _: select(settled.c.slo_id, settled.c.at, settled.c.settled_at).where(settled.c.at <= bindparam("until")),
)
_drop = Prepared(
    ("slo_id", "until"),
    lambda _: delete(settled).where(settled.c.slo_id == bindparam("slo_id"), settled.c.at <= bindparam("until")),
)


class _Run(NamedTuple):
    at: int
    good: int
    total: int


@dataclass(frozen=True, slots=True)
class News:
    """Runs of every SLO that settled, or turned bad, since its last evaluation.

    :param fresh: those newer than all that were seen, by SLO row.
    :param waiting: those behind the newest one, with the instant at which they settled.
    """

    until: int
    fresh: Mapping[int, Sequence[_Run]]
    waiting: Mapping[int, Mapping[int, int]]

    def is_silent(self, slo_id: int) -> bool:
        """Whether none of an SLO's runs did."""
        return slo_id not in self.fresh and slo_id not in self.waiting


def read_news(connection: Connection, watching: Sequence[Stored], at: datetime) -> News:
    """What settled since the last evaluations, and lies no later than an instant.

    :param watching: SLOs that have rules with windows in runs.
    """
    until = to_micros(at)
    if not watching:
        return News(until, {}, {})
    fresh: dict[int, list[_Run]] = {}
    for slo_id, *values in _fresh.all(connection, until):
        fresh.setdefault(slo_id, []).append(_Run(*values))
    waiting: dict[int, dict[int, int]] = {}
    ids = {one.slo_id for one in watching}
    for slo_id, moment, settled_at in _waiting.all(connection, until):
        if slo_id in ids:
            waiting.setdefault(slo_id, {})[moment] = settled_at
    return News(until, fresh, waiting)


def drop_news(connection: Connection, news: News) -> None:
    """Those behind the newest run need not wait any longer."""
    _drop.many(connection, [(slo_id, news.until) for slo_id in news.waiting])


def advance_runs(
    connection: Connection, one: Stored, rules: Sequence[BurnRule], last: Last, news: News
) -> tuple[Discipline, list[Change], int | None]:
    """What newly settled runs do to an SLO's incident.

    :returns: the state after them, the changes, and ``at`` of the newest run seen.
    """
    rules = in_runs(rules)
    state, changes = _healed(connection, one, rules, news, last.held.discipline)
    waiting = news.waiting.get(one.slo_id, {})
    if last.seen_at is None:
        fresh: Sequence[_Run] = [_Run(*row) for row in _back.all(connection, one.slo_id, news.until, longest(rules))]
    else:
        fresh = news.fresh.get(one.slo_id, ())
    seen_at = max((row.at for row in fresh), default=last.seen_at)
    tally = Tally.of(one.slo)
    if not fresh and not waiting:
        state, more = calmed(state, lambda: _ledger(connection, one, rules, news), rules)
        return state, changes + more, seen_at
    if state.severity is None and not waiting and not any(tally.entry(row.good, row.total).bad for row in fresh):
        return aged(state, len(fresh), rules), changes, seen_at
    new = {row.at for row in fresh} | waiting.keys()
    rows = _back.all(connection, one.slo_id, news.until, reaches_back(rules) + len(new))
    runs = _settled_runs(connection, one, tally, [_Run(*row) for row in rows], waiting)
    known, news_of = [one_run for one_run in runs if one_run.at not in new], [run_ for run_ in runs if run_.at in new]
    state, more = advance_from(state, one.slo, known, news_of, rules, looked_at=last.at, now=news.until)
    return state, changes + more, seen_at


def _healed(
    connection: Connection, one: Stored, rules: Sequence[BurnRule], news: News, state: Discipline
) -> tuple[Discipline, list[Change]]:
    if not state.recent:
        return state, []
    tally = Tally.of(one.slo)
    held = {
        at: tally.entry(good, total) for at, good, total in _named.all(connection, one.slo_id, json.dumps(state.recent))
    }
    return healed(state, held.get, lambda: _ledger(connection, one, rules, news), rules)


def _ledger(connection: Connection, one: Stored, rules: Sequence[BurnRule], news: News) -> Ledger:
    """All runs that are known, as far back as it takes."""
    tally, rows = Tally.of(one.slo), _back.all(connection, one.slo_id, news.until, reaches_back(rules))
    return Ledger(one.slo.objective, [_run(one, tally, _Run(*row), row[0]) for row in rows])


def _run(one: Stored, tally: Tally, row: _Run, moment: int) -> SettledRun:
    entry = tally.entry(row.good, row.total)
    return SettledRun(row.at, parts(entry.good, one.unit), parts(entry.total, one.unit), moment)


def _settled_runs(
    connection: Connection, one: Stored, tally: Tally, rows: Sequence[_Run], waiting: Mapping[int, int]
) -> list[SettledRun]:
    came_in: dict[int, int] = {}
    if rows and not tally.slice_micros:
        came_in = dict(_came_in.all(connection, one.slo_id, min(row.at for row in rows)))
    slots = None
    if one.slo.schedule is not None:
        anchor = None if one.anchor is None else from_micros(one.anchor)
        slots = grid(Cadence.of(one.slo.schedule), anchor)
    runs = []
    for row in rows:
        due = None if slots is None else slots.due(row.at)
        moment = came_in.get(row.at, row.at)
        moment = moment if due is None else min(moment, due + 1)
        runs.append(_run(one, tally, row, waiting.get(row.at, moment)))
    return runs
