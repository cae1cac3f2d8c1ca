"""What there is to tell, into the outbox."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from airflow_ai_slo.alerts import Kind, Link, Message, freeze_message, incident_message, thaw_message
from airflow_ai_slo.core.definition import SLO, Service
from airflow_ai_slo.core.evaluation import Evaluation
from airflow_ai_slo.core.freeze import Reason
from airflow_ai_slo.core.freeze_policy import FreezePolicy
from airflow_ai_slo.core.incident import Transition
from airflow_ai_slo.core.target import routed
from airflow_ai_slo.engine.reasons import Judged, reasons
from airflow_ai_slo.store import attribution, counting, definitions, freezes, incidents, outbox, targets
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
        spent_by=attribution.spent_by(connection, [(stored, start, seen.at)])[stored.slo_id],
        reason=reason,
        links=_links(connection, stored, start, seen.at),
    )
    had = [severity.label for severity in incidents.severities(connection, found.id)]
    post(connection, message, whom(connection, [stored.slo], had))


def post_freeze(
    connection: Connection,
    found: Freeze,
    judged: Sequence[Judged],
    policy: FreezePolicy,
    *,
    at: datetime,
    kind: Kind = Kind.FREEZE_STARTED,
    by: str = "",
) -> None:
    """Tell that a service froze, that it is frozen by one more SLO, or that its freeze changed its mode.

    :param judged: its SLOs that count.
    :param by: who changed its mode.
    """
    causes = _causes(found, [one.stored for one in judged])
    message = freeze_message(
        found.service,
        reasons(connection, found, judged, policy),
        at=at,
        freeze_id=found.id,
        mode=policy.mode,
        exempt_labels=policy.exempt_labels,
        ends_at=policy.ends(found.renewed_at or found.since),
        override=freezes.override_of(connection, found.service, at),
        kind=kind,
        by=by,
        links=_runbooks(causes),
    )
    heard = outbox.told(connection, message.thread_key)
    takes = whom(connection, causes, ["freeze"])
    post(connection, message, dict.fromkeys([*heard, *takes]))


def post_thaw(connection: Connection, found: Freeze, policy: FreezePolicy, *, how: str, at: datetime) -> None:
    """Tell that a service thawed.

    :param how: what ended the freeze; of a release, who and why.
    """
    slos = _causes(found, definitions.of_service(connection, found.service))
    why = [Reason(name, None, since) for name, since in found.causes.items()]
    message = thaw_message(
        found.service, why, at=at, freeze_id=found.id, how=how, mode=policy.mode, links=_runbooks(slos)
    )
    post_of_freeze(connection, found, message)


def post_of_freeze(connection: Connection, found: Freeze, message: Message) -> None:
    """Tell something about a freeze to those who were told that it began."""
    told = outbox.told(connection, message.thread_key)
    slos = _causes(found, definitions.of_service(connection, found.service))
    post(connection, message, told or whom(connection, slos, ["freeze"]))


def _causes(found: Freeze, stored: Iterable[Stored]) -> list[SLO]:
    return [one.slo for one in stored if one.slo.name in found.causes]


def _runbooks(slos: Sequence[SLO]) -> list[Link]:
    return [Link(f"Runbook of {slo.name}", slo.runbook) for slo in slos if slo.runbook]


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
            remark=message.kind.remark,
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
