"""The last evaluation of each SLO."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, String, bindparam, func, select, text, update

from airflow_ai_slo.core.budget import budget
from airflow_ai_slo.core.counts import Counts
from airflow_ai_slo.core.deciding import Held
from airflow_ai_slo.core.definition import Severity
from airflow_ai_slo.core.errors import StoreUnavailableError
from airflow_ai_slo.core.evaluation import Evaluation
from airflow_ai_slo.core.instants import from_micros, to_micros
from airflow_ai_slo.core.pipeline_incident import Discipline
from airflow_ai_slo.store.asking import Ask
from airflow_ai_slo.store.definitions import Stored
from airflow_ai_slo.store.prepared import Prepared, json_values, upsert
from airflow_ai_slo.store.tables import evaluation, run, slo

_put = upsert(evaluation)
_all_last = Prepared(
    (),
    lambda _: select(
        evaluation.c.slo_id,
        evaluation.c.at,
        evaluation.c.latched,
        evaluation.c.bad_seq,
        evaluation.c.seen_at,
        evaluation.c.discipline,
    ),
)
_BUDGETS = select(
    evaluation.c.slo_id,
    evaluation.c.at,
    evaluation.c.good,
    evaluation.c.total,
    evaluation.c.scale,
    evaluation.c.covered,
    evaluation.c.length,
)
_budgets = Prepared(("ids",), lambda dialect: _BUDGETS.where(evaluation.c.slo_id.in_(json_values(dialect, "ids"))))
_budgets_of_service = Prepared(
    ("name",),
    lambda _: _BUDGETS.join(slo, slo.c.id == evaluation.c.slo_id).where(
        slo.c.active, slo.c.service == bindparam("name", type_=String)
    ),
)
_CALM = Discipline()


@dataclass(frozen=True, slots=True)
class Last:
    """What was last seen of an SLO.

    :param held: what holds its incident open.
    :param bad_seq: how many runs had turned bad by then, those that lay after it left out.
    :param seen_at: ``at`` of the newest run seen; None where none was.
    """

    at: int
    held: Held
    bad_seq: int
    seen_at: int | None


NEVER = Last(-(2**62), Held(), 0, None)


@dataclass(frozen=True, slots=True)
class LastBudget:
    """Budget allowed and remaining when an SLO was last evaluated; ``at`` is None if it never was."""

    slo: str
    at: datetime | None
    remaining: Fraction | None
    allowed: Fraction | None = None


class Budgets:
    """Last evaluations of some SLOs, from rows of the store."""

    def __init__(self, rows: Iterable[Sequence[Any]]) -> None:
        self._rows = {row[0]: row for row in rows}

    def last(self, one: Stored) -> LastBudget:
        """What remained of an SLO's budget when it was last evaluated."""
        row = self._rows.get(one.slo_id)
        if row is None:
            return LastBudget(one.slo.name, None, None)
        _, at, good, total, scale, covered, length = row
        counts = Counts(Fraction(good, scale), Fraction(total, scale))
        left = budget(counts, one.slo.objective, Fraction(covered, length))
        return LastBudget(one.slo.name, from_micros(at), left.remaining, left.allowed)


def one_snapshot(connection: Connection) -> None:
    """Make all reads of this transaction, which has made none yet, see one moment. SQLite's always do."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))


def one_at_a_time(connection: Connection) -> None:
    """Make others who decide on incidents and freezes wait until this transaction ends. SQLite's write lock does so.

    A table lock, because it is taken before the snapshot: who waited for it sees what the one before has written.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"LOCK TABLE {evaluation.name} IN SHARE ROW EXCLUSIVE MODE"))


def overtaken(error: StoreUnavailableError) -> bool:
    """Whether PostgreSQL refused a snapshot because a writer came between: the transaction is to be tried again."""
    original = getattr(error.__cause__, "orig", error.__cause__)
    return getattr(original, "sqlstate", None) == "40001"


def last(connection: Connection) -> dict[int, Last]:
    """The last evaluation of every SLO, by its row."""
    return {row[0]: Last(row[1], _held(row[2], row[5]), row[3], row[4]) for row in _all_last.all(connection)}


def evaluated(connection: Connection, ids: Collection[int] | None = None) -> dict[int, datetime]:
    """When each SLO was last evaluated, by its row.

    :param ids: only these; None means all.
    """
    query = select(evaluation.c.slo_id, evaluation.c.at)
    if ids is not None:
        query = query.where(evaluation.c.slo_id.in_(ids))
    return {slo_id: from_micros(at) for slo_id, at in connection.execute(query)}


def save(connection: Connection, at: datetime, rows: Iterable[tuple[Stored, Evaluation, Last]]) -> None:
    """Keep evaluations of one instant, each with what the next one asks of it."""
    now = to_micros(at)
    _put.many(connection, [_row(now, *row) for row in rows])


def hold(connection: Connection, slo_id: int, held: Held) -> None:
    """Let other rules hold an SLO's incident."""
    values = {"latched": held.latched, "discipline": _written(held.discipline)}
    connection.execute(update(evaluation).where(evaluation.c.slo_id == slo_id).values(values))


def skip_runs(connection: Connection, slo_id: int, at: datetime) -> None:
    """Let the runs up to an instant be seen: rules that are new decide nothing on what is old."""
    newest = select(func.max(run.c.at)).where(run.c.slo_id == slo_id, run.c.at <= to_micros(at)).scalar_subquery()
    connection.execute(update(evaluation).where(evaluation.c.slo_id == slo_id).values(seen_at=newest))


def asks_budgets(service: str) -> Ask[Budgets]:
    """What remained of the budgets of a service's SLOs when they were last evaluated."""
    return Ask(_budgets_of_service, (service,), Budgets)


def budgets(connection: Connection, stored: Collection[Stored]) -> Budgets:
    """The same of these SLOs, at once."""
    return Budgets(_budgets.all(connection, json.dumps([one.slo_id for one in stored])))


def forget(connection: Connection, slo_id: int) -> None:
    """Drop the last evaluation of a generation that ended."""
    connection.execute(evaluation.delete().where(evaluation.c.slo_id == slo_id))


def _row(now: int, stored: Stored, seen: Evaluation, last: Last) -> tuple[Any, ...]:
    (good, total, bad_runs, runs), unit = seen.counts, stored.unit
    return (
        stored.slo_id,
        now,
        good if unit == 1 else int(good * unit),
        total if unit == 1 else int(total * unit),
        unit,
        bad_runs,
        runs,
        *seen.coverage.as_integer_ratio(),
        last.held.latched,
        last.bad_seq,
        last.seen_at,
        _written(last.held.discipline),
    )


def _written(discipline: Discipline) -> str | None:
    """As JSON; None for the state in which nothing is remembered."""
    if discipline == _CALM:
        return None
    severity = None if discipline.severity is None else int(discipline.severity)
    kept = (discipline.paged, discipline.good_runs, discipline.needed, discipline.opened, discipline.recent)
    return json.dumps([severity, *kept])


@lru_cache(maxsize=4096)
def _held(latched: int, written: str | None) -> Held:
    if written is None:
        return NEVER.held if not latched else Held(latched)
    severity, paged, good_runs, needed, opened, *more = json.loads(written)
    named, recent = None if severity is None else Severity(severity), tuple(more[0]) if more else ()
    return Held(latched, Discipline(named, paged, good_runs, needed, tuple(opened), recent))
