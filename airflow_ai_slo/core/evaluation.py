"""One SLO at one instant: counts in, SLI, budget, burn rates and judged rules out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from airflow_ai_slo.core.budget import Budget, budget, coverage
from airflow_ai_slo.core.burn import Judge, Outcome, RuleOutcome
from airflow_ai_slo.core.cadence import Cadence
from airflow_ai_slo.core.counts import Counts
from airflow_ai_slo.core.definition import SLO, Budgeting, BurnRule, Severity, Shape
from airflow_ai_slo.core.durations import Duration, Runs, Span
from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.core.expected import Pauses, expected_coverage
from airflow_ai_slo.core.instants import utc
from airflow_ai_slo.core.intervals import is_surely_above, reaches, wilson
from airflow_ai_slo.core.presets import rules_of
from airflow_ai_slo.core.windows import Bounds, Window

_EARLIEST, _LATEST = 1900, 9800
"""Windows are a hundred years long at most, and the calendar ends with the year 9999."""


class Watched(NamedTuple):
    """Since when an SLO is watched.

    :param first: the earliest ``at`` that was measured; None where none was.
    :param anchor: ``at`` of what came in first; without a start it is where the cadence begins.
    :param pauses: when no runs are expected, ``[start, end)``.
    """

    first: datetime | None = None
    anchor: datetime | None = None
    pauses: Pauses = ()


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What evaluating an SLO at one instant needs; shared by all SLOs of the same :class:`Shape`.

    The counts of a plan's windows stand in one sequence: those of ``starts``, then those of ``run_spans``.

    :param starts: exclusive starts of windows that go by the clock, each once, the SLO's own window first.
    :param run_spans: how many settled runs each other window holds.
    :param places: every window the rules use, and where its counts stand.
    :param cadence: when runs are expected; None where windows go by the clock alone.
    """

    bounds: Bounds
    starts: tuple[datetime, ...]
    run_spans: tuple[int, ...]
    places: tuple[tuple[Span, int], ...]
    judges: tuple[Judge, ...]
    cadence: Cadence | None

    @property
    def rules(self) -> tuple[BurnRule, ...]:
        return tuple(judge.rule for judge in self.judges)


def plan(slo: SLO, at: datetime) -> Plan:
    """The plan of one SLO at one instant.

    :raises ConfigurationError: an instant without a zone, or one whose windows would leave the calendar.
    """
    at = utc(at)
    if not _EARLIEST <= at.year <= _LATEST:
        raise ConfigurationError(f"{at.isoformat()} lies outside the years {_EARLIEST} to {_LATEST}")
    return _plan(slo.shape, at)


def budget_plan(slo: SLO, at: datetime, window: Window | None = None) -> Plan:
    """The plan of its budget alone: its own window or another one, and no rule."""
    return plan_within(slo, (window or slo.window).bounds(at))


def plan_within(slo: SLO, bounds: Bounds) -> Plan:
    """The plan of what it comes to within bounds, and of no rule."""
    return Plan(bounds, (bounds.start,), (), (), (), _counting(slo.shape))


@lru_cache(maxsize=4096)
def _plan(shape: Shape, at: datetime) -> Plan:
    bounds = shape.window.bounds(at)
    rules = rules_of(shape, bounds)
    spans = dict.fromkeys(span for rule in rules for span in (rule.long, rule.short) if span is not None)
    starts = {bounds.start: 0}
    for span in spans:
        if isinstance(span, Duration):
            starts.setdefault(at - span.length, len(starts))
    run_spans = [span for span in spans if isinstance(span, Runs)]
    places: dict[Span, int] = {
        span: starts[at - span.length] if isinstance(span, Duration) else len(starts) + run_spans.index(span)
        for span in spans
    }
    judges = (
        Judge.of(rule, shape.objective, shape.confidence, places[rule.long], places[rule.short or rule.long])
        for rule in rules
    )
    return Plan(
        bounds,
        tuple(starts),
        tuple(span.count for span in run_spans),
        tuple(places.items()),
        tuple(judges),
        _counting(shape),
    )


