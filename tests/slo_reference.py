"""What semantics say, the slow way: every figure summed anew from the measurements, Fractions only.

Written from the definitions alone, to be compared with the product; it shares no code with it beyond plain values.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction


@dataclass(frozen=True)
class Figures:
    """Counts and what follows from them."""

    good: Fraction
    total: Fraction
    runs: int
    bad_runs: int

    @property
    def sli(self) -> Fraction | None:
        return self.good / self.total if self.total else None

    def burn(self, objective: Fraction) -> Fraction | None:
        return (self.total - self.good) / self.total / (1 - objective) if self.total else None


@dataclass
class Reference:
    """Measurements of one SLO, by key, as its ``rerun`` leaves them."""

    objective: Fraction
    rerun: str = "replace"
    rows: dict[str, tuple[datetime, Fraction, Fraction]] = field(default_factory=dict)

    def record(self, key: str, at: datetime, good: object, total: object) -> None:
        new = (at, Fraction(str(good)), Fraction(str(total)))
        old = self.rows.get(key)
        if old is not None and self.rerun == "first":
            return
        if old is not None and self.rerun == "worst":
            # Lower ratio wins, on a tie the larger total; crosswise, so that a total of 0 needs no case of its own.
            left, right = new[1] * old[2], old[1] * new[2]
            if left > right or (left == right and new[2] <= old[2]):
                return
        self.rows[key] = new

    def within(self, start: datetime, end: datetime) -> Figures:
        """``(start, end]``."""
        by_run: dict[datetime, list[Fraction]] = {}
        for at, good, total in self.rows.values():
            if start < at <= end:
                sums = by_run.setdefault(at, [Fraction(0), Fraction(0)])
                sums[0] += good
                sums[1] += total
        return Figures(
            sum((sums[0] for sums in by_run.values()), Fraction(0)),
            sum((sums[1] for sums in by_run.values()), Fraction(0)),
            len(by_run),
            sum(1 for good, total in by_run.values() if total and good / total < self.objective),
        )

    @property
    def first(self) -> datetime | None:
        return min((at for at, _, _ in self.rows.values()), default=None)

    def coverage(self, start: datetime, now: datetime, end: datetime) -> Fraction:
        """Share of ``(start, end]`` that has elapsed by now and lies after the first measurement."""
        if self.first is None:
            return Fraction(0)
        covered = max(now - max(start, self.first), timedelta(0))
        return min(Fraction(_micros(covered), _micros(end - start)), Fraction(1))

    def allowed(self, figures: Figures, coverage: Fraction) -> Fraction | None:
        return (1 - self.objective) * figures.total / coverage if figures.total and coverage else None

    def remaining(self, figures: Figures, coverage: Fraction) -> Fraction | None:
        allowed = self.allowed(figures, coverage)
        return None if allowed is None else 1 - (figures.total - figures.good) / allowed

    def rule(self, now: datetime, long: timedelta, short: timedelta | None, factor: Fraction) -> str:
        """A burn rule that asks for one bad run in each window."""
        outcomes = []
        for length in (long, short):
            if length is None:
                continue
            figures = self.within(now - length, now)
            burn = figures.burn(self.objective)
            if burn is None:
                return "unknown"
            outcomes.append(burn > factor and figures.bad_runs >= 1)
        return "firing" if all(outcomes) else "healthy"


def _micros(length: timedelta) -> int:
    return length // timedelta(microseconds=1)
