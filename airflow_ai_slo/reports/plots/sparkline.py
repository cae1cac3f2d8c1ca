"""The overview's trend: budget left over the period and the one before, the size of a word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from airflow_ai_slo.reports.figures import percent
from airflow_ai_slo.reports.model import BudgetPoint, SLOReport
from airflow_ai_slo.reports.plots.decimate import thin
from airflow_ai_slo.reports.plots.scale import ValueScale, after_steps, path

WIDTH, HEIGHT = 120, 28
_POINTS = 40


@dataclass(frozen=True, slots=True)
class Spark:
    """A small line.

    :param shares: budget left of its points, for a line of characters; None where unknown.
    :param turn: x at which the report's own period begins; None where there is nothing before.
    :param before: how many of ``shares`` lie before it.
    """

    line: str
    zero: float
    words: str
    shares: tuple[float | None, ...]
    turn: int | None = None
    before: int = 0


def sparkline(slo: SLOReport) -> Spark | None:
    """None where fewer than two points are known."""
    earlier = _drawn(slo.earlier, _POINTS // 2) if _known(slo.earlier) else ()
    points = (*earlier, *_drawn(slo.history, _POINTS // 2 if earlier else _POINTS))
    known = _known(points)
    if len(known) < 2:
        return None
    shares = tuple(_share(point) for point in points)
    scale = ValueScale(min(0.0, *(share for share in shares if share is not None)), 1.0, HEIGHT, pad=3)
    last = len(shares) - 1
    steps = [
        (round(index * WIDTH / last), None if share is None else scale.y(share)) for index, share in enumerate(shares)
    ]
    outline = "".join(path(run) for run in after_steps(steps, WIDTH))
    words = f"Budget left went from {percent(known[0].remaining, places=0)} to {percent(known[-1].remaining, places=0)}"
    turn = round(len(earlier) * WIDTH / last) if earlier else None
    return Spark(outline, scale.y(0), words, shares, turn, len(earlier))


def _known(points: Sequence[BudgetPoint]) -> list[BudgetPoint]:
    return [point for point in points if point.remaining is not None]


def _drawn(points: Sequence[BudgetPoint], most: int) -> tuple[BudgetPoint, ...]:
    return thin(points, most, _worst)


def _share(point: BudgetPoint) -> float | None:
    return None if point.remaining is None else float(point.remaining)


def _worst(point: BudgetPoint) -> float:
    return float("inf") if point.remaining is None else float(point.remaining)
