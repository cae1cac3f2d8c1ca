"""Axes: where an instant or a figure lies, and which ticks an axis gets. Drawing units are pixels from the top left."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import MAXYEAR, UTC, datetime, timedelta

WIDTH = 1000
"""Horizontal drawing units of a plot, stretched to whatever width it gets."""

_STEPS = (
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=3),
    timedelta(hours=6),
    timedelta(hours=12),
    timedelta(days=1),
    timedelta(days=2),
    timedelta(days=7),
    timedelta(days=14),
)
_MONTH_STEPS = (1, 2, 3, 6, 12, 24, 60, 120)
_MONTH = timedelta(days=30)
_EPOCH = datetime(2001, 1, 1, tzinfo=UTC)
"""A Monday, and the start of a month and a year: every kind of step falls on it."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on an axis: ``at`` in pixels (vertical) or percent (horizontal)."""

    at: float
    label: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class TimeScale:
    """Instants of ``[start, end]`` from left to right."""

    start: datetime
    end: datetime

    def share(self, at: datetime) -> float:
        """0 at the start, 1 at the end; outside it sticks to the nearer end."""
        whole = (self.end - self.start).total_seconds()
        return min(max((at - self.start).total_seconds() / whole, 0.0), 1.0) if whole > 0 else 1.0

    def x(self, at: datetime) -> int:
        """Drawing units from the left."""
        return round(self.share(at) * WIDTH)

    def percent(self, at: datetime) -> float:
        """Percent from the left."""
        return round(self.share(at) * 100, 2)

    def ticks(self, most: int) -> tuple[Tick, ...]:
        """At most ``most`` round instants in UTC."""
        length = self.end - self.start
        for step in _STEPS:
            if length < step * most:
                return tuple(self._tick(at, step) for at in self._every(step))
        months = next((m for m in _MONTH_STEPS if length < _MONTH * m * most), _MONTH_STEPS[-1])
        return tuple(Tick(self.percent(at), at.strftime("%b %Y")) for at in self._months(months))

    def _every(self, step: timedelta) -> Sequence[datetime]:
        first = _EPOCH + ((self.start - _EPOCH) // step + 1) * step
        return [first + step * index for index in range(max(0, (self.end - first) // step + 1))]

    def _tick(self, at: datetime, step: timedelta) -> Tick:
        clock = step < timedelta(days=1) and (at.hour or at.minute)
        return Tick(self.percent(at), f"{at:%H:%M}" if clock else f"{at.day} {at:%b}")

    def _months(self, step: int) -> Sequence[datetime]:
        start = self.start.astimezone(UTC)
        first = ((start.year * 12 + start.month - 1) // step + 1) * step
        starts = (datetime(m // 12, m % 12 + 1, 1, tzinfo=UTC) for m in range(first, 12 * MAXYEAR, step))
        found = []
        for at in starts:
            if at > self.end:
                break
            found.append(at)
        return found


@dataclass(frozen=True, slots=True)
class ValueScale:
    """Figures of ``[low, high]`` from bottom to top of a panel.

    :param log: by log(1 + figure), for burns of which most are far below the highest.
    """

    low: float
    high: float
    height: int
    pad: int = 6
    log: bool = False

    def y(self, value: float) -> float:
        """Pixels from the panel's top, to a tenth."""
        low, high, value = (self._map(v) for v in (self.low, self.high, value))
        share = (value - low) / (high - low)
        return round(self.height - self.pad - share * (self.height - 2 * self.pad), 1)

    def _map(self, value: float) -> float:
        return math.log1p(value) if self.log else value


def round_step(span: float, most: int) -> float:
    """The smallest of 1, 2, 2.5 or 5 times a power of ten that divides ``span`` into at most ``most`` parts."""
    rough = span / most
    power = 10.0 ** math.floor(math.log10(rough))
    return next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough * (1 - 1e-9))


def spread(ticks: Sequence[Tick], gap: float) -> tuple[Tick, ...]:
    """The ticks, earlier ones first in rank, without those that would come closer than ``gap`` to one kept."""
    kept: list[Tick] = []
    for tick in ticks:
        if all(abs(tick.at - other.at) >= gap for other in kept):
            kept.append(tick)
    return tuple(kept)


def after_steps(points: Sequence[tuple[int, float | None]], end: int) -> tuple[tuple[tuple[int, float], ...], ...]:
    """Corners of a line whose value holds until the next point; one run of corners per stretch without a gap.

    :param points: x and y, y None where unknown.
    :param end: x at which the last value stops holding.
    """
    runs: list[list[tuple[int, float]]] = []
    height: float | None = None
    for x, y in points:
        if height is not None and (y is None or y != height):
            runs[-1].append((x, height))
        if y is not None and height is None:
            runs.append([])
        if y is not None and y != height:
            runs[-1].append((x, y))
        height = y
    if height is not None:
        runs[-1].append((end, height))
    return tuple(tuple(run) for run in runs)


def path(corners: Sequence[tuple[int, float]]) -> str:
    """SVG path data through right-angled corners, as short as it gets."""
    parts: list[str] = []
    before: tuple[int, float] | None = None
    for x, y in corners:
        if before is None:
            parts.append(f"M{x} {y:g}")
        elif x != before[0] and y != before[1]:
            parts.append(f"L{x} {y:g}")
        elif x != before[0]:
            parts.append(f"H{x}")
        elif y != before[1]:
            parts.append(f"V{y:g}")
        before = (x, y)
    return "".join(parts)


def area(corners: Sequence[tuple[int, float]], base: float) -> str:
    """The same, closed along a base line."""
    return f"{path(corners)}V{base:g}H{corners[0][0]}Z" if corners else ""
