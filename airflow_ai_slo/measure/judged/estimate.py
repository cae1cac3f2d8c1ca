"""From verdicts on a sample to counts that say no more than the sample does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from airflow_ai_slo.core.intervals import Stratum, stratified, wilson
from airflow_ai_slo.core.measurement import Cause
from airflow_ai_slo.core.numbers import Exact, narrow

_CONFIDENCE = Fraction(95, 100)
_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Estimate:
    """The share of good rows in a population, from those of them that were judged.

    :param good: ``share * total``.
    :param total: effective sample size; of a simple random sample the rows judged. 0 where none was.
    :param value: the share, None where none was judged.
    :param judged: rows with a verdict.
    :param unjudged: rows drawn without one (errors, skipped, split).
    :param left_out: strata of which no row has a verdict; they are not in the estimate.
    """

    good: Exact
    total: Exact
    value: float | None
    cause: Cause | None
    detail: str
    judged: int
    unjudged: int
    population: int
    left_out: tuple[str, ...]

    @property
    def attributes(self) -> dict[str, str]:
        """What a measurement remembers of it."""
        return {
            "detail": self.detail,
            "method": "sample",
            "judged": str(self.judged),
            "unjudged": str(self.unjudged),
            "population": str(self.population),
        }


def estimate(population: Mapping[str, int], verdicts: Iterable[tuple[str, bool | None]]) -> Estimate:
    """Weigh the verdicts on a sample by the strata they come from.

    :param population: rows by stratum; of a simple random sample one stratum.
    :param verdicts: (stratum, whether the row is good) of each row drawn; None where there is no verdict.
    """
    drawn, judged, good = Counter[str](), Counter[str](), Counter[str]()
    for stratum, verdict in verdicts:
        drawn[stratum] += 1
        judged[stratum] += verdict is not None
        good[stratum] += verdict is True
    size, known = sum(population.values()), sum(judged.values())
    unjudged = sum(drawn.values()) - known
    left_out = tuple(name for name, many in population.items() if many and not judged[name])
    if not known:
        detail = f"none of {unjudged:,} rows has a verdict" if unjudged else "no rows to judge"
        return Estimate(0, 0, None, None, detail, 0, unjudged, size, left_out)
    found = stratified(
        Stratum(population[name], good[name], judged[name]) for name in population if judged[name] and population[name]
    )
    cause = Cause.MODEL_QUALITY if found.share < 1 else None
    detail = _in_words(found.share, found.size, good, known, size) + _beside(unjudged, left_out)
    total, share = narrow(found.size), narrow(found.good)
    return Estimate(share, total, float(found.share), cause, detail, known, unjudged, size, left_out)


def _in_words(share: Fraction, effective: Fraction, good: Mapping[str, int], known: int, size: int) -> str:
    low, high = wilson(share * effective, effective, _CONFIDENCE) or (0.0, 1.0)
    words = f"{sum(good.values()):,} of {known:,} judged are good, of {size:,} rows"
    if effective != known:
        words += f"; weighed by strata {float(share):.2%}, worth a simple sample of {float(effective):,.1f}"
    return f"{words}; {low:.1%} to {high:.1%} at 95% confidence"


def _beside(unjudged: int, left_out: tuple[str, ...]) -> str:
    words = f"; {unjudged:,} drawn without a verdict" if unjudged else ""
    if left_out:
        named = ", ".join(name or "(missing)" for name in left_out[:_MOST_NAMED])
        words += f"; without any: {named}" + (" …" if len(left_out) > _MOST_NAMED else "")
    return words
