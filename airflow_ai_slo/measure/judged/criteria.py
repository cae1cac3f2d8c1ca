"""What makes a score good enough: a floor, a ceiling, or both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isnan
from typing import Any

from airflow_ai_slo.core.errors import ConfigurationError

_KNOWN = frozenset({"at_least", "at_most", "column", "slo"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """A column of scores and its limits, both of them inside.

    :param name: of the criterion, for people.
    :param column: where its scores are.
    :param at_least: the lowest score that is good.
    :param at_most: the highest score that is good.
    :param slo: the SLO that it is measured for by itself; empty where it is one of those that must all hold.
    """

    name: str
    column: str
    at_least: float | None = None
    at_most: float | None = None
    slo: str = ""

    def __post_init__(self) -> None:
        if self.at_least is None and self.at_most is None:
            raise ConfigurationError(f"criterion {self.name!r} has no limit; give at_least, at_most or both")
        for field in ("at_least", "at_most"):
            object.__setattr__(self, field, _limit(f"{self.name}.{field}", getattr(self, field)))
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise ConfigurationError(
                f"criterion {self.name!r}: at_least={self.at_least:g} is above at_most={self.at_most:g}"
            )

    def holds(self, score: float) -> bool:
        """Whether a score is good; it is no NaN."""
        return (self.at_least is None or score >= self.at_least) and (self.at_most is None or score <= self.at_most)

    def __str__(self) -> str:
        limits = [
            f"{sign} {limit:g}" for sign, limit in ((">=", self.at_least), ("<=", self.at_most)) if limit is not None
        ]
        return f"{self.name} {' and '.join(limits)}"


def criteria_of(given: Mapping[str, Mapping[str, Any]]) -> tuple[Criterion, ...]:
    """Criteria as operators take them: ``{"faithfulness": {"at_least": 0.8}, "toxicity": {"at_most": 0.1}}``.

    ``column`` is where the scores are, by default the criterion's name; ``slo`` names an SLO of its own.

    :raises ConfigurationError: there is none, or one is not of this form.
    """
    if not isinstance(given, Mapping) or not given:
        raise ConfigurationError("criteria is empty; give such as {'faithfulness': {'at_least': 0.8}}")
    return tuple(_criterion(str(name), values) for name, values in given.items())


def _criterion(name: str, values: Any) -> Criterion:
    if not isinstance(values, Mapping) or not values.keys() <= _KNOWN:
        raise ConfigurationError(f"criteria[{name!r}]={values!r}: give a dict of {', '.join(sorted(_KNOWN))}")
    column, slo = values.get("column", name), values.get("slo", "")
    return Criterion(name=name, column=column, at_least=values.get("at_least"), at_most=values.get("at_most"), slo=slo)


def _limit(field: str, value: object) -> float | None:
    if value is None:
        return None
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        number = float("nan")
    if isinstance(value, bool) or isnan(number):
        raise ConfigurationError(f"{field}={value!r} is not a number")
    return number
