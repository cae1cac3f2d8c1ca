"""Rules that watch how fast a budget burns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from fractions import Fraction
from typing import Literal

from airflow_ai_slo.core.durations import Span
from airflow_ai_slo.core.errors import DefinitionError

Operator = Literal["gt", "gte", "lt", "lte"]

MOST_RULES = 50


class Severity(IntEnum):
    """How loud an alert is; a page outranks a ticket."""

    TICKET = 1
    PAGE = 2

    @property
    def label(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class BurnRule:
    """Fires when burn over ``long``, and over ``short`` where given, is beyond ``factor``.

    :param min_bad_long: bad runs the long window must hold at least; ``min_bad_short`` likewise.
    :param op: how burn is compared with the factor; presets use ``gt``.
    """

    severity: Severity
    long: Span
    short: Span | None
    factor: Fraction
    min_bad_long: int = 1
    min_bad_short: int = 1
    op: Operator = "gt"

    def __str__(self) -> str:
        spans = f"{self.long} and {self.short}" if self.short else f"{self.long}"
        return f"{self.severity.label}: burn {self.op} {float(self.factor):g} over {spans}"


def check_rules(rules: Sequence[BurnRule], objective: Fraction) -> None:
    """Refuse more rules than can be watched, and those that could never fire.

    :raises DefinitionError: which one, and what would be right.
    """
    if len(rules) > MOST_RULES:
        raise DefinitionError(f"{len(rules)} rules; at most {MOST_RULES} can be watched", path="rules")
    for number, rule in enumerate(rules):
        _check_factor(rule, objective, f"rules[{number}].factor")


def _check_factor(rule: BurnRule, objective: Fraction, path: str) -> None:
    """0 < factor < 1 / (1 - objective), the highest burn rate there is."""
    highest = 1 / (1 - objective)
    if rule.factor <= 0:
        raise DefinitionError(f"{float(rule.factor):g} is not above 0; 1 spends the budget in time", path=path)
    if rule.op in ("gt", "gte") and rule.factor >= highest:
        raise DefinitionError(
            f"{float(rule.factor):g} could never fire: burn rates reach {float(highest):g} at most", path=path
        )
