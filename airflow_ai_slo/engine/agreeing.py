"""How SLAs stand, read from the store."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from airflow_ai_slo.core.compliance import Agreement, Compliance, comply, ended
from airflow_ai_slo.core.evaluation import Watched, budget_plan, coverage_of
from airflow_ai_slo.core.instants import utc
from airflow_ai_slo.core.periods import Period, calendar, holding
from airflow_ai_slo.core.sla import SLA
from airflow_ai_slo.engine.moments import settled_moment
from airflow_ai_slo.engine.reading import watched_since
from airflow_ai_slo.store import Store, counting, curve, definitions
from airflow_ai_slo.store.definitions import Stored

if TYPE_CHECKING:
    from sqlalchemy import Connection

PERIODS = 12
"""How many periods that are over are looked back on."""


def agreements(
    store: Store, *, at: datetime, slos: Collection[str] | None = None, now: datetime | None = None
) -> dict[str, Agreement]:
    """How the SLA of each SLO that has one stands at an instant: compliance so far, outlook, credits; by name.

    :param slos: only these; None means all.
    :param now: runs that were due by then and did not come are missing; None is the clock's.
    :raises UnknownSLOError: a name that nothing carries.
    """
    with settled_moment(store, at=at, now=now) as connection:
        stored = definitions.active(connection, slos)
        found = agreements_of(connection, stored, utc(at))
        return {one.slo.name: found[one.slo_id] for one in stored if one.slo_id in found}


def agreements_of(connection: Connection, stored: Iterable[Stored], at: datetime) -> dict[int, Agreement]:
    """The same within a transaction, by SLO row."""
    groups: dict[tuple[str, ZoneInfo], list[tuple[Stored, SLA]]] = {}
    for one in stored:
        if one.slo.sla is not None:
            groups.setdefault((one.slo.sla.period, one.slo.sla.zone), []).append((one, one.slo.sla))
    found: dict[int, Agreement] = {}
    for (kind, zone), members in groups.items():
        periods = holding(kind, zone, at).run_up(PERIODS + 1)
        ends = [*(period.end for period in periods[:-1]), at]
        those = [one for one, _ in members]
        sums = curve.prefixes(connection, [periods[0].start, *ends], [one.slo_id for one in those])
        watched = watched_since(connection, those, (periods[0].start, at))
        for one, sla in members:
            found[one.slo_id] = _agreement(one, sla, periods, at, sums, watched[one.slo_id])
    return found


def _agreement(
    one: Stored,
    sla: SLA,
    periods: Collection[Period],
    at: datetime,
    sums: dict[datetime, curve.Prefix],
    watched: Watched,
) -> Agreement:
    window, confidence = calendar(sla.period, sla.zone), one.slo.confidence
    past: list[Compliance] = []
    *over, running = periods
    for period in (*over, running):
        end = min(period.end, at)
        first, last = (sums[edge].get(one.slo_id) for edge in (period.start, end))
        counts = counting.difference(last, first, one.unit)
        covered = coverage_of(budget_plan(one.slo, end, window), counts, watched)
        if period is running:
            judge = ended if period.end <= at else comply
            return Agreement(sla, judge(sla, period, counts, covered, confidence), tuple(past))
        if watched.first is not None and watched.first <= period.end:
            past.append(ended(sla, period, counts, covered, confidence))
    raise AssertionError("the last period runs")
