"""Which SLOs of a listing a page shows, and in which order."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from heapq import nsmallest
from typing import Any

from airflow_ai_slo.core.errors import ConfigurationError
from airflow_ai_slo.engine.listing import Health, Listed

_URGENCY = {health: rank for rank, health in enumerate(Health)}
ORDERS: Mapping[str, Callable[[Listed], Any]] = {
    "name": lambda one: one.name,
    "title": lambda one: one.seen.slo.title.casefold(),
    "service": lambda one: one.service,
    "objective": lambda one: one.seen.slo.objective,
    "sli": lambda one: one.seen.sli,
    "remaining": lambda one: one.seen.budget.remaining,
    "burn": lambda one: one.seen.counts.burn_rate(one.seen.slo.objective),
    "state": lambda one: _URGENCY[one.health],
    "evaluated_at": lambda one: one.evaluated_at,
}
"""What SLOs can be ordered by; a ``-`` before it turns the order round. Unknown ones come last either way."""

FREEZES = ("hard", "soft", "none")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What is asked for; what is empty chooses nothing out.

    :param search: stands in the name, title, service, description or a label, whatever its case.
    :param freezes: of :data:`FREEZES`.
    :param order_by: one of :data:`ORDERS`, with ``-`` before it for the largest first.
    """

    search: str = ""
    services: Collection[str] = ()
    states: Collection[Health] = ()
    freezes: Collection[str] = ()
    order_by: str = "state"


@dataclass(frozen=True, slots=True)
class Chosen:
    """SLOs in order.

    :param counts: how many have each state, the choice of states left aside.
    """

    slos: tuple[Listed, ...]
    counts: Mapping[Health, int]


def choose(slos: Iterable[Listed], choice: Choice) -> Chosen:
    """Filter, count and order.

    :raises ConfigurationError: an order there is none of.
    """
    found = [one for one in slos if _matches(one, choice)]
    counts = count(found)
    if choice.states:
        found = [one for one in found if one.health in choice.states]
    return Chosen(tuple(_ordered(found, choice.order_by)), counts)


def count(slos: Iterable[Listed]) -> dict[Health, int]:
    """How many SLOs have each state; all states are named."""
    counts = dict.fromkeys(Health, 0)
    for one in slos:
        counts[one.health] += 1
    return counts


def most_urgent(slos: Iterable[Listed], most: int) -> list[Listed]:
    """The first few by state, then by what is left of their budgets."""

    def rank(one: Listed) -> tuple[int, bool, Fraction, str]:
        left = one.seen.budget.remaining
        return _URGENCY[one.health], left is None, left or Fraction(0), one.name

    return nsmallest(most, slos, key=rank)


def _matches(one: Listed, choice: Choice) -> bool:
    if choice.services and one.service not in choice.services:
        return False
    if choice.freezes and (one.freeze or "none") not in choice.freezes:
        return False
    return not choice.search or choice.search.casefold() in _text(one)


def _text(one: Listed) -> str:
    slo = one.seen.slo
    labels = (f"{name}={value}" for name, value in slo.labels.items())
    return "\n".join((slo.name, slo.title, slo.service, slo.description, *labels)).casefold()


def _ordered(slos: Sequence[Listed], order_by: str) -> list[Listed]:
    key = ORDERS.get(order_by.removeprefix("-"))
    if key is None:
        raise ConfigurationError(f"order_by={order_by[:40]!r}: write {', '.join(ORDERS)}, or one of them after a -")
    by_name = sorted(slos, key=lambda one: one.name)
    valued = [(key(one), one) for one in by_name]
    known = [pair for pair in valued if pair[0] is not None]
    known.sort(key=lambda pair: pair[0], reverse=order_by.startswith("-"))
    return [one for _, one in known] + [one for value, one in valued if value is None]
