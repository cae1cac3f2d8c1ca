"""Messages that say how things stand, rather than that something changed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from airflow_ai_slo.alerts import words
from airflow_ai_slo.alerts.compose import figures
from airflow_ai_slo.alerts.message import Fact, Kind, Message
from airflow_ai_slo.core.definition import SLO, Severity
from airflow_ai_slo.core.evaluation import Evaluation


def digest_message(
    seen: Sequence[Evaluation],
    *,
    at: datetime,
    period: timedelta,
    key: str,
    frozen: Mapping[str, datetime],
    soft: Collection[str] = (),
    opened: int,
    resolved: int,
) -> Message:
    """One message of all SLOs' state, those that need care first.

    :param period: what it looks back on.
    :param key: the same for the same digest.
    :param frozen: since when each frozen service is.
    :param soft: those of them whose freeze only warns.
    :param opened: incidents that opened within the period; ``resolved`` likewise.
    """
    spent = [one for one in seen if one.exhausted]
    burning = [one for one in seen if one.firing and not one.exhausted]
    unknown = [one for one in seen if one.sli is None]
    care = len(spent) + len(burning)
    facts = [
        Fact("SLOs", f"{len(seen)}: {len(spent)} spent, {len(burning)} burning, {len(unknown)} unknown"),
        Fact("Incidents", f"{opened} opened, {resolved} resolved in {words.length(period)}"),
    ]
    if frozen:
        said = ", ".join(
            f"{service} ({'soft, only warns, ' if service in soft else ''}since {words.instant(since)})"
            for service, since in sorted(frozen.items())
        )
        facts.append(Fact("Frozen", said))
    return Message(
        kind=Kind.DIGEST,
        title=f"{care} of {len(seen)} SLOs need care" if care else f"{len(seen)} SLOs: none needs care",
        at=at,
        thread_key=f"digest:{key}",
        dedup_key=f"digest:{key}",
        facts=tuple(facts),
        body=tuple(state_line(one) for one in sorted(seen, key=_care)),
        figures={"slos": len(seen), "spent": len(spent), "burning": len(burning), "unknown": len(unknown)},
    )


def notice(
    seen: Sequence[Evaluation],
    *,
    at: datetime,
    text: str,
    key: str,
    frozen: Collection[str],
    soft: Collection[str] = (),
) -> Message:
    """How some SLOs stand now, under a title of somebody's own.

    :param text: the title; by default which SLOs.
    :param soft: frozen services whose freeze only warns.
    :param key: the same for the same notice.
    """
    slo = seen[0].slo if len(seen) == 1 else None
    lines = [state_line(one) for one in sorted(seen, key=_care)]
    lines += [
        f"{service} is frozen{' softly: changes pass with a warning' if service in soft else ''}."
        for service in sorted({one.slo.service for one in seen} & set(frozen))
    ]
    return Message(
        kind=Kind.NOTICE,
        title=text or f"State of {', '.join(one.slo.title for one in seen)}",
        at=at,
        thread_key=f"notice:{key}",
        dedup_key=f"notice:{key}",
        service=slo.service if slo else "",
        slo=slo.name if slo else "",
        body=tuple(lines),
        figures=figures(seen[0]) if slo else {},
    )


def acknowledgement(
    slo: SLO, severity: Severity, *, incident_id: int, opened_at: datetime, author: str, note: str, at: datetime
) -> Message:
    """Somebody says that they are at it."""
    return Message(
        kind=Kind.INCIDENT_ACKNOWLEDGED,
        title=f"{author} is looking at it: {slo.title}",
        at=at,
        thread_key=f"incident:{incident_id}",
        dedup_key=f"incident:{incident_id}:acknowledged:{severity.label}:{author}",
        severity=severity,
        service=slo.service,
        slo=slo.name,
        since=opened_at,
        body=(note,) if note else (),
    )


def state_line(one: Evaluation) -> str:
    """``Flights scored: SPENT, budget left -7%: …; SLI 92%, objective 90% over 30d``."""
    if one.exhausted:
        state = "SPENT"
    elif one.firing:
        state = f"burning ({one.firing.label})"
    else:
        state = "unknown" if one.sli is None else "fine"
    return f"{one.slo.title}: {state}, budget left {words.budget_left(one)}; SLI {words.sli(one)}"


def _care(one: Evaluation) -> tuple[bool, int, bool, float, str]:
    """Spent first, then by how loud it burns, unknown ones, and by what is left."""
    remaining = one.budget.remaining
    left = 0.0 if remaining is None else float(remaining)
    return not one.exhausted, -int(one.firing or 0), one.sli is not None, left, one.slo.name
