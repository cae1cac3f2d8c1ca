"""Fewer points for a plot, with every peak and every gap kept in its place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from airflow_ai_slo.reports.model import BudgetPoint

MOST_POINTS = 200
_KEPT_A_BUCKET = 4
_ENDS = 2


def decimate(points: Sequence[BudgetPoint], most: int = MOST_POINTS) -> tuple[BudgetPoint, ...]:
    """At most ``most`` of the points, oldest first.

    Kept of each of the equal stretches of points: the lowest and the highest budget, the highest burn and the first
    unknown; and both ends. So each extreme of the whole is there, and a gap that a stretch holds still shows.

    :param most: at least 6.
    """
    if len(points) <= most:
        return tuple(points)
    buckets = (most - _ENDS) // _KEPT_A_BUCKET
    kept = {0, len(points) - 1}
    for bucket in range(buckets):
        kept.update(_telling(points, range(bucket * len(points) // buckets, (bucket + 1) * len(points) // buckets)))
    return tuple(points[index] for index in sorted(kept))


def _telling(points: Sequence[BudgetPoint], bucket: range) -> Iterable[int]:
    budget = [(float(value), index) for index in bucket if (value := points[index].remaining) is not None]
    burn = [(float(value), index) for index in bucket if (value := points[index].burn) is not None]
    if budget:
        yield from (min(budget)[1], max(budget)[1])
    if burn:
        yield max(burn)[1]
    if len(budget) < len(bucket):
        yield next(index for index in bucket if points[index].remaining is None)


def thin(points: Sequence[BudgetPoint], most: int, worst: Callable[[BudgetPoint], float]) -> tuple[BudgetPoint, ...]:
    """One point of each of ``most`` stretches, the worst: for a sparkline. Both ends stay."""
    if len(points) <= most:
        return tuple(points)
    inner = most - _ENDS
    rest = points[1:-1]
    chosen = (
        min(rest[bucket * len(rest) // inner : (bucket + 1) * len(rest) // inner], key=worst) for bucket in range(inner)
    )
    return (points[0], *chosen, points[-1])
