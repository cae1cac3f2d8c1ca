"""A report's period against the one before, read from the store for all SLOs at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from airflow_ai_slo.core.attribution import OTHER_GROUPS, parse_by
from airflow_ai_slo.core.budget import Budget
from airflow_ai_slo.core.comparing import COMPARABLE_FROM, Compared, InPeriod, Spender, Standing, frozen_within
from airflow_ai_slo.core.counts import Counts
from airflow_ai_slo.core.definition import Severity
from airflow_ai_slo.core.evaluation import Watched, coverage_of, plan_within
from airflow_ai_slo.core.instants import utc
from airflow_ai_slo.core.periods import Period
from airflow_ai_slo.core.tally import Tally
from airflow_ai_slo.core.windows import Bounds
from airflow_ai_slo.engine.reading import Seen, evaluate_all, watched_since
from airflow_ai_slo.store import attribution, counting, curve, incidents
from airflow_ai_slo.store.definitions import Origin, Stored
from airflow_ai_slo.store.freezes import Freeze
from airflow_ai_slo.store.incidents import Incident

if TYPE_CHECKING:
    from sqlalchemy import Connection

PERIODS = 12
"""How many periods the strip of a report shows, its own the last."""

SPENT_BY = ("cause", "version", "task")


@dataclass(frozen=True, slots=True)
class Past:
    """What comparing needs of the past, read once for all SLOs.

    :param origins: by name.
    :param watched: since when each is measured, by SLO row.
    :param opened: incidents that were open in this period or in the one before, by SLO row, with why each opened.
    :param severities: that each of them had by the period's end, oldest first, by incident.
    """

    periods: tuple[Period, ...]
    sums: Mapping[datetime, curve.Prefix]
    before: Mapping[int, Seen]
    origins: Mapping[str, Origin]
    watched: Mapping[int, Watched]
    opened: Mapping[int, Sequence[tuple[Incident, str]]]
    severities: Mapping[int, Sequence[Severity]]

    def was_there(self, one: Stored, at: datetime) -> bool:
        """Whether it was defined or measured by an instant."""
        first = self.watched[one.slo_id].first
        return self.origins[one.slo.name].first_applied <= at or (first is not None and first <= at)

    def barely_watched(self, one: Stored, period: Period, counts: Counts) -> bool:
        """Whether it was watched for too little of a period that is over: what came before it began to be measured."""
        watched = self.watched[one.slo_id]
        if watched.first is None or watched.first > period.end:
            return True
        if watched.first <= period.start:
            return False
        needs = plan_within(one.slo, Bounds(period.start, period.end, period.end))
        return coverage_of(needs, counts, watched) < COMPARABLE_FROM

    def began(self, one: Stored) -> datetime:
        """When it was first measured or, before that, defined."""
        applied = self.origins[one.slo.name].first_applied
        first = self.watched[one.slo_id].first
        return applied if first is None else min(first, applied)


def read_past(connection: Connection, stored: Sequence[Stored], period: Period, origins: Mapping[str, Origin]) -> Past:
    """Everything but what spent the budgets: a fixed number of statements."""
    periods = period.run_up(PERIODS)
    ids = [one.slo_id for one in stored]
    instants = [periods[0].start, *(one.end for one in periods)]
    previous = period.before()
    return Past(
        periods,
        curve.prefixes(connection, instants, ids),
        {one.slo_id: (one, seen) for one, seen in evaluate_all(connection, utc(previous.end), stored)},
        origins,
        watched_since(connection, stored, (periods[0].start, period.end)),
        incidents.histories(connection, previous.start, period.end),
        incidents.severities_until(connection, previous.start, period.end),
    )


def compare(connection: Connection, seen: Seen, past: Past, held: Sequence[Freeze]) -> Compared:
    """One SLO.

    :param seen: at the period's end.
    :param held: freezes of its service in this period and in the one before.
    """
    one, evaluation = seen
    *_, previous, period = past.periods
    there = [one_period for one_period in past.periods if past.was_there(one, one_period.end)]
    run_up = tuple(_in_run_up(one, past, each, is_over=each is not period) for each in there)
    standing, since = _standing(one, past, period)
    before = None
    if any(each.period is previous and not each.barely for each in run_up):
        _, then = past.before[one.slo_id]
        before = _in_period(connection, one, past, previous, held, then.budget)
    elif standing is Standing.KEPT:
        since = past.watched[one.slo_id].first
    now = _in_period(connection, one, past, period, held, evaluation.budget)
    return Compared(now, before, run_up, standing, since)


def _in_run_up(one: Stored, past: Past, period: Period, *, is_over: bool) -> InPeriod:
    counts = _counts(one, past, period)
    barely = is_over and past.barely_watched(one, period, counts)
    return InPeriod(period, one.slo.objective, counts, confidence=one.slo.confidence, barely=barely)


def _in_period(
    connection: Connection, one: Stored, past: Past, period: Period, held: Sequence[Freeze], left: Budget
) -> InPeriod:
    counts = _counts(one, past, period)
    opened = past.opened.get(one.slo_id, ())
    return InPeriod(
        period=period,
        objective=one.slo.objective,
        counts=counts,
        remaining=left.remaining,
        incidents=sum(period.start < incident.opened_at <= period.end for incident, _ in opened),
        frozen=frozen_within([(freeze.since, freeze.until) for freeze in held], period),
        spenders=_spenders(connection, one, period) if counts.bad else (),
        confidence=one.slo.confidence,
        estimate=left.estimate,
    )


def _counts(one: Stored, past: Past, period: Period) -> Counts:
    first, last = (past.sums[edge].get(one.slo_id) for edge in (period.start, period.end))
    return counting.difference(last, first, one.unit)


def _spenders(connection: Connection, one: Stored, period: Period) -> tuple[Spender, ...]:
    found: list[Spender] = []
    for text in SPENT_BY:
        by = parse_by(text)
        rows = attribution.groups(
            connection, one.slo_id, period.start, period.end, one.scale, by.sources, tally=Tally.of(one.slo)
        )
        for row in sorted(rows, key=lambda row: (row.values is None, -row.bad, row.values or ())):
            if row.values is None:
                found.append(Spender(text, OTHER_GROUPS, row.bad))
            elif any(row.values):
                found.append(Spender(text, by.name_of(row.values) if by.attributes else row.values[0], row.bad))
    return tuple(found)


def _standing(one: Stored, past: Past, period: Period) -> tuple[Standing, datetime | None]:
    began, origin = past.began(one), past.origins[one.slo.name]
    end = one.slo.schedule.end if one.slo.schedule else None
    if end is not None and period.before().start < end <= period.end:
        return Standing.ENDED, end
    if period.start < began <= period.end:
        return Standing.NEW, began
    if origin.generation > 1 and period.start < origin.applied <= period.end:
        return Standing.ANEW, origin.applied
    return Standing.KEPT, None
