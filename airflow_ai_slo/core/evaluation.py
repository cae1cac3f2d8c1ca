"""One SLO at one instant: counts in, SLI, budget, burn rates and judged rules out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from airflow_ai_slo.core.budget import Budget, budget, coverage
from airflow_ai_slo.core.burn import Outcome, RuleOutcome, judge
from airflow_ai_slo.core.counts import Counts
from airflow_ai_slo.core.definition import SLO, Severity
from airflow_ai_slo.core.durations import Duration, Span
from airflow_ai_slo.core.presets import rules_of
from airflow_ai_slo.core.windows import Bounds


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The state of one SLO at ``at``.

    :param counts: what the SLO's own window holds.
    :param windows: counts of every window the rules use.
    :param alerts: every rule, judged.
    """

    slo: SLO
    at: datetime
    counts: Counts
    coverage: Fraction
    windows: Mapping[Span, Counts]
    alerts: tuple[RuleOutcome, ...]

    @property
    def sli(self) -> Fraction | None:
        return self.counts.sli

    @property
    def budget(self) -> Budget:
        return budget(self.counts, self.slo.objective, self.coverage)

    @property
    def burn_rates(self) -> dict[str, Fraction | None]:
        """Burn rate of each window the rules use, and of the SLO's own window, by the window's name."""
        rates = {str(span): counts.burn_rate(self.slo.objective) for span, counts in self.windows.items()}
        return rates | {str(self.slo.window): self.counts.burn_rate(self.slo.objective)}

    @property
    def firing(self) -> Severity | None:
        """The loudest firing rule's severity."""
        return max((a.rule.severity for a in self.alerts if a.outcome is Outcome.FIRING), default=None)

    @property
    def exhausted(self) -> bool | None:
        """Whether no budget remains; None while unknown."""
        return is_exhausted(self.counts, self.slo.objective, self.coverage)


def is_exhausted(counts: Counts, objective: Fraction, covered: Fraction) -> bool | None:
    """remaining <= 0, without dividing; None while unknown."""
    if not counts.total or not covered:
        return None
    spare = objective.denominator - objective.numerator
    bad = counts.total - counts.good
    return bad * objective.denominator * covered.numerator >= spare * counts.total * covered.denominator


def spans_of(slo: SLO, at: datetime) -> tuple[Span, ...]:
    """Every window the SLO's rules need at an instant, each once."""
    spans: dict[Span, None] = {}
    for rule in rules_of(slo, slo.window.bounds(at).length):
        spans[rule.long] = None
        if rule.short is not None:
            spans[rule.short] = None
    return tuple(spans)


def starts_of(slo: SLO, at: datetime) -> dict[datetime, None]:
    """Instants (exclusive starts) a store must count from to evaluate this SLO at ``at``."""
    starts = {slo.window.bounds(at).start: None}
    for span in spans_of(slo, at):
        if isinstance(span, Duration):
            starts[at - span.length] = None
    return starts


def evaluate(
    slo: SLO,
    at: datetime,
    *,
    since: Mapping[datetime, Counts],
    first: datetime | None,
) -> Evaluation:
    """Evaluate one SLO.

    :param since: counts of ``(start, at]`` for every start of :func:`starts_of`.
    :param first: ``at`` of the first recorded measurement.
    """
    bounds: Bounds = slo.window.bounds(at)
    windows: dict[Span, Counts] = {}
    for span in spans_of(slo, at):
        if isinstance(span, Duration):
            windows[span] = since[at - span.length]
    alerts = tuple(judge(rule, windows, slo.objective) for rule in rules_of(slo, bounds.length))
    return Evaluation(slo, at, since[bounds.start], coverage(bounds, first), windows, alerts)
