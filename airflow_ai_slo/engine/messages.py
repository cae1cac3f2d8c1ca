"""What there is to tell, into the outbox."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from airflow_ai_slo.alerts import Message, freeze_message, incident_message, thaw_line
from airflow_ai_slo.core.evaluation import Evaluation
from airflow_ai_slo.core.freeze import Reason
from airflow_ai_slo.core.incident import Transition
from airflow_ai_slo.engine.reading import Seen
from airflow_ai_slo.store import counting, outbox
from airflow_ai_slo.store.definitions import Stored
from airflow_ai_slo.store.freezes import Freeze
from airflow_ai_slo.store.incidents import Incident

if TYPE_CHECKING:
    from sqlalchemy import Connection


def post_incident(
    connection: Connection, stored: Stored, seen: Evaluation, transition: Transition, found: Incident, *, reason: str
) -> None:
    """Tell an incident's transition."""
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
    )
    _post(connection, message, stored.slo.notify)


def post_freeze(connection: Connection, found: Freeze, seen: Iterable[Seen], *, started: bool, at: datetime) -> None:
    """Tell that a service froze or thawed."""
    causes = [one for one in seen if one[1].slo.name in found.causes]
    remaining = {e.slo.name: e.budget.remaining for _, e in causes}
    reasons = [Reason(name, remaining.get(name), since) for name, since in found.causes.items()]
    thaws = [thaw_line(e.slo, e.budget.allowed) for _, e in causes]
    targets = {target for _, e in causes for target in e.slo.notify}
    message = freeze_message(found.service, reasons, started=started, at=at, freeze_id=found.id, thaws=thaws)
    _post(connection, message, sorted(targets))


def _post(connection: Connection, message: Message, targets: Collection[str]) -> None:
    for target in targets or (outbox.DEFAULT_TARGET,):
        outbox.add(
            connection,
            dedup_key=message.dedup_key,
            thread_key=message.thread_key,
            target=target,
            message=message.to_dict(),
            at=message.at,
        )
