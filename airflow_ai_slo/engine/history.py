"""What budgets were at instants of the past, recomputed from the counts of today."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from airflow_ai_slo.core.budget import budget
from airflow_ai_slo.core.counts import Counts
from airflow_ai_slo.core.definition import Shape
from airflow_ai_slo.core.evaluation import Plan, Watched, budget_plan, coverage_of
from airflow_ai_slo.core.windows import Window
from airflow_ai_slo.engine.reading import watched_since
from airflow_ai_slo.reports.model import BudgetPoint
from airflow_ai_slo.store import counting, curve
from airflow_ai_slo.store.definitions import Stored

if TYPE_CHECKING:
    from sqlalchemy import Connection


def budget_history(
    connection: Connection, stored: Sequence[Stored], start: datetime, end: datetime, points: int
) -> dict[int, tuple[BudgetPoint, ...]]:
    """Budget over ``[start, end]`` at evenly spaced instants, by SLO row, oldest first."""
    instants = [start + (end - start) * number / points for number in range(points + 1)]
    groups: dict[Window, list[Stored]] = {}
    for one in stored:
        groups.setdefault(one.slo.window, []).append(one)
    found: dict[int, tuple[BudgetPoint, ...]] = {}
    plans: dict[tuple[Shape, datetime], Plan] = {}
    for window, members in groups.items():
        starts = {at: window.bounds(at).start for at in instants}
        sums = curve.prefixes(connection, {*instants, *starts.values()}, [one.slo_id for one in members])
        watched = watched_since(connection, members, (min(starts.values()), end))
        for one in members:
            found[one.slo_id] = _points(one, instants, starts, sums, watched[one.slo_id], plans)
    return found


def _points(
    one: Stored,
    instants: Sequence[datetime],
    starts: Mapping[datetime, datetime],
    sums: Mapping[datetime, curve.Prefix],
    watched: Watched,
    plans: dict[tuple[Shape, datetime], Plan],
) -> tuple[BudgetPoint, ...]:
    objective = one.slo.objective

    def between(since: datetime, until: datetime) -> Counts:
        first, last = (sums[at].get(one.slo_id) for at in (since, until))
        return counting.difference(last, first, one.unit)

    row = []
    for previous, at in pairwise([instants[0], *instants]):
        counts = between(starts[at], at)
        needs = plans.get((one.slo.shape, at))
        if needs is None:
            needs = plans[one.slo.shape, at] = budget_plan(one.slo, at)
        covered = coverage_of(needs, counts, watched)
        remaining, sli = _left(counts, objective, covered)
        row.append(BudgetPoint(at, remaining, sli, _burn(between(previous, at), objective)))
    return tuple(row)


# Most stretches of most SLOs hold the same counts.
@lru_cache(maxsize=65_536)
def _left(counts: Counts, objective: Fraction, covered: Fraction) -> tuple[Fraction | None, Fraction | None]:
    return budget(counts, objective, covered).remaining, counts.sli


@lru_cache(maxsize=65_536)
def _burn(counts: Counts, objective: Fraction) -> Fraction | None:
    return counts.burn_rate(objective)
