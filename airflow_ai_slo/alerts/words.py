"""Exact figures as people read them. Percentages are rounded down: they never look better than they are."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from airflow_ai_slo.core.burn import Outcome
from airflow_ai_slo.core.deciding import Moved
from airflow_ai_slo.core.definition import BurnRule, Operator
from airflow_ai_slo.core.durations import Runs, Span
from airflow_ai_slo.core.evaluation import Evaluation
from airflow_ai_slo.core.incident import Transition
from airflow_ai_slo.core.instants import from_micros
from airflow_ai_slo.core.numbers import Exact
from airflow_ai_slo.core.pipeline_incident import Change
from airflow_ai_slo.core.units import singular, unit_of

_BEYOND: dict[Operator, str] = {"gt": "beyond", "gte": "at or beyond", "lt": "below", "lte": "at or below"}
_BACK: dict[Operator, str] = {"gt": "{} or less", "gte": "below {}", "lt": "{} or more", "lte": "above {}"}


def instant(at: datetime) -> str:
    """``2026-02-03 06:10 UTC``."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def stamp(at: datetime) -> str:
    """``20260203T061000.000000Z``: an instant inside a key."""
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%S.%fZ}"


def length(span: timedelta) -> str:
    """``3 h 30 min``; whole minutes, the two largest units."""
    minutes = max(span // timedelta(minutes=1), 0)
    days, minutes = divmod(minutes, 1440)
    hours, minutes = divmod(minutes, 60)
    parts = [f"{number} {unit}" for number, unit in ((days, "d"), (hours, "h"), (minutes, "min")) if number]
    return " ".join(parts[:2]) or "under a minute"


def amount(number: Exact) -> str:
    """``1,234`` or ``0.15``: a count, to at most two decimals."""
    if Fraction(number).denominator == 1:
        return f"{int(number):,}"
    text = f"{float(number):,.2f}"
    return text.rstrip("0").rstrip(".") if float(text.replace(",", "")) else "under 0.01"


def floored(share: Fraction, decimals: int) -> str:
    """A share in percent, rounded down: 99.4999% never reads 99.5%."""
    scale = 10**decimals
    text = f"{math.floor(share * 100 * scale) / scale:.{decimals}f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) + "%"


def percent_left(remaining: Fraction) -> str:
    """Budget remaining: ``33%``, ``-67%``, ``0.4%``; something left, and something overspent, never reads 0%.

    What is left is rounded down, what is overspent to the nearest.
    """
    if 0 < remaining < Fraction(1, 1000):
        return "under 0.1%"
    if remaining < 0:
        rounded = round(remaining, 2) if remaining <= Fraction(-1, 10) else min(round(remaining, 3), Fraction(-1, 1000))
        return floored(rounded, 1)
    return floored(remaining, 1 if 0 < remaining < Fraction(1, 10) else 0)


def times(burn: Fraction) -> str:
    """``14.4x``: how many times faster than the budget lasts."""
    value = float(burn)
    text = f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) + "x"


def over(span: Span) -> str:
    """``1h``, or ``the last 2 runs``."""
    return f"the last {span}" if isinstance(span, Runs) else str(span)


def counted(number: Exact, unit: str) -> str:
    """``1 bad run``, ``2 bad runs``.

    :param unit: plural noun.
    """
    return f"{amount(number)} bad {singular(unit) if number == 1 else unit}"


def budget_left(evaluation: Evaluation) -> str:
    """``33%: 1 of 3 bad runs left``, and whether that is an estimate."""
    budget = evaluation.budget
    if budget.remaining is None:
        return events_left(evaluation)
    text = f"{percent_left(budget.remaining)}: {events_left(evaluation)}"
    if budget.estimate:
        text += f" (estimate, {floored(budget.coverage, 0)} of {evaluation.slo.window} watched)"
    return text


