"""Whether a burn rule fires, in whole-number arithmetic."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from airflow_ai_slo.core.counts import Counts
from airflow_ai_slo.core.definition import BurnRule, Operator
from airflow_ai_slo.core.durations import Span


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


def judge(rule: BurnRule, windows: Mapping[Span, Counts], objective: Fraction) -> RuleOutcome:
    """Judge one rule over the counts of its windows."""
    long = windows[rule.long]
    short = long if rule.short is None else windows[rule.short]
    if not short.total or not long.total:
        return RuleOutcome(rule, Outcome.UNKNOWN, False)
    burning = exceeds(short, rule.factor, objective, rule.op)
    firing = (
        burning
        and exceeds(long, rule.factor, objective, rule.op)
        and long.bad_runs >= rule.min_bad_long
        and (rule.short is None or short.bad_runs >= rule.min_bad_short)
    )
    return RuleOutcome(rule, Outcome.FIRING if firing else Outcome.HEALTHY, not burning)
