"""One SLO's plot, worked out for the template: budget left above, burn rate below, one time axis for both.

Ours because it has to stay readable at any width and in both colour schemes under a strict content security policy,
with steps, gaps, freezes and incidents; general chart libraries draw at a fixed size with their colours written in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction
from itertools import pairwise

from airflow_ai_slo.core.definition import Severity
from airflow_ai_slo.reports.figures import instant, times
from airflow_ai_slo.reports.model import BudgetPoint, FreezeRow, IncidentRow, SLOReport
from airflow_ai_slo.reports.plots.decimate import decimate
from airflow_ai_slo.reports.plots.reading import Mark, Readings, description, marks, readings
from airflow_ai_slo.reports.plots.scale import (
    WIDTH,
    Tick,
    TimeScale,
    ValueScale,
    after_steps,
    area,
    path,
    round_step,
    spread,
)

BUDGET_HEIGHT = 150
BURN_HEIGHT = 84
LANE_HEIGHT = 26
"""Between the panels: incidents."""
_GAP = 13
_TIMES = 10
_BELOW_ZERO = -0.12
_MOST_MARKS = 20
_LOG_FROM = 4


@dataclass(frozen=True, slots=True)
class Stretch:
    """Something that lasts; ``x`` and ``width`` in percent."""

    x: float
    width: float
    kind: str
    title: str


@dataclass(frozen=True, slots=True)
class Panel:
    """Figures over time: the area to the base line, the line on top of it where there is one, ticks on its axis."""

    area: str
    zero: float
    ticks: tuple[Tick, ...]
    height: int
    line: str = ""
    log: bool = False


@dataclass(frozen=True, slots=True)
class Plot:
    """All of one plot."""

    budget: Panel
    burn: Panel
    factors: tuple[Tick, ...]
    times: tuple[Tick, ...]
    freezes: tuple[Stretch, ...]
    incidents: tuple[Stretch, ...]
    marks: tuple[Mark, ...]
    gaps: bool
    span: float
    readings: Readings
    description: str
    earlier: str = ""
    """The budget of the period before, from the same left edge."""

    @property
    def severities(self) -> frozenset[str]:
        """Which kinds of incident a legend has to explain."""
        return frozenset(one.kind for one in self.incidents)


def plot(slo: SLOReport, freezes: Sequence[FreezeRow], scale: TimeScale) -> Plot | None:
    """The plot over the report's period; None where no point is known."""
    points = decimate([point for point in slo.history if scale.start <= point.at <= scale.end])
    if all(point.remaining is None for point in points):
        return None
    factors = {alert.rule.factor: alert.rule.severity for alert in reversed(slo.evaluation.alerts)}
    budget_scale, budget = budget_panel(points, scale)
    before = _before(slo.earlier, scale)
    burn_scale, burn = _burn_panel(points, scale, factors)
    incidents = tuple(_incident(row, scale) for row in _visible(slo.incidents, scale))
    return Plot(
        budget=budget,
        burn=burn,
        factors=tuple(Tick(burn_scale.y(float(factor)), "", factors[factor].label) for factor in factors),
        times=tuple(tick for tick in scale.ticks(_TIMES) if tick.at < 97),
        freezes=tuple(freeze(row, scale) for row in freezes if touches(row.since, row.until, scale)),
        incidents=incidents,
        marks=marks(points, scale, budget_scale),
        gaps=any(point.remaining is None for point in points),
        span=(scale.end - scale.start).total_seconds() / 60,
        readings=readings(points, slo.evaluation.slo.objective, scale),
        description=description(points),
        earlier=_outline(before, scale, budget_scale),
    )


def _before(points: Sequence[BudgetPoint], scale: TimeScale) -> list[BudgetPoint]:
    """The points of the period before, moved on by its length: both begin at the left."""
    if not points or all(point.remaining is None for point in points):
        return []
    moved = [replace(point, at=point.at + (scale.start - points[0].at)) for point in points]
    return [point for point in decimate(moved) if point.at <= scale.end]


