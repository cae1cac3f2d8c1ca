"""A replay as a picture: one self-contained HTML page, or one SVG."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from typing import Any

from airflow_ai_slo.core.incident import Transition
from airflow_ai_slo.reports.figures import instant, length, percent, plural
from airflow_ai_slo.reports.html import document, render
from airflow_ai_slo.reports.plots.lane import WHAT, Lane, lane
from airflow_ai_slo.reports.plots.plot import BUDGET_HEIGHT
from airflow_ai_slo.reports.plots.scale import TimeScale
from airflow_ai_slo.reports.replayed import Replayed, ReplayedService, ReplayedSLO
from airflow_ai_slo.reports.tables import Cell, Table, freeze_table, heads, time_of

_LANE = BUDGET_HEIGHT + 66
_ABOVE, _TOP = 34, 92
_MOST_ROWS = 200


@dataclass(frozen=True, slots=True)
class _Drawn:
    """One SLO, in words and as a lane."""

    anchor: str
    title: str
    service: str
    objective: str
    runs: str
    incidents: str
    lowest: str
    left: str
    tone: str
    lane: Lane
    tables: tuple[Table, ...]


def page(replayed: Replayed) -> str:
    """The page."""
    return document("replay.html.jinja", ("report.css", "replay.css"), "report.js", **_words(replayed))


def svg(replayed: Replayed) -> str:
    """The lanes alone, with what happened as titles."""
    words = _words(replayed)
    heights = [_LANE + _ABOVE for service in words["services"] for _ in service["slos"]]
    tops = list(accumulate(heights, initial=_TOP))
    return render("replay.svg.jinja", ("report.css", "replay.css"), tops=tops, **words)


def _words(replayed: Replayed) -> dict[str, Any]:
    scale = TimeScale(replayed.start, replayed.end)
    services = [
        {
            "name": service.name,
            "slos": [_drawn(one, service, scale, f"slo-{number}-{place}") for place, one in enumerate(service.slos)],
            "table": freeze_table(service.freezes),
        }
        for number, service in enumerate(replayed.services)
    ]
    return {
        "services": services,
        "period": f"{instant(replayed.start)} – {instant(replayed.end)}",
        "length": length(replayed.end - replayed.start),
        "summary": _summary(replayed),
        "lane_bottom": _LANE - 20,
        "lane_height": _LANE,
    }


def _summary(replayed: Replayed) -> str:
    slos = [one for service in replayed.services for one in service.slos]
    opened = sum(event.transition is Transition.OPENED for one in slos for event in one.events)
    pages = sum(_pages(one) for one in slos)
    freezes = sum(len(service.freezes) for service in replayed.services)
    if not opened and not freezes:
        return f"{plural(len(slos), 'SLO')}: no incident, no freeze."
    paged = f", {pages:,} of which paged" if pages else ", none of which paged" if opened else ""
    return f"{plural(len(slos), 'SLO')}: {plural(opened, 'incident')}{paged}, and {plural(freezes, 'freeze')}."


def _pages(one: ReplayedSLO) -> int:
    """How many incidents were a page at some time."""
    number, paged = 0, set[int]()
    for event in one.events:
        number += event.transition is Transition.OPENED
        if event.severity.label == "page":
            paged.add(number)
    return len(paged)


def _drawn(one: ReplayedSLO, service: ReplayedService, scale: TimeScale, anchor: str) -> _Drawn:
    known = [point.remaining for point in one.history if point.remaining is not None]
    last = one.history[-1].remaining if one.history else None
    runs = [state for _, state in one.runs if state != "empty"]
    bad = [state for state in runs if state != "good"]
    kinds = [f"{bad.count(kind):,} {kind}" for kind in ("missing", "late") if kind in bad]
    opened = sum(event.transition is Transition.OPENED for event in one.events)
    pages = _pages(one)
    events = _table(one)
    return _Drawn(
        anchor=anchor,
        title=one.slo.title,
        service=service.name,
        objective=f"{percent(one.slo.objective, places=9)} over {one.slo.window}",
        runs=f"{len(bad):,} of {len(runs):,}" + (f" ({', '.join(kinds)})" if kinds else ""),
        incidents=(f"{opened:,}" + (f" ({pages:,} paged)" if pages else "")) if opened else "none",
        lowest=percent(min(known, default=None), places=1),
        left=percent(last, places=1),
        tone=_tone(last),
        lane=lane(one, service.freezes, scale),
        tables=(events,) if events.rows else (),
    )


def _tone(left: Fraction | None) -> str:
    if left is None:
        return "unknown"
    return "bad" if left <= 0 else "low" if left < Fraction(1, 4) else "good"


def _table(one: ReplayedSLO) -> Table:
    """What happened to incidents, in order."""
    rows = tuple(
        (
            time_of(event.at),
            Cell(WHAT[event.transition].removesuffix(" to").capitalize()),
            Cell(event.severity.label.capitalize(), event.severity.label),
            Cell(event.reason),
        )
        for event in one.events[-_MOST_ROWS:]
    )
    more = len(one.events) - len(rows)
    left_out = f"{more:,} earlier ones are left out here; --format json has all." if more else ""
    return Table("events", "Incidents", heads("When (UTC)", "What", "Severity", "Reason"), rows, left_out)
