"""What a report shows, ready to be drawn; no store, no arithmetic beyond core."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from airflow_ai_slo.core.attribution import Attribution
from airflow_ai_slo.core.comparing import Compared
from airflow_ai_slo.core.compliance import Agreement
from airflow_ai_slo.core.corrections import Correction
from airflow_ai_slo.core.definition import Service
from airflow_ai_slo.core.evaluation import Evaluation
from airflow_ai_slo.core.freeze import Override
from airflow_ai_slo.core.measurement import Measurement
from airflow_ai_slo.core.numbers import Exact
from airflow_ai_slo.core.periods import Period
from airflow_ai_slo.core.sketch import Percentiles


@dataclass(frozen=True, slots=True)
class BudgetPoint:
    """Budget and SLI at one instant of the past, recomputed from the counts; None where unknown.

    :param burn: burn rate over the stretch since the previous point.
    """

    at: datetime
    remaining: Fraction | None
    sli: Fraction | None
    burn: Fraction | None


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """One incident of an SLO; ``resolved_at`` is None while open.

    :param severity: that it has, or had when it was resolved.
    :param reached: the highest that it had; empty reads as ``severity``.
    """

    opened_at: datetime
    resolved_at: datetime | None
    severity: str
    reason: str
    reached: str = ""

    @property
    def highest(self) -> str:
        return self.reached or self.severity

    @property
    def severities(self) -> str:
        """``page``; ``page, now ticket`` while it is open and de-escalated, ``page, then ticket`` after."""
        if self.highest == self.severity:
            return self.severity
        return f"{self.highest}, {'now' if self.resolved_at is None else 'then'} {self.severity}"


@dataclass(frozen=True, slots=True)
class FreezeRow:
    """One freeze of a service; ``until`` is None while it holds."""

    since: datetime
    until: datetime | None
    slos: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One decision: a gate passed or stopped, an override, a release."""

    at: datetime
    actor: str
    action: str
    detail: str


@dataclass(frozen=True, slots=True)
class SLOReport:
    """One SLO.

    :param history: oldest first, over the report's period.
    :param spent: who spent the budget of the SLO's window: by cause, by version, by task.
    :param worst: the bad measurements that spent most, worst first.
    :param corrections: those in force that drop something in the report's period or the SLO's window.
    :param unit: plural noun of what the counts count, such as ``rows``; empty reads as the definition and counts say.
    :param percentiles: of what was timed in the SLO's window; None where nothing was.
    :param earlier: the history of the period before, oldest first.
    :param compared: the period against the one before; None leaves it out.
    :param agreement: its SLA; None where it has none.
    """

    evaluation: Evaluation
    history: tuple[BudgetPoint, ...]
    spent: tuple[Attribution, ...]
    worst: tuple[Measurement, ...]
    incidents: tuple[IncidentRow, ...]
    unit: str = ""
    corrections: tuple[Correction, ...] = ()
    percentiles: Percentiles | None = None
    earlier: tuple[BudgetPoint, ...] = ()
    compared: Compared | None = None
    agreement: Agreement | None = None

    @property
    def spent_by(self) -> Mapping[str, Exact]:
        """Bad events per cause (``other`` where none was given), the most first."""
        causes = (found for found in self.spent if found.by == "cause")
        return {group.name: group.bad for found in causes for group in found.groups}


@dataclass(frozen=True, slots=True)
class ServiceReport:
    """One service with its SLOs, freezes and audit log (newest first).

    :param override: what lets changes through the freeze now, if anything does.
    """

    service: Service
    frozen: FreezeRow | None
    slos: tuple[SLOReport, ...]
    freezes: tuple[FreezeRow, ...]
    audit: tuple[AuditRow, ...]
    override: Override | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """An SLO that is not there any more."""

    slo: str
    service: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Report:
    """A whole report over ``(start, end]``.

    :param generated_at: when it was written; None leaves it out.
    :param period: what it is of; None leaves comparisons out.
    :param ended: SLOs that went in the period or in the one before, and are nowhere else in the report.
    """

    title: str
    start: datetime
    end: datetime
    services: tuple[ServiceReport, ...]
    generated_at: datetime | None = None
    period: Period | None = None
    ended: tuple[Ended, ...] = ()
