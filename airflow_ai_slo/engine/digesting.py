"""Telling how things stand: digests, notices and acknowledgements, into the outbox."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from airflow_ai_slo.alerts import acknowledgement, digest_message, notice
from airflow_ai_slo.core.errors import ConfigurationError, UnknownSLOError
from airflow_ai_slo.core.incident import Transition
from airflow_ai_slo.core.instants import utc
from airflow_ai_slo.core.target import ALERTS_ONLY, DEFAULT_TARGET
from airflow_ai_slo.engine import messages
from airflow_ai_slo.engine.reading import evaluate_named
from airflow_ai_slo.store import Store, definitions, evaluations, freezes, incidents
from airflow_ai_slo.store import targets as stored_targets

if TYPE_CHECKING:
    from sqlalchemy import Connection

_LONGEST_AUTHOR = 100


def digest(
    store: Store,
    *,
    at: datetime,
    period: timedelta,
    services: Collection[str] | None = None,
    targets: Sequence[str] = (),
    key: str = "",
) -> list[str]:
    """Post one message of all SLOs' state; the same digest is posted once.

    :param period: what it looks back on.
    :param services: only their SLOs; None means all.
    :param targets: whom to tell; by default the targets that take ``digest``, else the default one.
    :param key: the same for the same digest; by default the instant.
    :returns: the targets that are told.
    :raises ConfigurationError: a target that is not stored, or is no place for a digest.
    :raises UnknownSLOError: a service that no SLO names.
    """
    at = utc(at)
    with store.write() as connection:
        evaluations.one_snapshot(connection)
        told = told_of(connection, targets, taking="digest")
        seen = evaluate_named(connection, at, None)
        _check_services(services, {stored.slo.service for stored, _ in seen})
        chosen = [one for one in seen if services is None or one[0].slo.service in services]
        events = [e for stored, _ in chosen for e in incidents.events(connection, stored.slo_id, at - period, at)]
        names = {stored.slo.service for stored, _ in chosen}
        message = digest_message(
            [evaluation for _, evaluation in chosen],
            at=at,
            period=period,
            key=key or at.isoformat(),
            frozen={
                one.service: one.since for one in freezes.open_freezes(connection).values() if one.service in names
            },
            soft=_soft(connection),
            opened=sum(e.transition is Transition.OPENED for e in events),
            resolved=sum(e.transition is Transition.RESOLVED for e in events),
        )
        messages.post(connection, message, told)
    return told


def say(
    store: Store,
    slos: Collection[str],
    *,
    at: datetime,
    key: str,
    text: str = "",
    targets: Sequence[str] = (),
) -> list[str]:
    """Post how some SLOs stand, without deciding anything; the same key is posted once.

    :param text: the message's title.
    :param targets: whom to tell; by default the default one.
    :returns: the targets that are told.
    :raises ConfigurationError: a target that is not stored, or is no place for a notice.
    :raises UnknownSLOError: a name that nothing carries.
    """
    at = utc(at)
    with store.write() as connection:
        evaluations.one_snapshot(connection)
        told = told_of(connection, targets)
        seen = [evaluation for _, evaluation in evaluate_named(connection, at, slos)]
        message = notice(
            seen, at=at, text=text, key=key, frozen=freezes.open_freezes(connection), soft=_soft(connection)
        )
        messages.post(connection, message, told)
    return told


def acknowledge(store: Store, slo: str, *, author: str, note: str = "", now: datetime) -> list[str]:
    """Say in an open incident's thread that somebody is at it; PagerDuty stops calling others.

    :returns: the targets that are told.
    :raises UnknownSLOError: a name that nothing carries.
    :raises ConfigurationError: no author, or no incident is open.
    """
    author = author.strip()
    if not author or len(author) > _LONGEST_AUTHOR:
        raise ConfigurationError(f"author: write 1 to {_LONGEST_AUTHOR} characters")
    with store.write() as connection:
        stored = definitions.active(connection, [slo])[0]
        found = incidents.open_of(connection, stored.slo_id)
        if found is None:
            raise ConfigurationError(f"SLO {slo} has no open incident")
        message = acknowledgement(
            stored.slo,
            found.severity,
            incident_id=found.id,
            opened_at=found.opened_at,
            author=author,
            note=note.strip(),
            at=utc(now),
        )
        had = [severity.label for severity in incidents.severities(connection, found.id)]
        told = messages.whom(connection, [stored.slo], had)
        messages.post(connection, message, told)
    return told


def _soft(connection: Connection) -> list[str]:
    """Services whose freezes only warn."""
    return [name for name, service in definitions.documented(connection).items() if service.freeze.mode == "soft"]


def told_of(connection: Connection, targets: Sequence[str], *, taking: str = "") -> list[str]:
    """Whom a message goes to: those asked for, else those that take it, else the default one.

    :raises ConfigurationError: a target that is not stored, or takes incidents alone.
    """
    known = stored_targets.known(connection)
    for name in targets:
        if name not in known and name != DEFAULT_TARGET:
            raise ConfigurationError(f"no target named {name}; known: {', '.join(sorted(known)) or 'none'}")
        if name in known and known[name].kind.lower() in ALERTS_ONLY:
            raise ConfigurationError(f"target {name} is of kind {known[name].kind}, which takes incidents alone")
    takers = sorted(
        name
        for name, target in known.items()
        if taking and target.wants(taking) and target.kind.lower() not in ALERTS_ONLY
    )
    return list(dict.fromkeys(targets)) or takers or [DEFAULT_TARGET]


def _check_services(services: Iterable[str] | None, known: Collection[str]) -> None:
    missing = sorted(set(services or ()) - set(known))
    if missing:
        raise UnknownSLOError(f"no SLO names service {', '.join(missing)}; known: {', '.join(sorted(known)) or 'none'}")
