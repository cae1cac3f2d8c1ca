"""A review as the measurement that its sample was drawn for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from airflow_ai_slo.core.errors import DataError
from airflow_ai_slo.core.measurement import Measurement
from airflow_ai_slo.core.numbers import exact
from airflow_ai_slo.measure.judged.answers import Answer
from airflow_ai_slo.measure.judged.estimate import Estimate, estimate
from airflow_ai_slo.measure.judged.review import Review, decide
from airflow_ai_slo.measure.judged.sheet import Sheet


@dataclass(frozen=True, slots=True)
class Taken:
    """A sheet, what people decided on it, and what that says of the population."""

    sheet: Sheet
    review: Review
    estimate: Estimate

    def measurement(self, attributes: Mapping[str, str] | None = None) -> Measurement:
        """At the time, and under the key, of the run that drew the sample.

        :param attributes: more to remember.
        """
        sheet, found, agreement = self.sheet, self.estimate, self.review.agreement
        seen = found.attributes | {
            "detail": f"{found.detail}; {self.review.detail}",
            "sample": sheet.id,
            "reviewers": str(len(self.review.reviewers)),
        }
        if agreement is not None:
            seen["agreement"] = f"{agreement:.4f}"
        return Measurement(
            slo=sheet.slo,
            key=sheet.key,
            at=sheet.at,
            good=found.good,
            total=found.total,
            value=found.value,
            cause=found.cause,
            attributes=dict(sheet.attributes) | seen | dict(attributes or {}),
        )


def taken(sheet: Sheet, answers: Sequence[Answer], *, min_share: float = 1.0) -> Taken:
    """Decide every item, and weigh the decisions.

    :param min_share: the share of items that must have as many answers as the sheet asks for.
    :raises DataError: fewer have.
    """
    review = decide(sheet, answers)
    items = len(sheet.items)
    if items and items - review.waiting < exact(min_share) * items:
        raise DataError(
            f"sample {sheet.id}: {items - review.waiting} of {items} items have {sheet.reviewers} answer(s); "
            f"{min_share:.0%} are asked for, review the rest or ask for less"
        )
    strata = (stratum for _, stratum in sheet.items)
    return Taken(sheet, review, estimate(sheet.population, zip(strata, review.verdicts, strict=True)))
