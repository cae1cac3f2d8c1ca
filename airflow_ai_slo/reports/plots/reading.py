"""A plot in words: for pointers, for the keyboard, for screen readers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from itertools import pairwise

from airflow_ai_slo.reports.figures import UNKNOWN, instant, percent, times
from airflow_ai_slo.reports.model import BudgetPoint
from airflow_ai_slo.reports.plots.scale import TimeScale, ValueScale

_SAME = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """Something at one instant that a reader can point at or tab to; ``y`` in pixels of its panel."""

    x: float
    y: float
    kind: str
    title: str


@dataclass(frozen=True, slots=True)
class Readings:
    """Every drawn point in words, for reading by pointer or arrow keys. An empty entry repeats the one before."""

    start: int
    minutes: str
    budget: str
    sli: str
    burn: str


def marks(points: Sequence[BudgetPoint], times_: TimeScale, scale: ValueScale) -> tuple[Mark, ...]:
    """For pointing at and tabbing to: the lowest point, where the budget was last spent, and the newest point."""
    found: dict[datetime, Mark] = {}

    def add(point: BudgetPoint, words: str) -> None:
        if point.remaining is not None:
            kind = "over" if point.remaining <= 0 else "left"
            title = f"{words} {instant(point.at)}: {percent(point.remaining, places=1)} of the budget left"
            found.setdefault(point.at, Mark(times_.percent(point.at), scale.y(float(point.remaining)), kind, title))

    known = [point for point in points if point.remaining is not None]
    add(known[-1], "Newest point,")
    for earlier, later in reversed(list(pairwise(known))):
        if (earlier.remaining or 0) > 0 >= (later.remaining or 0):
            add(later, "Budget spent by")
            break
    lowest = min(known, key=lambda point: point.remaining or Fraction(0))
    if lowest.remaining != known[-1].remaining:
        add(lowest, "Lowest,")
    return tuple(found[at] for at in sorted(found))


def readings(points: Sequence[BudgetPoint], objective: Fraction, scale: TimeScale) -> Readings:
    """All drawn points in words."""
    start = int(scale.start.timestamp() // 60)
    minutes = [int(point.at.timestamp() // 60) - start for point in points]
    return Readings(
        start=start,
        minutes=" ".join(str(later - earlier) for earlier, later in zip([0, *minutes], minutes, strict=False)),
        budget=_column([None if p.remaining is None else percent(p.remaining, places=1) for p in points]),
        sli=_column([None if p.sli is None else percent(p.sli, against=(objective,)) for p in points]),
        burn=_column([None if p.burn is None else times(p.burn) for p in points]),
    )


def _column(texts: Sequence[str | None]) -> str:
    shown = [UNKNOWN if text is None else text for text in texts]
    return "|".join(_SAME if index and text == shown[index - 1] else text for index, text in enumerate(shown))


def description(points: Sequence[BudgetPoint]) -> str:
    """The plot in a few sentences, for those who do not see it."""
    known = [point for point in points if point.remaining is not None]
    first, last = known[0], known[-1]
    lowest = min(known, key=lambda point: point.remaining or Fraction(0))
    words = (
        f"Budget left was {percent(first.remaining, places=1)} at {instant(first.at)} and "
        f"{percent(last.remaining, places=1)} at {instant(last.at)}; "
        f"the lowest was {percent(lowest.remaining, places=1)} at {instant(lowest.at)}."
    )
    burning = [point for point in points if point.burn is not None]
    if burning:
        peak = max(burning, key=lambda point: point.burn or Fraction(0))
        words += f" Burn between two points peaked at {times(peak.burn)} by {instant(peak.at)}."
    if any(point.remaining is None for point in points):
        words += " Gaps are stretches in which nothing was known."
    return words
