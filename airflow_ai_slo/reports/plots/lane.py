"""One SLO of a replay over time: budget left, incidents with what happened to them, and every run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from airflow_ai_slo.core.incident import Transition
from airflow_ai_slo.reports.figures import instant
from airflow_ai_slo.reports.model import FreezeRow
from airflow_ai_slo.reports.plots.decimate import decimate
from airflow_ai_slo.reports.plots.plot import Panel, Stretch, budget_panel, freeze, touches
from airflow_ai_slo.reports.plots.reading import Readings, description, readings
from airflow_ai_slo.reports.plots.scale import WIDTH, Tick, TimeScale
from airflow_ai_slo.reports.replayed import Happened, ReplayedSLO

_TIMES = 10
_MOST_POINTS = 400
_MOST_TOLD = 40
_ENDS = (Transition.RESOLVED, Transition.SUPERSEDED)


@dataclass(frozen=True, slots=True)
class Lane:
    """All of one lane.

    :param budget: None where it was never known.
    :param incidents: an incident is one stretch for each severity it had.
    :param events: what happened to incidents, no longer than an instant; ends first, lest they hide a beginning.
    :param good: a stroke for each good run, as path data.
    :param bad: the same of bad ones.
    :param told: bad runs in words, where they are few.
    """

    budget: Panel | None
    times: tuple[Tick, ...]
    freezes: tuple[Stretch, ...]
    idle: tuple[Stretch, ...]
    incidents: tuple[Stretch, ...]
    events: tuple[Stretch, ...]
    good: str
    bad: str
    told: tuple[Stretch, ...]
    span: float
    readings: Readings | None
    description: str


def lane(one: ReplayedSLO, freezes: Sequence[FreezeRow], scale: TimeScale) -> Lane:
    """The lane over the whole replay."""
    points = decimate(one.history, _MOST_POINTS)
    is_known = any(point.remaining is not None for point in points)
    bad_runs = [(at, state) for at, state in one.runs if state in _WORDS]
    return Lane(
        budget=budget_panel(points, scale)[1] if is_known else None,
        times=tuple(tick for tick in scale.ticks(_TIMES) if tick.at < 97),
        freezes=tuple(freeze(row, scale) for row in freezes if touches(row.since, row.until, scale)),
        idle=tuple(_between(start, end, "dropped", "Corrected: dropped", scale) for start, end in one.dropped)
        + tuple(_between(start, end, "paused", "Paused", scale) for start, end in one.paused),
        incidents=tuple(_stretches(one.events, scale)),
        events=tuple(
            _event(event, scale) for event in sorted(one.events, key=lambda event: event.transition not in _ENDS)
        ),
        good=_strokes((at for at, state in one.runs if state == "good"), scale),
        bad=_strokes((at for at, _ in bad_runs), scale),
        told=tuple(_mark(at, "bad", f"{_WORDS[state]} {instant(at)}", scale) for at, state in bad_runs)
        if len(bad_runs) <= _MOST_TOLD
        else (),
        span=(scale.end - scale.start).total_seconds() / 60,
        readings=readings(points, one.slo.objective, scale) if is_known else None,
        description=description(points) if is_known else "No budget was known at any point.",
    )


_WORDS = {"bad": "Bad run", "late": "Late run", "missing": "Missing run"}


def _strokes(instants: Iterable[datetime], scale: TimeScale) -> str:
    """One stroke for each drawing unit that holds any."""
    places = sorted({min(scale.x(at), WIDTH - 1) for at in instants})
    return "".join(f"M{x}.5 0V1" for x in places)


def _stretches(events: Sequence[Happened], scale: TimeScale) -> Iterable[Stretch]:
    for place, event in enumerate(events):
        if event.transition in _ENDS:
            continue
        until = events[place + 1].at if place + 1 < len(events) else None
        title = f"{event.severity.label.capitalize()} {_span(event.at, until)}"
        yield _between(event.at, until, event.severity.label, title, scale, is_told=True)


def _event(event: Happened, scale: TimeScale) -> Stretch:
    kind = f"{event.transition.value} {event.severity.label}"
    what = f"{event.severity.label.capitalize()} {WHAT[event.transition]} {instant(event.at)}: {event.reason}"
    return _mark(event.at, kind, what, scale)


WHAT = {
    Transition.OPENED: "opened",
    Transition.ESCALATED: "escalated to",
    Transition.DEESCALATED: "de-escalated to",
    Transition.RESOLVED: "resolved",
    Transition.SUPERSEDED: "superseded",
}


def _mark(at: datetime, kind: str, title: str, scale: TimeScale) -> Stretch:
    return Stretch(scale.percent(at), 0.0, kind, title)


def _between(
    start: datetime, end: datetime | None, kind: str, title: str, scale: TimeScale, *, is_told: bool = False
) -> Stretch:
    left, right = scale.percent(start), scale.percent(end or scale.end)
    found = Stretch(left, round(right - left, 2), kind, title)
    return found if is_told else replace(found, title=f"{title} {_span(start, end)}")


def _span(start: datetime, end: datetime | None) -> str:
    return f"{instant(start)} to {instant(end) if end else 'the end'}"
