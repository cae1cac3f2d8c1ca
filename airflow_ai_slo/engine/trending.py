"""What was left of budgets over the last days, for lists: little, and of many SLOs at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

from airflow_ai_slo.core.budget import budget
from airflow_ai_slo.core.definition import Shape
from airflow_ai_slo.core.evaluation import Plan, budget_plan, coverage_of
from airflow_ai_slo.engine.latest import remembered
from airflow_ai_slo.engine.listing import Listed
from airflow_ai_slo.engine.moments import one_moment
from airflow_ai_slo.engine.reading import watched_since
from airflow_ai_slo.store import Store, counting, curve
from airflow_ai_slo.store.definitions import Stored

if TYPE_CHECKING:
    from sqlalchemy import Connection

POINTS = 14
_STEP = timedelta(days=1)

Trend = tuple[Fraction | None, ...]


def trends(store: Store, slos: Sequence[Listed], *, at: datetime, now: datetime) -> dict[str, Trend]:
    """Budget left at the last fourteen days' same time of day, oldest first, the last one being ``at``; by SLO."""
    if not slos:
        return {}
    stored = [one.stored for one in slos]
    key = ("trends", at, *(one.slo_id for one in stored))
    found = remembered(store, key, now=now, make=lambda _: _read(store, stored, at))
    return {one.slo.name: found[one.slo_id] for one in stored}


def _read(store: Store, stored: Sequence[Stored], at: datetime) -> dict[int, Trend]:
    with one_moment(store) as connection:
        return _trends(connection, stored, [at - _STEP * back for back in reversed(range(POINTS))])


def _trends(connection: Connection, stored: Sequence[Stored], instants: Sequence[datetime]) -> dict[int, Trend]:
    plans: dict[Shape, list[Plan]] = {}
    for one in stored:
        if one.slo.shape not in plans:
            plans[one.slo.shape] = [budget_plan(one.slo, at) for at in instants]
    edges = {needs.bounds.start for those in plans.values() for needs in those}
    upto = curve.prefixes(connection, edges.union(instants), [one.slo_id for one in stored])
    watched = watched_since(connection, stored, (min(edges), instants[-1]))

    def left(one: Stored, needs: Plan) -> Fraction | None:
        bounds = needs.bounds
        counts = counting.difference(upto[bounds.now].get(one.slo_id), upto[bounds.start].get(one.slo_id), one.unit)
        covered = coverage_of(needs, counts, watched[one.slo_id])
        return budget(counts, one.slo.objective, covered).remaining

    return {one.slo_id: tuple(left(one, needs) for needs in plans[one.slo.shape]) for one in stored}