def events_left(evaluation: Evaluation) -> str:
    """``1 of 3 bad runs left``, ``4 bad runs, 3 allowed``, or why nothing is known."""
    budget, unit = evaluation.budget, unit_of(evaluation)
    if budget.allowed is None or budget.remaining is None:
        return f"unknown: nothing measured in {evaluation.slo.window}"
    left = budget.allowed - budget.consumed
    if left > 0:
        return f"{amount(left)} of {amount(budget.allowed)} bad {unit} left"
    if left == 0:
        return f"all of {counted(budget.allowed, unit)} spent"
    return f"{counted(budget.consumed, unit)}, {amount(budget.allowed)} allowed"


def sli(evaluation: Evaluation) -> str:
    """``98.214%, objective 99.5%``."""
    objective = f"objective {floored(evaluation.slo.objective, 6)} over {evaluation.slo.window}"
    return f"unknown, {objective}" if evaluation.sli is None else f"{floored(evaluation.sli, 3)}, {objective}"


def spent_by(causes: Mapping[str, Exact], *, most: int | None = None) -> str:
    """``data drift 3, late 1``: what spent the budget, most first.

    :param most: how many causes are named; the rest is only counted.
    """
    spent = sorted(((number, cause) for cause, number in causes.items() if number > 0), key=lambda x: (-x[0], x[1]))
    named = [f"{str(cause).replace('_', ' ')} {amount(number)}" for number, cause in spent[:most]]
    rest = len(spent) - len(named)
    return ", ".join([*named, f"{rest} more cause{'' if rest == 1 else 's'}"] if rest else named)


def rates(evaluation: Evaluation, rule: BurnRule) -> str:
    """``20x over 1h and 33x over 5m``: what burns now in a rule's windows."""
    spans = [rule.long] if rule.short in (None, rule.long) else [rule.long, rule.short]
    burns = [(span, evaluation.windows[span].burn_rate(evaluation.slo.objective)) for span in spans if span]
    return " and ".join(f"{'unknown' if burn is None else times(burn)} over {over(span)}" for span, burn in burns)


def limit(rule: BurnRule) -> str:
    """``beyond 14.4x``: what makes a rule fire."""
    return f"{_BEYOND[rule.op]} {times(rule.factor)}"


def back(rule: BurnRule) -> str:
    """``14.4x or less over 5m``: what releases a rule."""
    return f"{_BACK[rule.op].format(times(rule.factor))} over {over(rule.short or rule.long)}"


def firing(evaluation: Evaluation) -> list[BurnRule]:
    """Rules that fire, pages first."""
    rules = [alert.rule for alert in evaluation.alerts if alert.outcome is Outcome.FIRING]
    return sorted(rules, key=lambda rule: -rule.severity)


def fired(evaluation: Evaluation) -> str:
    """``page: burn 20x over 1h and 33x over 5m, beyond 14.4x``: the loudest firing rule; empty where none fires."""
    for rule in firing(evaluation):
        return f"{rule.severity.label}: burn {rates(evaluation, rule)}, {limit(rule)}"
    return ""


def moved_line(moved: Moved, evaluation: Evaluation | None) -> str:
    """Why an incident opened, changed or closed.

    :param evaluation: what was seen then; needed where the clock brought it.
    """
    if moved.change is not None:
        return settled_line(moved.change)
    if moved.released and moved.transition in (Transition.RESOLVED, Transition.DEESCALATED):
        return f"burn is {' and '.join(dict.fromkeys(back(rule) for rule in moved.released))}"
    return "" if evaluation is None else fired(evaluation)


def settled_line(change: Change) -> str:
    """``page: 2 bad runs, the last at 2026-06-01 06:00 UTC; …``: what a settled run did to an incident."""
    at = f"{from_micros(change.run.at):%Y-%m-%d %H:%M} UTC"
    if change.rule is None:
        return f"good runs in a row up to {at}"
    rule = change.rule
    spans = [rule.long] if rule.short in (None, rule.long) else [rule.long, rule.short]
    windows = " and ".join(over(span) for span in spans if span)
    return f"{rule.severity.label}: bad run at {at}; burn over {windows} is {limit(rule)}"
