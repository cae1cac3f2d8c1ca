"""What there is to tell, into the outbox."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from airflow_ai_slo.alerts import Link, Message, freeze_message, incident_message, thaw_line
from airflow_ai_slo.core.definition import SLO, Service
from airflow_ai_slo.core.evaluation import Evaluation
from airflow_ai_slo.core.freeze import Reason
from airflow_ai_slo.core.incident import Transition
from airflow_ai_slo.core.target import routed
from airflow_ai_slo.engine.reading import Seen
from airflow_ai_slo.store import counting, definitions, incidents, outbox, targets
from airflow_ai_slo.store.definitions import Stored
from airflow_ai_slo.store.freezes import Freeze
from airflow_ai_slo.store.incidents import Incident

if TYPE_CHECKING:
    from sqlalchemy import Connection


def post_incident(
    connection: Connection, stored: Stored, seen: Evaluation, transition: Transition, found: Incident, *, reason: str
) -> None:
    """Tell an incident's transition to those who take any severity that it has had so far."""
    start = stored.slo.window.bounds(seen.at).start
    message = incident_message(
        seen,
        transition,
        found.severity,
        incident_id=found.id,
        opened_at=found.opened_at,
        at=seen.at,
        spent_by=counting.spent_by(connection, stored.slo_id, start, seen.at, stored.scale),
        reason=reason,
        links=_links(connection, stored, start, seen.at),
    )
    had = [severity.label for severity in incidents.severities(connection, found.id)]
    post(connection, message, whom(connection, [stored.slo], had))


def post_freeze(connection: Connection, found: Freeze, seen: Iterable[Seen], *, started: bool, at: datetime) -> None:
    """Tell that a service froze or thawed."""
    causes = [one for one in seen if one[1].slo.name in found.causes]
    remaining = {e.slo.name: e.budget.remaining for _, e in causes}
    message = freeze_message(
        found.service,
        [Reason(name, remaining.get(name), since) for name, since in found.causes.items()],
        started=started,
        at=at,
        freeze_id=found.id,
        thaws=[thaw_line(e.slo, e.budget.allowed) for _, e in causes],
        spent_by={
            e.slo.name: counting.spent_by(connection, s.slo_id, e.slo.window.bounds(at).start, at, s.scale)
            for s, e in causes
        },
        links=[Link(f"Runbook of {e.slo.name}", e.slo.runbook) for _, e in causes if e.slo.runbook],
    )
    post(connection, message, whom(connection, [e.slo for _, e in causes], ["freeze"]))


def whom(connection: Connection, slos: Sequence[SLO], what: Iterable[str]) -> list[str]:
    """Targets of SLOs and of their services that take something."""
    services = definitions.services(connection)
    named = [name for slo in slos for name in (*slo.notify, *_notify(services.get(slo.service)))]
    return routed(list(dict.fromkeys(named)), targets.known(connection), what)


def post(connection: Connection, message: Message, told: Iterable[str]) -> int:
    """Put a message into the outbox, once for each target; how many it is now in for."""
    names = list(told)
    for target in names:
        outbox.add(
            connection,
            dedup_key=message.dedup_key,
            thread_key=message.thread_key,
            target=target,
            message=message.to_dict(),
            at=message.at,
            ends=message.kind.ends,
        )
    return len(names)


def _notify(service: Service | None) -> tuple[str, ...]:
    return () if service is None else service.notify


def _links(connection: Connection, stored: Stored, start: datetime, end: datetime) -> list[Link]:
    """What to do about it, and the run that spent most."""
    links = [Link("Runbook", stored.slo.runbook)] if stored.slo.runbook else []
    for worst in counting.worst(connection, stored.slo_id, stored.slo.name, start, end, stored.scale, limit=1):
        if url := worst.attributes.get("run_url"):
            links.append(Link("Run that spent most", url))
    return links
