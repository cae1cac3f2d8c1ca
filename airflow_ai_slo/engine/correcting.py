"""Corrections: measurements that are dropped for a reason, previewed before they are saved, and audited."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from airflow_ai_slo.core.corrections import Correction, Interval, Preview, merged
from airflow_ai_slo.core.errors import ConfigurationError, UnknownSLOError
from airflow_ai_slo.core.instants import utc
from airflow_ai_slo.engine.deciding import signed
from airflow_ai_slo.engine.moments import settle
from airflow_ai_slo.engine.reading import evaluate_all
from airflow_ai_slo.store import Store, audit, definitions, recurring
from airflow_ai_slo.store import corrections as kept
from airflow_ai_slo.store.audit import Entry
from airflow_ai_slo.store.definitions import Stored

if TYPE_CHECKING:
    from sqlalchemy import Connection

_PREVIEWER = "preview"


def preview_correction(
    store: Store,
    slos: Collection[str] | None = None,
    *,
    service: str | None = None,
    period: Interval,
    at: datetime,
) -> list[Preview]:
    """What a correction would change in evaluations at an instant, by SLO. Nothing is saved.

    It is saved and taken back in one transaction, so that what it says is what :func:`add_correction` does.

    :param slos: of these, or of all of a service.
    :raises ConfigurationError: neither or both of them, or a rule or zone that cannot be used.
    :raises UnknownSLOError: a name or service that nothing carries.
    """
    at = utc(at)
    _check(store, slos, service, period)
    settle(store, at=at)
    with store.write() as connection:
        stored = _locked(connection, slos, service)
        drops = [recurring.stretches(kept.zoned(one, period)) for one in stored]
        before = evaluate_all(connection, at, stored)
        with connection.begin_nested() as undone:
            kept.add(connection, stored, period, author=_PREVIEWER, reason=_PREVIEWER, now=at)
            after = evaluate_all(connection, at, _again(connection, stored))
            undone.rollback()
    return [Preview(was, then, merged(given)) for (_, was), (_, then), given in zip(before, after, drops, strict=True)]


def add_correction(
    store: Store,
    slos: Collection[str] | None = None,
    *,
    service: str | None = None,
    period: Interval,
    author: str,
    reason: str,
    now: datetime,
) -> list[Correction]:
    """Drop measurements of SLOs in a period, good and bad alike, audited. None is deleted, and no alert is rewritten.

    Runs that were due before are settled first; in the period none are expected.

    :param slos: of these, or of all of a service.
    :raises ConfigurationError: no author or reason, neither or both of ``slos`` and ``service``, or a rule or zone
        that cannot be used.
    :raises UnknownSLOError: a name or service that nothing carries.
    """
    author, reason = signed("a correction", author, reason)
    now = utc(now)
    _check(store, slos, service, period)
    settle(store, at=now)
    with store.write() as connection:
        stored = _locked(connection, slos, service)
        saved = kept.add(connection, stored, period, author=author, reason=reason, now=now)
        _audit(connection, saved, now, author, "correction", reason)
    return saved


def revoke_correction(store: Store, ids: Iterable[int], *, author: str, reason: str, now: datetime) -> list[Correction]:
    """Let measurements count again that corrections dropped, audited; returns these.

    :param ids: of corrections in force; all of them are revoked, or none.
    :raises ConfigurationError: no author or reason, or no correction of that id is in force.
    """
    author, reason = signed("a revocation", author, reason)
    now, wanted = utc(now), sorted(set(ids))
    settle(store, at=now)
    with store.write() as connection:
        found = {one: kept.slo_of(connection, one) for one in wanted}
        names = {name for name in found.values() if name is not None}
        stored = {one.slo_id: one for one in _locked(connection, names, None)} if names else {}
        there = {one.id: one for one in kept.of(connection, list(stored.values()))}
        unknown = [str(one) for one in wanted if one not in there]
        if unknown or not wanted:
            raise ConfigurationError(
                f"no correction {', '.join(unknown)} is in force; `ai-slo correct list` shows them"
            )
        by_name = {one.slo.name: one for one in stored.values()}
        ended = sorted((there[one] for one in wanted), key=lambda one: (one.slo, one.id))
        for one in ended:
            kept.revoke(connection, by_name[one.slo], one, now)
        _audit(connection, ended, now, author, "correction revoked", reason)
    return ended


def corrections(store: Store, slos: Collection[str] | None = None, *, revoked: bool = False) -> list[Correction]:
    """Corrections of SLOs, by start.

    :param slos: only of these; None means all.
    :param revoked: whether to include those that are no longer in force.
    :raises UnknownSLOError: a name that nothing carries.
    """
    with store.read() as connection:
        return kept.of(connection, definitions.active(connection, slos), revoked=revoked)


def _check(store: Store, slos: Collection[str] | None, service: str | None, period: Interval) -> None:
    """Read the rule while nobody waits for a lock: it is remembered, and what cannot be used changes nothing."""
    with store.read() as connection:
        for one in _chosen(connection, slos, service):
            recurring.stretches(kept.zoned(one, period))


def _chosen(connection: Connection, slos: Collection[str] | None, service: str | None) -> list[Stored]:
    """SLOs by name or of a service."""
    if slos and service is None:
        return definitions.active(connection, slos)
    if slos is not None or service is None:
        raise ConfigurationError("a correction is of some SLOs, or of a service: name either")
    found = definitions.of_service(connection, service)
    if not found:
        known = ", ".join(sorted({one.slo.service for one in definitions.active(connection)}))
        raise UnknownSLOError(f"no SLO of a service {service}; known: {known or 'none: apply definitions first'}")
    return found


def _locked(connection: Connection, slos: Collection[str] | None, service: str | None) -> list[Stored]:
    """The same, as they are once they are locked."""
    names = [one.slo.name for one in _chosen(connection, slos, service)]
    kept.lock(connection, names)
    return definitions.active(connection, names)


def _again(connection: Connection, stored: Sequence[Stored]) -> list[Stored]:
    return definitions.active(connection, [one.slo.name for one in stored])


def _audit(
    connection: Connection, changed: Sequence[Correction], now: datetime, author: str, action: str, reason: str
) -> None:
    """One line for each correction, under the service of its SLO."""
    for one in changed:
        detail = f"#{one.id} of {one.slo}, {one.period}: {reason}"
        audit.write(connection, Entry(now, one.service, author, action, detail))
