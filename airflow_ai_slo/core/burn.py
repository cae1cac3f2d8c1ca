"""Whether a burn rule fires, in whole-number arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from airflow_ai_slo.core.counts import Counts
from airflow_ai_slo.core.definition import BurnRule, Operator
from airflow_ai_slo.core.intervals import is_surely_above


class Outcome(StrEnum):
    """What a rule says. Unknown (nothing happened in a window) holds every decision."""

    FIRING = "firing"
    HEALTHY = "healthy"
    UNKNOWN = "unknown"


class RuleOutcome(NamedTuple):
    """One rule judged at one instant.

    :param cleared: the short window (the long one where there is no short) was observed within the factor.
    """

    rule: BurnRule
    outcome: Outcome
    cleared: bool


def exceeds(counts: Counts, factor: Fraction, objective: Fraction, op: Operator = "gt") -> bool:
    """Whether burn over these counts is beyond the factor; total must not be 0. Exact: no division is made."""
    spare = objective.denominator - objective.numerator
    burn = (counts.total - counts.good) * objective.denominator * factor.denominator
    limit = counts.total * spare * factor.numerator
    if op == "gt":
        return burn > limit
    if op == "gte":
        return burn >= limit
    return burn < limit if op == "lt" else burn <= limit


@dataclass(frozen=True, slots=True, eq=False)
class Judge:
    """A rule made ready for the objective it watches.

    :param long: where the counts of its long window stand in a plan; ``short`` likewise, the same where it has none.
    :param limit: the share of bad events, factor x (1 - objective), that it compares with.
    :param parts: its numerator and denominator, at hand: every window of every SLO is compared with them.
    :param confidence: asks for the whole Wilson interval on the bad side before it fires.
    """

    rule: BurnRule
    long: int
    short: int
    limit: Fraction
    parts: tuple[int, int]
    confidence: Fraction | None
    firing: RuleOutcome
    healthy: RuleOutcome
    burning: RuleOutcome
    unknown: RuleOutcome

    @classmethod
    def of(cls, rule: BurnRule, objective: Fraction, confidence: Fraction | None, long: int, short: int) -> Judge:
        """Make a rule ready."""
        limit = rule.factor * (1 - objective)
        return cls(
            rule,
            long,
            short,
            limit,
            limit.as_integer_ratio(),
            confidence,
            RuleOutcome(rule, Outcome.FIRING, False),
            RuleOutcome(rule, Outcome.HEALTHY, True),
            RuleOutcome(rule, Outcome.HEALTHY, False),
            RuleOutcome(rule, Outcome.UNKNOWN, False),
        )

    def judge(self, long: Counts, short: Counts) -> RuleOutcome:
        """Judge the counts of its windows; both are the long one's where it has no short window."""
        if not long.total or not short.total:
            return self.unknown
        if not self._exceeds(short):
            return self.healthy
        rule = self.rule
        if not self._exceeds(long) or long.bad_runs < rule.min_bad_long:
            return self.burning
        if rule.short is not None and short.bad_runs < rule.min_bad_short:
            return self.burning
        if self.confidence is not None and not (self._surely(long) and self._surely(short)):
            return self.unknown
        return self.firing

    def _exceeds(self, counts: Counts) -> bool:
        over, under = self.parts
        bad, limit = (counts.total - counts.good) * under, counts.total * over
        op = self.rule.op
        if op == "gt":
            return bad > limit
        if op == "gte":
            return bad >= limit
        return bad < limit if op == "lt" else bad <= limit

    def _surely(self, counts: Counts) -> bool:
        if self.rule.op in ("lt", "lte"):
            return is_surely_above(counts.good, counts.total, 1 - self.limit, self.confidence)
        return is_surely_above(counts.total - counts.good, counts.total, self.limit, self.confidence)


def judge(rule: BurnRule, long: Counts, short: Counts, objective: Fraction) -> RuleOutcome:
    """Judge one rule once; who judges often makes a :class:`Judge`."""
    return Judge.of(rule, objective, None, 0, 1).judge(long, short)
