"""What a replay shows, ready to be drawn: SLOs with their history, and the freezes of services."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from airflow_ai_slo.core.definition import SLO, Severity
from airflow_ai_slo.core.incident import Transition
from airflow_ai_slo.reports.model import BudgetPoint, FreezeRow

Span = tuple[datetime, datetime | None]
"""From, and to; None lasts to the end."""


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that would have happened to an incident, as told."""

    at: datetime
    transition: Transition
    severity: Severity
    reason: str


@dataclass(frozen=True, slots=True)
class ReplayedSLO:
    """One SLO.

    :param history: oldest first.
    :param runs: every run with its state: ``good``, ``bad``, ``late``, ``missing`` or ``empty``.
    :param dropped: what corrections drop.
    """

    slo: SLO
    history: tuple[BudgetPoint, ...]
    runs: tuple[tuple[datetime, str], ...]
    events: tuple[Happened, ...]
    dropped: tuple[Span, ...] = ()
    paused: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class ReplayedService:
    """One service, with the freezes it would have had."""

    name: str
    freezes: tuple[FreezeRow, ...]
    slos: tuple[ReplayedSLO, ...]


@dataclass(frozen=True, slots=True)
class Replayed:
    """A whole replay."""

    start: datetime
    end: datetime
    services: tuple[ReplayedService, ...]