def _outline(points: Sequence[BudgetPoint], times_: TimeScale, scale: ValueScale) -> str:
    steps = [
        (times_.x(p.at), None if p.remaining is None else scale.y(max(float(p.remaining), scale.low))) for p in points
    ]
    return "".join(path(run) for run in after_steps(steps, times_.x(points[-1].at))) if points else ""


def _floats(points: Iterable[BudgetPoint]) -> list[float]:
    return [float(point.remaining) for point in points if point.remaining is not None]


def budget_panel(points: Sequence[BudgetPoint], times_: TimeScale) -> tuple[ValueScale, Panel]:
    """Budget left, of points of which one is known at least."""
    low = min(_BELOW_ZERO, min(_floats(points)) * 1.08)
    scale = ValueScale(low, 1.0, BUDGET_HEIGHT)
    steps = [(times_.x(p.at), None if p.remaining is None else scale.y(float(p.remaining))) for p in points]
    runs = after_steps(steps, WIDTH)
    zero = scale.y(0)
    step = max(round_step(1 - low, 6), 0.25)
    grid = [step * index for index in range(-int(-low // step), int(1 // step) + 1)]
    ticks = spread([Tick(scale.y(v), f"{v * 100:,.0f}%".replace("-", "−")) for v in [0.0, 1.0, *grid]], _GAP)
    panel = Panel(
        line="".join(path(run) for run in runs),
        area="".join(area(run, zero) for run in runs),
        zero=zero,
        ticks=ticks,
        height=BUDGET_HEIGHT,
    )
    return scale, panel


def _burn_panel(
    points: Sequence[BudgetPoint], times_: TimeScale, factors: dict[Fraction, Severity]
) -> tuple[ValueScale, Panel]:
    burns = [point.burn for point in points if point.burn is not None]
    highest = max(burns, default=Fraction(0))
    loudest = max(factors, default=Fraction(1))
    log = highest > _LOG_FROM * loudest
    scale = ValueScale(0.0, float(max(highest, loudest, Fraction(1))), BURN_HEIGHT, log=log)
    steps = [
        (times_.x(earlier.at), None if later.burn is None else scale.y(float(later.burn)))
        for earlier, later in pairwise(points)
    ]
    runs = after_steps(steps, times_.x(points[-1].at))
    zero = scale.y(0)
    wanted = [
        Tick(zero, "0"),
        *(Tick(scale.y(float(f)), times(f), factors[f].label) for f in sorted(factors, reverse=True)),
        Tick(scale.y(float(highest)), times(highest)),
        Tick(scale.y(1), "1×"),
    ]
    panel = Panel(
        area="".join(area(run, zero) for run in runs),
        zero=zero,
        ticks=spread(wanted, _GAP),
        height=BURN_HEIGHT,
        log=log,
    )
    return scale, panel


def touches(since: datetime, until: datetime | None, scale: TimeScale) -> bool:
    """Whether any of it lies on the axis."""
    return since <= scale.end and (until is None or until >= scale.start)


def _visible(rows: Sequence[IncidentRow], scale: TimeScale) -> list[IncidentRow]:
    seen = [row for row in rows if touches(row.opened_at, row.resolved_at, scale)]
    return sorted(seen, key=lambda row: row.opened_at)[-_MOST_MARKS:]


def freeze(row: FreezeRow, scale: TimeScale) -> Stretch:
    """When a service was frozen."""
    left, right = scale.percent(row.since), scale.percent(row.until or scale.end)
    until = instant(row.until) if row.until else "now"
    return Stretch(
        left, round(right - left, 2), "frozen", f"Frozen {instant(row.since)} to {until} by {', '.join(row.slos)}"
    )


def _incident(row: IncidentRow, scale: TimeScale) -> Stretch:
    left, right = scale.percent(row.opened_at), scale.percent(row.resolved_at or scale.end)
    end = f"resolved {instant(row.resolved_at)}" if row.resolved_at else "still open"
    what = row.severities.capitalize() + ("" if row.severities == row.severity else ",")
    title = f"{what} opened {instant(row.opened_at)}, {end}: {row.reason}"
    return Stretch(left, round(right - left, 2), row.highest, title)
