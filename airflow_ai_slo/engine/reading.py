"""Evaluations from the store's counts, without writing."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from airflow_ai_slo.core.counts import Counts
from airflow_ai_slo.core.durations import Runs
from airflow_ai_slo.core.evaluation import Evaluation, evaluate, plan
from airflow_ai_slo.core.instants import utc
from airflow_ai_slo.store import counting, definitions
from airflow_ai_slo.store.definitions import Stored

if TYPE_CHECKING:
    from sqlalchemy import Connection

Seen = tuple[Stored, Evaluation]


def evaluate_all(
    connection: Connection, at: datetime, stored: Sequence[Stored], *, everything: bool = False
) -> list[Seen]:
    """Evaluate SLOs at an instant: a fixed number of look-ups each, however long their history is.

    :param everything: whether these are all active SLOs; spares naming them to the database.
    """
    if not stored:
        return []
    at = utc(at)
    plans = [plan(one.slo, at) for one in stored]
    distinct = {id(needs): needs for needs in plans}.values()
    starts = dict.fromkeys(start for needs in distinct for start in needs.starts)
    ids = None if everything else [one.slo_id for one in stored]
    prefixes = {start: counting.prefix(connection, start, ids) for start in starts}
    end = counting.prefix(connection, at, ids)
    firsts = counting.first_instants(connection, ids)
    result = []
    for one, needs in zip(stored, plans, strict=True):
        now, scale, slo_id = end[one.slo_id], one.scale, one.slo_id
        since: dict[datetime | Runs, Counts] = {
            start: counting.difference(now, prefixes[start][slo_id], scale) for start in needs.starts
        }
        result.append((one, evaluate(one.slo, at, needs, since=since, first=firsts.get(slo_id))))
    return result


def evaluate_named(connection: Connection, at: datetime, names: Collection[str] | None) -> list[Seen]:
    """Evaluate active SLOs by name, or all of them.

    :raises UnknownSLOError: a name that nothing carries.
    """
    return evaluate_all(connection, at, definitions.active(connection, names), everything=names is None)


def evaluate_ended(connection: Connection, slo_id: int, at: datetime) -> Seen:
    """Evaluate one generation by its row, active or not."""
    return evaluate_all(connection, at, [definitions.by_id(connection, slo_id)])[0]
