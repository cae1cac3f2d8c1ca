"""SLOs in the published schema: what the routes answer, field by field."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

State = Literal["healthy", "burning", "spent", "unknown"]
Severity = Literal["page", "ticket"]
Mode = Literal["hard", "soft"]
Source = Literal["airflow", "great-expectations", "sql", "recorded"]


class Answer(BaseModel):
    """Every field is there; those that are unknown are null."""

    model_config = ConfigDict(extra="forbid")


class Problem(Answer):
    """What is wrong, in one line."""

    detail: str


class Budget(Answer):
    """In the unit of the counts; ``remaining`` is signed, 1 is all of it. ``estimate``: projected from a window that
    is not full yet."""

    allowed: float | None
    consumed: float
    remaining: float | None
    coverage: float
    estimate: bool
    text: Annotated[str, Field(examples=["1 of 2.8 bad runs left"])]


class OpenIncident(Answer):
    """An incident that is open, with the reason of what happened to it last."""

    opened_at: datetime
    severity: Severity
    reason: str


class SLORow(Answer):
    """An SLO as lists show it. ``burn`` is over its own window; ``freeze`` is how its service is frozen."""

    name: str
    title: str
    service: str
    objective: float
    window: Annotated[str, Field(examples=["28d"])]
    source: Source
    unit: Annotated[str, Field(examples=["runs"])]
    good: float
    total: float
    sli: float | None
    budget: Budget
    burn: float | None
    state: State
    incident: OpenIncident | None
    freeze: Mode | None
    evaluated_at: datetime | None
    labels: dict[str, str]


class TrendRow(SLORow):
    """The same; with ``trend=true`` what was left at the last fourteen days' same time of day, oldest first."""

    trend: list[float | None] | None = None


class Counts(Answer):
    """How many SLOs have each state."""

    healthy: int
    burning: int
    spent: int
    unknown: int


class SLOPage(Answer):
    """A page of SLOs. ``counts`` leaves the choice of states aside."""

    slos: list[TrendRow]
    total_entries: int
    counts: Counts
    at: datetime


class SLORows(Answer):
    """SLOs."""

    slos: list[TrendRow]
    at: datetime


class Alert(Answer):
    """A rule as resolved, judged. Windows in runs are written ``8 runs``."""

    severity: Severity
    long: str
    short: str | None
    factor: float
    outcome: Literal["firing", "healthy", "unknown"]


class Point(Answer):
    """Budget and SLI at an instant; ``burn`` since the point before."""

    at: datetime
    remaining: float | None
    sli: float | None
    burn: float | None


class Group(Answer):
    """One group's part of what was spent."""

    name: str
    bad: float
    share: float


class Spent(Answer):
    """Who spent the budget, the largest first."""

    by: Literal["cause", "version", "task"]
    groups: list[Group]


class Event(Answer):
    """One thing that happened to an incident."""

    at: datetime
    transition: Literal["opened", "escalated", "deescalated", "resolved", "superseded"]
    severity: Severity
    reason: str


class Incident(Answer):
    """An incident; ``resolved_at`` is null while it is open."""

    opened_at: datetime
    resolved_at: datetime | None
    severity: Severity
    reason: str
    events: list[Event]


class Correction(Answer):
    """When measurements are dropped."""

    id: int
    slo: str
    start: datetime
    end: datetime | None
    rrule: str | None
    duration: str | None
    zone: str | None
    author: str
    reason: str
    created_at: datetime
    revoked_at: datetime | None


class Percentiles(Answer):
    """Of what was timed in the SLO's window."""

    unit: Literal["ms"]
    count: int
    p50: float
    p90: float
    p95: float
    p99: float


class Forecast(Answer):
    """Where the budget is heading; ``at``: when it is spent, or a spent one comes back."""

    outlook: Literal["runs_out", "lasts", "spent", "unknown"]
    text: str
    at: datetime | None


class Credit(Answer):
    """What is owed of a period's fee where its compliance ends below a share."""

    below: float
    share: float


class Compliance(Answer):
    """An SLA in one of its periods; ``bears`` is how many more bad events it does, ``credit`` what would be owed."""

    period: str
    label: str
    start: datetime
    end: datetime
    timezone: str
    over: bool
    outlook: Literal["met", "at risk", "missed", "unknown"]
    good: float
    total: float
    compliance: float | None
    interval: list[float] | None
    coverage: float
    allowed: float | None
    bears: int | None
    credit: float | None
    most_credit: float | None


class Agreement(Answer):
    """An SLA and how it stands; ``past``: periods that are over, oldest first."""

    target: float
    window: str
    timezone: str
    credits: list[Credit]
    now: Compliance
    past: list[Compliance]
    text: Annotated[str, Field(examples=["On course: 97.1% in January 2026, agreed 95%; bears 2 more bad runs"])]


class SLODetail(SLORow):
    """One SLO in full. ``definition`` is its OpenSLO document, ``yaml`` the same as text."""

    description: str
    alerts: list[Alert]
    burn_rates: dict[str, float | None]
    history: list[Point]
    window_start: datetime
    allowed_line: list[tuple[datetime, float]]
    spent: list[Spent]
    incidents: list[Incident]
    corrections: list[Correction]
    percentiles: Percentiles | None
    forecast: Forecast
    definition: dict[str, Any]
    yaml: str
    dags: list[str]
    sla: Agreement | None
    at: datetime


class Measurement(Answer):
    """One measurement; ``bad``: its good / total is below the objective."""

    key: str
    at: datetime
    good: float
    total: float
    value: float | None
    cause: str | None
    bad: bool
    attributes: dict[str, str]
    recorded_at: datetime


class MeasurementPage(Answer):
    """A page of measurements, the newest first."""

    measurements: list[Measurement]
    next_cursor: str | None
