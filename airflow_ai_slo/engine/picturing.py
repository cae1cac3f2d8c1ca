"""What a replay came to, as a report shows it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from airflow_ai_slo.core.definition import SLO
from airflow_ai_slo.core.instants import from_micros
from airflow_ai_slo.engine.replaying import Replay
from airflow_ai_slo.reports.model import FreezeRow
from airflow_ai_slo.reports.replayed import Happened, Replayed, ReplayedService, ReplayedSLO, Span

_NEVER = from_micros(0)


def replayed(happened: Replay, slos: Sequence[SLO]) -> Replayed:
    """The replay by service, each SLO with its history, runs and incidents."""
    start, end = happened.started_at or _NEVER, happened.ended_at or _NEVER
    services: dict[str, list[ReplayedSLO]] = {}
    for slo in sorted(slos, key=lambda slo: slo.name):
        services.setdefault(slo.service, []).append(_slo(happened, slo, start, end))
    return Replayed(
        start,
        end,
        tuple(ReplayedService(name, _freezes(happened, name), tuple(services[name])) for name in sorted(services)),
    )


def _slo(happened: Replay, slo: SLO, start: datetime, end: datetime) -> ReplayedSLO:
    stream = happened.streams[slo.name]
    runs = ((from_micros(at), state) for at, state in stream.states())
    drops = ((from_micros(since), from_micros(until)) for since, until in stream.dropped.stretches)
    return ReplayedSLO(
        slo,
        tuple(happened.history.get(slo.name, ())),
        tuple((at, state) for at, state in runs if start <= at <= end),
        tuple(
            Happened(event.at, event.transition, event.severity, event.reason)
            for event in happened.transitions
            if event.slo == slo.name
        ),
        tuple(_within(drops, start, end)),
        tuple(_within(stream.pauses, start, end)),
    )


def _within(spans: Iterable[Span], start: datetime, end: datetime) -> list[Span]:
    return [(since, until) for since, until in spans if since <= end and (until is None or until >= start)]


def _freezes(happened: Replay, service: str) -> tuple[FreezeRow, ...]:
    held = (one for one in happened.freezes if one.service == service)
    return tuple(FreezeRow(one.since, one.until, tuple(sorted(one.causes))) for one in held)
