"""Good and total of a window, and the figures read from them. B = total - good."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from airflow_ai_slo.core.numbers import Exact


class Counts(NamedTuple):
    """What a window holds: exact counts, distinct runs, and how many of those were bad."""

    good: Exact
    total: Exact
    bad_runs: int = 0
    runs: int = 0

    @property
    def bad(self) -> Exact:
        return self.total - self.good

    @property
    def sli(self) -> Fraction | None:
        """Good / total; None (unknown) where nothing happened."""
        return Fraction(self.good, self.total) if self.total else None

    def burn_rate(self, objective: Fraction) -> Fraction | None:
        """(B / T) / (1 - objective), at most 1 / (1 - objective); None where total is 0."""
        if not self.total:
            return None
        spare = objective.denominator - objective.numerator
        return Fraction((self.total - self.good) * objective.denominator, self.total * spare)


EMPTY = Counts(0, 0)


def is_bad(good: Exact, total: Exact, objective: Fraction) -> bool:
    """Whether a run with these counts is bad: its ratio is below the objective. Nothing happened is not bad."""
    return good * objective.denominator < total * objective.numerator