def _counting(shape: Shape) -> Cadence | None:
    """The cadence that tells coverage; None where it goes by the clock."""
    by_clock = shape.schedule is None or shape.budgeting is not Budgeting.OCCURRENCES
    return None if by_clock or shape.schedule is None else Cadence.of(shape.schedule)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The state of one SLO at one instant.

    :param held: counts of every window, in the order of its plan; the first is the SLO's own window.
    :param alerts: every rule, judged.
    """

    slo: SLO
    needs: Plan
    held: Sequence[Counts]
    coverage: Fraction
    alerts: Sequence[RuleOutcome]

    @property
    def at(self) -> datetime:
        return self.needs.bounds.now

    @property
    def counts(self) -> Counts:
        """What the SLO's own window holds."""
        return self.held[0]

    @property
    def windows(self) -> Mapping[Span, Counts]:
        """What every window that the rules use holds."""
        return {span: self.held[place] for span, place in self.needs.places}

    @property
    def sli(self) -> Fraction | None:
        return self.counts.sli

    @property
    def met(self) -> bool | None:
        """Whether the SLI reaches the objective; None while unknown, also for want of samples."""
        counts = self.held[0]
        return reaches(counts.good, counts.total, self.slo.objective, self.slo.confidence)

    @property
    def interval(self) -> tuple[float, float] | None:
        """What the sample says of a sampled SLI; None where nothing is sampled or known, and of means of ratios."""
        confidence, counts = self.slo.confidence, self.held[0]
        if confidence is None or self.slo.budgeting is Budgeting.RATIO_TIMESLICES:
            return None
        return wilson(counts.good, counts.total, confidence)

    @property
    def budget(self) -> Budget:
        return budget(self.counts, self.slo.objective, self.coverage)

    @property
    def burn_rates(self) -> dict[str, Fraction | None]:
        """Burn rate of each window the rules use, and of the SLO's own window, by the window's name."""
        objective, held = self.slo.objective, self.held
        rates = {str(span): held[place].burn_rate(objective) for span, place in self.needs.places}
        return rates | {str(self.slo.window): held[0].burn_rate(objective)}

    @property
    def firing(self) -> Severity | None:
        """The loudest firing rule's severity."""
        return max((a.rule.severity for a in self.alerts if a.outcome is Outcome.FIRING), default=None)

    @property
    def exhausted(self) -> bool | None:
        """Whether no budget remains, without dividing; None while unknown, also for want of samples."""
        counts, covered = self.held[0], self.coverage
        total = counts.total
        if not total or not covered:
            return None
        objective = self.slo.objective
        spare = objective.denominator - objective.numerator
        spent = (total - counts.good) * objective.denominator * covered.numerator
        if spent < spare * total * covered.denominator:
            return False
        confidence = self.slo.confidence
        limit = min((1 - objective) / covered, Fraction(1))
        return True if confidence is None or is_surely_above(counts.bad, total, limit, confidence) else None


def evaluate(slo: SLO, needs: Plan, held: Sequence[Counts], watched: Watched) -> Evaluation:
    """Evaluate one SLO.

    :param needs: its :func:`plan` at the instant.
    :param held: what each window of the plan holds, in its order.
    """
    alerts = [one.judge(held[one.long], held[one.short]) for one in needs.judges]
    return Evaluation(slo, needs, held, coverage_of(needs, held[0], watched), alerts)


def coverage_of(needs: Plan, counts: Counts, watched: Watched) -> Fraction:
    """How much of an SLO's full window is covered: by the clock, or by settled runs where runs are expected.

    :param counts: what the window holds.
    """
    if needs.cadence is None:
        return coverage(needs.bounds, watched.first)
    return expected_coverage(needs.cadence, needs.bounds, counts.runs, watched.anchor, watched.pauses)
