"""The overview's trend: budget left over the period, the size of a word."""

from __future__ import annotations

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
    """

    line: str
    zero: float
    words: str
    shares: tuple[float | None, ...]


def sparkline(slo: SLOReport) -> Spark | None:
    """None where fewer than two points are known."""
    known = [point for point in slo.history if point.remaining is not None]
    if len(known) < 2:
        return None
    shares = tuple(_share(point) for point in thin(slo.history, _POINTS, _worst))
    scale = ValueScale(min(0.0, *(share for share in shares if share is not None)), 1.0, HEIGHT, pad=3)
    last = len(shares) - 1
    steps = [
        (round(index * WIDTH / last), None if share is None else scale.y(share)) for index, share in enumerate(shares)
    ]
    outline = "".join(path(run) for run in after_steps(steps, WIDTH))
    words = f"Budget left went from {percent(known[0].remaining, places=0)} to {percent(known[-1].remaining, places=0)}"
    return Spark(outline, scale.y(0), words, shares)


def _share(point: BudgetPoint) -> float | None:
    return None if point.remaining is None else float(point.remaining)


def _worst(point: BudgetPoint) -> float:
    return float("inf") if point.remaining is None else float(point.remaining)
