"""Services, freezes and decisions in the published schema."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from airflow_ai_slo.plugin.api.models import Answer, Counts, Mode, Severity, SLORow, State


class Override(Answer):
    """Who lets changes pass, why, until when."""

    author: str
    reason: str
    until: datetime


class ServiceFreeze(Answer):
    """A freeze that holds."""

    since: datetime
    mode: Mode
    slos: list[str]
    ends_at: datetime | None


class ServiceRow(Answer):
    """A service; ``state`` is the worst of its SLOs, ``remaining`` the least of their budgets."""

    name: str
    description: str
    slos: int
    frozen: bool
    freeze: ServiceFreeze | None
    override: Override | None
    state: State
    remaining: float | None


class ServicePage(Answer):
    """Every service."""

    services: list[ServiceRow]
    at: datetime


class Policy(Answer):
    """How a service freezes and thaws; null takes the default."""

    slos: list[str]
    mode: Mode
    thaw_above: float | None
    thaw_after_good_runs: int | None
    for_at_most: str | None
    exempt_labels: list[str]


class Decision(Answer):
    """One line of the audit log."""

    at: datetime
    service: str
    actor: str
    action: str
    labels: str
    detail: str


class Freeze(Answer):
    """One freeze; ``until`` is null while it holds."""

    since: datetime
    until: datetime | None
    slos: list[str]


class ServiceDetail(ServiceRow):
    """One service, its freezes of a year and the newest decisions about it."""

    policy: Policy
    labels: dict[str, str]
    audit: list[Decision]
    freezes: list[Freeze]
    at: datetime


class Reason(Answer):
    """Why a service is frozen: one SLO's spent budget."""

    slo: str
    remaining: float | None
    since: datetime
    allowed: float | None
    spent: float | None
    spent_by: dict[str, float]
    thaws: str


class OpenFreeze(Answer):
    """A freeze that holds, and why."""

    service: str
    since: datetime
    mode: Mode
    reasons: list[Reason]
    override: Override | None
    ends_at: datetime | None


class FreezePage(Answer):
    """The freezes that hold now."""

    freezes: list[OpenFreeze]
    at: datetime


class GateAnswer(Answer):
    """Whether a change may go out: only ``allowed`` lets it."""

    service: str
    outcome: Literal["allowed", "frozen", "unknown"]
    warns: bool
    reasons: list[Reason]
    override: Override | None
    ends_at: datetime | None
    evaluated_at: datetime | None
    detail: str


class Overridden(Override):
    """The override that was made."""

    service: str


class Released(Answer):
    """The release that was made."""

    service: str
    released_by: str
    reason: str


class AuditPage(Answer):
    """A page of the audit log, the newest first."""

    audit: list[Decision]
    next_cursor: str | None


class IncidentRow(Answer):
    """An incident of an SLO; ``resolved_at`` is null while it is open."""

    id: int
    slo: str
    title: str
    service: str
    opened_at: datetime
    resolved_at: datetime | None
    severity: Severity
    reason: str


class IncidentPage(Answer):
    """A page of incidents, the one that opened last first."""

    incidents: list[IncidentRow]
    next_cursor: str | None


class OpenIncidents(Answer):
    """How many are open of each severity."""

    page: int
    ticket: int


class Summary(Answer):
    """How all SLOs stand; ``worst`` are the five that need care most, ``empty``: none is applied."""

    slos: int
    counts: Counts
    frozen: list[str]
    incidents: OpenIncidents
    worst: list[SLORow]
    empty: bool
    at: datetime


class Me(Answer):
    """Who asks."""

    name: str
    can_write: bool


class Recorded(Answer):
    """How many measurements were recorded."""

    recorded: int


class Evaluated(Answer):
    """How many SLOs were evaluated."""

    evaluated: int
