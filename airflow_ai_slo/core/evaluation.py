"""One SLO at one instant: counts in, SLI, budget, burn rates and judged rules out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from functools import lru_cache

from airflow_ai_slo.core.budget import Budget, budget, coverage
from airflow_ai_slo.core.burn import Outcome, RuleOutcome, judge
from airflow_ai_slo.core.counts import Counts
from airflow_ai_slo.core.definition import SLO, Alerting, Budgeting, BurnRule, Severity
from airflow_ai_slo.core.durations import Duration, Runs, Span
from airflow_ai_slo.core.errors import ConfigurationError, DefinitionError
from airflow_ai_slo.core.instants import utc
from airflow_ai_slo.core.presets import preset_rules
from airflow_ai_slo.core.windows import Bounds, Window

_EARLIEST, _LATEST = 1900, 9800
"""Windows are a hundred years long at most, and the calendar ends with the year 9999."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What evaluating an SLO at one instant needs; shared by all SLOs of the same window and rules.

    :param spans: every window the rules use, each once, with its exclusive start, or itself where it is in runs.
    :param starts: exclusive starts of every window that goes by the clock, each once.
    :param run_spans: every window that holds a number of runs.
    """

    bounds: Bounds
    rules: tuple[BurnRule, ...]
    spans: tuple[tuple[Span, datetime | Runs], ...]
    starts: tuple[datetime, ...]
    run_spans: tuple[Runs, ...]


def check_countable(slo: SLO) -> None:
    """Refuse what this version cannot count, rather than count it as something else.

    :raises DefinitionError: a budgeting method other than Occurrences.
    """
    if slo.budgeting is not Budgeting.OCCURRENCES:
        raise DefinitionError(
            f"{slo.budgeting.value} is not counted by this version; use Occurrences",
            path=f"{slo.name}: spec.budgetingMethod",
        )


def plan(slo: SLO, at: datetime) -> Plan:
    """The plan of one SLO at one instant.

    :raises ConfigurationError: an instant without a zone, or one whose windows would leave the calendar.
    """
    at = utc(at)
    if not _EARLIEST <= at.year <= _LATEST:
        raise ConfigurationError(f"{at.isoformat()} lies outside the years {_EARLIEST} to {_LATEST}")
    return _plan(slo.window, slo.alerting, slo.objective, slo.rules, at)


@lru_cache(maxsize=4096)
def _plan(
    window: Window, alerting: Alerting, objective: Fraction, own_rules: tuple[BurnRule, ...], at: datetime
) -> Plan:
    bounds = window.bounds(at)
    rules = preset_rules(alerting, objective, bounds.length) + own_rules
    spans: dict[Span, datetime | Runs] = {}
    for rule in rules:
        for span in (rule.long, rule.short):
            if span is not None:
                spans[span] = at - span.length if isinstance(span, Duration) else span
    starts = dict.fromkeys((bounds.start, *(start for start in spans.values() if isinstance(start, datetime))))
    run_spans = tuple(span for span in spans if isinstance(span, Runs))
    return Plan(bounds, rules, tuple(spans.items()), tuple(starts), run_spans)


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
        """Whether no budget remains, without dividing; None while unknown."""
        good, total, covered = self.counts.good, self.counts.total, self.coverage
        if not total or not covered:
            return None
        objective = self.slo.objective
        spare = objective.denominator - objective.numerator
        spent = (total - good) * objective.denominator * covered.numerator
        return spent >= spare * total * covered.denominator


def evaluate(
    slo: SLO,
    at: datetime,
    needs: Plan,
    *,
    since: Mapping[datetime | Runs, Counts],
    first: datetime | None,
) -> Evaluation:
    """Evaluate one SLO.

    :param needs: its :func:`plan` at this instant.
    :param since: counts of ``(start, at]`` for every start of its :class:`Plan`, and of every window in runs.
    :param first: ``at`` of the first recorded measurement.
    """
    windows = {span: since[start] for span, start in needs.spans}
    alerts = tuple([judge(rule, windows, slo.objective) for rule in needs.rules])
    return Evaluation(slo, needs.bounds.now, since[needs.bounds.start], coverage(needs.bounds, first), windows, alerts)
