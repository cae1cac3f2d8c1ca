"""What there is to tell, into the outbox."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from airflow_ai_slo.alerts import Message, freeze_message, incident_message, thaw_message
from airflow_ai_slo.core.evaluation import Evaluation
from airflow_ai_slo.core.freeze import Reason
from airflow_ai_slo.core.freeze_policy import FreezePolicy
from airflow_ai_slo.core.incident import Transition
from airflow_ai_slo.engine.reading import Seen
from airflow_ai_slo.engine.reasons import Judged, reasons
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


def post_freeze(
    connection: Connection, found: Freeze, seen: Sequence[Seen], policy: FreezePolicy, *, at: datetime
) -> None:
    """Tell that a service froze.

    :param seen: its SLOs that count.
    """
    message = freeze_message(
        found.service,
        reasons(connection, found, [_judged(one) for one in seen], policy),
        at=at,
        freeze_id=found.id,
        mode=policy.mode,
        exempt_labels=policy.exempt_labels,
        ends_at=policy.ends(found.since),
    )
    _post(connection, message, _targets(found, seen))


def post_thaw(connection: Connection, found: Freeze, seen: Sequence[Seen], *, how: str, at: datetime) -> None:
    """Tell that a service thawed, to those who were told that it froze.

    :param how: what ended the freeze; of a release, who and why.
    """
    why = [Reason(name, None, since) for name, since in found.causes.items()]
    message = thaw_message(found.service, why, at=at, freeze_id=found.id, how=how)
    _post(connection, message, _targets(found, seen))


def _judged(one: Seen) -> Judged:
    stored, seen = one
    return Judged(stored, seen.at, seen.budget.remaining, seen.budget.allowed)


def _targets(found: Freeze, seen: Sequence[Seen]) -> list[str]:
    return sorted({target for stored, _ in seen if stored.slo.name in found.causes for target in stored.slo.notify})


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
