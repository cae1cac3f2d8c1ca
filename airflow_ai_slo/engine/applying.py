"""Definitions into the store."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from airflow_ai_slo.alerts.freezes import policy_line
from airflow_ai_slo.core.deciding import Held
from airflow_ai_slo.core.definition import SLO, BurnRule, Service
from airflow_ai_slo.core.evaluation import plan
from airflow_ai_slo.core.freeze_policy import FreezePolicy
from airflow_ai_slo.core.incident import Transition
from airflow_ai_slo.core.instants import to_micros, utc
from airflow_ai_slo.core.target import Target
from airflow_ai_slo.engine import messages
from airflow_ai_slo.engine.freezing import tell_mode
from airflow_ai_slo.engine.reading import evaluate_ended
from airflow_ai_slo.store import Store, audit, definitions, evaluations, incidents, silences
from airflow_ai_slo.store.audit import Entry
from airflow_ai_slo.store.definitions import Applied
from airflow_ai_slo.store.targets import apply_target

if TYPE_CHECKING:
    from sqlalchemy import Connection


def apply(
    store: Store,
    slos: Iterable[SLO],
    services: Iterable[Service] = (),
    *,
    now: datetime,
    author: str = "apply",
    targets: Iterable[Target] = (),
) -> list[Applied]:
    """Store definitions, all of them or none.

    Editing an objective or a window re-reads history under the new values. Editing what is measured starts a new
    generation with an empty history; the old one's open incident closes as superseded. Another freeze policy of a
    service is audited; where it makes a freeze that holds soft or hard, that is told.

    :param author: who applies, for the audit log.
    :param targets: whom to tell; they stay until they are defined anew.
    :raises DefinitionError: an SLO whose windows or schedule cannot be read; nothing is applied.
    :raises StoreError: the store cannot be used; nothing is applied.
    """
    given, now = list(slos), utc(now)
    for slo in given:
        plan(slo, now)
    applied: dict[int, Applied] = {}
    with store.write() as connection:
        evaluations.one_at_a_time(connection)
        turned = [one for one in services if _apply_service(connection, one, now, author)]
        for target in targets:
            apply_target(connection, target)
        # In the order in which recording takes the same locks, so that neither waits for the other.
        for index in sorted(range(len(given)), key=lambda index: given[index].name):
            change = applied[index] = definitions.apply_slo(connection, given[index], to_micros(now))
            if change.replaced_id is not None:
                _end_generation(connection, change.replaced_id, now)
            if change.change != "unchanged":
                silences.begin(connection, change.slo_id, given[index])
            if change.before is not None:
                _relatch(connection, change.slo_id, change.before, given[index], now)
        for service in turned:
            tell_mode(connection, service, at=now, author=author)
    return [applied[index] for index in range(len(given))]


def _apply_service(connection: Connection, service: Service, now: datetime, author: str) -> bool:
    """Whether its freezes were soft and are hard now, or the other way round."""
    stored = definitions.apply_service(connection, service)
    before = FreezePolicy() if stored is None else stored.freeze
    if service.freeze != before:
        audit.write(connection, Entry(now, service.name, author, "policy", policy_line(service.freeze)))
    return service.freeze.mode != before.mode


def _relatch(connection: Connection, slo_id: int, before: SLO, after: SLO, now: datetime) -> None:
    """Rules that were edited hold an open incident as those before did: until they are seen to be healthy."""
    if after.watches_runs and not before.watches_runs:
        evaluations.skip_runs(connection, slo_id, now)
    was, rules = plan(before, now).rules, plan(after, now).rules
    if [_identity(rule) for rule in was] == [_identity(rule) for rule in rules]:
        return
    found = incidents.open_of(connection, slo_id)
    if found is not None:
        evaluations.hold(connection, slo_id, Held.anew(rules, found.severity))


def _identity(rule: BurnRule) -> tuple[object, ...]:
    return rule.severity, rule.long, rule.short, rule.op


def _end_generation(connection: Connection, slo_id: int, now: datetime) -> None:
    found = incidents.open_of(connection, slo_id)
    if found is not None:
        stored, seen = evaluate_ended(connection, slo_id, now)
        reason = f"what {stored.slo.name} measures has changed"
        closed = incidents.advance(connection, slo_id, Transition.SUPERSEDED, None, at=now, reason=reason)
        messages.post_incident(connection, stored, seen, Transition.SUPERSEDED, closed, reason=reason)
    evaluations.forget(connection, slo_id)
    silences.end(connection, slo_id)
