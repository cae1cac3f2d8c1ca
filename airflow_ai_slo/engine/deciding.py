"""What people decide about freezes: overrides, releases and renewals, each with an author and a reason, audited."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from airflow_ai_slo.alerts import override_message, renewal_message, revocation_message
from airflow_ai_slo.core.errors import ConfigurationError, UnknownSLOError
from airflow_ai_slo.core.freeze import Override
from airflow_ai_slo.core.instants import utc
from airflow_ai_slo.core.names import LONGEST_NAME, is_name
from airflow_ai_slo.engine import messages
from airflow_ai_slo.engine.freezing import bad_seqs
from airflow_ai_slo.store import Store, audit, definitions, evaluations, freezes
from airflow_ai_slo.store.audit import Entry
from airflow_ai_slo.store.freezes import Freeze

if TYPE_CHECKING:
    from sqlalchemy import Connection

_LONGEST_REASON = 2000


def override(store: Store, service: str, *, author: str, reason: str, until: datetime, now: datetime) -> Override:
    """Let changes to a service through, audited, until an instant. Of several overrides the longest holds.

    :raises ConfigurationError: no author or reason, or an expiry that is not in the future.
    :raises UnknownSLOError: no SLO names the service.
    """
    author, reason = signed("an override", author, reason)
    now, until = utc(now), utc(until)
    if until <= now:
        raise ConfigurationError(f"until={until.isoformat()}: an override ends in the future")
    given = Override(service, author, reason, now, until)
    with store.write() as connection:
        _known(connection, service)
        override_id = freezes.add_override(connection, given)
        current = freezes.open_freeze(connection, service)
        if current is not None:
            said = override_message(given, freeze_id=current.id, since=current.since, override_id=override_id)
            messages.post_of_freeze(connection, current, said)
        detail = f"until {until.isoformat(timespec='minutes')}: {reason}"
        audit.write(connection, Entry(now, service, author, "override", detail))
    return given


def revoke(store: Store, service: str, *, author: str, reason: str, now: datetime) -> list[Override]:
    """End every override of a service that is in force, audited; returns them.

    :raises ConfigurationError: no author or reason, or no override is in force.
    """
    author, reason = signed("a revocation", author, reason)
    now = utc(now)
    with store.write() as connection:
        ended = freezes.overrides_of(connection, service, now)
        if not ended:
            raise ConfigurationError(f"service {service} has no override in force")
        freezes.revoke_overrides(connection, service, now)
        current = freezes.open_freeze(connection, service)
        if current is not None:
            said = revocation_message(
                ended, author=author, reason=reason, freeze_id=current.id, since=current.since, at=now
            )
            messages.post_of_freeze(connection, current, said)
        whose = ", ".join(f"{one.author} until {one.expires_at.isoformat(timespec='minutes')}" for one in ended)
        audit.write(connection, Entry(now, service, author, "override revoked", f"{reason} (by {whose})"))
    return ended


def release(store: Store, service: str, *, author: str, reason: str, now: datetime) -> None:
    """Thaw a service by hand, audited; only a bad run after this freezes it again.

    :raises ConfigurationError: no author or reason, or the service is not frozen.
    """
    author, reason = signed("a release", author, reason)
    now = utc(now)
    with store.write() as connection:
        evaluations.one_at_a_time(connection)
        current = _frozen(connection, service)
        freezes.end(connection, current, now, bad_seqs(connection, service, now))
        policy = definitions.policy_of(connection, service)
        messages.post_thaw(connection, current, policy, how=f"released by {author}: {reason}", at=now)
        audit.write(connection, Entry(now, service, author, "released", reason))


def renew(store: Store, service: str, *, author: str, reason: str, now: datetime) -> datetime:
    """Let a freeze hold for its longest duration once more, audited; returns when it will end by itself.

    :raises ConfigurationError: no author or reason, the service is not frozen, or its freezes have no longest duration.
    """
    author, reason = signed("a renewal", author, reason)
    now = utc(now)
    with store.write() as connection:
        evaluations.one_at_a_time(connection)
        current = _frozen(connection, service)
        ends_at = definitions.policy_of(connection, service).ends(now)
        if ends_at is None:
            raise ConfigurationError(
                f"a freeze of service {service} holds until it thaws: its policy sets no longest duration "
                "(annotation airflow-ai-slo/freeze-for-at-most)"
            )
        freezes.renew(connection, current, now)
        said = renewal_message(
            service,
            author=author,
            reason=reason,
            ends_at=ends_at,
            freeze_id=current.id,
            since=current.since,
            at=now,
        )
        messages.post_of_freeze(connection, current, said)
        detail = f"until {ends_at.isoformat(timespec='minutes')}: {reason}"
        audit.write(connection, Entry(now, service, author, "renewed", detail))
    return ends_at


def audit_log(
    store: Store,
    service: str | None = None,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int | None = 1000,
) -> list[Entry]:
    """Every decision about freezes in ``(since, until]``, newest first.

    :param limit: the newest so many; None means all.
    """
    with store.read() as connection:
        bounds = (None if at is None else utc(at) for at in (since, until))
        return list(audit.read(connection, service, **dict(zip(("since", "until"), bounds, strict=True)), limit=limit))


def signed(what: str, author: str, reason: str) -> tuple[str, str]:
    """Author and reason, trimmed; refused where a store could not keep them."""
    author, reason = author.strip(), reason.strip()
    if not author or not reason:
        raise ConfigurationError(f"{what} needs an author and a reason")
    for name, text, longest in (("author", author, LONGEST_NAME), ("reason", reason, _LONGEST_REASON)):
        if len(text) > longest:
            raise ConfigurationError(f"{name}: {len(text)} characters; at most {longest}")
        if not is_name(text, longest):
            raise ConfigurationError(f"{name}: holds characters that are no text")
    return author, reason


def _frozen(connection: Connection, service: str) -> Freeze:
    current = freezes.open_freeze(connection, service)
    if current is None:
        names = sorted(freezes.open_freezes(connection))
        raise ConfigurationError(f"service {service} is not frozen{_listed(names)}")
    return current


def _listed(names: Iterable[str]) -> str:
    known = ", ".join(names)
    return f"; frozen: {known}" if known else ""


def _known(connection: Connection, service: str) -> None:
    if not definitions.of_service(connection, service):
        names = sorted({one.slo.service for one in definitions.active(connection)})
        raise UnknownSLOError(f"no SLO names service {service}; known: {', '.join(names) or 'none'}")
