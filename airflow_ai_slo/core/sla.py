"""A service level agreement beside an objective: what is owed to somebody outside, and what missing it costs.

An SLA is weaker than its SLO: the objective warns while the agreement still holds. It is kept over calendar periods,
and a period's compliance is good / total of what the SLO counts within it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from airflow_ai_slo.core import fields
from airflow_ai_slo.core.errors import DefinitionError
from airflow_ai_slo.core.periods import CALENDAR

MOST_CREDITS = 20
_UTC = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Credit:
    """One tier: below this compliance, this share of the fee is owed back.

    :param below: compliance, above 0 and at most 1.
    :param share: of the fee, above 0 and at most 1.
    """

    below: Fraction
    share: Fraction


@dataclass(frozen=True, slots=True, init=False)
class SLA:
    """What was agreed.

    :param target: compliance that is owed, above 0 and below 1; ``0.95`` is read as exactly 95/100.
    :param credits: what is owed where it is missed, by how far: ``{"0.95": "0.1", "0.9": "0.25"}``.
    :param period: ``week``, ``month``, ``quarter`` or ``year``.
    :param zone: whose calendar.
    :raises DefinitionError: which field is wrong, and what would be right.
    """

    target: Fraction
    credits: tuple[Credit, ...]
    period: str
    zone: ZoneInfo

    def __init__(
        self,
        target: Fraction | float | str,
        *,
        credits: Mapping[Any, Any] | Iterable[Credit] = (),
        period: str = "month",
        zone: ZoneInfo | str = _UTC,
    ) -> None:
        values = {
            "target": fields.share("sla", target),
            "credits": _credits(credits),
            "period": fields.choice("sla.period", period, CALENDAR),
            "zone": fields.zone("sla.zone", zone),
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)
        _check_credits(self.credits, self.target)

    def owed(self, compliance: Fraction) -> Fraction:
        """Share of the fee that is owed back at a compliance: the highest tier it lies below; 0 at or above all."""
        return max((tier.share for tier in self.credits if compliance < tier.below), default=Fraction(0))


def _credits(given: Mapping[Any, Any] | Iterable[Credit]) -> tuple[Credit, ...]:
    if not isinstance(given, Mapping):
        return tuple(sorted(given, key=lambda tier: -tier.below))
    tiers = (Credit(fields.number("sla.credits", b), fields.number("sla.credits", s)) for b, s in given.items())
    return tuple(sorted(tiers, key=lambda tier: -tier.below))


def _check_credits(tiers: Sequence[Credit], target: Fraction) -> None:
    """The further compliance falls, the more is owed; nothing is owed while the agreement is kept."""
    if len(tiers) > MOST_CREDITS:
        raise DefinitionError(f"holds {len(tiers)} tiers, more than {MOST_CREDITS}", path="sla.credits")
    for number, tier in enumerate(tiers):
        what = f"below {_shown(tier.below)}: {_shown(tier.share)}"
        if not 0 < tier.below <= target:
            why = f"a tier is above 0 and at most the SLA, {_shown(target)}: while it is kept nothing is owed"
            raise DefinitionError(f"{what}; {why}", path="sla.credits")
        if not 0 < tier.share <= 1:
            raise DefinitionError(f"{what}; a credit is above 0 and at most 100% of the fee", path="sla.credits")
        if number and tier.below == tiers[number - 1].below:
            raise DefinitionError(f"{what} is given twice", path="sla.credits")
        if number and tier.share <= tiers[number - 1].share:
            why = f"is not more than {_shown(tiers[number - 1].share)} of the tier above; lower compliance owes more"
            raise DefinitionError(f"{what} {why}", path="sla.credits")


def _shown(share: Fraction) -> str:
    return f"{float(share):.10g}"


def sla_to_dict(sla: SLA) -> dict[str, Any]:
    """An SLA as JSON values; :func:`sla_from_dict` reads it back equal."""
    return {
        "target": str(sla.target),
        "credits": [[str(tier.below), str(tier.share)] for tier in sla.credits],
        "period": sla.period,
        "zone": sla.zone.key,
    }


def sla_from_dict(values: Mapping[str, Any]) -> SLA:
    """The SLA :func:`sla_to_dict` wrote."""
    return SLA(
        Fraction(values["target"]),
        credits=[Credit(Fraction(below), Fraction(share)) for below, share in values["credits"]],
        period=values["period"],
        zone=values["zone"],
    )
